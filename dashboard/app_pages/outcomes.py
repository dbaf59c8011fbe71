"""Outcomes: how scores changed from before to after, for each instrument that the forms ask."""

from __future__ import annotations

import streamlit as st

from dashboard import show
from dashboard.outcome_view import one_instrument
from forms.library import INSTRUMENTS

names = [name for name, each in INSTRUMENTS.items() if each.is_scored]
if names:
    chosen = st.segmented_control(
        "Instrument",
        names,
        format_func=lambda name: INSTRUMENTS[name].title,
        default=names[0],
        required=True,
        key="instrument",
        bind="query-params",
        label_visibility="collapsed",
    )
    one_instrument(INSTRUMENTS[chosen or names[0]])
else:
    show.nothing("The programme's forms ask no instrument that gives a score.")
