"""Healing groups: worst attendance first, and from there one group, one session, one person by client code."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import clock, group_view, person_view, show
from dashboard.charts_attendance import group_weeks_chart
from dashboard.closed_view import closed_note, closing_words
from dashboard.filters import Filters
from dashboard.frame import chosen_filters
from dashboard.queries_groups import LAST_SESSIONS, group_rates, group_weeks
from dashboard.queries_person import person
from dashboard.source import ask
from dashboard.wording import counted, percent, sector_label, share
from forms.client_code import is_valid
from forms.programme import PROGRAMME

LOW_RATE, LOW = 0.6, percent(0.6, 1)
CLOSED_MARK = {True: " (closed)", False: ""}
CLOSED_DEFINITION = "Healing groups whose last day, by the registry, is past; also those not listed here."
MOST_ROWS = 30
RATE_DEFINITION = (
    f"Present marks divided by members on the list that the phone showed, over the last {LAST_SESSIONS} held sessions."
)


def open_group(group: str | None, client: str | None = None) -> None:
    """Show one healing group (None: the list) and one of its people when the page is drawn next."""
    st.session_state["group"] = group
    st.session_state["client"] = client


def headline(rates: pd.DataFrame) -> str:
    """Return the finding in one sentence: how many healing groups fell below the limit, of how many with a register."""
    known = rates.dropna(subset=["rate"])
    low, silent = int((known["rate"] < LOW_RATE).sum()), without_register(rates)
    finding = f"{low} of {counted(len(known), 'healing group')} fell below {LOW} in their last three sessions"
    return f"{finding}; no register yet from {silent}." if silent else f"{finding}."


def without_register(rates: pd.DataFrame) -> int:
    """Return how many healing groups that are not closed have had sessions due and no register of any."""
    return int((rates["rate"].isna() & (rates["due"] > 0) & ~rates["is_closed"]).sum())


def list_figures(rates: pd.DataFrame, every: pd.DataFrame) -> None:
    """Show how many healing groups there are, how many come badly, have an unusual size, and are closed."""
    known = rates.dropna(subset=["rate"])
    low, all_groups = int((known["rate"] < LOW_RATE).sum()), f"of {counted(len(rates), 'group')}"
    present, expected = int(known["present"].sum()), int(known["expected"].sum())
    smallest, size = PROGRAMME.smallest_group, PROGRAMME.group_size
    is_odd = (rates["members"] < smallest) | (rates["members"] > size)
    odd = int((is_odd & ~rates["is_closed"]).sum())
    no_register = "Healing groups that had sessions due, sent no register of a held one and are not closed."
    size_words = f"Healing groups with under {smallest} or over {size} members today that are not closed."
    show.figures(
        ("Attendance", percent(present, expected), f"{present} of {expected}", RATE_DEFINITION),
        (
            f"Below {LOW}",
            str(low),
            f"of {len(known)} with a register",
            f"Healing groups below {LOW}. {RATE_DEFINITION}",
        ),
        ("No register", str(without_register(rates)), all_groups, no_register),
        ("Unusual size", str(odd), all_groups, size_words),
        ("Closed", str(int(every["is_closed"].sum())), f"of {counted(len(every), 'group')}", CLOSED_DEFINITION),
    )


def group_table(rates: pd.DataFrame) -> None:
    """Show the healing groups, worst first; a chosen row opens the group."""
    shown = pd.DataFrame(
        {
            "Group": rates["healing_group"] + " " + rates["label"].fillna("") + rates["is_closed"].map(CLOSED_MARK),
            "Last three": rates["rate"] * 100,
            "Present": [share_words(row) for row in rates.itertuples()],
            "No report": [f"{row.not_reported} of {row.due}" for row in rates.itertuples()],
        }
    )
    columns = {
        "Group": st.column_config.TextColumn(width=112),
        "Last three": st.column_config.ProgressColumn(
            width=94, format="%.0f %%", min_value=0, max_value=100, help=RATE_DEFINITION
        ),
        "Present": st.column_config.TextColumn(width=66),
        "No report": st.column_config.TextColumn(width=66, help="Sessions due so far without a report."),
    }
    place = show.choice(shown, columns, "groups", rates["healing_group"])
    if place is not None:
        st.button(
            f"Open {shown['Group'].iloc[place]}",
            type="primary",
            on_click=open_group,
            args=(rates["healing_group"].iloc[place],),
        )


def share_words(row: object) -> str:
    """Return the counts behind a healing group's rate, or that there is no register."""
    expected = getattr(row, "expected", None)
    if expected is None or expected != expected:
        if getattr(row, "is_closed", False):
            return "closed"
        return "no register" if getattr(row, "due", 0) else "not started"
    return f"{getattr(row, 'present', 0):.0f} of {expected:.0f}"


def every_group(filters: Filters) -> None:
    """Show the list of healing groups and their weeks."""
    every = rates = ask(group_rates, filters, clock.today())
    running = rates[rates["is_running"]].reset_index(drop=True)
    if len(running) < len(rates) and not running.empty:
        finished = f"Also the {len(rates) - len(running)} that have finished or are closed"
        rates = rates if st.toggle(finished, key="finished", bind="query-params") else running
    if rates.empty:
        show.nothing("No healing group is in the registry for this choice. Import groups: `healing registry import`.")
        return
    st.subheader(headline(rates), anchor=False)
    list_figures(rates, every)
    closed_note("Sessions, attendance and members until the last day count here.")
    group_table(rates)
    show.note("Worst first; groups without a register come before all. Choose a row to open the group.")
    weeks = ask(group_weeks, filters, clock.today())
    if weeks.empty:
        return
    order = list(rates["healing_group"])
    few = len(order) <= MOST_ROWS or not st.toggle(f"Show all {len(order)} groups", key="all_groups")
    order = order[:MOST_ROWS] if few else order
    chart = group_weeks_chart(weeks[weeks["healing_group"].isin(order)], order, PROGRAMME.weeks)
    show.chart(chart, "group_weeks")
    show.note("Per cent of the members on the phone's list who were present. ? no register yet. – not held.")
    if filters.sex:
        show.note("A session has no sex: that filter is left out here.")


def find_client() -> None:
    """Ask for a client code and open that person's healing group; a typing error is told apart from an unknown code."""
    typed = st.text_input("Find a client by code", placeholder="XXXX-XXXX", max_chars=9, key="find").strip().upper()
    if not typed:
        return
    found = ask(person, typed)
    if not is_valid(typed):
        st.warning("This code has a typing error: its check character does not fit.", icon=":material/edit:")
    elif found.empty:
        st.warning("No intake record has this code. The intake may still be on a phone.", icon=":material/search_off:")
    elif not isinstance(found.iloc[0]["healing_group"], str):
        st.info("This person was screened and is in no healing group.", icon=":material/info:")
    else:
        group = str(found.iloc[0]["healing_group"])
        st.button(f"Open {typed} in healing group {group}", on_click=open_group, args=(group, typed))


def one_group(group: str, rates: pd.DataFrame) -> None:
    """Show one healing group in three parts: members by week, one session, one person."""
    row = rates.set_index("healing_group").loc[group]
    st.subheader(f"Healing group {group} {row['label'] or ''}", anchor=False)
    st.markdown(f"Sector {sector_label(row['sector_code'])} · led by {row['cha_code']}")
    if closing := closing_words(row["ended_on"], row["end_reason"]):
        st.info(f"This healing group is {closing}. Alerts of its people stay open until somebody closes them.")
    present, expected = (0 if value != value else int(value) for value in (row["present"], row["expected"]))
    show.figures(
        ("Last three", percent(present, expected), f"{present} of {expected}", RATE_DEFINITION),
        ("Members", str(row["members"]), f"{PROGRAMME.group_size} planned", "Members today."),
        ("Held", str(row["held"]), share(int(row["held"]), int(row["due"])), "Sessions held of those due so far."),
        ("Not reported", str(row["not_reported"]), f"of {row['due']} due", "Sessions due so far without a report."),
    )
    labels = group_view.ask_labels(group)
    members, session, course = st.tabs(["Members by week", "One session", "One person"])
    with members:
        group_view.members_by_week(group, labels)
    with session:
        group_view.one_session(group, labels)
    with course:
        person_view.one_person(labels)


filters = chosen_filters()
rates = ask(group_rates, Filters(), clock.today())
choices = list(ask(group_rates, filters, clock.today())["healing_group"].sort_values())
group = st.selectbox(
    "Open a healing group", choices, index=None, placeholder="All healing groups", key="group", bind="query-params"
)
if group is None:
    find_client()
    every_group(filters)
else:
    st.button("All healing groups", icon=":material/arrow_back:", on_click=open_group, args=(None,))
    one_group(group, rates)
