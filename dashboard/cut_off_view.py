"""Knows how the cut-offs of an instrument are shown: one set at a time, the sources of all, of whom each speaks."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import show
from dashboard.breakdown import HIDDEN
from dashboard.disclosure import is_small
from dashboard.frame import chosen_filters
from dashboard.queries_outcomes import cut_off_counts
from dashboard.source import ask
from dashboard.wording import sex_label, share
from forms.instrument import INTERNATIONAL, RWANDA, CutOff, Instrument
from forms.programme import PROGRAMME
from forms.programme_shape import CUT_OFF_SETS

COLUMNS = ("Cut-off", "Before", "After", "Positive, then not")
SET_WORDS = {INTERNATIONAL: "International", RWANDA: "Rwanda"}


def cut_offs(instrument: Instrument) -> None:
    """Show how many people screen positive before and after by the cut-offs of one set, with the sources of all."""
    st.subheader("By cut-off", anchor=False)
    if not instrument.cut_offs:
        show.nothing(f"No published cut-off of the {instrument.title} was found.")
        return
    chosen = {each.name: each for each in instrument.cut_offs_of(chosen_set(instrument))}
    counts = ask(cut_off_counts, chosen_filters(), instrument)
    rows = [(chosen[row.cut_off], row) for row in counts.itertuples() if row.cut_off in chosen]
    shown = [
        (cut_off_label(each), *shares(each, row.paired, row.before, row.after, row.recovered)) for each, row in rows
    ]
    show.table(pd.DataFrame(shown, columns=COLUMNS), f"cut_offs_{instrument.name}")
    sources = "; ".join(f"{cut_off_label(each)}: {each.population} ({each.source})" for each in instrument.cut_offs)
    show.note(f"Positive by a cut-off is a positive screen, never a diagnosis. {sources}.")


def chosen_set(instrument: Instrument) -> str:
    """Return the set of cut-offs to show; asks when there are two, beginning with the programme's own."""
    sets = [name for name in CUT_OFF_SETS if any(each.set_name == name for each in instrument.cut_offs)]
    first = PROGRAMME.cut_off_set if PROGRAMME.cut_off_set in sets else sets[0]
    if len(sets) == 1:
        return first
    chosen = st.segmented_control(
        "Cut-offs", sets, format_func=SET_WORDS.__getitem__, default=first, required=True, key=f"set_{instrument.name}"
    )
    return chosen or first


def shares(cut_off: CutOff, paired: int, before: int, after: int, recovered: int) -> tuple[str, str, str]:
    """Return how many are positive before, after, and before but not after, each with its counts.

    A cut-off for one sex is a breakdown: everything is hidden when any count in it, or what is left of one, is small.
    """
    counts = (paired, before, after, recovered, paired - before, paired - after, before - recovered)
    if cut_off.sex and any(is_small(count) for count in counts):
        return HIDDEN, HIDDEN, HIDDEN
    return share(before, paired), share(after, paired), share(recovered, before)


def cut_off_label(cut_off: CutOff) -> str:
    """Return the scores that are positive, and of whom: `10+ (Rwanda, female)`."""
    words = ", ".join((SET_WORDS[cut_off.set_name], *([sex_label(cut_off.sex)] if cut_off.sex else [])))
    return f"{cut_off.words} ({words})"
