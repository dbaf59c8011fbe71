"""A record keeps the score of the version it was filled in with, however rules, bands, items and forms change later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert

from connector.derive import rebuild
from connector.fact_schema import assessment, item_answer, problem
from connector.precious_schema import form_version
from connector.recompute import recompute
from connector.records import StoredRecord
from connector.version_scoring import VersionScoring, own_scoring
from forms.expression import to_xpath
from forms.form import Form
from forms.instrument import Instrument, Item
from forms.instruments.catalogue import CATALOGUE
from forms.library import FORMS
from forms.version import describe, scoring_version, scoring_version_of
from forms.xlsform import form_sheets
from tests.connector.derived_database import ANA, BEA, empty_database
from tests.connector.made_records import MOMENT, dump, keep, rows, served
from tests.forms.changed_forms import rescored, stricter, with_relabelled_bands

OUTCOME = FORMS["outcome"]
SCORED = [(form, each) for form in FORMS.values() for each in form.instruments if each.is_scored]
BANDED = [(form, each) for form, each in SCORED if each.bands]
every_score, every_band = (
    pytest.mark.parametrize(("form", "instrument"), some, ids=[f"{form.form_id}-{each.name}" for form, each in some])
    for some in (SCORED, BANDED)
)


def remember(connection: Connection, form: Form, version: str, **changes: Any) -> dict[str, Any]:
    """Keep a version of a form as a deployment does; `changes` replace parts of its definition."""
    definition = {**describe(form, form_sheets(form)), **changes}
    row = {"version_uid": version, "form_id": form.form_id, "workbook_hash": "0", "deployed_at": MOMENT}
    content = {"scoring_version": scoring_version(definition), "definition": json.dumps(definition)}
    connection.execute(insert(form_version).values(**row, **content))
    return definition


def sent(form: Form, number: int, version: str, answers: Mapping[str, str], **extra: str) -> StoredRecord:
    """A record as a phone with this form sends it; `extra` are whole keys."""
    about = {"client_code": (ANA, BEA)[number % 2], "wave": "endline", "contact_result": "interviewed", **answers}
    known = {question.name for question in form.questions()}
    record = served(form, number, {name: value for name, value in about.items() if name in known}) | extra
    root = record["_uuid"]
    return StoredRecord("asset", root, form.form_id, number, record, MOMENT, "cha001", version)


def all_but_one(instrument: Instrument) -> dict[str, str]:
    """Answers to all items but the first, which is refused: rules about missing items differ on them."""
    high = str(instrument.code_range[1])
    return {item.name: "refused" if item is instrument.items[0] else high for item in instrument.items}


def scores(connection: Connection, instrument: str) -> dict[str, tuple[Any, ...]]:
    """Score and band by root UUID."""
    found = rows(connection, assessment, instrument=instrument)
    return {row["root_uuid"]: (row["score"], row["band"]) for row in found}


def expected(form: Form, instrument: Instrument, answers: Mapping[str, str]) -> tuple[Any, ...]:
    computed = recompute(form, answers)
    score = computed[instrument.score_name]
    return (int(score) if score else None, computed.get(instrument.band_name) or None)


@every_score
def test_records_before_and_after_another_missing_rule_keep_their_own(form: Form, instrument: Instrument) -> None:
    answers, old = all_but_one(instrument), rescored(form, stricter(instrument))
    with empty_database() as connection:
        remember(connection, old, "v1")
        remember(connection, form, "v2")
        keep(connection, sent(old, 1, "v1", answers), sent(form, 2, "v2", answers))
        first = {"root-1": expected(old, instrument, answers), "root-2": expected(form, instrument, answers)}
        assert scores(connection, instrument.name) == first and first["root-1"] != first["root-2"]
        assert rows(connection, problem, kind="score_differs") == []
        before = dump(connection)
        rebuild(connection)
        assert dump(connection) == before


@every_band
def test_records_before_and_after_other_bands_keep_their_own(form: Form, instrument: Instrument) -> None:
    answers = {item.name: str(instrument.code_range[1]) for item in instrument.items}
    old = rescored(form, with_relabelled_bands(instrument))
    with empty_database() as connection:
        remember(connection, old, "v1")
        keep(connection, sent(old, 1, "v1", answers), sent(form, 2, "v2", answers))
        rebuild(connection)
        found = scores(connection, instrument.name)
        assert found["root-1"][1] == "any" and found["root-2"] == expected(form, instrument, answers)
        assert rows(connection, problem, kind="score_differs") == []


def test_a_phone_that_miscounts_by_its_own_version_is_a_problem() -> None:
    instrument = OUTCOME.instruments[0]
    old = rescored(OUTCOME, stricter(instrument))
    with empty_database() as connection:
        remember(connection, old, "v1")
        keep(connection, sent(old, 1, "v1", {**all_but_one(instrument), instrument.score_name: "1"}))
        assert [row["path"] for row in rows(connection, problem, kind="score_differs")] == [instrument.score_name]


def test_an_item_that_is_asked_no_more_still_counts_where_it_was_asked() -> None:
    instrument = OUTCOME.instruments[0]
    longer = replace(instrument, items=(*instrument.items, Item("old_item", "An item of an earlier version")))
    answers = {item.name: "1" for item in instrument.items}
    old = rescored(OUTCOME, longer)
    with empty_database() as connection:
        remember(connection, old, "v1")
        computed = recompute(old, {**answers, "old_item": "3"})
        phone = {name: computed[name] for name, _ in longer.calculations() if name in computed}
        keep(connection, sent(old, 1, "v1", {**answers, **phone}, **{"visit/old_item": "3"}))
        (row,) = rows(connection, assessment, instrument=instrument.name)
        assert (row["answered"], row["score"]) == (len(instrument.items) + 1, len(instrument.items) + 3)
        assert [each["value"] for each in rows(connection, item_answer, item="old_item")] == [3]
        assert {each["kind"] for each in rows(connection, problem)} <= {"unknown_client"}


def test_a_wrong_code_of_an_item_asked_no_more_is_a_problem_and_counts_as_blank() -> None:
    instrument = OUTCOME.instruments[0]
    longer = replace(instrument, items=(*instrument.items, Item("old_item", "An item of an earlier version")))
    with empty_database() as connection:
        remember(connection, rescored(OUTCOME, longer), "v1")
        answers = {item.name: "1" for item in instrument.items}
        keep(connection, sent(OUTCOME, 1, "v1", answers, **{"visit/old_item": "77"}))
        assert [row["path"] for row in rows(connection, problem, kind="not_in_list")] == ["visit/old_item"]
        assert rows(connection, item_answer, item="old_item")[0]["missing"] == "blank"


def unasked() -> Instrument:
    """A scored instrument that no form of the programme asks, and all of whose items are asked of everybody."""
    asked = {each.name for form in FORMS.values() for each in form.instruments}
    scored = (each for each in CATALOGUE.values() if each.is_scored and not any(item.asked_of for item in each.items))
    return next(each for each in scored if each.name not in asked)


def test_an_instrument_that_is_asked_no_more_keeps_its_scores() -> None:
    instrument = unasked()
    old = replace(OUTCOME, instruments=(*OUTCOME.instruments, instrument))
    formulas = [
        {"type": "calculate", "name": name, "calculation": to_xpath(formula)}
        for name, formula in instrument.calculations()
    ]
    answers = {item.name: str(instrument.code_range[1]) for item in instrument.items}
    score = recompute(old, answers)[instrument.score_name]
    with empty_database() as connection:
        remember(connection, old, "v1", survey=[*form_sheets(OUTCOME)["survey"], *formulas])
        keys = {f"old/{name}": value for name, value in {**answers, instrument.score_name: score}.items()}
        keep(connection, sent(OUTCOME, 1, "v1", {}, **keys))
        (row,) = rows(connection, assessment, instrument=instrument.name)
        assert row["score"] == row["score_on_device"] == int(score) > 0
        assert rows(connection, problem, kind="unknown_question") == []


def with_formula(definition: Mapping[str, Any], name: str, formula: str) -> list[dict[str, str]]:
    return [row | {"calculation": formula} if row.get("name") == name else row for row in definition["survey"]]


TRIAGE = {"safety_thoughts_now": "yes", "safety_plan": "yes", "safety_means": "no", "safety_past_year": "no"}


@pytest.mark.parametrize(("version", "problems"), [("v1", []), ("v2", ["safety_level"]), (None, ["safety_level"])])
def test_a_value_whose_rule_was_another_one_is_taken_as_it_was_sent(version: str | None, problems: list[str]) -> None:
    instrument = next(each for each in OUTCOME.instruments if each.safety_item)
    answers = {item.name: "0" for item in instrument.items} | {instrument.safety_item: "1", **TRIAGE}
    with empty_database() as connection:
        survey = with_formula(describe(OUTCOME, form_sheets(OUTCOME)), "safety_level", "${safety_plan}")
        remember(connection, OUTCOME, "v1", survey=survey)
        remember(connection, OUTCOME, "v2")
        keep(connection, replace(sent(OUTCOME, 1, "", {**answers, "safety_level": "low"}), form_version=version))
        assert [row["path"] for row in rows(connection, problem, kind="score_differs")] == problems


def test_a_score_that_the_program_computed_otherwise_then_is_taken_as_it_was_sent() -> None:
    instrument = OUTCOME.instruments[0]
    answers = {item.name: "1" for item in instrument.items}
    with empty_database() as connection:
        survey = with_formula(describe(OUTCOME, form_sheets(OUTCOME)), instrument.score_name, "${phq9_sum} + 1")
        remember(connection, OUTCOME, "v1", survey=survey)
        keep(
            connection,
            sent(OUTCOME, 1, "v1", {**answers, instrument.score_name: "10", instrument.band_name: "moderate"}),
        )
        assert scores(connection, instrument.name)["root-1"][0] == 10
        assert rows(connection, problem, kind="score_differs") == []


def test_kept_data_that_cannot_be_read_leave_the_score_that_was_sent() -> None:
    instrument = OUTCOME.instruments[0]
    old, answers = rescored(OUTCOME, stricter(instrument)), all_but_one(instrument)
    definition = describe(old, form_sheets(old))
    damaged = {name: {**data, "of_a_later_release": 1} for name, data in definition["instruments"].items()}
    with empty_database() as connection:
        remember(connection, old, "v1", instruments=damaged)
        keep(connection, sent(old, 1, "v1", answers))
        assert scores(connection, instrument.name)["root-1"] == expected(old, instrument, answers)
        assert rows(connection, problem, kind="score_differs") == []


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_version_that_scores_as_today_costs_one_short_query_and_no_reading(form: Form) -> None:
    with empty_database() as connection:
        row = {"version_uid": "v1", "form_id": form.form_id, "workbook_hash": "0", "deployed_at": MOMENT}
        kept = {"scoring_version": scoring_version_of(form), "definition": "is not read"}
        connection.execute(insert(form_version).values(**row, **kept))
        statements: list[str] = []
        event.listen(connection, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
        versions = VersionScoring(connection)
        found = [versions.scoring_of(form, "v1") for _ in range(50)]
        assert len(statements) == 1
        assert all(each.form is form and each.as_sent == frozenset() for each in found)


@pytest.mark.parametrize("version", [None, "", "v-unknown"])
def test_a_version_that_nobody_knows_is_scored_as_today(version: str | None) -> None:
    with empty_database() as connection:
        assert VersionScoring(connection).scoring_of(OUTCOME, version).form is OUTCOME


def test_a_version_of_another_form_is_not_taken_for_this_ones() -> None:
    with empty_database() as connection:
        remember(connection, rescored(OUTCOME, stricter(OUTCOME.instruments[0])), "v1")
        assert VersionScoring(connection).scoring_of(FORMS["intake"], "v1").form is FORMS["intake"]


def test_versions_that_score_alike_are_worked_out_once() -> None:
    old = rescored(OUTCOME, stricter(OUTCOME.instruments[0]))
    with empty_database() as connection:
        remember(connection, old, "v1")
        remember(connection, old, "v2")
        versions = VersionScoring(connection)
        assert versions.scoring_of(OUTCOME, "v1") is versions.scoring_of(OUTCOME, "v2")


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_form_is_scored_by_its_own_definition_as_by_itself(form: Form) -> None:
    found = own_scoring(form, json.loads(json.dumps(describe(form, form_sheets(form)))))
    assert found.as_sent == frozenset()
    assert [each.calculations() for each in found.form.instruments] == [
        each.calculations() for each in form.instruments
    ]
