"""Knows how the records of an adopted form are parted into answers and what may name or locate a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.adopted_tables import Level
from connector.adopted_union import Kept
from connector.layout import is_system_key

Json = Mapping[str, Any]
Parted = tuple[dict[str, Any], dict[str, Any]]
GEOLOCATION = "_geolocation"
WITHHELD_KEYS = (GEOLOCATION, "_supplementalDetails", "meta/instanceName")
"""What the server makes of answers, and so may name or locate as they do."""
_NOWHERE = [None, None]


class Splitter:
    """Parts records of a form by what any version says of each key.

    What the form does not know is kept apart, as is an answer that is a list or an object.
    """

    def __init__(self, level: Level) -> None:
        self._careful = _CarefulSplitter(level)
        self._plain = _PlainSplitter(level)

    def split(self, record: Json, is_plain: bool) -> Parted:
        """Return (body, identity), as `identity.split_record` does; `identity.join_record` restores the record.

        `is_plain`: everything in it is as the newest version says.
        """
        return self._plain.split(record, _withheld(record)) if is_plain else self._careful.split(record)


def _withheld(record: Json) -> dict[str, Any]:
    apart = {key: record[key] for key in WITHHELD_KEYS if key in record}
    if apart.get(GEOLOCATION) == _NOWHERE:
        del apart[GEOLOCATION]
    return apart


class _PlainSplitter:
    """Parts what is as the newest version says."""

    def __init__(self, level: Level) -> None:
        withheld = _keys_apart(level)
        self._keys = [each.path for part in level.parts for each in part.variables if each.path in withheld]
        inside = [(each.path, _PlainSplitter(each)) for each in level.repeats]
        self._repeats = [(path, splitter) for path, splitter in inside if splitter.takes_any]

    @property
    def takes_any(self) -> bool:
        """Whether it takes anything out of anything."""
        return bool(self._keys or self._repeats)

    def split(self, found: Json, apart: dict[str, Any]) -> Parted:
        """Return (body, identity) of a record or row; `apart` is what else of it is kept apart."""
        for key in self._keys:
            if text := found.get(key):
                apart[key] = text
        body = {**found, **dict.fromkeys(apart)}
        for path, splitter in self._repeats:
            if rows := found.get(path):
                parted = [splitter.split(row, {}) for row in rows]
                body[path] = [each for each, _ in parted]
                identities = [each for _, each in parted]
                if any(identities):
                    apart[path] = identities
        return body, apart


class _CarefulSplitter:
    """Parts any record, also of an earlier version or of none."""

    def __init__(self, level: Level) -> None:
        variables = [each for part in level.parts for each in part.variables]
        self._is_record = level.repeat is None
        self._repeats = {path: _CarefulSplitter(inner) for inner in level.repeats for path in _paths(inner.repeat)}
        apart = _keys_apart(level)
        self._answers = {path for each in variables for path in _paths(each.question)} - apart
        self._withheld = apart.union(WITHHELD_KEYS) if self._is_record else apart

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


def _keys_apart(level: Level) -> set[str]:
    """The keys of a level under which any version asks for what is kept apart."""
    variables = [each for part in level.parts for each in part.variables if each.is_apart]
    return {path for each in variables for path in _paths(each.question)}


def _paths(question: Kept | None) -> set[str]:
    return {asked.path for asked in question.seen.values()} if question else set()
