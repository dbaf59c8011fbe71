"""The quick way to read a record gives the rows that the careful one gives, and leaves to it whatever is odd."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from sqlalchemy import insert

from connector.layout import layout_of
from connector.many_records import MANY, RecordReader
from connector.plain_record import has_plain_records, plain_reader
from connector.precious_schema import form_version
from connector.recompute import recompute, steps_of
from connector.record_reading import NEEDED
from connector.records import StoredRecord, read_record
from connector.strict_json import parse
from connector.version_scoring import own_scoring
from forms.form import Form, Question
from forms.instruments.catalogue import FREE
from forms.library import FORMS
from forms.version import describe
from forms.xlsform import form_sheets
from tests.connector.derived_database import ANA, BEA, empty_database
from tests.connector.hostile_payloads import payloads
from tests.connector.made_forms import HOUSEHOLD
from tests.connector.made_records import MOMENT, in_distress, intake, old_report, report, served, stored, visit
from tests.connector.test_hostile import KEYS
from tests.connector.test_instrument_rows import form_of
from tests.connector.test_version_scoring import all_but_one
from tests.forms.changed_forms import rescored, stricter

EVERY_FORM = (*FORMS.values(), HOUSEHOLD, *(form_of(each) for each in FREE))
every_form = pytest.mark.parametrize("form", EVERY_FORM, ids=lambda form: f"{form.form_id}{len(form.instruments)}")
ODD: tuple[Any, ...] = (
    "", " ", " 1", "1 ", "\u00a01", "x" * 70, "\x00", "a\x00b", "\ud800", "é", "\u0661", "1_0", "1e400", "nan", "-0",
    "00", "1.0", "2026-02-30", "2026-13-01T", "0001-01-01", "yes no", "stopped", "refused", "true", None, True, False,
    0, 1, 1.0, 2**70, float("nan"), [], [1], ["yes"], {}, {"a": 1},
)  # fmt: skip
KINDS: Mapping[str, tuple[str, ...]] = {
    "integer": ("0", "7", "31", "-3", "+5", "2000"),
    "decimal": ("0.5", "12", "-1e2"),
    "range": ("3", "4.5"),
    "date": ("2026-03-02", "1999-12-31"),
    "today": ("2026-03-02", "2026-03-02T00:00:00Z"),
    "time": ("09:00:00.000+02:00", "23:59"),
    "start": ("2026-03-02T09:00:00.000+02:00",),
    "end": ("2026-03-02T11:30:00.000+02:00", "2026-03-02T11:30:00Z"),
}


def plain_answer(rng: Random, question: Question) -> str:
    """An answer as a phone gives it."""
    if question.choices:
        codes = question.choices.codes
        return " ".join(rng.sample(codes, min(2, len(codes)))) if question.is_select_multiple else rng.choice(codes)
    if question.roster:
        return " ".join((ANA, BEA)[: 1 + question.is_select_multiple])
    if question.name == "client_typed":
        return rng.choice((ANA, BEA))
    return rng.choice(KINDS.get(question.kind, ("", "some words", "mild", "7")))


def phone_record(rng: Random, form: Form) -> dict[str, Any]:
    """A record in which any questions have answers, and the phone has computed what it can."""
    asked = [question for question in layout_of(form).questions.values() if question.calculation is None]
    rate, needed = rng.choice((0.2, 0.9, 1.0)), NEEDED.get(form.form_id, ())
    told = {each.name: plain_answer(rng, each) for each in asked if each.name in needed or rng.random() < rate}
    computed = {name: value for name, value in recompute(form, told).items() if value}
    answers, keys = {"client_code": rng.choice((ANA, BEA)), **computed, **told}, layout_of(form).by_name
    return {keys[name]: answer for name, answer in answers.items() if answer and name in keys} | {"_id": 7}


def odd_record(rng: Random, form: Form) -> dict[str, Any]:
    """The same with up to three things that a phone does not send."""
    record = phone_record(rng, form)
    keys = [*layout_of(form).questions, *layout_of(form).repeats]
    for _ in range(rng.randrange(4)):
        key = rng.choice(keys)
        at = rng.choice((key, key, key, f"old/{key.rpartition('/')[2]}", "unknown", "_new_key", "meta/new"))
        record[at] = rng.choice(ODD)
    return record


def kept(form: Form, record: Mapping[str, Any]) -> StoredRecord:
    return StoredRecord("asset", "root", form.form_id, 7, record, MOMENT, "cha001", "v1", None)


def read_both(form: Form, each: StoredRecord, as_sent: frozenset[str] = frozenset()) -> tuple[Any, Any]:
    """The rows that the quick way gives, None for none, and those that the careful one gives when nothing is odd."""
    quick = plain_reader(form, as_sent)(each)
    try:
        careful = read_record(form, each, as_sent)
    except ValueError:  # a record that cannot be read
        return quick, None
    rows = {name: found for name, found in careful.rows.items() if found}
    return quick, (None if careful.problems else rows)


def agree(form: Form, each: StoredRecord, as_sent: frozenset[str] = frozenset()) -> bool:
    """Whether the quick way has the same rows, in value and type, or none."""
    quick, careful = read_both(form, each, as_sent)
    return quick is None or (careful is not None and repr(sorted(quick.items())) == repr(sorted(careful.items())))


@every_form
@pytest.mark.parametrize("make", [phone_record, odd_record])
def test_any_record_is_read_alike_or_left_to_the_careful_way(make: Callable[..., Any], form: Form) -> None:
    rng = Random(form.form_id)
    names = [step.name for step in steps_of(form)]
    choices = [frozenset[str](), frozenset(rng.sample(names, min(3, len(names))))]
    found = [kept(form, make(rng, form)) for _ in range(150)]
    assert [each.record for each in found if not agree(form, each, rng.choice(choices))] == []


MADE = (
    intake(1, ANA),
    intake(2, BEA, phq9_1="refused", safety_actions="stayed called"),
    intake(3, ANA, phq9_3="stopped"),
    report(4, "G1", 3, [ANA, BEA], absent_sick=ANA, absence_reasons="sick"),
    report(5, "G1", 3, [ANA], **in_distress(1, ANA)),
    visit(6, ANA),
    visit(7, ANA, **{f"phq9_{item}": str(item % 4) for item in range(1, 10)}),
    stored("outcome", 8, {"client_code": BEA, "wave": "baseline", "contact_result": "refused"}),
)


@pytest.mark.parametrize("each", MADE, ids=lambda each: f"{each.form_id}-{each.server_id}")
def test_what_phones_send_is_read_the_quick_way(each: StoredRecord) -> None:
    quick, careful = read_both(FORMS[each.form_id], each)
    if careful is not None:
        assert quick == careful


def test_most_made_records_have_nothing_odd() -> None:
    assert sum(plain_reader(FORMS[each.form_id])(each) is not None for each in MADE) >= 6


@pytest.mark.parametrize("key", ["_anything", "meta/anything", "formhub/uuid"])
def test_keys_of_the_phone_and_the_server_are_nothing_odd(key: str) -> None:
    each = visit(6, ANA)
    assert plain_reader(FORMS["outcome"])(replace(each, record={**each.record, key: [{"a": None}]})) is not None


@pytest.mark.parametrize("odd", ["unknown", "visit/unknown", "old/wave"])
def test_a_question_that_the_form_does_not_ask_there_is_odd(odd: str) -> None:
    each = visit(6, ANA)
    assert plain_reader(FORMS["outcome"])(replace(each, record={**each.record, odd: "1"})) is None


@pytest.mark.parametrize("each", [old_report(1, "G1", 2, [ANA]), visit(2, "4AC7-HK9X"), visit(3, ANA, wave="")])
def test_what_a_person_must_see_is_left_to_the_careful_way(each: StoredRecord) -> None:
    form = FORMS[each.form_id]
    assert plain_reader(form)(each) is None or not read_record(form, each).problems


@pytest.mark.parametrize("form_id", list(KEYS))
def test_hostile_records_are_read_alike_or_left_to_the_careful_way(form_id: str) -> None:
    form, found = FORMS[form_id], []
    for payload in payloads():
        try:
            record = parse(payload.served(7, KEYS[form_id]))
        except ValueError:
            continue
        if not isinstance(record, dict):
            continue
        found.append(payload.name if not agree(form, kept(form, record)) else "")
    assert {*found} == {""}
    assert len(found) > 200


def test_a_version_is_scored_by_its_own_rules() -> None:
    form = FORMS["outcome"]
    instrument = form.instruments[0]
    then = rescored(form, stricter(instrument))
    each = kept(form, served(then, 7, {"client_code": ANA, "wave": "endline", **all_but_one(instrument)}))
    assert plain_reader(form)(each) is None
    assert agree(own_scoring(form, describe(then, form_sheets(then))).form, each)


def test_each_question_of_the_programme_has_a_name_of_its_own() -> None:
    assert all(map(has_plain_records, FORMS.values()))


def test_a_page_of_records_is_read_as_few_are() -> None:
    records = [*MADE, *(kept(FORMS["outcome"], odd_record(Random(seed), FORMS["outcome"])) for seed in range(60))]
    with empty_database() as connection:
        few, many = RecordReader(connection, 1), RecordReader(connection, MANY)
        found = [(few.read(each), many.read(each)) for each in records]
    assert [repr(sorted(one.rows.items())) for one, _ in found] == [repr(sorted(two.rows.items())) for _, two in found]
    assert [one.problems for one, _ in found] == [two.problems for _, two in found]


def test_a_version_that_nobody_can_read_stops_no_record() -> None:
    with empty_database() as connection:
        row = {"version_uid": "v1", "form_id": "outcome", "workbook_hash": "0", "deployed_at": MOMENT}
        connection.execute(insert(form_version).values(**row, scoring_version="x", definition="{"))
        few, many = (RecordReader(connection, size).read(visit(6, ANA)) for size in (1, MANY))
    assert [each.kind for each in many.problems] == ["unreadable_record"]
    assert few == many
