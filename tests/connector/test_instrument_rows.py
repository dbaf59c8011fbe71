"""Knows that every item of every instrument becomes a row that says why it has no answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from connector.fact_schema import MISSING
from connector.instrument_rows import ASSESSMENT_COLUMNS, assessment_rows
from connector.recompute import recompute
from forms.expression import Literal
from forms.form import Form, Group, Question
from forms.instrument import REFUSED, STOPPED, Instrument
from forms.instruments.catalogue import CATALOGUE, FREE

EVERY = pytest.mark.parametrize("instrument", FREE, ids=lambda each: each.name)
PHQ15 = CATALOGUE["phq15"]


def form_of(instrument: Instrument) -> Form:
    """A form that asks the person's sex and one instrument, with its calculations."""
    items = (Question(item.name, "select_one", "?", choices=instrument.answers) for item in instrument.items)
    scores = (Question(name, "calculate", calculation=formula) for name, formula in instrument.calculations())
    group = Group(instrument.name, (*items, *scores))
    return Form("made", "Made", (Question("sex", "text", "?"), group), Literal("x"), instruments=(instrument,))


def assessed(instrument: Instrument, answers: Mapping[str, str]) -> list[dict[str, Any]]:
    """The assessments of one record that was scored by the connector."""
    form = form_of(instrument)
    found = assessment_rows(form, answers, {}, recompute(form, answers), "r", None)
    return [dict(zip(ASSESSMENT_COLUMNS, row, strict=True)) for row in found]


def items(instrument: Instrument, answers: Mapping[str, str]) -> dict[str, Any]:
    """What is kept of each item, in the order of the items."""
    (row,) = assessed(instrument, answers)
    found: dict[str, Any] = json.loads(row["answers"])
    return found


def all_with(instrument: Instrument, code: str, **others: str) -> dict[str, str]:
    """The same answer to every item, others changed or, where blank, taken out."""
    given = {"sex": "female"} | {item.name: code for item in instrument.items} | others
    return {name: answer for name, answer in given.items() if answer}


def missing(instrument: Instrument, answers: Mapping[str, str]) -> list[str | None]:
    """Why each item has no scored code, in the order of the items."""
    return [None if isinstance(code, int) else code for code in items(instrument, answers).values()]


@EVERY
def test_complete_answers_have_values_and_nothing_missing(instrument: Instrument) -> None:
    high = instrument.code_range[1]
    answers = all_with(instrument, str(high))
    assert items(instrument, answers) == {item.name: high for item in instrument.items}
    (assessment,) = assessed(instrument, answers)
    assert (assessment["answered"], assessment["score"]) == (len(instrument.items), instrument.highest_score)
    assert assessment["band"] == (instrument.bands[-1].code if instrument.bands else None)


@EVERY
def test_an_instrument_that_was_not_begun_has_no_rows(instrument: Instrument) -> None:
    assert assessed(instrument, {"sex": "female"}) == []


@EVERY
def test_what_comes_after_the_stop_was_not_asked(instrument: Instrument) -> None:
    first, second = (item.name for item in instrument.items[:2])
    answers = {"sex": "female", first: "1", second: STOPPED}
    rest = len(instrument.items) - 2
    assert missing(instrument, answers) == [None, "stopped", *["not_asked"] * rest]


@EVERY
def test_a_refusal_and_a_blank_are_told_apart(instrument: Instrument) -> None:
    first, second = (item.name for item in instrument.items[:2])
    found = missing(instrument, all_with(instrument, "1", **{first: REFUSED, second: ""}))
    assert found == ["refused", "blank", *[None] * (len(instrument.items) - 2)]


def test_an_item_of_the_other_sex_is_skipped_by_rule() -> None:
    found = missing(PHQ15, all_with(PHQ15, "1", sex="male", phq15_4=""))
    assert [reason for reason in found if reason] == ["skipped"]


def test_an_item_of_the_other_sex_is_skipped_by_rule_also_after_a_stop() -> None:
    answers = {"sex": "male", "phq15_1": STOPPED}
    assert missing(PHQ15, answers)[:5] == ["stopped", "not_asked", "not_asked", "skipped", "not_asked"]


def test_an_item_for_women_is_blank_when_nobody_knows_the_sex() -> None:
    assert missing(PHQ15, all_with(PHQ15, "1", sex="", phq15_4=""))[3] == "blank"


@pytest.mark.parametrize(("sex", "score"), [("female", 15), ("male", 14)])
def test_the_connector_scores_the_phq15_by_the_sex_of_the_record(sex: str, score: int) -> None:
    (assessment,) = assessed(PHQ15, all_with(PHQ15, "1", sex=sex))
    assert (assessment["score"], assessment["answered"]) == (score, score)


@EVERY
def test_every_reason_fits_its_column(instrument: Instrument) -> None:
    found = missing(instrument, {"sex": "male", instrument.items[0].name: REFUSED, instrument.items[1].name: STOPPED})
    assert set(found) <= {*MISSING}
    assert all(len(reason) <= 12 for reason in MISSING)
