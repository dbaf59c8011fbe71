"""Knows what a store and a sync need to know of one project: how its records are parted, and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Connection

from connector.answer import MEDIA_KINDS
from connector.identity import split_by
from connector.layout import Level, layout_of, once_per_form
from connector.stored_record import Parted, RecordKey, StoredRecord
from connector.submission import Submission
from forms.form import Form

Json = Mapping[str, Any]


class Project(Protocol):
    """One project on the server. `form_id` is the name under which its records are kept here."""

    @property
    def asset_uid(self) -> str:
        """The uid of the project on the server."""
        ...

    @property
    def form_id(self) -> str:
        """The form's id, or the name of the tables of an adopted form."""
        ...

    @property
    def media_keys(self) -> frozenset[str]:
        """The keys, in a record, of the questions that ask for a file."""
        ...

    def part(self, record: Json, item: Submission) -> Parted:
        """Return what is kept with the answers of a record, and what names or locates a person; see `identity`.

        `item` is who the record is.
        """
        ...

    def derive(self, connection: Connection, changed: Sequence[StoredRecord], removed: Sequence[RecordKey]) -> None:
        """Replace everything derived from these records, in the caller's transaction; twice changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class ProgrammeProject:
    """A project of one of the programme's own forms: its records become the programme's facts.

    `layouts` are those of the versions that somebody changed on the website, by their uid.
    """

    form: Form = field(repr=False)
    asset_uid: str
    layouts: Mapping[str, Level] = field(default_factory=dict, repr=False)

    @property
    def form_id(self) -> str:
        """The form's id."""
        return self.form.form_id

    @property
    def media_keys(self) -> frozenset[str]:
        """The form's questions for pictures, recordings and files; the programme has none of its own."""
        return _media_keys(self.form)

    def part(self, record: Json, item: Submission) -> Parted:
        """Part a record by what the form says of its questions."""
        return Parted(*split_by(self._layout_of(record), record))

    def _layout_of(self, record: Json) -> Level:
        changed = self.layouts.get(str(record.get("__version__"))) if self.layouts else None
        return changed or layout_of(self.form)

    def derive(self, connection: Connection, changed: Sequence[StoredRecord], removed: Sequence[RecordKey]) -> None:
        """Typed rows, scores and the programme's facts; what makes them is loaded when the first record comes."""
        from connector.derive import apply_changes

        apply_changes(connection, changed, removed)


@once_per_form
def _media_keys(form: Form) -> frozenset[str]:
    return frozenset(_keys_inside(layout_of(form)))


def _keys_inside(level: Level) -> Iterator[str]:
    yield from (key for key, question in level.questions.items() if question.kind in MEDIA_KINDS)
    for repeat in level.repeats.values():
        yield from _keys_inside(repeat)
