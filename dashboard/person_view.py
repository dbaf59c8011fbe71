"""Knows how one person's course is shown, by client code: attendance and scores over time."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard import clock, show
from dashboard.charts_attendance import marks_chart
from dashboard.charts_outcomes import scores_chart
from dashboard.closed_view import closing_words
from dashboard.queries_person import person, person_marks, person_scores
from dashboard.source import ask
from dashboard.wording import answer_words, band_label, instrument_of, is_missing, percent, sex_label
from forms.library import INSTRUMENTS

SCORE_NOTE = "Scores describe symptoms or well-being in the words of the instrument; they are not a diagnosis."


def one_person(labels: Mapping[str, str]) -> None:
    """Ask for a member of the group and show their course; the code is kept out of the page's address."""
    if st.session_state.get("client") not in labels:
        st.session_state["client"] = None
    code = st.selectbox(
        "Client",
        list(labels),
        format_func=labels.__getitem__,
        index=None,
        placeholder="Choose a client code",
        key="client",
    )
    if code is None:
        show.nothing("Choose a client code to see attendance and scores.")
        return
    found = ask(person, code)
    if found.empty:
        show.nothing("No intake record has this code. The intake may still be on a phone.")
        return
    person_figures(found.iloc[0])
    marks = ask(person_marks, code)
    if not marks.empty:
        as_rows = marks.assign(client_code=marks["healing_group"])
        groups = dict.fromkeys(marks["healing_group"])
        show.chart(
            marks_chart(as_rows, clock.today(), {group: group for group in groups}, int(marks["week"].max())),
            "person_marks",
        )
    courses(ask(person_scores, code))


def person_figures(row: pd.Series) -> None:
    """Show a client's membership and attendance so far."""
    joined, left = (
        pd.Timestamp(row[name]).date() if not is_missing(row[name]) else None for name in ("joined_on", "left_on")
    )
    membership = f"joined {clock.day(joined)}" + (
        f", left {clock.day(left)}: {answer_words(row['left_reason']).lower()}" if left else ""
    )
    if not left and (closing := closing_words(row["group_ended_on"], row["group_end_reason"])):
        membership += f" · healing group {closing}"
    st.markdown(f"{sex_label(row['sex'])}, {row['age_band'] or 'age not recorded'} · {membership}")
    attended, held = (0 if is_missing(row[name]) else int(row[name]) for name in ("sessions_attended", "sessions_held"))
    missed = 0 if is_missing(row["missed_in_row"]) else int(row["missed_in_row"])
    show.figures(
        (
            "Attended",
            percent(attended, held),
            f"{attended} of {held} held",
            "Sessions attended of those held while a member.",
        ),
        ("Missed in a row", str(missed), "", "Absences since the last presence, over held sessions."),
    )


def courses(scores: pd.DataFrame) -> None:
    """Show the scores of each instrument over time, as a chart over the bands and as a table."""
    for name in dict.fromkeys((*INSTRUMENTS, *scores["instrument"])):
        instrument, of_instrument = instrument_of(name), scores[scores["instrument"] == name]
        if of_instrument["score"].notna().any():
            st.markdown(f"**{instrument.title}**, {instrument.measures}")
            show.chart(scores_chart(instrument, of_instrument), f"course_{name}")
    if scores.empty:
        show.nothing("No assessment yet.")
        return
    shown = pd.DataFrame(
        {
            "When": [clock.day(value) for value in pd.to_datetime(scores["assessed_on"])],
            "Wave": [answer_words(wave) for wave in scores["wave"]],
            "Instrument": [instrument_of(name).title for name in scores["instrument"]],
            "Score and band": [_score_words(row) for row in scores.itertuples()],
        }
    )
    show.table(shown, "scores")
    show.note(SCORE_NOTE)


def _score_words(row: object) -> str:
    score, instrument = getattr(row, "score", None), instrument_of(getattr(row, "instrument", ""))
    if is_missing(score):
        answered = getattr(row, "answered", None)
        told = f"no score: {0 if is_missing(answered) else int(answered or 0)} of {len(instrument.items)} answered"
        has_stopped = not is_missing(stopped := getattr(row, "stopped", None)) and bool(stopped)
        return f"{told}, the interview stopped" if has_stopped else told
    return f"{score:.0f}, {band_label(instrument, getattr(row, 'band', None))}" if instrument.bands else f"{score:.0f}"
