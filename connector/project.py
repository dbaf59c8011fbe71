"""Knows what a store and a sync need to know of one project: how its records are parted, and what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Connection

from connector.derive import apply_changes
from connector.identity import split_record
from connector.records import RecordKey, StoredRecord
from forms.form import Form

Json = Mapping[str, Any]


class Project(Protocol):
    """One project on the server. `form_id` is the name under which its records are kept here."""

    @property
    def asset_uid(self) -> str: ...

    @property
    def form_id(self) -> str: ...

    def split(self, record: Json) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return (what is kept with the answers, what names or locates a person) of a record; see `identity`."""
        ...

    def derive(self, connection: Connection, changed: Sequence[StoredRecord], removed: Sequence[RecordKey]) -> None:
        """Replace everything derived from these records, in the caller's transaction; twice changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class ProgrammeProject:
    """A project of one of the programme's own forms: its records become the programme's facts."""

    form: Form = field(repr=False)
    asset_uid: str

    @property
    def form_id(self) -> str:
        """The form's id."""
        return self.form.form_id

    def split(self, record: Json) -> tuple[dict[str, Any], dict[str, Any]]:
        """Part a record by what the form says of its questions."""
        return split_record(self.form, record)

    def derive(self, connection: Connection, changed: Sequence[StoredRecord], removed: Sequence[RecordKey]) -> None:
        """Typed rows, scores and the programme's facts."""
        apply_changes(connection, changed, removed)
