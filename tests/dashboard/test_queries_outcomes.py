"""Knows that the questions about change give the numbers worked out by hand, on both databases."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from sqlalchemy import Connection, update

from connector.database import open_database
from connector.fact_schema import assessment
from dashboard.filters import ALL, Filters
from dashboard.queries_outcomes import (
    band_pairs,
    change_by_group,
    coverage,
    cut_off_counts,
    safety_item_change,
    stopped_interviews,
    verdicts,
)
from forms.library import INSTRUMENTS
from tests.dashboard.known_programme import TODAY

PHQ9 = INSTRUMENTS["phq9"]
# Both scores: b1 15→8, b2 12→10, b3 7→14, b4 21→4, b7 18→12. b5 has none after, b6 none before.


def only_row(frame: pd.DataFrame) -> dict[str, int]:
    """The one row of a frame."""
    assert len(frame) == 1
    return {str(name): int(value) for name, value in frame.iloc[0].items()}


def test_everybody_enrolled_is_accounted_for_once(known: Connection) -> None:
    found = only_row(coverage(known, ALL, "phq9", TODAY))
    assert found == {"enrolled": 19, "paired": 5, "no_before": 1, "no_after": 1, "not_due": 12}
    assert found["enrolled"] == sum(found.values()) - found["enrolled"]


def test_a_missing_score_is_not_due_while_the_window_is_open(known: Connection) -> None:
    found = only_row(coverage(known, ALL, "phq9", date(2026, 3, 22)))
    assert (found["no_after"], found["not_due"]) == (0, 13)


def test_interviews_that_stopped_are_told_apart_from_those_that_were_not_made(own_url: str) -> None:
    engine = open_database(own_url)
    with engine.begin() as connection:
        assert only_row(stopped_interviews(connection, ALL)) == {"interviews": 6, "stopped": 0}
        stopped = {"score": None, "band": None, "answered": 3, "stopped": True}
        is_after = assessment.c.root_uuid.in_(["after-b1", "before-b2"])
        connection.execute(update(assessment).where(is_after).values(**stopped))
        assert only_row(stopped_interviews(connection, ALL)) == {"interviews": 6, "stopped": 1}
        men = Filters(sex=("male",))
        assert only_row(stopped_interviews(connection, men)) == {"interviews": 1, "stopped": 0}
    engine.dispose()


def test_people_are_counted_by_band_before_and_after(known: Connection) -> None:
    pairs = {(row.before_band, row.after_band): row.people for row in band_pairs(known, ALL, "phq9").itertuples()}
    assert pairs == {
        ("moderately_severe", "mild"): 1,
        ("moderate", "moderate"): 1,
        ("mild", "moderate"): 1,
        ("severe", "minimal"): 1,
        ("moderately_severe", "moderate"): 1,
    }


def test_improvement_and_worsening_are_counted_the_same_way(known: Connection) -> None:
    # −7, −17 and −6 are improvements of 6 points or more; +7 is a worsening; −2 is neither.
    assert only_row(verdicts(known, ALL, "phq9")) == {"improved": 3, "no_change": 1, "worse": 1, "paired": 5}


def test_change_is_counted_by_sex(known: Connection) -> None:
    found = verdicts(known, ALL, "phq9", "sex").set_index("sex").astype(int)
    assert found.loc["female"].to_dict() == {"improved": 3, "no_change": 1, "worse": 0, "paired": 4}
    assert found.loc["male"].to_dict() == {"improved": 0, "no_change": 0, "worse": 1, "paired": 1}


def test_sums_of_a_healing_group_are_those_of_its_people(known: Connection) -> None:
    found = change_by_group(known, ALL, "phq9")
    assert list(found["healing_group"]) == ["2812-01"]
    # Differences −7, −2, +7, −17, −6: sum −25, squares 49 + 4 + 49 + 289 + 36.
    row = found.drop(columns="healing_group").iloc[0].astype(int).to_dict()
    assert row == {"people": 5, "difference": -25, "difference_squared": 427, "before": 73, "after": 48}


def test_each_cut_off_is_counted_with_its_own_limit(known: Connection) -> None:
    found = cut_off_counts(known, ALL, PHQ9).set_index("cut_off").astype(int)
    # 10 and more: 15, 12, 21, 18 before; 10, 14, 12 after; b1 and b4 fell below.
    assert found.loc["international"].to_dict() == {
        "points": 10,
        "paired": 5,
        "before": 4,
        "after": 3,
        "recovered": 2,
    }
    # 5 and more: all before; all but b4 after.
    assert found.loc["rwanda"].to_dict() == {"points": 5, "paired": 5, "before": 5, "after": 4, "recovered": 1}


def test_the_safety_item_is_read_from_the_assessments_that_count(known: Connection) -> None:
    # b1 2→0 (an older screening said 3), b2 0→0, b3 0→1, b4 1→1; b7's item was not answered.
    assert only_row(safety_item_change(known, ALL, PHQ9)) == {"answered": 4, "before": 2, "after": 2, "new": 1}


def test_instruments_are_kept_apart(known: Connection) -> None:
    assert only_row(verdicts(known, ALL, "gad7")) == {"improved": 1, "no_change": 1, "worse": 0, "paired": 2}


@pytest.mark.parametrize(
    ("filters", "paired"),
    [
        (Filters(sex=("female",)), 4),
        (Filters(sector_code=("2801",)), 0),
        (Filters(cohort=("2025-2",), sex=("male",)), 1),
        (Filters(healing_group=("2812-01",)), 5),
    ],
)
def test_outcomes_follow_the_filters(known: Connection, filters: Filters, paired: int) -> None:
    assert only_row(coverage(known, filters, "phq9", TODAY))["paired"] == paired
    assert int(band_pairs(known, filters, "phq9")["people"].sum()) == paired


def test_an_empty_database_has_nobody_to_compare(empty: Connection) -> None:
    assert only_row(coverage(empty, ALL, "phq9", TODAY))["enrolled"] == 0
    assert band_pairs(empty, ALL, "phq9").empty
    assert only_row(safety_item_change(empty, ALL, PHQ9))["answered"] == 0
