"""Knows how the items of an instrument become rows: one an answer, and one assessment with score and band."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from forms.form import Form
from forms.instrument import REFUSED, Instrument

Row = dict[str, Any]
LONGEST_CLIENT_CODE = 16
SCREENING = "screening"
"""The wave of the assessments made at intake, before a baseline could be asked."""


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
        names = [item.name for item in instrument.items]
        if any(name in answers for name in names):
            own = {**key, "instrument": instrument.name}
            items.extend({**own, **_item_values(answers.get(name), name)} for name in names)
            assessments.append({**own, **_who_and_when(row, submitted_at), **_scores(instrument, row, computed)})
    return {"item_answer": items, "assessment": assessments} if items else {}


def _item_values(answer: str | None, item: str) -> Row:
    missing = {None: "blank", REFUSED: "refused"}.get(answer)
    return {"item": item, "value": None if missing else int(answer or 0), "missing": missing}


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
