"""Knows how the items of an instrument become rows: one an answer, and one assessment with score and band."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from connector.fact_schema import assessment, item_answer
from connector.layout import once_per_form
from forms.form import Form
from forms.instrument import REFUSED, SEX, STOPPED, UNSCORED, Instrument, Item
from forms.interview import stopped_name

Values = tuple[Any, ...]
LONGEST_CLIENT_CODE = 16
SCREENING = "screening"
"""The wave of the assessments made at intake, before a baseline could be asked."""
SKIPPED, NOT_ASKED, BLANK = "skipped", "not_asked", "blank"
MISSING = (REFUSED, STOPPED, SKIPPED, NOT_ASKED, BLANK)
"""Why an item has no scored code: refused; the interview stopped at it; it is not asked of this sex; it came after the
stop; or nothing is known. An instrument that was never begun has no rows at all."""


ASSESSED = ("client_code", "wave", "today", "end", "asked_by")
"""The typed answers of a record that say whom an assessment is about, when and by whom."""
INSTRUMENT_COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {table.name: tuple(table.columns.keys()) for table in (item_answer, assessment)}
)


def instrument_rows(
    form: Form,
    answers: Mapping[str, str],
    told: Mapping[str, Any],
    computed: Mapping[str, str],
    root_uuid: str,
    submitted_at: dt.datetime | None,
) -> dict[str, list[Values]]:
    """Return the rows of `item_answer` and `assessment` of one record, for every instrument with any answer.

    Their values stand in the order of INSTRUMENT_COLUMNS. `answers` are texts by question, `told` the typed values of
    ASSESSED and of the phone's scores, `computed` the values computed by the connector.
    """
    items: list[Values] = []
    assessments: list[Values] = []
    for each in _scales_of(form):
        given = [answers.get(item) for item in each.items]
        if any(given):
            items += _item_rows(each, given, answers, root_uuid)
            assessments.append(_assessment(each, given, answers, told, computed, root_uuid, submitted_at))
    return {"item_answer": items, "assessment": assessments} if items else {}


@dataclass(frozen=True, slots=True)
class _Scale:
    """An instrument with what its codes are stored as: (value, why missing) by code."""

    instrument: Instrument
    items: tuple[str, ...]
    codes: Mapping[str, tuple[int | None, str | None]]
    stopped_name: str


@once_per_form
def _scales_of(form: Form) -> tuple[_Scale, ...]:
    return tuple(
        _Scale(each, tuple(item.name for item in each.items), _stored_codes(each), stopped_name(each))
        for each in form.instruments
    )


def _stored_codes(instrument: Instrument) -> dict[str, tuple[int | None, str | None]]:
    scored: dict[str, tuple[int | None, str | None]] = {str(code): (code, None) for code in instrument.scored_codes}
    return scored | {code: (None, code) for code in UNSCORED}


def _item_rows(scale: _Scale, given: Sequence[str | None], answers: Mapping[str, str], root_uuid: str) -> list[Values]:
    codes, name = scale.codes, scale.instrument.name
    if all(answer in codes for answer in given):
        return [(root_uuid, item, name, *codes[answer or ""]) for item, answer in zip(scale.items, given, strict=True)]
    return list(_rows_with_gaps(scale, given, answers, root_uuid))


def _rows_with_gaps(
    scale: _Scale, given: Sequence[str | None], answers: Mapping[str, str], root_uuid: str
) -> Iterator[Values]:
    has_stopped, name = False, scale.instrument.name
    for item, answer in zip(scale.instrument.items, given, strict=True):
        if answer:
            value, missing = scale.codes[answer] if answer in scale.codes else (int(answer), None)
            has_stopped = has_stopped or answer == STOPPED
        else:
            value, missing = None, _why_blank(item, answers, has_stopped)
        yield root_uuid, item.name, name, value, missing


def _why_blank(item: Item, answers: Mapping[str, str], has_stopped: bool) -> str:
    if item.asked_of and answers.get(SEX) not in (None, item.asked_of):
        return SKIPPED
    return NOT_ASKED if has_stopped else BLANK


def _assessment(
    scale: _Scale,
    given: Sequence[str | None],
    answers: Mapping[str, str],
    told: Mapping[str, Any],
    computed: Mapping[str, str],
    root_uuid: str,
    submitted_at: dt.datetime | None,
) -> Values:
    """The interview stopped within an instrument at an item or at a question that belongs to it."""
    instrument = scale.instrument
    assessed_on = day_of(told, submitted_at)
    answered, score = computed.get(instrument.answered_name), computed.get(instrument.score_name)
    on_device = told.get(instrument.score_name)
    return (
        root_uuid,
        instrument.name,
        fitting_code(told.get("client_code")),
        told.get("wave", SCREENING),
        assessed_on,
        assessed_on and assessed_on.isoformat()[:7],
        int(answered) if answered else None,
        int(score) if score else None,
        computed.get(instrument.band_name) or None,
        None if on_device is None else float(on_device),
        STOPPED in given or answers.get(scale.stopped_name) == "yes",
        told.get("asked_by"),
    )


def day_of(row: Mapping[str, Any], submitted_at: dt.datetime | None) -> dt.date | None:
    """Return the day of an interview: the phone's day, else that of its end, else that of its arrival on the server."""
    if row.get("today"):
        return row["today"]
    moment = row.get("end") or submitted_at
    return moment.date() if moment else None


def fitting_code(code: str | None) -> str | None:
    """Return a client code, or None for a text too long to be one (it stays in the form's own table)."""
    return code if code and len(code) <= LONGEST_CLIENT_CODE else None
