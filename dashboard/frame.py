"""Knows what stands around every page: can the database be read, how old are the data, what to do without any."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pandas as pd
import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from connector.errors import HealingError, SchemaTooNewError, StorageError
from dashboard import clock, show
from dashboard.filter_bar import ask_filters, describe
from dashboard.filters import ALL, Filters
from dashboard.queries_frame import contents, data_age, filter_options, last_run, schema
from dashboard.source import ask
from dashboard.wording import counted, is_missing

STALE_AFTER = timedelta(hours=48)

SCHEMA_PROBLEMS = {
    "empty": StorageError(
        "This database has no tables yet.", advice="Run `healing sync`: it makes them. Then reload this page."
    ),
    "older": StorageError(
        "This database was made by an older version of the program.",
        advice="Run `healing sync`: it brings the tables up to date and loses nothing. Then reload this page.",
    ),
    "newer": SchemaTooNewError(
        "This database was made by a newer version of the program.", advice="Install the newer version on this machine."
    ),
}
UNREADABLE = StorageError(
    "The database could not answer.",
    advice="If a sync is running, wait a minute and reload. Otherwise run `healing status` to see what is wrong.",
)
WAY_TO_FIRST_DATA = """
**There are no data yet.** What to do next, on the machine where this program is installed:

1. `healing registry import` — who the CHAs are and which healing groups exist{groups}
2. `healing build`, then `healing deploy` — make the forms and put them on KoboToolbox
3. Let CHAs send records from KoboCollect
4. `healing sync --rosters` — fetch them; then reload this page

To look around first with simulated data: `healing demo`.
"""


def run(page: Callable[[], None]) -> None:
    """Show the frame and then the page; an error of the database becomes a message, never a traceback."""
    try:
        if _is_ready():
            _show_age()
            page()
    except HealingError as error:
        show.problem(error)
    except SQLAlchemyError:
        show.problem(UNREADABLE)


def chosen_filters() -> Filters:
    """Return what the viewer chose in the sidebar on this run."""
    chosen: Filters = st.session_state.get("filters", ALL)
    return chosen


def _is_ready() -> bool:
    state = ask(schema).iloc[0]["state"]
    if state in SCHEMA_PROBLEMS:
        raise SCHEMA_PROBLEMS[state]
    row = ask(contents).iloc[0]
    st.session_state["filters"] = ask_filters(ask(filter_options))
    if row["clients"] == 0 and row["submissions"] == 0:
        groups = "" if row["groups"] == 0 else f" (done: {counted(int(row['groups']), 'healing group')})"
        st.info(WAY_TO_FIRST_DATA.format(groups=groups))
        return False
    return True


def _show_age() -> None:
    age = ask(data_age).iloc[0]
    st.caption(
        f":material/filter_alt: {describe(chosen_filters())}  \n:material/schedule: {age_words(age, clock.now())}"
    )
    run_row = ask(last_run)
    if not run_row.empty and run_row.iloc[0]["status"] == "failed":
        _warn_failed(run_row.iloc[0])
    elif is_stale(age, clock.now()):
        st.warning("The data are more than two days old. Run `healing sync`.", icon=":material/schedule:")


def _warn_failed(row: pd.Series) -> None:
    when = clock.moment(pd.Timestamp(row["started_at"]).to_pydatetime())
    message = "" if is_missing(row["message"]) else f" {row['message']}"
    st.warning(
        f"The last sync, on {when}, failed.{message} What you see is from before.", icon=":material/sync_problem:"
    )


def age_words(age: pd.Series, now: datetime) -> str:
    """Return how far the data can be trusted: complete as of which moment, and when the newest record arrived."""
    proved, newest = _moment(age["complete_as_of"]), _moment(age["newest_submission"])
    complete = "Never proved complete yet" if proved is None else f"Complete as of {clock.moment(proved)}"
    arrived = "" if newest is None else f", newest record {clock.moment(newest)}"
    return f"{complete}{arrived}. Today is {clock.day((now + clock.KIGALI - timedelta(seconds=1)).date())}."


def is_stale(age: pd.Series, now: datetime) -> bool:
    """Return whether the data were last proved complete more than two days ago, or never."""
    proved = _moment(age["complete_as_of"])
    return proved is None or now - proved > STALE_AFTER


def _moment(value: object) -> datetime | None:
    return None if is_missing(value) else pd.Timestamp(value).to_pydatetime()
