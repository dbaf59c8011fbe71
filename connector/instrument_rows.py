"""Knows how the items of an instrument become one assessment with its answers, score and band."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from connector.fact_schema import BLANK, NOT_ASKED, SKIPPED, assessment
from connector.layout import once_per_form
from forms.form import Form
from forms.instrument import SEX, STOPPED, UNSCORED, Instrument, Item
from forms.interview import stopped_name

Values = tuple[Any, ...]
LONGEST_CLIENT_CODE = 16
SCREENING = "screening"
"""The wave of the assessments made at intake, before a baseline could be asked."""
ASSESSED = ("client_code", "wave", "today", "end", "asked_by")
"""The typed answers of a record that say whom an assessment is about, when and by whom."""
ASSESSMENT_COLUMNS: tuple[str, ...] = tuple(assessment.columns.keys())


def assessment_rows(
    form: Form,
    answers: Mapping[str, str],
    told: Mapping[str, Any],
    computed: Mapping[str, str],
    root_uuid: str,
    submitted_at: dt.datetime | None,
) -> list[Values]:
    """Return the rows of `assessment` of one record, one for every instrument with any answer.

    Their values stand in the order of ASSESSMENT_COLUMNS. `answers` are texts by question, `told` the typed values of
    ASSESSED and of the phone's scores, `computed` the values computed by the connector.
    """
    get = answers.get
    begun = [(scale, given) for scale in kept_scales(form) if any(given := list(map(get, scale.items)))]
    if not begun:
        return []
    who, asked_by = who_and_when(told, submitted_at), told.get("asked_by")
    return [
        (
            root_uuid,
            each.name,
            *who,
            *_result(each, given, answers, told, computed),
            asked_by,
            _items(each, given, answers),
        )
        for each, given in begun
    ]


def who_and_when(told: Mapping[str, Any], submitted_at: dt.datetime | None) -> Values:
    """Return client code, wave, day and month of the assessments of one record, from the typed values of ASSESSED."""
    assessed_on = day_of(told, submitted_at)
    month = assessed_on and assessed_on.isoformat()[:7]
    return fitting_code(told.get("client_code")), told.get("wave", SCREENING), assessed_on, month


class KeptScale(NamedTuple):
    """An instrument with what is written of its items: `codes` as JSON by answer, `text` with a place for each item.

    `results` are the questions for the answered items, the score and the band.
    """

    instrument: Instrument
    name: str
    items: tuple[str, ...]
    codes: Mapping[str | None, str]
    text: str
    results: tuple[str, str, str]
    stopped_name: str


@once_per_form
def kept_scales(form: Form) -> tuple[KeptScale, ...]:
    """Return how the assessments by the form's instruments are written."""
    return tuple(_scale(each) for each in form.instruments)


def _scale(instrument: Instrument) -> KeptScale:
    names = tuple(item.name for item in instrument.items)
    scored: dict[str | None, str] = {str(code): str(code) for code in instrument.scored_codes}
    places = ",".join(f'"{name}":%s' for name in names)
    return KeptScale(
        instrument,
        instrument.name,
        names,
        scored | {code: json.dumps(code) for code in UNSCORED},
        f"{{{places}}}",
        (instrument.answered_name, instrument.score_name, instrument.band_name),
        stopped_name(instrument),
    )


def _items(scale: KeptScale, given: Sequence[str | None], answers: Mapping[str, str]) -> str:
    """The answers as JSON: a number for a scored code, a word for none."""
    codes = scale.codes
    try:
        return scale.text % tuple(map(codes.__getitem__, given))
    except KeyError:
        return text_with_gaps(scale, given, answers)


def text_with_gaps(scale: KeptScale, given: Sequence[str | None], answers: Mapping[str, str]) -> str:
    """Return the answers as JSON where some are missing: a word says why; `answers` need hold the sex alone."""
    return scale.text % tuple(_codes_with_gaps(scale, given, answers))


def _codes_with_gaps(scale: KeptScale, given: Sequence[str | None], answers: Mapping[str, str]) -> Iterator[str]:
    has_stopped = False
    for item, answer in zip(scale.instrument.items, given, strict=True):
        if answer:
            yield scale.codes[answer] if answer in scale.codes else str(int(answer))
            has_stopped = has_stopped or answer == STOPPED
        else:
            yield json.dumps(_why_blank(item, answers, has_stopped))


def _why_blank(item: Item, answers: Mapping[str, str], has_stopped: bool) -> str:
    if item.asked_of and answers.get(SEX) not in (None, item.asked_of):
        return SKIPPED
    return NOT_ASKED if has_stopped else BLANK


def _result(
    scale: KeptScale,
    given: Sequence[str | None],
    answers: Mapping[str, str],
    told: Mapping[str, Any],
    computed: Mapping[str, str],
) -> Values:
    """Answered items, score, band, the phone's score, and whether the interview stopped within the instrument.

    It stopped at an item or at a question that belongs to it.
    """
    answered, score, band = map(computed.get, scale.results)
    on_device = told.get(scale.results[1])
    return (
        int(answered) if answered else None,
        int(score) if score else None,
        band or None,
        None if on_device is None else float(on_device),
        STOPPED in given or answers.get(scale.stopped_name) == "yes",
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
