"""Data: what is wrong with records and what to do, how complete the copy is, what changed, and downloads."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from connector.export import codebook_csv, exported_tables
from dashboard import clock, show
from dashboard.frame import chosen_filters
from dashboard.queries_data import DUPLICATE_KINDS, completeness, problem_counts, problems, runs, unread
from dashboard.source import ask, csv_of
from dashboard.wording import counted, is_missing

FEW, MANY, MOST_RUNS = 12, 200, 6


def problem_list(counts: pd.DataFrame) -> None:
    """Show the kinds of problem with their numbers, and the records of one kind with what to do."""
    st.subheader(f"{counted(int(counts['problems'].sum()), 'problem')} to look at", anchor=False)
    show.note("Nothing is lost by a problem: the record is kept as it came. Answers are never shown here.")
    if counts.empty:
        return
    kinds = dict(zip(counts["kind"], counts["problems"], strict=True))
    kind = st.selectbox(
        "Kind",
        list(kinds),
        format_func=lambda code: f"{kind_words(code)} ({kinds[code]})",
        key="kind",
    )
    records((kind,), kinds[kind], "kind")


def records(kinds: tuple[str, ...], total: int, key: str) -> None:
    """Show problems of some kinds by record: where each is and what to do; a few, or many if asked."""
    more = total > FEW and st.toggle(f"Show {min(total, MANY)} of {total}", key=f"more_{key}")
    rows = ask(problems, chosen_filters(), kinds, MANY if more else FEW)
    shown = pd.DataFrame(
        {
            "Record": [record_words(row) for row in rows.itertuples()],
            "What to do": rows["message"],
        }
    )
    show.table(shown, f"records_{key}")


def kind_words(code: str) -> str:
    """Return a kind of problem as words."""
    return code.replace("_", " ").capitalize().replace(" cha", " CHA")


def record_words(row: object) -> str:
    """Return where a problem is: form and number on the server, whom it concerns, the question."""
    number = getattr(row, "server_id", None)
    record = f"{getattr(row, 'form_id', '')}" + ("" if is_missing(number) else f" {number:.0f}")
    concerns = (getattr(row, name, None) for name in ("client_code", "healing_group", "path"))
    return " · ".join([record, *(value for value in concerns if isinstance(value, str))])


def not_read() -> None:
    """Show the records that could not be read, when there are any: which and why."""
    rows = ask(unread)
    if rows.empty:
        return
    st.subheader(f"{counted(len(rows), 'record')} could not be read", anchor=False)
    show.note(
        "Kept as they came and tried again at every sync. Correct or delete them in KoboToolbox, by their number."
    )
    shown = pd.DataFrame(
        {
            "Record": [record_words(row) for row in rows.head(MANY).itertuples()],
            "Why": [kind_words(reason) for reason in rows.head(MANY)["reason"]],
            "Since": [
                clock.moment(value.to_pydatetime()) for value in pd.to_datetime(rows.head(MANY)["first_seen_at"])
            ],
        }
    )
    show.table(shown, "unread")


def duplicates(counts: pd.DataFrame) -> None:
    """Show what may be counted twice."""
    st.subheader("Duplicates", anchor=False)
    found = int(counts.loc[counts["kind"].isin(DUPLICATE_KINDS), "problems"].sum())
    if found == 0:
        show.nothing("No record, person or session seems to be there twice.")
        return
    st.markdown(f"{counted(found, 'record')} may count the same thing twice.")
    records(DUPLICATE_KINDS, found, "duplicates")


def complete() -> None:
    """Show for each form how many records are here and on the server, and when that was last proved."""
    st.subheader("Completeness", anchor=False)
    rows = ask(completeness)
    if rows.empty:
        show.nothing("No form has been synced yet. Run `healing sync`.")
        return
    proved = [
        "never" if value is pd.NaT else clock.moment(value.to_pydatetime())
        for value in pd.to_datetime(rows["complete_as_of"])
    ]
    shown = pd.DataFrame(
        {
            "Form": rows["form_id"],
            "Here / on server": [
                f"{row.records} / {'?' if is_missing(row.on_server) else f'{row.on_server:.0f}'}"
                for row in rows.itertuples()
            ],
            "Deleted": rows["deleted"],
            "Complete as of": proved,
        }
    )
    show.table(shown, "completeness")
    show.note("Here: records kept and not deleted on the server. On server: what it counted at the last sync.")


def last_runs() -> None:
    """Show the latest sync runs and what each changed."""
    st.subheader("Last syncs", anchor=False)
    rows = ask(runs, MOST_RUNS)
    if rows.empty:
        show.nothing("No sync has run yet. Run `healing sync`.")
        return
    shown = pd.DataFrame(
        {
            "Started": [clock.moment(value.to_pydatetime()) for value in pd.to_datetime(rows["started_at"])],
            "New, edited, deleted": [f"{row.new}, {row.edited}, {row.deleted}" for row in rows.itertuples()],
            "Result": [
                row.status if is_missing(row.message) else f"{row.status}: {row.message}" for row in rows.itertuples()
            ],
        }
    )
    show.table(shown, "runs")


def downloads() -> None:
    """Offer each derived table as a CSV file, as `healing export` writes it, and the codebook."""
    st.subheader("Downloads", anchor=False)
    show.note(
        "Whole tables by client code, whatever the filters; no names, phones or villages. Keep them safe all the same."
    )
    table = st.selectbox("Table", exported_tables(), key="table")
    with st.container(horizontal=True):
        name = f"{table}.csv"
        st.download_button(
            f"Download {name}", partial(csv_of, table), name, "text/csv", on_click="ignore", icon=":material/download:"
        )
        st.download_button(
            "Download codebook.csv",
            codebook_csv,
            "codebook.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/menu_book:",
        )


counts = ask(problem_counts, chosen_filters())
problem_list(counts)
not_read()
duplicates(counts)
complete()
last_runs()
downloads()
