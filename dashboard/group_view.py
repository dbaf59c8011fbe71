"""Knows how one healing group is shown: members by week, reconciled head counts, one session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import clock, show
from dashboard.charts_attendance import marks_chart
from dashboard.queries_groups import group_marks, group_members, group_sessions, names_of_group
from dashboard.source import ask, ask_anew
from dashboard.wording import MARKS, SESSION_KINDS, SESSION_STATUSES, answer_words, counted, is_missing

NAMES_SHOWN = (
    "Names are shown. They are read from the identity table for this healing group only, and are not kept in the "
    "address of the page. Switch them off before you share your screen."
)


def ask_labels(group: str) -> dict[str, str]:
    """Return the words for each member by client code: the code, and the name when the viewer asks for names."""
    codes = list(dict.fromkeys(ask(group_members, group)["client_code"]))
    if not st.toggle("Show names", key="show_names", help="Reads the table of names for this healing group."):
        return {code: code for code in codes}
    st.warning(NAMES_SHOWN, icon=":material/badge:")
    names = ask_anew(names_of_group, group).set_index("client_code")["short_name"]
    return {code: f"{code} {names[code]}" if code in names.index else code for code in codes}


def members_by_week(group: str, labels: Mapping[str, str]) -> None:
    """Show the grid of members and weeks, and how the head counts agree with the marks."""
    marks, sessions = ask(group_marks, group), ask(group_sessions, group)
    if marks.empty:
        show.nothing("No session is planned." if labels else "Nobody has joined this healing group yet.")
        return
    show.chart(marks_chart(marks, clock.today(), labels, int(sessions["week"].max())), "marks")
    show.note(
        "  ".join(f"{symbol} {words.lower()}" for symbol, words in MARKS.values() if symbol)
        + "  blank: not due yet, or not due any more because the healing group is closed"
    )
    st.markdown("**Head counts**")
    held = sessions[sessions["status"] == "held"].sort_values("week", ascending=False)
    if held.empty:
        show.nothing("No session has been held yet.")
        return
    shown = pd.DataFrame(
        {
            "Week": held["week"],
            "List less absent": [
                f"{row.expected:.0f} − {row.absent:.0f} = {row.present:.0f}" for row in held.itertuples()
            ],
            "Counted": [_counted_words(row) for row in held.itertuples()],
            "Difference": [_difference(value) for value in held["head_count_difference"]],
        }
    )
    show.table(shown, "head_counts")
    show.note(
        "Counted: people in the circle, newcomers among them. Difference: counted less (members on the phone's list − "
        "absent + newcomers). Two weeks done in one meeting are counted once."
    )


def _counted_words(row: Any) -> str:
    if not is_missing(row.merged_into):
        return f"with week {row.merged_into:.0f}"
    new = 0 if is_missing(row.newcomers) else int(row.newcomers)
    return _whole(row.head_count) + (f" ({new} new)" if new else "")


def _whole(value: float) -> str:
    return "–" if is_missing(value) else f"{value:.0f}"


def _difference(value: float) -> str:
    return "–" if is_missing(value) else "0" if value == 0 else f"{value:+.0f}".replace("-", "−")


def one_session(group: str, labels: Mapping[str, str]) -> None:
    """Show one session of the group: what was reported, and the mark of every member."""
    sessions = ask(group_sessions, group)
    past = [
        int(week)
        for week, due_on in zip(sessions["week"], _days(sessions["due_on"]), strict=True)
        if due_on <= clock.today()
    ]
    if not past:
        show.nothing("No session of this healing group is due yet.")
        return
    week = st.selectbox("Week", past, index=len(past) - 1, key="week")
    row = sessions.set_index("week").loc[week]
    st.markdown(f"**{session_words(row)}**")
    if row["status"] == "held" and is_missing(row["merged_into"]):
        session_figures(row)
    marks = ask(group_marks, group)
    marks = marks[(marks["week"] == week) & (marks["state"] != "not_member")]
    if marks.empty:
        return
    shown = pd.DataFrame(
        {
            "Client": [labels.get(code, code) for code in marks["client_code"]],
            "Mark": [" ".join(MARKS[state]) for state in marks["state"]],
            "Reason": [
                answer_words(reason) if s == "absent" else ""
                for s, reason in zip(marks["state"], marks["reason"], strict=True)
            ],
        }
    )
    show.table(shown.sort_values("Mark", kind="stable"), "session_marks")


def _days(values: pd.Series) -> pd.Series:
    return pd.to_datetime(values).dt.date


def session_words(row: pd.Series) -> str:
    """Return what is known about a session in one line: due, status with reason or date, when it was reported."""
    words = [f"Due {clock.day(pd.Timestamp(row['due_on']).date())}", SESSION_STATUSES[row["status"]]]
    if row["status"] == "not_held":
        words.append(answer_words(row["not_held_reason"]).lower())
    if not is_missing(row["held_on"]):
        words[-1] += f" on {clock.day(pd.Timestamp(row['held_on']).date())}"
    if not is_missing(row["merged_into"]):
        words.append(f"in one meeting with week {row['merged_into']:.0f}, where it is counted")
    elif row["kind"] in SESSION_KINDS:
        words.append(SESSION_KINDS[row["kind"]])
    if not is_missing(row["reported_at"]):
        words.append(f"reported {clock.moment(pd.Timestamp(row['reported_at']).to_pydatetime())}")
    return " · ".join(words)


def session_figures(row: pd.Series) -> None:
    """Show the counts of a held session."""
    show.figures(
        (
            "Present",
            _whole(row["present"]),
            f"of {_whole(row['expected'])} on the list",
            "Members on the list less absent.",
        ),
        (
            "Counted",
            _whole(row["head_count"]),
            f"{_difference(row['head_count_difference'])} against the list",
            "People in the circle; newcomers, who are not on the list yet, are among them and expected.",
        ),
        ("Minutes", _whole(row["minutes"]), "", "From start to end of the session."),
        (
            "In distress",
            _whole(row["people_in_distress"]),
            f"{counted(int(row['people_to_follow_up'] or 0), 'person', 'people')} to follow up",
            "People whom the CHA named in the report.",
        ),
    )
