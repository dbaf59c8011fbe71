"""Knows what a record is on its way from the store to its rows: its key, and what the store says of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Row

from connector.identity import join_texts


class RecordKey(NamedTuple):
    """What tells a record from all others for life; both parts are at most 32 and 64 characters long."""

    asset_uid: str
    root_uuid: str


class Parted(NamedTuple):
    """A record in two parts, see `identity`; `rows` is what its project has read of the answers on the way, or None."""

    body: dict[str, Any]
    identity: dict[str, Any]
    rows: Any = None


@dataclass(slots=True)
class StoredRecord:
    """One record as the server gives it (`record`), with what the table `submission` says about it; times in UTC.

    `replaces` is the server's number of the row that was here before, None when the record is new here. `rows` is
    that of `Parted`. Nobody changes one; it is not frozen because that takes three times as long to make.
    """

    asset_uid: str
    root_uuid: str
    form_id: str
    server_id: int
    record: Mapping[str, Any]
    submitted_at: dt.datetime | None = None
    submitted_by: str | None = None
    form_version: str | None = None
    validation_status: str | None = None
    replaces: int | None = None
    rows: Any = field(default=None, repr=False, compare=False)

    @property
    def key(self) -> RecordKey:
        """The record's key."""
        return RecordKey(self.asset_uid, self.root_uuid)


def read_stored(row: Row[Any]) -> StoredRecord:
    """Return the record of a row of `submission` that also has the text of its `identity`."""
    names = ("asset_uid", "root_uuid", "form_id", "server_id", "submitted_at", "submitted_by", "form_version")
    told = {name: getattr(row, name) for name in (*names, "validation_status")}
    return StoredRecord(record=join_texts(row.body, row.identity), **told)
