"""Knows how the records of a page are read: those with nothing odd by one function, the others each with care."""

from __future__ import annotations

from sqlalchemy import Connection

from connector.plain_record import ReadPlain, has_plain_records, plain_reader, read_none
from connector.records import RecordRows, columns_by_table, unreadable
from connector.renamed import read_as_published
from connector.renamed_versions import Origins
from connector.stored_record import StoredRecord
from connector.version_scoring import VersionScoring
from forms.form import Form
from forms.library import FORMS

MANY = 300
"""From so many records on, making the functions takes less time than they save."""


class RecordReader:
    """Reads records by the scoring of their versions; `size` says how many will come."""

    def __init__(self, connection: Connection, size: int) -> None:
        self._versions, self._origins = VersionScoring(connection), Origins(connection)
        self._is_many = size >= MANY
        self._plain: dict[tuple[str, str, str | None], ReadPlain] = {}

    def read(self, stored: StoredRecord) -> RecordRows:
        """Return the rows and the problems of a record. Raises StorageError; never because of what the record holds."""
        form = FORMS.get(stored.form_id)
        if form is None:
            return unreadable(stored, "the programme has no such form")
        if self._is_many and (rows := self._plain_reader(form, stored)(stored)) is not None:
            return RecordRows(rows, columns_by_table(form))
        try:
            return read_as_published(form, stored, self._versions, self._origins)
        except Exception as error:  # whatever is in one record must not stop the others; a person sees it in `problem`
            return unreadable(stored, type(error).__name__)

    def _plain_reader(self, form: Form, stored: StoredRecord) -> ReadPlain:
        key = stored.form_id, stored.asset_uid, stored.form_version
        if key not in self._plain:
            try:
                self._plain[key] = self._find_reader(form, stored)
            except Exception:  # whatever is wrong with a version, a person sees it in its records, read one by one
                self._plain[key] = read_none
        return self._plain[key]

    def _find_reader(self, form: Form, stored: StoredRecord) -> ReadPlain:
        """Only a version that was published here, or follows from one unchanged, has records without anything odd."""
        origin = self._origins.origin_of(stored.asset_uid, stored.form_version)
        if origin.changes is not None or not origin.is_known or not has_plain_records(form):
            return read_none
        own = self._versions.scoring_of(form, origin.published)
        return plain_reader(own.form, own.as_sent)
