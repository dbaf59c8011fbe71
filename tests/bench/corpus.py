"""Knows how many records lie in one file, ready to be sent as they are, and which of them are where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from forms.client_code import ALPHABET, with_check
from tests.bench import survey

Record = dict[str, Any]

PEOPLE_A_GROUP = 20
INTERVIEW = {
    "wave": "endline",
    "asked_by": "other_cha",
    "sector": "2801",
    "contact_result": "interviewed",
    "client_on_list": "yes",
}
ITEMS = (("phq9", 9, 2), ("gad7", 7, 1), ("pcl5", 20, 3))


@dataclass(frozen=True, slots=True)
class Kind:
    """What a project on the bench server is: its records by number, from 0, and what describes it."""

    uid: str
    title: str
    record: Callable[[int], Record]
    content: Callable[[], dict[str, Any]]


def interview(number: int) -> Record:
    """An outcome interview with all three instruments; every record is about another client."""
    from forms.library import FORMS
    from tests.connector.made_records import served

    answers = {
        f"{name}_{item}": str((at + item + number) % 3) for name, items, at in ITEMS for item in range(1, items + 1)
    }
    code = client_code(number)
    visit = INTERVIEW | {"client_listed": code, "client_code": code, "healing_group": f"G{number // PEOPLE_A_GROUP}"}
    digits = (number * 2654435761) & 0xFFFFFFFF
    made = served(
        FORMS["outcome"], survey.FIRST_ID + number, answers | visit, f"{digits:08x}-1aaa-4bbb-8ccc-{number:012d}"
    )
    return made | {"_attachments": [], "_geolocation": [None, None], "_tags": [], "_notes": []}


def interview_content() -> dict[str, Any]:
    """What the floor needs to know of the outcome form: the keys and types of its questions."""
    from connector.layout import layout_of
    from forms.library import FORMS

    questions = layout_of(FORMS["outcome"]).questions
    return {"survey": [{"type": each.kind, "$xpath": key} for key, each in questions.items()], "choices": []}


def client_code(number: int) -> str:
    """The code of a client that no other number has."""
    base, code = len(ALPHABET), ""
    for _ in range(7):
        number, place = divmod(number, base)
        code = ALPHABET[place] + code
    return with_check(code)


KINDS = {
    "survey": Kind(survey.UID, survey.TITLE, survey.record, survey.content),
    "outcome": Kind("aBenchOutcome00001", "Outcome", interview, interview_content),
}


@dataclass(frozen=True, slots=True)
class Corpus:
    """Records one after the other with commas between; `offsets[n]` is where the record in row n begins."""

    kind: Kind
    path: Path
    offsets: np.ndarray[Any, Any]

    def __len__(self) -> int:
        return len(self.offsets) - 1


def corpus_of(kind: str, size: int, folder: Path) -> Corpus:
    """The records of a kind in a folder, made if they are not there yet, or are made in another way by now."""
    first = sha256(orjson.dumps(KINDS[kind].record(0))).hexdigest()[:8]
    path = folder / f"{kind}-{size}-{first}.json"
    index = path.with_suffix(".npy")
    if not index.exists():
        folder.mkdir(parents=True, exist_ok=True)
        np.save(index, _write(path, KINDS[kind].record, size))
    return Corpus(KINDS[kind], path, np.load(index))


def _write(path: Path, make: Callable[[int], Record], size: int) -> np.ndarray[Any, Any]:
    offsets = [0]
    with path.open("wb") as file:
        for number in range(size):
            file.write(text := orjson.dumps(make(number)) + b",")
            offsets.append(offsets[-1] + len(text))
    return np.array(offsets, dtype=np.int64)
