"""Knows how a record of a version that was changed on the website is called back to the published names and codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connector.layout import Level, is_system_key
from connector.renamed_content import VersionMap

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unread:
    """An answer that counts as blank: `path` as the record keys it, `name` of the published question that it may be of.

    `is_code`: the question is the same, and the code means nobody can say what.
    """

    path: str
    name: str
    is_code: bool = False


def call_back(version: VersionMap, record: Json) -> tuple[dict[str, Any], list[Unread]]:
    """Return the record with the published keys and codes, and what could not be called back, which is left out.

    Keys that the version does not ask stay, unless an answer called back has their name. The record is not changed.
    """
    reading = _Reading(version)
    return reading.level(record, ""), reading.unread


@dataclass(slots=True)
class _Reading:
    version: VersionMap
    unread: list[Unread] = field(default_factory=list)

    def level(self, record: Json, position: str) -> dict[str, Any]:
        """One level of a record, with the rows of its repeats."""
        keys, refused = self.version.keys, self.version.refused
        called_back = {name_in(keys[key]) for key in record if key in keys}
        found: dict[str, Any] = {}
        for key, value in record.items():
            path = f"{key}[{position}]" if position else key
            if key in keys:
                self._take(found, key, value, path, position)
            elif is_system_key(key):
                found[key] = value
            elif key in refused or name_in(key) in called_back:
                self.unread.append(Unread(path, name_in(refused.get(key, key))))
            else:
                found[key] = value
        return found

    def _take(self, found: dict[str, Any], key: str, value: Any, path: str, position: str) -> None:
        ours = self.version.keys[key]
        codes = self.version.codes.get(key)
        if isinstance(value, list):
            found[ours] = [self._row(row, number, position) for number, row in enumerate(value, start=1)]
        elif codes is None or not isinstance(value, str):
            found[ours] = value
        else:
            texts = value.split()
            meant = [code for text in texts if (code := codes.get(text)) is not None]
            if len(meant) < len(texts):
                self.unread.append(Unread(path, name_in(ours), is_code=True))
            if meant:
                found[ours] = " ".join(meant)

    def _row(self, row: Any, number: int, position: str) -> Any:
        here = f"{position}.{number}" if position else str(number)
        return self.level(row, here) if isinstance(row, Mapping) else row


def name_in(key: str) -> str:
    """The name of a question, at the end of its key."""
    return key.rpartition("/")[2]


def layout_in(layout: Level, version: VersionMap) -> Level:
    """Return the layout of a form as the records of a changed version have it, so that they are parted rightly.

    What is not proved to be one of the form's questions is not in it, and so kept apart like any unknown answer; that
    it has the name of one, in another group, proves nothing.
    """
    questions = {theirs: asked for theirs, ours in version.keys.items() if (asked := layout.find(ours)) is not None}
    inner = {theirs: found for theirs, ours in version.keys.items() if (found := layout.find_repeat(ours)) is not None}
    return replace(
        layout,
        questions=questions,
        repeats={theirs: layout_in(level, version) for theirs, level in inner.items()},
        by_name={},
        open=frozenset(key for key, question in questions.items() if not question.identifying),
    )
