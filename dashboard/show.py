"""Knows how a figure, a chart, a table and a message look, the same on every page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zlib import crc32

import altair as alt
import pandas as pd
import streamlit as st

from connector.errors import HealingError
from dashboard import clock

FIGURE_WIDTH = 164
"""Pixels; two figures stand side by side on a phone of 390."""


def figures(*each: tuple[str, str, str, str]) -> None:
    """Show figures in a row that wraps: (name, value, counts behind it, definition), each with the day it is for."""
    with st.container(horizontal=True, gap="small"):
        for name, value, behind, definition in each:
            st.metric(
                name,
                value,
                delta=behind or None,
                delta_color="off",
                delta_arrow="off",
                help=f"{definition} On {clock.day(clock.today())}.",
                border=True,
                width=FIGURE_WIDTH,
            )


def chart(drawing: alt.Chart, key: str) -> None:
    """Show a chart as wide as the page; its description is read to those who can't see it."""
    st.altair_chart(drawing, width="stretch", key=key)


def table(rows: pd.DataFrame, key: str) -> None:
    """Show a short table of texts and counts; cells wrap, so that four columns can be read on a phone."""
    with st.container(key=key):
        st.table(rows.astype(str), hide_index=True, border="horizontal", width="stretch")


def choice(rows: pd.DataFrame, columns: Mapping[str, Any], key: str, things: Iterable[str]) -> int | None:
    """Show a table in which one row can be chosen; gives its position, or None. `columns` configures some of them.

    `things` names what the rows are about: when they change or change places, nothing is chosen any more.
    """
    event: Any = st.dataframe(
        rows,
        column_config=dict(columns),
        hide_index=True,
        width="stretch",
        key=key_for(key, things),
        on_select="rerun",
        selection_mode="single-row",
    )
    return selected_row(event, len(rows))


def key_for(key: str, things: Iterable[str]) -> str:
    """Return a key that is the same as long as the same things are listed in the same order."""
    return f"{key}-{crc32(' '.join(things).encode()):08x}"


def selected_row(event: Any, rows: int) -> int | None:
    """Return the position of the selected row, or None; a selection kept from a longer table counts as none."""
    chosen: Sequence[int] = event.selection.rows
    return chosen[0] if chosen and chosen[0] < rows else None


def problem(error: HealingError) -> None:
    """Show an error that a person can understand, and what to do; no traceback."""
    st.error(
        f"**{error.message}**\n\n{error.advice}" if error.advice else f"**{error.message}**", icon=":material/error:"
    )


def nothing(text: str) -> None:
    """Say that a list is empty, and that this is an answer."""
    st.markdown(f":gray[{text}]")


def note(text: str) -> None:
    """Show a definition or a caution in small print."""
    st.caption(text)
