"""Knows the private file: wording of instruments that are not free to publish, read at build time, never stored here.

One row a text, columns `instrument,item,kind,code,en,fr,rw,status,source,date`. `kind` is instruction (no item, no
code), item (with its item) or answer (with its code). English is always needed; `status` is that of the French and
the Kinyarwanda. Messages name rows and ids, never a text.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType

from forms.instrument import UNSCORED, Choice, Instrument
from forms.instruments.catalogue import CATALOGUE
from forms.instruments.scale import answer_scale
from forms.translation_catalogue import STATUSES, CatalogueError, Entry, text_faults

PROJECT = Path(__file__).resolve().parents[1]
INSTRUCTION, ITEM, ANSWER = "instruction", "item", "answer"
KINDS = (INSTRUCTION, ITEM, ANSWER)


class PrivateTextError(CatalogueError):
    """A private file that cannot be used; the message has the file, the line and the reason, never a text."""


@dataclass(frozen=True, slots=True)
class PrivateText:
    """One row of the file, the English and its translations."""

    instrument: str
    item: str
    kind: str
    code: str
    en: str
    fr: str
    rw: str
    status: str
    source: str
    date: str

    @property
    def place(self) -> tuple[str, str, str]:
        """What the text belongs to; the same in two rows is a duplicate."""
        return self.instrument, self.kind, self.item or self.code

    @property
    def key(self) -> str:
        """The key of the text in a catalogue of translations."""
        if self.kind == ANSWER:
            return f"{self.instrument}_answer.{self.code}"
        return f"{self.item if self.kind == ITEM else f'{self.instrument}_instruction'}.label"


COLUMNS = tuple(field.name for field in fields(PrivateText))


def with_private_texts(catalogue: Mapping[str, Instrument], path: str | Path) -> Mapping[str, Instrument]:
    """Return the catalogue with the slots filled that the file at `path` has texts for; "" for no file.

    Raises PrivateTextError with file, line and reason for the first thing that is wrong.
    """
    texts = read_private_texts(path, catalogue)
    named = {text.instrument for text in texts}
    return MappingProxyType(
        {
            name: _filled(slot, [text for text in texts if text.instrument == name]) if name in named else slot
            for name, slot in catalogue.items()
        }
    )


def private_entries(path: str | Path, language: str) -> Mapping[str, Entry]:
    """Return what the file holds in a language, by catalogue key; nothing for English, which is the source itself."""
    if language == "en":
        return {}
    found = ((text, str(getattr(text, language))) for text in read_private_texts(path, CATALOGUE))
    return {
        text.key: Entry(text.key, text.en, wording, text.status, text.source, text.date)
        for text, wording in found
        if wording
    }


def without_texts(catalogue: Mapping[str, Instrument]) -> tuple[Instrument, ...]:
    """Return the slots that have no texts, so that no form can ask them."""
    return tuple(each for each in catalogue.values() if not each.has_texts)


def read_private_texts(path: str | Path, catalogue: Mapping[str, Instrument]) -> tuple[PrivateText, ...]:
    """Return the rows of the file at `path`, complete for every instrument that it names; () for the path ""."""
    if not str(path):
        return ()
    name = str(path)
    texts = tuple(_rows(_content(Path(path), name), name, catalogue))
    for instrument in dict.fromkeys(text.instrument for text in texts):
        own = [text for text in texts if text.instrument == instrument]
        if lacking := list(_lacking(catalogue[instrument], own)):
            raise PrivateTextError(f"{name}: {instrument} is not complete. Add the rows of: {', '.join(lacking)}.")
    return texts


def _content(path: Path, name: str) -> str:
    if path.resolve().is_relative_to(PROJECT):
        raise PrivateTextError(f"{name}: the file lies inside the project, where it could be published. Move it out.")
    try:
        # utf-8-sig: spreadsheets put a byte order mark before the first column.
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise PrivateTextError(f"{name}: the file is not UTF-8. Save it again as CSV UTF-8.") from None
    except OSError as error:
        raise PrivateTextError(f"{name}: the file cannot be read ({error.strerror}). Check private_texts.") from None


def _rows(content: str, name: str, catalogue: Mapping[str, Instrument]) -> Iterator[PrivateText]:
    rows = csv.DictReader(io.StringIO(content, newline=""))
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise PrivateTextError(f"{name}, line 1: the columns must be {', '.join(COLUMNS)}, separated by commas")
    seen: dict[tuple[str, str, str], int] = {}
    for row in rows:
        where = f"{name}, line {rows.line_num}"
        if None in row or None in row.values():
            raise PrivateTextError(f"{where}: the row must have {len(COLUMNS)} cells, separated by commas")
        text = PrivateText(**{column: cell.strip() for column, cell in row.items()})
        if reason := next(_faults(text, catalogue, seen), ""):
            raise PrivateTextError(f"{where}: {reason}")
        seen[text.place] = rows.line_num
        yield text


def _faults(
    text: PrivateText, catalogue: Mapping[str, Instrument], seen: Mapping[tuple[str, str, str], int]
) -> Iterator[str]:
    """Yield what is wrong with a row, the first thing first."""
    slots = [name for name, each in catalogue.items() if not each.is_published]
    if text.instrument not in catalogue:
        yield f"there is no instrument {text.instrument!r}. The file may fill: {', '.join(slots)}."
    elif text.instrument not in slots:
        yield (
            f"the texts of {text.instrument} are free and part of the project. Take the row out; translations go "
            "through healing translations import."
        )
    else:
        yield from _misplaced(text, catalogue[text.instrument])
        if text.place in seen:
            yield f"{' '.join(filter(None, text.place))} is already in line {seen[text.place]}"
        yield from _unusable(text)


def _misplaced(text: PrivateText, slot: Instrument) -> Iterator[str]:
    if text.kind not in KINDS:
        yield f"kind must be one of {', '.join(KINDS)}"
    items, codes = [item.name for item in slot.items], [str(code) for code in slot.scored_codes]
    if text.kind == ITEM and text.item not in items:
        yield f"{slot.name} has no item {text.item!r}. Its items are {items[0]} to {items[-1]}."
    if text.kind != ITEM and text.item:
        yield f"a row of kind {text.kind} has no item. Leave the cell empty."
    if text.kind != ANSWER and text.code:
        yield f"a row of kind {text.kind} has no code. Leave the cell empty."
    if text.kind == ANSWER and codes and text.code not in codes:
        yield f"{slot.name} has no answer with the code {text.code!r}. Its codes are {codes[0]} to {codes[-1]}."
    if text.kind == ANSWER and not (text.code.isascii() and text.code.isdigit() and text.code == str(int(text.code))):
        yield "the code of an answer must be a whole number from 0 on"


def _unusable(text: PrivateText) -> Iterator[str]:
    if not text.en:
        yield "the English text (en) is missing"
    if text.status not in STATUSES:
        yield f"status must be one of {', '.join(STATUSES)}"
    if not text.source:
        yield "the source is missing: say where the wording comes from"
    if not _is_day(text.date):
        yield "the date must be a day as 2026-11-23"
    for wording in (text.en, text.fr, text.rw):
        yield from (f"a text is damaged: {fault}" for fault in text_faults("", wording))


def _is_day(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _lacking(slot: Instrument, texts: Iterable[PrivateText]) -> Iterator[str]:
    """Yield the names of the rows that an instrument still needs."""
    given = {text.place for text in texts}
    codes = sorted(int(code) for _, kind, code in given if kind == ANSWER)
    wanted = slot.scored_codes or (range(codes[0], codes[-1] + 1) if codes else ())
    if (slot.name, INSTRUCTION, "") not in given:
        yield INSTRUCTION
    yield from (item.name for item in slot.items if (slot.name, ITEM, item.name) not in given)
    yield from (f"answer {code}" for code in wanted if code not in codes)
    if len(wanted) < 2:
        yield "at least two answers"


def _filled(slot: Instrument, texts: Iterable[PrivateText]) -> Instrument:
    english = {text.place: text.en for text in texts}
    answers = {int(code): label for (_, kind, code), label in english.items() if kind == ANSWER}
    labels = [answers[code] for code in sorted(answers)]
    known = slot.answers if slot.scored_codes else answer_scale(slot.answers.name, "", labels, min(answers))
    return replace(
        slot,
        instruction=english[(slot.name, INSTRUCTION, "")],
        items=tuple(replace(item, wording=english[(slot.name, ITEM, item.name)]) for item in slot.items),
        answers=replace(known, choices=tuple(_labelled(choice, answers) for choice in known.choices)),
        source="; ".join(dict.fromkeys(text.source for text in texts)),
    )


def _labelled(choice: Choice, answers: Mapping[int, str]) -> Choice:
    return choice if choice.code in UNSCORED else replace(choice, label=answers[int(choice.code)])
