"""Cascade: how many people reached each step from screening to endline, and who is not due for it yet."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from dashboard import clock, show
from dashboard.breakdown import cascade_rows
from dashboard.charts_cascade import cascade_chart
from dashboard.closed_view import closed_note
from dashboard.disclosure import SMALLEST_SHOWN, is_small
from dashboard.frame import chosen_filters
from dashboard.queries_cascade import STEPS, cascade
from dashboard.source import ask
from dashboard.wording import percent, sector_label, sex_label, share
from forms.programme import PROGRAMME

LABELS = {step.code: step.label for step in STEPS}
WAITING = (
    "Not due: enrolled people who could not have reached the step, because its day has not come, they joined "
    "after it, or the session was not held or is not reported. They are left out of the denominators, so that a "
    "running cohort does not look like loss. The endline is due {days} days after week 1 and counts as missing "
    "{window} days later."
)
CLOSED = (
    "Their people stay in every count: weeks that no longer took place are not due to them, and who had not completed "
    "by the last day counts as not completed, as somebody who left does. Their endline is due as everybody's."
)
PLACES_NOTE = (
    "Before consent nobody is asked where they live: these people count in the sector of the CHA who screened them. "
    "Cohort and healing group are known only of those who joined; a filter by these leaves the others out."
)
HIDDEN = (
    f"Counts of 1 to {SMALLEST_SHOWN - 1} people are hidden, and further ones where they could be "
    "worked out from the totals."
)


def step_table(steps: pd.DataFrame) -> None:
    """Show each step with its count, the people not due yet, and both shares with numerator and denominator."""
    shown = pd.DataFrame(
        {
            "Step": [LABELS[step] for step in steps["step"]],
            "People": [
                f"{row.n}" + (f" (+{row.waiting} not due)" if row.waiting else "") for row in steps.itertuples()
            ],
            "Of the step before": [share(row.before_n, row.before_of) for row in steps.itertuples()],
            "Of screened": [share(row.n, row.screened_of) for row in steps.itertuples()],
        }
    )
    show.table(shown, "steps")


def breakdown(title: str, column: str, label: Callable[[object], str], step: str) -> None:
    """Show one step for each value of a column, small counts hidden."""
    st.markdown(f"**{title}**")
    rows = cascade_rows(ask(cascade, chosen_filters(), clock.today(), column), column, step)
    shown = pd.DataFrame(
        {title.removeprefix("By ").capitalize(): [label(value) for value in rows[column]]} | dict(rows.iloc[:, 1:])
    )
    show.table(shown, f"by_{column}")


steps = ask(cascade, chosen_filters(), clock.today())
by_step = steps.set_index("step")
screened = int(by_step.loc["screened", "n"])
if screened == 0:
    show.nothing("Nobody was screened in this choice of places and people.")
elif is_small(screened):
    show.nothing(f"Fewer than {SMALLEST_SHOWN} people were screened in this choice: not shown. Widen the filters.")
else:
    enrolled, endline = by_step.loc["enrolled"], by_step.loc["endline"]
    finding = f"{share(int(enrolled['n']), screened)} of the people screened joined a healing group"
    st.subheader(f"{finding}; {int(endline['waiting'])} are not due for the endline yet.", anchor=False)
    show.chart(cascade_chart(steps, LABELS), "cascade")
    show.note("Beside each bar: people, and the share of those who reached the step before and were due for this one.")
    step_table(steps)
    wave = PROGRAMME.wave("endline")
    show.note(WAITING.format(days=wave.due_days, window=wave.window_days) + f" On {clock.day(clock.today())}.")
    closed_note(CLOSED)
    with st.expander("What each step means"):
        st.markdown("\n".join(f"- **{step.label}**: {step.definition}." for step in STEPS))
        st.markdown(f"- Over the whole way: {percent(int(endline['n']), int(endline['screened_of']))} have an endline.")
    st.subheader("By sex and by sector", anchor=False)
    codes = list(LABELS)
    step = st.selectbox(
        "Step", codes, index=codes.index("enrolled"), format_func=LABELS.__getitem__, key="step", bind="query-params"
    )
    breakdown("By sex", "sex", sex_label, step)
    breakdown("By sector", "sector_code", sector_label, step)
    show.note(f"{PLACES_NOTE} {HIDDEN}")
