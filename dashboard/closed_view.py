"""Knows how pages say that healing groups are closed, and who is still a member of one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import clock, show
from dashboard.frame import chosen_filters
from dashboard.queries_closed import closed_groups, left_behind
from dashboard.source import ask
from dashboard.wording import counted, end_words, is_missing

WHAT_TO_DO = (
    "No session has them on its list. Ask how they are, and enter for each a transfer or a leave in moves; until then "
    "they stay here. Members of a healing group that finished its weeks are not listed."
)


def closed_words(closed: pd.DataFrame) -> str:
    """Return how many healing groups are closed and why, from `closed_groups`; "" when none is."""
    total = int(closed["groups"].sum())
    if not total:
        return ""
    reasons = ", ".join(f"{row.groups} {end_words(row.end_reason).lower()}" for row in closed.itertuples())
    return f"{counted(total, 'healing group is', 'healing groups are')} closed ({reasons})"


def closed_note(meaning: str) -> None:
    """Say how many of the chosen healing groups are closed, and what that means for the numbers here."""
    if told := closed_words(ask(closed_groups, chosen_filters(), clock.today())):
        show.note(f"{told}. {meaning}")


def closing_words(ended_on: object, end_reason: object) -> str:
    """Return when and why a healing group ended or will end, for the middle of a line; "" for one that is open."""
    if is_missing(ended_on):
        return ""
    day = pd.Timestamp(str(ended_on)).date()
    told = "closed" if day < clock.today() else "to be closed"
    return f"{told}, last day {clock.day(day)} ({end_words(end_reason).lower()})"


def members_left_behind() -> None:
    """Show who is still a member of a closed healing group; nothing where nobody is."""
    people = ask(left_behind, chosen_filters(), clock.today())
    if people.empty:
        return
    st.subheader("Members of closed healing groups", anchor=False)
    definition = "People whose healing group was closed before its weeks were over, and who are in no other one."
    groups = counted(people["healing_group"].nunique(), "group")
    show.figures(("Without sessions", str(len(people)), f"in {groups}", definition))
    shown = pd.DataFrame(
        {
            "Client": people["client_code"],
            "Group": people["healing_group"],
            "Last day": [clock.day(value) for value in pd.to_datetime(people["group_ended_on"])],
            "Missed before": people["missed_in_row"].fillna(0).astype(int),
        }
    )
    show.table(shown, "left_behind")
    show.note(WHAT_TO_DO)
