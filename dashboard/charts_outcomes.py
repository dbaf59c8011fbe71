"""Knows how change is drawn: severity before and after, who moved between bands, one person's scores over time."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard.chart_parts import FIT_WIDTH, legend
from dashboard.colours import GREY, INK, PALE, PAPER, ink_on, ramp
from dashboard.wording import bands_from_best, percent
from forms.instrument import Instrument

BEFORE, AFTER = "Before", "After"
DIRECTIONS = {"milder": "#92c5de", "same": "#d9dde1", "worse": "#f4a582"}


def severity_rows(instrument: Instrument, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each side and band, best first: side, band, place, people, `start` and `end` (0…1)."""
    total = int(pairs["people"].sum())
    rows = []
    for side, column in ((BEFORE, "before_band"), (AFTER, "after_band")):
        people_of = pairs.groupby(column)["people"].sum()
        start = 0.0
        for place, band in enumerate(bands_from_best(instrument)):
            people = int(people_of.get(band.code, 0))
            end = start + (people / total if total else 0.0)
            rows.append(
                {"side": side, "band": band.label, "place": place, "people": people, "start": start, "end": end}
            )
            start = end
    frame = pd.DataFrame(rows)
    frame["text"] = [f"{people}" if end - start >= 0.06 else "" for people, start, end in _spans(frame)]
    frame["share"] = [percent(people, total) for people in frame["people"]]
    return frame


def _spans(frame: pd.DataFrame) -> zip:
    return zip(frame["people"], frame["start"], frame["end"], strict=True)


def severity_chart(instrument: Instrument, pairs: pd.DataFrame) -> alt.Chart:
    """Return two stacked bars, before and after, one colour for each band of severity, from blue to red."""
    rows = severity_rows(instrument, pairs)
    labels, colours = [band.label for band in bands_from_best(instrument)], ramp(len(instrument.bands))
    rows["ink"] = [ink_on(colours[place]) for place in rows["place"]]
    rows["middle"] = (rows["start"] + rows["end"]) / 2
    base = alt.Chart(rows).encode(y=alt.Y("side:N", title=None, sort=[BEFORE, AFTER]))
    bars = base.mark_bar(stroke=GREY, strokeWidth=0.5, height=44).encode(
        x=alt.X(
            "start:Q", title="Share of people", axis=alt.Axis(format="%", tickCount=5), scale=alt.Scale(domain=[0, 1])
        ),
        x2="end:Q",
        color=alt.Color(
            "band:N",
            sort=labels,
            scale=alt.Scale(domain=labels, range=colours),
            legend=legend(),
        ),
        tooltip=["side", "band", "people", "share"],
    )
    numbers = base.mark_text(fontSize=13).encode(x="middle:Q", text="text:N", color=alt.Color("ink:N", scale=None))
    total = int(pairs["people"].sum())
    description = f"{instrument.title}: bands of severity before and after, {total} people with both scores."
    return (bars + numbers).properties(height=130, autosize=FIT_WIDTH, description=description)


def directions(instrument: Instrument, pairs: pd.DataFrame) -> dict[str, int]:
    """Return how many people are in a milder band after than before, in the same, and in a worse one."""
    place = {band.code: position for position, band in enumerate(bands_from_best(instrument))}
    counts = {"milder": 0, "same": 0, "worse": 0}
    for row in pairs.itertuples():
        counts[_direction(place[row.before_band], place[row.after_band])] += int(row.people)
    return counts


def _direction(before: int, after: int) -> str:
    return "same" if before == after else "milder" if after < before else "worse"


def matrix_cells(instrument: Instrument, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return every pair of bands: before, after, people (0 where nobody), direction (milder | same | worse)."""
    people = {(row.before_band, row.after_band): int(row.people) for row in pairs.itertuples()}
    return pd.DataFrame(
        [
            {
                "before": before.label,
                "after": after.label,
                "people": people.get((before.code, after.code), 0),
                "direction": _direction(row, column),
            }
            for row, before in enumerate(bands_from_best(instrument))
            for column, after in enumerate(bands_from_best(instrument))
        ]
    )


def matrix_chart(instrument: Instrument, pairs: pd.DataFrame) -> alt.Chart:
    """Return the bands before (rows) × after (columns) with counts: milder blue, same grey, worse red."""
    cells = matrix_cells(instrument, pairs)
    cells["fill"] = [
        DIRECTIONS[d] if people else PAPER for d, people in zip(cells["direction"], cells["people"], strict=True)
    ]
    cells["ink"] = [INK if people else "#b8c0c8" for people in cells["people"]]
    labels = [band.label for band in bands_from_best(instrument)]
    wrapped = "split(datum.label, ' ')"
    base = alt.Chart(cells).encode(
        x=alt.X(
            "after:N",
            title="After",
            sort=labels,
            axis=alt.Axis(orient="top", labelAngle=0, labelExpr=wrapped, labelOverlap=False, labelFontSize=9),
        ),
        y=alt.Y("before:N", title="Before", sort=labels, axis=alt.Axis(labelExpr=wrapped)),
    )
    boxes = base.mark_rect(stroke=PALE).encode(
        color=alt.Color("fill:N", scale=None), tooltip=["before", "after", "people", "direction"]
    )
    numbers = base.mark_text(fontSize=14).encode(text="people:Q", color=alt.Color("ink:N", scale=None))
    description = f"{instrument.title}: how many people moved from each band before to each band after."
    return (boxes + numbers).properties(height=len(labels) * 44, autosize=FIT_WIDTH, description=description)


def scores_chart(instrument: Instrument, scores: pd.DataFrame) -> alt.Chart:
    """Return one person's scores of one instrument by date, over its bands, if it has any, as shaded strips."""
    points = scores.dropna(subset=["score"]).assign(assessed_on=lambda rows: pd.to_datetime(rows["assessed_on"]))
    lowest, highest = instrument.lowest_score - 0.5, instrument.highest_score + 0.5
    height = alt.Y("score:Q", scale=alt.Scale(domain=[lowest, highest], nice=False), title=f"{instrument.title} score")
    time = alt.X("assessed_on:T", title=None, axis=alt.Axis(format="%b %Y", tickCount=4))
    base = alt.Chart(points).encode(x=time, y=height)
    line = base.mark_line(color=INK, point=alt.OverlayMarkDef(color=INK, size=60)).encode(
        tooltip=["assessed_on:T", "wave", "score"]
    )
    numbers = base.mark_text(dy=-12, fontSize=12, fontWeight="bold").encode(text="score:Q")
    meaning = "more symptoms" if instrument.higher_is_worse else "better"
    description = f"{instrument.title} scores of one person over time; higher is {meaning}."
    layers = sum((*_strips(instrument, points["assessed_on"]), line), start=numbers)
    return layers.properties(height=200, autosize=FIT_WIDTH, description=description)


def _strips(instrument: Instrument, days: pd.Series) -> tuple[alt.Chart, ...]:
    """The bands as strips behind the scores, with their names; nothing for an instrument without bands."""
    bands = bands_from_best(instrument)
    if not bands:
        return ()
    first, last = days.min() - pd.Timedelta(days=14), days.max() + pd.Timedelta(days=14)
    strips = pd.DataFrame(
        {
            "from": first,
            "to": last,
            "low": [band.low - 0.5 for band in bands],
            "high": [band.high + 0.5 for band in bands],
            "middle": [(band.low + band.high) / 2 for band in bands],
            "band": [band.label for band in bands],
            "fill": ramp(len(bands)),
        }
    )
    base = alt.Chart(strips).encode(x="from:T")
    shade = base.mark_rect(opacity=0.35).encode(
        x2="to:T", y="low:Q", y2="high:Q", color=alt.Color("fill:N", scale=None)
    )
    names = base.mark_text(align="left", dx=4, fontSize=10, color="#52606d").encode(y="middle:Q", text="band:N")
    return shade, names
