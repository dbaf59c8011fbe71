"""Knows how the way through the programme is drawn: who reached each step, and who is not due for it."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard.chart_parts import FIT_WIDTH, legend
from dashboard.colours import BLUE
from dashboard.wording import percent

REACHED, WAITING = "Reached", "Not due"


def step_bars(steps: pd.DataFrame, labels: dict[str, str]) -> pd.DataFrame:
    """Return the bars: label, part (reached | not due), people, and the words at the end of the row."""
    rows = []
    for row in steps.itertuples():
        text = f"{row.n}" if row.step == "screened" else f"{row.n} · {percent(row.before_n, row.before_of)}"
        rows += [
            {"label": labels[row.step], "part": REACHED, "people": row.n, "text": text, "order": 0},
            {"label": labels[row.step], "part": WAITING, "people": row.waiting, "text": "", "order": 1},
        ]
    frame = pd.DataFrame(rows)
    frame["end"] = frame.groupby("label", sort=False)["people"].transform("sum")
    return frame


def cascade_chart(steps: pd.DataFrame, labels: dict[str, str]) -> alt.Chart:
    """Return one bar a step: reached in blue, not due in grey, and beside it the count and its share."""
    bars = step_bars(steps, labels)
    order = [labels[step] for step in steps["step"]]
    widest = max(int(bars["end"].max()), 1)
    base = alt.Chart(bars).encode(y=alt.Y("label:N", sort=order, title=None, axis=alt.Axis(ticks=False, domain=False)))
    parts = base.mark_bar(height=22).encode(
        x=alt.X(
            "people:Q",
            title="People",
            scale=alt.Scale(domain=[0, widest * 1.35]),
            axis=alt.Axis(tickCount=4, format="d"),
        ),
        color=alt.Color(
            "part:N",
            scale=alt.Scale(domain=[REACHED, WAITING], range=[BLUE, "#d5dbe1"]),
            legend=legend(),
        ),
        order="order:Q",
        tooltip=[
            alt.Tooltip("label", title="Step"),
            alt.Tooltip("part", title="Part"),
            alt.Tooltip("people", title="People"),
        ],
    )
    words = base.mark_text(align="left", dx=5, fontSize=12).encode(x="end:Q", text="text:N")
    description = "People who reached each step from screening to endline, and people not due for it."
    return (parts + words).properties(height=len(order) * 32, autosize=FIT_WIDTH, description=description)
