"""Knows how one record becomes typed rows, answers to items, scores, and a list of what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from connector.instrument_rows import ASSESSED, ASSESSMENT_COLUMNS, assessment_rows
from connector.layout import once_per_form
from connector.problem import LONGEST_PATH, Problem
from connector.recompute import recompute
from connector.record_plan import columns_of, plan_of
from connector.record_reading import Reading, Values
from connector.stored_record import RecordKey, StoredRecord
from connector.version_scoring import retired_scores
from forms.form import Form

__all__ = [
    "LONGEST_PATH",
    "RecordKey",
    "RecordRows",
    "StoredRecord",
    "Values",
    "read_record",
    "unreadable",
]

Row = dict[str, Any]


class RecordRows(NamedTuple):
    """The rows of one record by name of table, their values in the order of the table's columns, and its problems."""

    rows: Mapping[str, list[Values]]
    columns: Mapping[str, tuple[str, ...]]
    problems: tuple[Problem, ...] = ()

    @property
    def tables(self) -> dict[str, list[Row]]:
        """The rows with the names of their columns."""
        return {
            table: [dict(zip(self.columns[table], row, strict=True)) for row in rows]
            for table, rows in self.rows.items()
        }


def read_record(form: Form, stored: StoredRecord, as_sent: frozenset[str] = frozenset()) -> RecordRows:
    """Return the typed rows and assessments of one record, and every problem found in it.

    `form` has the instruments by which the record is scored, which may be those of an earlier version; `as_sent` names
    calculated values that only that version knew how to compute (see `recompute`).
    Never raises because of what the record holds: a value that cannot be is a problem and counts as blank.
    """
    plan = plan_of(form)
    reading = Reading(form, stored)
    answers, row = reading.read(plan, stored.record, "", _system_values(stored))
    reading.tables[form.form_id].append(tuple(row))
    computed = recompute(form, answers, as_sent)
    reading.check_whole(answers, row, computed)
    told = _told(form, answers, row)
    if assessed := assessment_rows(form, answers, told, computed, stored.root_uuid, stored.submitted_at):
        reading.tables["assessment"] = assessed
    return RecordRows(reading.tables, columns_by_table(form), tuple(reading.problems))


def unreadable(stored: StoredRecord, reason: str) -> RecordRows:
    """Return the rows of a record that could not be read at all; `reason` holds no answer."""
    return RecordRows({}, {}, (Reading.problem_of(stored, "unreadable_record", reason=reason),))


def _system_values(stored: StoredRecord) -> Values:
    """The values of RECORD_COLUMNS."""
    return (
        stored.root_uuid,
        stored.asset_uid,
        stored.server_id,
        stored.submitted_at,
        stored.submitted_by,
        stored.form_version,
        stored.validation_status,
    )


@once_per_form
def columns_by_table(form: Form) -> dict[str, tuple[str, ...]]:
    """Return the columns of the tables that a form's records fill, assessments among them."""
    return {**columns_of(form), "assessment": ASSESSMENT_COLUMNS}


@once_per_form
def _told_places(form: Form) -> list[tuple[str, int]]:
    """The answers that an assessment repeats, with their columns."""
    names = (*ASSESSED, *(each.score_name for each in form.instruments))
    return [(name, place) for name in names if (place := plan_of(form).place_of(name)) is not None]


def _told(form: Form, answers: Mapping[str, str], row: list[Any]) -> Row:
    return {**retired_scores(form, answers), **{name: row[place] for name, place in _told_places(form)}}
