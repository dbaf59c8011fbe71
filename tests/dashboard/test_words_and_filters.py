"""Knows how codes, dates, shares and filters are put into words."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from dashboard import clock
from dashboard.filter_bar import describe, distinct_labels
from dashboard.filters import ALL, Filters
from dashboard.frame import STALE_AFTER, age_words, is_stale
from dashboard.wording import (
    LEVELS,
    NOT_RECORDED,
    PEOPLE,
    action_words,
    answer_words,
    band_label,
    counted,
    percent,
    person_words,
    sector_label,
    sex_label,
    share,
    signed,
)
from forms.library import INSTRUMENTS
from forms.programme import PROGRAMME
from forms.safety import ACTIONS

FIXED = {"HEALING_TODAY": "2026-04-15"}
NOW = clock.now(FIXED)


def age(complete_as_of: datetime | None, newest: datetime | None = None) -> pd.Series:
    """The age of the data as the database tells it."""
    return pd.Series({"complete_as_of": complete_as_of, "newest_submission": newest}, dtype=object)


def test_today_can_be_fixed() -> None:
    assert clock.today(FIXED) == date(2026, 4, 15)


def test_a_fixed_day_is_over_at_midnight_in_kigali() -> None:
    assert datetime(2026, 4, 15, 22, 0) == NOW


def test_without_a_fixed_day_the_clock_runs() -> None:
    assert abs(clock.now({}) - datetime.now() + clock.KIGALI) < timedelta(days=1)
    assert clock.today({}) in {(clock.now({}) + clock.KIGALI + timedelta(seconds=s)).date() for s in (-60, 0, 60)}


def test_a_fixed_day_that_is_no_date_is_refused() -> None:
    with pytest.raises(ValueError, match="isoformat"):
        clock.today({"HEALING_TODAY": "soon"})


def test_moments_are_told_in_the_time_of_rwanda() -> None:
    assert clock.moment(datetime(2026, 4, 13, 22, 30)) == "14 Apr 2026, 00:30"
    assert clock.moment(None) == "never"
    assert clock.day(None) == "–"


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "0 min"), (59, "59 min"), (60, "1 h"), (47 * 60, "47 h"), (48 * 60, "2 d"), (-5, "0 min")],
)
def test_an_age_is_told_in_the_largest_whole_unit(minutes: int, words: str) -> None:
    assert clock.age(NOW - timedelta(minutes=minutes), NOW) == words


def test_the_age_of_the_data_is_told() -> None:
    words = age_words(age(datetime(2026, 4, 14, 5), datetime(2026, 4, 14, 4, 30)), NOW)
    assert words == "Complete as of 14 Apr 2026, 07:00, newest record 14 Apr 2026, 06:30. Today is 15 Apr 2026."


def test_data_never_proved_complete_say_so() -> None:
    assert age_words(age(None), NOW).startswith("Never proved complete yet.")
    assert is_stale(age(None), NOW)


def test_data_grow_stale_after_two_days() -> None:
    assert not is_stale(age(NOW - STALE_AFTER), NOW)
    assert is_stale(age(NOW - STALE_AFTER - timedelta(minutes=1)), NOW)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("rain", "Heavy rain"),
        ("cha_absent", "The CHA could not come"),
        ("sick", "Sick, or caring for somebody sick"),
        ("moved_away", "Moved away"),
        ("six_months", "6 months after the last week"),
        ("a_new_code", "A new code"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_codes_become_the_words_of_the_forms(code: object, words: str) -> None:
    assert answer_words(code) == words


def test_places_and_people_without_a_code_are_named_so() -> None:
    assert sector_label("2812") == "Runda"
    assert sector_label(None) == sex_label(float("nan")) == NOT_RECORDED
    assert sex_label("female") == "Female"


def test_bands_are_named_with_their_range() -> None:
    assert band_label(INSTRUMENTS["phq9"], "mild") == "Mild (5–9)"
    assert band_label(INSTRUMENTS["phq9"], None) == NOT_RECORDED


def test_every_level_of_alert_has_a_word_and_a_limit() -> None:
    assert set(LEVELS) == set(PROGRAMME.alert_hours)


def test_no_word_for_an_alert_says_what_it_is_about() -> None:
    words = [*LEVELS.values(), *PEOPLE.values(), *map(action_words, ACTIONS.codes)]
    assert not [word for word in words if "suic" in word.lower()]


def test_who_an_alert_is_about_has_a_word_or_a_code() -> None:
    found = [person_words(person, "CODE") for person in ("client", "newcomer", "visitor", "unknown")]
    assert found == ["CODE", "Newcomer CODE, no intake yet", "Visitor", "Not named"]


def test_what_was_done_at_once_is_told_in_the_words_of_the_forms() -> None:
    assert action_words("stayed_with called_help_line") == (
        "I stayed with the person; I called a help line or an ambulance"
    )
    assert action_words(None) == ""


def test_numbers_are_written_with_their_counts() -> None:
    assert percent(18, 25) == "72 %"
    assert percent(0, 0) == share(0, 0) == "–"
    assert share(18, 25) == "72 % (18 of 25)"
    assert counted(1, "person", "people") == "1 person"
    assert counted(1200, "healing group") == "1,200 healing groups"
    assert signed(-4.75) == "−4.8"
    assert signed(1) == "+1.0"


def test_labels_that_two_places_share_get_their_code() -> None:
    assert distinct_labels(["1", "2", "3"], lambda code: "A" if code != "3" else "B") == {
        "1": "A (1)",
        "2": "A (2)",
        "3": "B",
    }


def test_what_is_filtered_is_told() -> None:
    assert describe(ALL) == "All places, cohorts and people"
    assert describe(Filters(sector_code=("2812", "2801"), sex=("male",))) == "Runda, Gacurabwenge · Male"


def test_filters_know_whether_they_narrow() -> None:
    assert not ALL.is_narrow
    assert Filters(cohort=("2026-1",)).is_narrow
