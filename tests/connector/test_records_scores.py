"""Knows that scores are computed again from the answers, and that a difference from the phone's is told."""

import json
from typing import Any

import pytest

from connector.recompute import recompute
from connector.records import RecordRows, StoredRecord, read_record
from forms.distress import SLOTS
from forms.library import FORMS, INSTRUMENTS
from tests.connector.made_forms import HOUSEHOLD
from tests.connector.made_records import MOMENT, in_distress, intake, old_report, report, stored, visit

CODE = "4AC7-HK9X"


def items(name: str, *codes: str) -> dict[str, str]:
    return {item.name: code for item, code in zip(INSTRUMENTS[name].items, codes, strict=True)}


def read(each: StoredRecord) -> RecordRows:
    return read_record(FORMS[each.form_id], each)


def assessment(each: StoredRecord, instrument: str = "phq9") -> dict[str, Any]:
    (row,) = [row for row in read(each).tables["assessment"] if row["instrument"] == instrument]
    return row


def paths(each: StoredRecord, kind: str) -> set[str | None]:
    return {found.path for found in read(each).problems if found.kind == kind}


# By hand, from the scoring table: sum; with items missing, sum × items ÷ answered, halves upward; too few: no score.
WORKED = [
    ("phq9", "000000000", 9, 0, "minimal"),
    ("phq9", "111110000", 9, 5, "mild"),
    ("phq9", "222221000", 9, 11, "moderate"),
    ("phq9", "333330000", 9, 15, "moderately_severe"),
    ("phq9", "333333333", 9, 27, "severe"),
    ("phq9", "3333r0000", 8, 14, "moderate"),
    ("phq9", "1111111rr", 7, 9, "mild"),
    ("phq9", "111111rrr", 6, None, None),
    ("gad7", "1111110", 7, 6, "mild"),
    ("gad7", "333333r", 6, 21, "severe"),
    ("gad7", "33333rr", 5, None, None),
    ("pcl5", "4" * 20, 20, 80, None),
    ("pcl5", "1" * 16 + "rrrr", 16, 20, None),
    ("pcl5", "1" * 15 + "rrrrr", 15, None, None),
]


@pytest.mark.parametrize(("name", "codes", "answered", "score", "band"), WORKED)
def test_scores_are_those_worked_out_by_hand(
    name: str, codes: str, answered: int, score: int | None, band: str | None
) -> None:
    given = items(name, *("refused" if code == "r" else code for code in codes))
    row = assessment(visit(1, CODE, **given), name)
    assert (row["answered"], row["score"]) == (answered, score)
    if name != "pcl5":
        assert row["band"] == band


def test_the_phones_score_is_kept_beside_ours() -> None:
    given = items("gad7", *"1111110")
    row = assessment(visit(1, CODE, **given, gad7_score="20"), "gad7")
    assert (row["score"], row["score_on_device"]) == (6, 20.0)


def test_a_phone_that_computes_another_score_is_a_problem() -> None:
    given = items("gad7", *"1111110")
    assert paths(visit(1, CODE, **given, gad7_score="20"), "score_differs") == {"gad7_score"}
    assert paths(visit(1, CODE, **given), "score_differs") == set()


def test_a_phone_that_says_no_score_where_there_is_one_is_a_problem() -> None:
    given = items("gad7", *"1111110")
    assert paths(visit(1, CODE, **given, gad7_score=""), "score_differs") == {"gad7_score"}


def test_a_score_without_any_answer_is_a_problem_and_no_assessment() -> None:
    each = visit(1, CODE, phq9_score="12")
    assert paths(each, "score_differs") == {"phq9_score"}
    assert "assessment" not in read(each).tables


def test_another_safety_level_is_a_problem() -> None:
    asked = {"safety_thoughts_now": "yes", "safety_plan": "yes", "safety_means": "no", "safety_past_year": "no"}
    given = items("phq9", *"000000001")
    assert paths(visit(1, CODE, **given, **asked, safety_level="low"), "score_differs") == {"safety_level"}


def test_a_whole_number_written_with_a_point_is_the_same_number() -> None:
    given = items("gad7", *"1111110")
    assert paths(visit(1, CODE, **given, gad7_score="6.0"), "score_differs") == set()


def test_other_calculations_are_compared_too() -> None:
    each = report(1, "G1", 2, ["A", "B"], head_count_difference="5")
    assert paths(each, "calculation_differs") == {"head_count_difference"}


def test_what_only_a_phone_can_compute_is_not_compared() -> None:
    assert "client_code" not in recompute(FORMS["intake"], {"sex": "female"})


def test_a_constant_of_another_version_is_no_difference() -> None:
    each = intake(1, CODE, consent_version="2025-1")
    assert paths(each, "calculation_differs") == set()


def test_values_of_a_group_that_was_not_asked_are_blank() -> None:
    computed = recompute(FORMS["intake"], {"eligible": "no", "age": "17", "able_to_take_part": "yes"})
    assert computed["phq9_answered"] == ""


def test_what_is_computed_first_feeds_what_follows() -> None:
    told = {"age": "17", "able_to_take_part": "yes", "earlier_participant": "no"}
    computed = recompute(FORMS["intake"], told)
    assert (computed["ineligible_reason"], computed["eligible"]) == ("under_age", "no")


def test_calculations_of_any_form_are_recomputed() -> None:
    assert recompute(HOUSEHOLD, {"age": "7", "colours": "red blue"}) == {
        "colour_count": "2",
        "half": "3.5",
        "grown": "no",
    }


def test_each_item_is_a_value_or_says_why_it_is_missing() -> None:
    given = items("phq9", "2", "refused", *"0000000")
    given["phq9_3"] = ""
    found = json.loads(assessment(visit(1, CODE, **given))["answers"])
    assert [found[name] for name in ("phq9_1", "phq9_2", "phq9_3")] == [2, "refused", "blank"]
    assert len(found) == 9


def test_an_item_outside_its_list_counts_as_blank() -> None:
    given = items("gad7", "9", *"111111")
    each = visit(1, CODE, **given)
    assert assessment(each, "gad7")["answered"] == 6
    assert paths(each, "not_in_list") == {"interview/gad7/gad7_1"}


def test_an_assessment_says_who_when_and_at_which_wave() -> None:
    row = assessment(visit(1, CODE, "baseline", **items("phq9", *"000000000"), today="2026-05-31"))
    assert (row["client_code"], row["wave"], row["asked_by"]) == (CODE, "baseline", "supervisor")
    assert (str(row["assessed_on"]), row["assessed_month"]) == ("2026-05-31", "2026-05")


def test_an_assessment_at_intake_is_the_screening() -> None:
    assert assessment(intake(1, CODE))["wave"] == "screening"


def test_without_the_phones_day_the_day_of_arrival_counts() -> None:
    row = assessment(visit(1, CODE, **items("phq9", *"000000000"), today="", end=""))
    assert row["assessed_on"] == MOMENT.date()


def test_a_code_too_long_to_be_one_reaches_no_assessment() -> None:
    each = stored("outcome", 1, {"client_code": "X" * 40, **items("gad7", *"0000000")})
    assert assessment(each, "gad7")["client_code"] is None


@pytest.mark.parametrize("slot", SLOTS)
def test_the_level_of_everybody_in_distress_is_compared(slot: str) -> None:
    number = SLOTS.index(slot) + 1
    people: dict[str, str] = {}
    for place in range(1, number + 1):
        people |= in_distress(place, f"newcomer_{place}", "yynn")
    each = report(1, "G1", 1, **people, newcomer_count=str(number), **{f"newcomer_{n}": f"N{n}" for n in range(1, 4)})
    assert paths(each, "score_differs") == set()
    wrong = report(1, "G1", 1, **people, newcomer_count=str(number), newcomer_1="N1", **{f"{slot}_level": "low"})
    assert f"{slot}_level" in paths(wrong, "score_differs")


def test_whether_a_session_was_held_follows_from_its_kind() -> None:
    kinds = {"planned": "yes", "merged": "yes", "made_up": "yes", "not_held": "no"}
    assert {kind: recompute(FORMS["attendance"], {"session_kind": kind})["was_held"] for kind in kinds} == kinds
    assert paths(report(1, "G1", 1, session_kind="not_held", was_held="yes"), "calculation_differs") == {"was_held"}


def test_a_value_that_the_form_before_asked_for_directly_is_the_records_own() -> None:
    each = old_report(1, "G1", 1, ["A", "B"], head_count="3", head_count_difference="1", expected_present="2")
    assert paths(each, "calculation_differs") == set()
    assert "was_held" not in recompute(FORMS["attendance"], {"was_held": "yes"})
    assert recompute(FORMS["attendance"], {"was_held": "yes", "head_count": "3"})["people_counted"] == "3"
