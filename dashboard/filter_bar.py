"""Knows how the filters stand in the sidebar and in the address of the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import pandas as pd
import streamlit as st

from dashboard.filters import Filters
from dashboard.wording import SEXES, sex_label
from forms.places import place_name


def ask_filters(options: pd.DataFrame) -> Filters:
    """Show the filters in the sidebar and return what is chosen; kept in the address, and the same on every page.

    `options` as `queries_frame.filter_options` gives them.
    """
    with st.sidebar:
        return Filters(
            district_code=_several("District", "district", _values(options, "district_code"), place_name),
            sector_code=_several("Sector", "sector", _values(options, "sector_code"), place_name),
            healing_group=_several("Healing group", "healing_group", _values(options, "healing_group"), str),
            cohort=_several("Cohort", "cohort", _values(options, "cohort"), str),
            sex=_several("Sex", "sex", tuple(SEXES), sex_label),
        )


def _values(options: pd.DataFrame, column: str) -> tuple[str, ...]:
    return tuple(sorted(options[column].dropna().unique()))


def _several(label: str, key: str, codes: tuple[str, ...], name: Callable[[str], str]) -> tuple[str, ...]:
    words = distinct_labels(codes, name)
    chosen = st.multiselect(
        label, codes, format_func=words.__getitem__, key=key, placeholder="All", bind="query-params"
    )
    return tuple(chosen)


def distinct_labels(codes: Iterable[str], name: Callable[[str], str]) -> dict[str, str]:
    """Return a label for each code; names that two codes share get the code beside them."""
    names = {code: name(code) for code in codes}
    times = Counter(names.values())
    return {code: label if times[label] == 1 else f"{label} ({code})" for code, label in names.items()}


def describe(filters: Filters) -> str:
    """Return what the page is narrowed to, in words, or that it shows everything."""
    words = {"district_code": place_name, "sector_code": place_name, "sex": sex_label}
    parts = [", ".join(words.get(name, str)(code) for code in codes) for name, codes in filters.chosen()]
    return " · ".join(parts) if parts else "All places, cohorts and people"
