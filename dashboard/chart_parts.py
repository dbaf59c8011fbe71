"""Knows what all charts share: as wide as the page, a legend below, small squares of colour."""

from __future__ import annotations

import altair as alt

from dashboard.colours import GREY

FIT_WIDTH = alt.AutoSizeParams(type="fit-x", contains="padding")
"""As wide as the page; the height is that of the drawing, with axes and legend added."""


def legend(columns: int = 3) -> alt.Legend:
    """Return a legend below the chart, narrow enough for a phone."""
    return alt.Legend(
        title=None,
        orient="bottom",
        columns=columns,
        symbolType="square",
        symbolStrokeColor=GREY,
        symbolStrokeWidth=0.5,
    )
