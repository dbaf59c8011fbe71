"""Knows which records of a corpus a query means: columns of what queries speak of, and changes made on top of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from mmap import ACCESS_READ, mmap
from random import Random
from typing import Any

import numpy as np
import orjson

from tests.bench.corpus import Corpus, Record

Mask = np.ndarray[Any, Any]
NEW, EDITED, VALIDATED, DELETED = 100, 50, 30, 20
ALWAYS_SHOWN = {"_id", "_uuid", "meta/rootUuid", "_validation_status"}
COLUMNS = ("ids", "submitted_at", "validated_at", "has_status", "is_edited", "has_deleted_file")
COMPARE = {
    "$gt": np.greater,
    "$gte": np.greater_equal,
    "$lt": np.less,
    "$lte": np.less_equal,
    "$eq": np.equal,
    "$ne": np.not_equal,
}


class RecordTable:
    """The rows of a corpus, in the order of `_id`, and what was changed since; `history` is newest first."""

    ids: Mask
    submitted_at: Mask
    validated_at: Mask
    has_status: Mask
    is_edited: Mask
    has_deleted_file: Mask

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        with corpus.path.open("rb") as file:
            self._text = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
        self.changed: dict[int, Record] = {}
        self.history: list[dict[str, Any]] = []
        self._light: dict[tuple[str, ...], list[bytes]] = {}
        rows = [_facts(orjson.loads(self._stored(row))) for row in range(len(corpus))]
        for name, values in zip(COLUMNS, zip(*rows, strict=True), strict=True):
            setattr(self, name, np.array(values))
        self.is_live = np.ones(len(rows), bool)

    def _stored(self, row: int) -> memoryview:
        return self._text[self.corpus.offsets[row] : self.corpus.offsets[row + 1] - 1]

    def text(self, row: int) -> bytes:
        """The record in a row as it is sent."""
        return orjson.dumps(self.changed[row]) if row in self.changed else bytes(self._stored(row))

    def record(self, row: int) -> Record:
        """The record in a row."""
        return orjson.loads(self.text(row))

    @cached_property
    def _rows_by_root(self) -> dict[str, int]:
        return {self.record(row)["meta/rootUuid"]: row for row in range(len(self.ids))}

    # What a query means.

    def rows(self, query: Mapping[str, Any], descending: bool = False) -> Mask:
        """The rows that a query means, in the order of `_id`. Raises KeyError for what the bench does not speak."""
        found = np.flatnonzero(self.is_live & self._meant(query))
        return found[::-1] if descending else found

    def _meant(self, query: Mapping[str, Any]) -> Mask:
        meant = np.ones(len(self.ids), bool)
        for key, wanted in query.items():
            if key in ("$and", "$or"):
                parts = [self._meant(part) for part in wanted]
                meant &= np.logical_and.reduce(parts) if key == "$and" else np.logical_or.reduce(parts)
            else:
                meant &= self._compared(key, wanted if isinstance(wanted, dict) else {"$eq": wanted})
        return meant

    def _compared(self, key: str, wanted: Mapping[str, Any]) -> Mask:
        parts = [self._one(key, operator, value) for operator, value in wanted.items()]
        return np.logical_and.reduce(parts)

    def _one(self, key: str, operator: str, value: Any) -> Mask:
        if key == "meta/rootUuid":
            return self._named([value] if operator == "$eq" else value)
        if key == "_attachments":
            return self.has_deleted_file
        if operator == "$exists":
            return self._is_there(key) == bool(value)
        if key == "_submission_time":
            return COMPARE[operator](self.submitted_at, value)
        column = {"_id": self.ids, "_validation_status.timestamp": self.validated_at}[key]
        if operator in ("$in", "$nin"):
            return np.isin(column, value, invert=operator == "$nin")
        is_there = True if key == "_id" else self.has_status
        return COMPARE[operator](column, value) & is_there

    def _is_there(self, key: str) -> Mask:
        if key == "_date_modified":
            return np.zeros(len(self.ids), bool)
        return {"meta/deprecatedID": self.is_edited, "_validation_status.uid": self.has_status}[key]

    def _named(self, roots: Iterable[str]) -> Mask:
        meant = np.zeros(len(self.ids), bool)
        meant[[self._rows_by_root[root] for root in roots if root in self._rows_by_root]] = True
        return meant

    # What is sent.

    def body(self, rows: Mask, fields: Iterable[str] | None) -> list[bytes | memoryview]:
        """The records in these rows with commas between, whole or with these fields only."""
        if len(rows) == 0:
            return []
        if fields:
            shown = self._projected(tuple(sorted({*fields, *ALWAYS_SHOWN})))
            return [b",".join([shown[row] for row in rows])]
        first, last = int(rows[0]), int(rows[-1])
        is_one_piece = last - first == len(rows) - 1 and last < len(self.corpus)
        if is_one_piece and not any(first <= row <= last for row in self.changed):
            return [self._text[self.corpus.offsets[first] : self.corpus.offsets[last + 1] - 1]]
        return [b",".join([self.text(int(row)) for row in rows])]

    def _projected(self, keys: tuple[str, ...]) -> list[bytes]:
        if keys not in self._light:
            records = (self.record(row) for row in range(len(self.ids)))
            self._light[keys] = [orjson.dumps({key: each[key] for key in keys if key in each}) for each in records]
        return self._light[keys]

    # What people do meanwhile.

    def change(self, now: datetime) -> dict[str, list[str]]:
        """Add, edit, validate and delete some records at a time; returns their identities by what was done."""
        whole = len(self.ids)
        picked = Random(99).sample(range(whole - min(1000, whole // 4)), EDITED + VALIDATED + DELETED)
        edited, rest = picked[:EDITED], picked[EDITED:]
        validated, deleted = rest[:VALIDATED], rest[VALIDATED:]
        self.changed |= {row: _edited(self.record(row), row) for row in edited}
        self.changed |= {row: _validated(self.record(row), now) for row in validated}
        self.changed |= {whole + at: self.corpus.kind.record(whole + at) for at in range(NEW)}
        self._take_in([*edited, *validated], deleted, whole)
        done = {"new": range(whole, whole + NEW), "edited": edited, "validated": validated, "deleted": deleted}
        self._log(done, now)
        return {what: [self._root(row) for row in rows] for what, rows in done.items()}

    def _take_in(self, rows: Iterable[int], deleted: list[int], whole: int) -> None:
        added = zip(*(_facts(self.changed[whole + at]) for at in range(NEW)), strict=True)
        for name, values in zip(COLUMNS, added, strict=True):
            column = np.append(getattr(self, name), values)
            setattr(self, name, column)
            for row in rows:
                column[row] = _facts(self.changed[row])[COLUMNS.index(name)]
        self.is_live = np.append(self.is_live, np.ones(NEW, bool))
        self.is_live[deleted] = False
        self._light.clear()
        self.__dict__.pop("_rows_by_root", None)

    def _root(self, row: int) -> str:
        return str(self.record(row)["meta/rootUuid"]).removeprefix("uuid:")

    def _log(self, done: Mapping[str, Iterable[int]], now: datetime) -> None:
        actions = {"new": "add", "edited": "modify", "validated": "modify", "deleted": "delete"}
        moment = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        for what, rows in done.items():
            status = {"status": "Not approved"} if what == "validated" else {}
            self.history += [
                {
                    "action": f"{actions[what]}-submission",
                    "date_created": moment,
                    "metadata": {"submission": {"root_uuid": self._root(row), "submitted_by": "bench", **status}},
                }
                for row in rows
            ]
        self.history.reverse()


def _facts(record: Record) -> tuple[int, str, int, bool, bool, bool]:
    """What queries may speak of, in the order of COLUMNS."""
    status, files = record["_validation_status"], record["_attachments"]
    is_deleted = any(file["is_deleted"] for file in files)
    marks = status.get("timestamp", 0), bool(status), "meta/deprecatedID" in record, is_deleted
    return record["_id"], record["_submission_time"], *marks


def _edited(record: Record, row: int) -> Record:
    """One answer changed, one blanked, one row of the repeat removed."""
    version = f"eeeeeeee-0000-4bbb-8ccc-{row:012d}"
    kept = {key: value for key, value in record.items() if key != "water/notes"}
    rows = record["household/members"][:-1]
    change = {"person/first_name": "Edited", "household/members": rows, "household/members_count": str(len(rows))}
    ids = {"meta/deprecatedID": record["meta/instanceID"], "meta/instanceID": f"uuid:{version}", "_uuid": version}
    return kept | change | ids


def _validated(record: Record, now: datetime) -> Record:
    status = {"timestamp": int(now.timestamp()), "uid": "validation_status_not_approved", "by_whom": "bench"}
    return record | {"_validation_status": status | {"label": "Not approved"}}
