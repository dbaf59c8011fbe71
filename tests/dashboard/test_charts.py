"""Knows that charts show what is in the numbers, and can be read without colour."""

from __future__ import annotations

from datetime import date
from typing import Any

import altair as alt
import pandas as pd
import pytest
from sqlalchemy import Connection

from dashboard.charts_attendance import (
    CLASSES,
    attendance_class,
    group_weeks_chart,
    mark_cells,
    marks_chart,
    week_cells,
)
from dashboard.charts_cascade import cascade_chart, step_bars
from dashboard.charts_outcomes import (
    directions,
    matrix_cells,
    matrix_chart,
    scores_chart,
    severity_chart,
    severity_rows,
)
from dashboard.colours import FIVE_CLASSES, INK, PAPER, ink_on, ramp
from dashboard.filters import ALL
from dashboard.queries_cascade import STEPS, cascade
from dashboard.queries_groups import group_marks, group_weeks
from dashboard.queries_outcomes import band_pairs
from dashboard.queries_person import person_scores
from dashboard.wording import MARKS
from forms.library import INSTRUMENTS
from tests.dashboard.known_programme import TODAY, code

PHQ9 = INSTRUMENTS["phq9"]
LABELS = {step.code: step.label for step in STEPS}


def drawn(chart: alt.Chart) -> dict[str, Any]:
    """The chart as Vega-Lite, checked against its schema."""
    spec: dict[str, Any] = chart.to_dict()
    return spec


def pairs(*each: tuple[str, str, int]) -> pd.DataFrame:
    """People by band before and after."""
    return pd.DataFrame(each, columns=["before_band", "after_band", "people"])


@pytest.mark.parametrize(
    ("rate", "label"),
    [
        (1, "90–100 %"),
        (0.9, "90–100 %"),
        (0.896, "90–100 %"),
        (0.89, "75–89 %"),
        (0.6, "60–74 %"),
        (0.594, "40–59 %"),
        (0, "0–39 %"),
    ],
)
def test_a_rate_falls_in_the_class_of_its_printed_number(rate: float, label: str) -> None:
    assert attendance_class(rate) == label


def test_there_are_five_classes_of_attendance_in_five_colours() -> None:
    assert len(CLASSES) == len(set(FIVE_CLASSES)) == 5


def test_a_missing_register_is_not_a_blank(known: Connection) -> None:
    cells = week_cells(group_weeks(known, ALL, TODAY)).set_index(["healing_group", "week"])
    assert cells.loc[("2812-02", 1), ["what", "text"]].tolist() == ["No register", "?"]
    assert cells.loc[("2801-02", 7), ["what", "text"]].tolist() == ["Not held", "–"]
    assert cells.loc[("2801-01", 15), ["what", "text"]].tolist() == ["75–89 %", "75"]


def test_a_held_session_without_a_list_counts_as_no_register() -> None:
    row = {"healing_group": "g", "week": 1, "status": "held", "present": 0, "expected": 0}
    assert list(week_cells(pd.DataFrame([row]))["what"]) == ["No register"]


def test_the_grid_of_groups_keeps_the_order_it_is_given(known: Connection) -> None:
    order = ["2812-02", "2801-01"]
    weeks = group_weeks(known, ALL, TODAY)
    spec = drawn(group_weeks_chart(weeks[weeks["healing_group"].isin(order)], order, 16))
    axis = spec["layer"][0]["encoding"]["y"]
    assert axis["sort"] == order
    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"] == list(range(1, 17))
    assert "worst group" in spec["description"]


def test_every_attendance_state_has_a_symbol_of_its_own() -> None:
    symbols = [symbol for symbol, _ in MARKS.values()]
    assert len(set(symbols)) == len(symbols) == 6


def test_marks_are_symbols_and_a_session_to_come_is_blank(known: Connection) -> None:
    marks = group_marks(known, "2801-01")
    cells = mark_cells(marks, TODAY, {code("a3"): "a3", code("a2"): "a2"})
    shown = cells[cells["who"] == "a2"].set_index("week")["text"]
    assert "".join(shown.loc[[1, 4, 9, 14]]) == "●–?✕"
    assert shown.loc[16] == ""
    assert cells[cells["who"] == "a3"].set_index("week")["what"].loc[6] == "Not a member then"


def test_a_session_is_missing_from_the_day_it_is_due() -> None:
    mark = {"client_code": "c", "week": 1, "state": "no_report", "reason": None, "due_on": date(2026, 4, 15)}
    frame = pd.DataFrame([mark])
    assert list(mark_cells(frame, date(2026, 4, 14), {})["what"]) == ["Not due yet"]
    assert list(mark_cells(frame, date(2026, 4, 15), {})["what"]) == ["Not reported"]


def test_the_grid_of_members_says_in_words_what_its_symbols_mean(known: Connection) -> None:
    spec = drawn(marks_chart(group_marks(known, "2801-01"), TODAY, {code("a1"): "a1"}, 16))
    assert "✕ absent" in spec["description"]


def test_bars_of_severity_fill_the_whole_and_print_people() -> None:
    rows = severity_rows(PHQ9, pairs(("severe", "mild", 3), ("mild", "mild", 1)))
    assert rows.groupby("side")["people"].sum().to_dict() == {"Before": 4, "After": 4}
    assert rows.groupby("side")["end"].max().to_dict() == {"Before": 1.0, "After": 1.0}
    after = rows[rows["side"] == "After"].set_index("band")
    assert (after.loc["Mild", "people"], after.loc["Mild", "share"], after.loc["Severe", "people"]) == (4, "100 %", 0)


def test_severity_has_as_many_colours_as_bands() -> None:
    for instrument in INSTRUMENTS.values():
        scale = drawn(severity_chart(instrument, pairs()))["layer"][0]["encoding"]["color"]["scale"]
        assert len(scale["domain"]) == len(set(scale["range"])) == len(instrument.bands)


def test_people_are_milder_same_or_worse_by_the_order_of_bands(known: Connection) -> None:
    assert directions(PHQ9, band_pairs(known, ALL, "phq9")) == {"milder": 3, "same": 1, "worse": 1}


def test_the_matrix_has_a_cell_for_every_pair_of_bands() -> None:
    cells = matrix_cells(PHQ9, pairs(("mild", "severe", 2))).set_index(["before", "after"])
    assert len(cells) == len(PHQ9.bands) ** 2
    assert cells.loc[("Mild", "Severe")].tolist() == [2, "worse"]
    assert cells.loc[("Severe", "Mild")].tolist() == [0, "milder"]
    assert cells.loc[("Mild", "Mild"), "direction"] == "same"
    assert drawn(matrix_chart(PHQ9, pairs(("mild", "severe", 2))))["description"].startswith("PHQ-9")


def test_a_persons_scores_stand_over_all_bands(known: Connection) -> None:
    spec = drawn(scores_chart(PHQ9, person_scores(known, code("b1"))))
    datasets = spec["datasets"].values()
    assert any({row.get("band") for row in data} == {band.label for band in PHQ9.bands} for data in datasets)
    assert any([row.get("score") for row in data] == [16, 15, 8] for data in datasets)


def test_bars_of_the_cascade_are_reached_and_not_due(known: Connection) -> None:
    bars = step_bars(cascade(known, ALL, TODAY), LABELS).set_index(["label", "part"])
    assert (bars.loc[("Endline", "Reached"), "people"], bars.loc[("Endline", "Not due"), "people"]) == (6, 12)
    assert bars.loc[("Endline", "Reached"), "text"] == "6 · 83 %"
    assert bars.loc[("Screened", "Reached"), "text"] == "22"


def test_the_cascade_is_drawn_in_the_order_of_its_steps(known: Connection) -> None:
    spec = drawn(cascade_chart(cascade(known, ALL, TODAY), LABELS))
    assert spec["layer"][0]["encoding"]["y"]["sort"] == list(LABELS.values())


def test_ink_can_be_read_on_its_colour() -> None:
    assert ink_on("#d7191c") == PAPER
    assert ink_on("#ffffbf") == INK


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5])
def test_a_ramp_goes_from_blue_to_red(steps: int) -> None:
    colours = ramp(steps)
    assert len(set(colours)) == steps
    assert colours[0] == FIVE_CLASSES[-1]
    assert steps == 1 or colours[-1] == FIVE_CLASSES[0]
