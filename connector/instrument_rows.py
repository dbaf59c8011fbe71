"""Knows how the items of an instrument become rows: one an answer, and one assessment with score and band."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from forms.form import Form
from forms.instrument import REFUSED, SEX, STOPPED, UNSCORED, Instrument, Item
from forms.interview import stopped_name

Row = dict[str, Any]
LONGEST_CLIENT_CODE = 16
SCREENING = "screening"
"""The wave of the assessments made at intake, before a baseline could be asked."""
SKIPPED, NOT_ASKED, BLANK = "skipped", "not_asked", "blank"
MISSING = (REFUSED, STOPPED, SKIPPED, NOT_ASKED, BLANK)
"""Why an item has no scored code: refused; the interview stopped at it; it is not asked of this sex; it came after the
stop; or nothing is known. An instrument that was never begun has no rows at all."""


def instrument_rows(
    form: Form,
    answers: Mapping[str, str],
    row: Row,
    computed: Mapping[str, str],
    key: Row,
    submitted_at: dt.datetime | None,
) -> dict[str, list[Row]]:
    """Return the rows of `item_answer` and `assessment` of one record, for every instrument with any answer.

    `answers` are texts by question, `row` the typed values, `computed` the values computed by the connector, `key`
    the columns that name the record.
    """
    items: list[Row] = []
    assessments: list[Row] = []
    for instrument in form.instruments:
        if any(item.name in answers for item in instrument.items):
            own = {**key, "instrument": instrument.name}
            items.extend({**own, **values} for values in _item_values(instrument, answers))
            stopped = {"stopped": _has_stopped(instrument, answers)}
            known = {**_who_and_when(row, submitted_at), **_scores(instrument, row, computed)}
            assessments.append({**own, **known, **stopped})
    return {"item_answer": items, "assessment": assessments} if items else {}


def _item_values(instrument: Instrument, answers: Mapping[str, str]) -> Iterator[Row]:
    has_stopped = False
    for item in instrument.items:
        answer = answers.get(item.name)
        missing = answer if answer in UNSCORED else None if answer else _why_blank(item, answers, has_stopped)
        has_stopped = has_stopped or answer == STOPPED
        yield {"item": item.name, "value": None if missing else int(answer or 0), "missing": missing}


def _has_stopped(instrument: Instrument, answers: Mapping[str, str]) -> bool:
    """Whether the interview stopped within the instrument, at an item or at a question that belongs to it."""
    at_an_item = any(answers.get(item.name) == STOPPED for item in instrument.items)
    return at_an_item or answers.get(stopped_name(instrument)) == "yes"


def _why_blank(item: Item, answers: Mapping[str, str], has_stopped: bool) -> str:
    if item.asked_of and answers.get(SEX) not in (None, item.asked_of):
        return SKIPPED
    return NOT_ASKED if has_stopped else BLANK


def _scores(instrument: Instrument, row: Row, computed: Mapping[str, str]) -> Row:
    on_device = row.get(instrument.score_name)
    answered, score = computed.get(instrument.answered_name), computed.get(instrument.score_name)
    return {
        "answered": int(answered) if answered else None,
        "score": int(score) if score else None,
        "band": computed.get(instrument.band_name) or None,
        "score_on_device": None if on_device is None else float(on_device),
    }


def _who_and_when(row: Row, submitted_at: dt.datetime | None) -> Row:
    assessed_on = day_of(row, submitted_at)
    return {
        "client_code": fitting_code(row.get("client_code")),
        "wave": row.get("wave") if "wave" in row else SCREENING,
        "assessed_on": assessed_on,
        "assessed_month": assessed_on and f"{assessed_on:%Y-%m}",
        "asked_by": row.get("asked_by"),
    }


def day_of(row: Mapping[str, Any], submitted_at: dt.datetime | None) -> dt.date | None:
    """Return the day of an interview: the phone's day, else that of its end, else that of its arrival on the server."""
    if row.get("today"):
        return row["today"]
    moment = row.get("end") or submitted_at
    return moment.date() if moment else None


def fitting_code(code: str | None) -> str | None:
    """Return a client code, or None for a text too long to be one (it stays in the form's own table)."""
    return code if code and len(code) <= LONGEST_CLIENT_CODE else None
