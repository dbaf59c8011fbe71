"""Knows how the answers of a record of an adopted form are taken out of it, once for parting it and for its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain, repeat
from typing import Any

from connector.adopted_tables import Level
from connector.adopted_values import is_storable

Json = Mapping[str, Any]
Taken = tuple[list[str], tuple[list[Any], ...]]
"""The texts of the answers in the order of the level's variables, "" where there is none, and what is taken out of the
rows of each of its repeats, by repeat."""
SYSTEM_KEYS = (
    "__version__",
    "_attachments",
    "_date_modified",
    "_geolocation",
    "_id",
    "_notes",
    "_status",
    "_submission_time",
    "_submitted_by",
    "_supplementalDetails",
    "_tags",
    "_uuid",
    "_validation_status",
    "_xform_id_string",
    "formhub/uuid",
    "meta/deprecatedID",
    "meta/instanceID",
    "meta/instanceName",
    "meta/rootUuid",
)
_BLANKS = repeat("")
_REMEMBERED = 2000


class OddError(Exception):
    """A record, or a row of a repeat in it, is not as the form says: an unknown key, or an answer that is no text."""


class LevelKeys:
    """The keys of one level, records or rows of a repeat, in the order of its variables.

    `known` grows by the keys of its own that a newer server turns out to send.
    """

    def __init__(self, level: Level, more_keys: Iterable[str] = ()) -> None:
        self.path = level.path
        self.parts = level.parts
        self.variables = tuple(each for part in level.parts for each in part.variables)
        self.repeats = tuple(LevelKeys(each) for each in level.repeats)
        self.keys = tuple(each.path for each in self.variables)
        self.known = {*self.keys, *(each.path for each in self.repeats), *more_keys}

    def take(self, record: Json) -> Taken:
        """Return the answers of a record that is as the form says, key by key. Raises OddError for any other."""
        try:
            texts = [*map(record.get, self.keys, _BLANKS)]
            if not is_storable("".join(texts)) or not self.known.issuperset(record):
                raise OddError
        except (AttributeError, TypeError):  # no object at all, or answers that are no texts
            raise OddError from None
        return texts, tuple([inner.take_rows(record) for inner in self.repeats]) if self.repeats else ()

    def take_rows(self, record: Json) -> list[Taken]:
        """Return the answers of the rows that a record has of this repeat. Raises OddError."""
        rows = record.get(self.path)
        if rows is None:
            return []
        if not isinstance(rows, list):
            raise OddError
        if self.repeats:
            return [self.take(row) for row in rows]
        try:
            texts = [[*map(row.get, self.keys, _BLANKS)] for row in rows]
            if not is_storable("".join(chain(*texts))) or not self.known.issuperset(chain(*rows)):
                raise OddError
        except (AttributeError, TypeError):
            raise OddError from None
        return [(each, ()) for each in texts]


class Memory:
    """What was taken out of the last records: they are parted first, and their rows are made right after."""

    def __init__(self, keys: LevelKeys) -> None:
        self._keys = keys
        self._found: dict[int, tuple[Json, Taken]] = {}

    def take(self, record: Json) -> Taken:
        """Return the answers of a record, remembered or taken now. Raises OddError."""
        found = self._found.get(id(record))
        if found is not None and found[0] is record:
            return found[1]
        taken = self._keys.take(record)
        if len(self._found) >= _REMEMBERED:
            self.forget()
        self._found[id(record)] = (record, taken)
        return taken

    def forget(self) -> None:
        """Let go of all records."""
        self._found.clear()
