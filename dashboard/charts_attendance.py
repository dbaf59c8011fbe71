"""Knows how attendance is drawn: healing groups × weeks, members × weeks; readable without colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import altair as alt
import pandas as pd

from dashboard.chart_parts import FIT_WIDTH, legend
from dashboard.colours import BLUE, FIVE_CLASSES, GREY, PALE, PAPER, RED, ink_on
from dashboard.wording import MARKS, percent

CLASSES = ((0.9, "90–100 %"), (0.75, "75–89 %"), (0.6, "60–74 %"), (0.4, "40–59 %"), (0.0, "0–39 %"))
"""Lowest share of each of the five classes, best first."""
STATES = {"no_report": "No register", "not_held": "Not held"}
_CLASS_COLOURS = dict(zip([label for _, label in CLASSES], FIVE_CLASSES[::-1], strict=True))
_CELL_COLOURS = _CLASS_COLOURS | {"No register": PAPER, "Not held": PALE}
_MARK_COLOURS = {
    "present": "#abd9e9",
    "absent": RED,
    "not_held": PALE,
    "no_report": PAPER,
    "not_member": PAPER,
    "planned": PAPER,
}
_MARK_INKS = {
    "present": BLUE,
    "absent": PAPER,
    "not_held": GREY,
    "no_report": "#1f2933",
    "not_member": GREY,
    "planned": GREY,
}
ROW_HEIGHT = 24


def attendance_class(rate: float) -> str:
    """Return the class that a share from 0 to 1 falls in, after rounding to whole per cent as it is printed."""
    rounded = round(rate * 100) / 100
    return next(label for lowest, label in CLASSES if rounded >= lowest)


def week_cells(sessions: pd.DataFrame) -> pd.DataFrame:
    """Return one cell for each session: healing_group, week, `what` (class or state), `text` and `ink`."""
    cells = sessions[["healing_group", "week"]].copy()
    rates = [_rate(row) for row in sessions.itertuples()]
    cells["what"] = [STATES.get(s) or _class(r) for s, r in zip(sessions["status"], rates, strict=True)]
    cells["text"] = [_cell_text(what, rate) for what, rate in zip(cells["what"], rates, strict=True)]
    cells["ink"] = [ink_on(_CELL_COLOURS[what]) for what in cells["what"]]
    return cells


def _rate(row: object) -> float | None:
    expected, present = getattr(row, "expected", None), getattr(row, "present", None)
    return None if not expected or expected != expected else float(present or 0) / float(expected)


def _class(rate: float | None) -> str:
    return STATES["no_report"] if rate is None else attendance_class(rate)


def _cell_text(what: str, rate: float | None) -> str:
    return {"No register": "?", "Not held": "–"}.get(what) or percent(rate or 0.0, 1).removesuffix(" %")


def group_weeks_chart(sessions: pd.DataFrame, order: Sequence[str], weeks: int) -> alt.Chart:
    """Return healing groups × weeks: five colour classes, percentages printed, own states for no register and not held.

    `sessions` as `queries_groups.group_weeks` gives them; `order` names the rows from the top.
    """
    cells = week_cells(sessions)
    shown = [what for what in _CELL_COLOURS if what in set(cells["what"])]
    colours = alt.Scale(domain=shown, range=[_CELL_COLOURS[what] for what in shown])
    base = alt.Chart(cells).encode(x=_weeks(weeks), y=_rows("healing_group", order))
    boxes = base.mark_rect(stroke=GREY, strokeWidth=0.5).encode(
        color=alt.Color("what:N", scale=colours, legend=legend()),
        tooltip=[
            alt.Tooltip("healing_group", title="Group"),
            alt.Tooltip("week", title="Week"),
            alt.Tooltip("what", title="Attendance"),
        ],
    )
    return _grid(
        boxes, base, len(order), "Attendance of each healing group by week, in per cent; the worst group is on top."
    )


def mark_cells(marks: pd.DataFrame, today: date, labels: Mapping[str, str]) -> pd.DataFrame:
    """Return one cell for each person and week: `who`, week, `what` (words), `text` (symbol), `fill`, `ink`, reason.

    `labels` gives the words of a row by client code. A session without report is `planned` until the day it is due.
    """
    states = [
        "planned" if state == "no_report" and due_on > today else state
        for state, due_on in zip(marks["state"], pd.to_datetime(marks["due_on"]).dt.date, strict=True)
    ]
    cells = marks[["week"]].copy()
    cells["who"] = [labels.get(code, code) for code in marks["client_code"]]
    cells["text"] = [MARKS[state][0] for state in states]
    cells["what"] = [MARKS[state][1] for state in states]
    cells["fill"] = [_MARK_COLOURS[state] for state in states]
    cells["ink"] = [_MARK_INKS[state] for state in states]
    return cells


def marks_chart(marks: pd.DataFrame, today: date, labels: Mapping[str, str], weeks: int) -> alt.Chart:
    """Return people × weeks with a symbol and a colour for each of the five states, and for sessions to come."""
    cells = mark_cells(marks, today, labels)
    base = alt.Chart(cells).encode(x=_weeks(weeks), y=_rows("who", list(labels.values())))
    boxes = base.mark_rect(stroke=PALE).encode(
        color=alt.Color("fill:N", scale=None),
        tooltip=[
            alt.Tooltip("who", title="Client"),
            alt.Tooltip("week", title="Week"),
            alt.Tooltip("what", title="Attendance"),
        ],
    )
    words = ", ".join(f"{symbol} {text.lower()}" for symbol, text in MARKS.values() if symbol)
    return _grid(boxes, base, len(labels), f"Attendance of each person by week: {words}.")


def _weeks(weeks: int) -> alt.X:
    axis = alt.Axis(orient="top", labelAngle=0, ticks=False, domain=False, labelPadding=4, labelOverlap=False)
    return alt.X("week:O", title="Week", scale=alt.Scale(domain=list(range(1, weeks + 1))), axis=axis)


def _rows(field: str, order: Sequence[str]) -> alt.Y:
    axis = alt.Axis(ticks=False, domain=False, labelLimit=150, labelFlush=False, labelBaseline="middle")
    return alt.Y(f"{field}:N", title=None, sort=list(order), axis=axis, scale=alt.Scale(domain=list(order)))


def _grid(boxes: alt.Chart, base: alt.Chart, rows: int, description: str) -> alt.Chart:
    symbols = base.mark_text(fontSize=10).encode(text="text:N", color=alt.Color("ink:N", scale=None))
    return (boxes + symbols).properties(height=rows * ROW_HEIGHT, autosize=FIT_WIDTH, description=description)
