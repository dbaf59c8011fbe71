"""Knows how a record of an adopted form is parted into answers and what may name or locate a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector.adopted_tables import Level
from connector.adopted_taking import LevelKeys, Memory, OddError, Taken
from connector.adopted_union import Kept
from connector.layout import is_system_key

Json = Mapping[str, Any]
Parted = tuple[dict[str, Any], dict[str, Any]]
GEOLOCATION = "_geolocation"
WITHHELD_KEYS = frozenset({GEOLOCATION, "_supplementalDetails", "meta/instanceName"})
"""What the server makes of answers, and so may name or locate as they do."""
_NOWHERE = [None, None]


class Splitter:
    """Parts the records of a form by what any version says of each key.

    What the form does not know is kept apart, as is an answer that is a list or an object.
    """

    def __init__(self, level: Level, keys: LevelKeys, memory: Memory) -> None:
        self._careful = _CarefulSplitter(level)
        self._plain = _PlainSplitter(keys)
        self._memory = memory

    def split(self, record: Json) -> Parted:
        """Return (body, identity) as `identity.split_record` does; `identity.join_record` restores the record."""
        try:
            taken = self._memory.take(record)
        except OddError:
            return self._careful.split(record)
        apart = {key: record[key] for key in WITHHELD_KEYS if key in record}
        if apart.get(GEOLOCATION) == _NOWHERE:
            del apart[GEOLOCATION]
        return self._plain.split(record, taken, apart)


class _PlainSplitter:
    """Parts what is as the newest version says: `keys` has the variables that are kept apart last."""

    def __init__(self, keys: LevelKeys) -> None:
        self._start = sum(not each.is_apart for each in keys.variables)
        self._apart = keys.keys[self._start :]
        self._repeats = tuple((each.path, _PlainSplitter(each)) for each in keys.repeats)

    def split(self, record: Json, taken: Taken, apart: dict[str, Any]) -> Parted:
        """Return (body, identity); `apart` is what else of this record is kept apart."""
        texts, inside = taken
        apart.update([pair for pair in zip(self._apart, texts[self._start :], strict=True) if pair[1]])
        body = {**record, **dict.fromkeys(apart)}
        for (path, splitter), rows in zip(self._repeats, inside, strict=True):
            if rows:
                body[path], identities = splitter.split_rows(record[path], rows)
                if any(identities):
                    apart[path] = identities
        return body, apart

    def split_rows(self, rows: Sequence[Json], taken: Sequence[Taken]) -> tuple[list[Any], list[Any]]:
        """Return (bodies, identities) of the rows of a repeat."""
        if self._repeats:
            parts = [self.split(row, found, {}) for row, found in zip(rows, taken, strict=True)]
            return [body for body, _ in parts], [identity for _, identity in parts]
        if not self._apart:
            return list(rows), []
        keys, start = self._apart, self._start
        apart = [{key: text for key, text in zip(keys, texts[start:], strict=True) if text} for texts, _ in taken]
        return [{**row, **dict.fromkeys(each)} for row, each in zip(rows, apart, strict=True)], apart


class _CarefulSplitter:
    """Parts any record, also of an earlier version or of none."""

    def __init__(self, level: Level) -> None:
        variables = [each for part in level.parts for each in part.variables]
        self._is_record = level.repeat is None
        self._repeats = {path: _CarefulSplitter(inner) for inner in level.repeats for path in _paths(inner.repeat)}
        apart = {path for each in variables if each.is_apart for path in _paths(each.question)}
        self._answers = {path for each in variables for path in _paths(each.question)} - apart
        self._withheld = apart | WITHHELD_KEYS if self._is_record else apart

    def split(self, record: Json) -> Parted:
        body: dict[str, Any] = {}
        identity: dict[str, Any] = {}
        for key, value in record.items():
            body[key], taken = self._part(key, value)
            if taken is not None:
                identity[key] = taken
        return body, identity

    def _part(self, key: str, value: Any) -> tuple[Any, Any]:
        """Return (what stays, what is taken or None) of one key."""
        if key in self._repeats and _are_rows(value):
            parts = [self._repeats[key].split(row) for row in value]
            identities = [identity for _, identity in parts]
            return [body for body, _ in parts], identities if any(identities) else None
        if key in self._answers and key not in self._repeats and not isinstance(value, list | dict):
            return value, None
        is_open = self._is_record and is_system_key(key) and key not in self._withheld
        says_nothing = value == "" or (key == GEOLOCATION and value == _NOWHERE)
        if says_nothing or (is_open and key not in self._answers):
            return value, None
        return None, value


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _paths(question: Kept | None) -> set[str]:
    return {asked.path for asked in question.seen.values()} if question else set()
