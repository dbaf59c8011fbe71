"""Knows how the change of one instrument is shown: worsening as plain as improvement, missing data beside them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import clock, interval, show
from dashboard.breakdown import verdict_rows
from dashboard.charts_outcomes import directions, matrix_chart, severity_chart
from dashboard.cut_off_view import cut_offs
from dashboard.disclosure import SMALLEST_SHOWN, is_small
from dashboard.frame import chosen_filters
from dashboard.queries_outcomes import (
    band_pairs,
    change_by_group,
    coverage,
    safety_item_change,
    shifts,
    stopped_interviews,
    verdicts,
)
from dashboard.source import ask
from dashboard.wording import better_word, counted, percent, sector_label, sex_label, share, signed
from forms.instrument import Instrument

NO_CONTROL = (
    "**There is no control group.** Better scores are no proof of an effect: people join when they feel worst, and "
    "many would feel better with time (regression to the mean). People on a waiting list in England fell "
    "from PHQ-9 13.6 to 7.0 in 16 weeks without treatment (Graham et al. 2020)."
)
BOTH = "Denominator: people with a score before and after."


def headline(instrument: Instrument, moved: dict[str, int]) -> str:
    """Return the finding in one sentence, with n of N for milder and for worse."""
    paired, word = sum(moved.values()), better_word(instrument)
    milder, worse = share(moved["milder"], paired), share(moved["worse"], paired)
    return f"{instrument.title}: {milder} are in a {word} band after than before, {worse} in a worse one."


def headline_of_scores(instrument: Instrument, shift: pd.Series) -> str:
    """Return the finding in one sentence for an instrument without bands."""
    paired = int(shift.sum())
    lower, higher = share(int(shift["lower"]), paired), share(int(shift["higher"]), paired)
    return f"{instrument.title}: {lower} have a lower score after than before, {higher} a higher one."


def bands(instrument: Instrument, pairs: pd.DataFrame, moved: dict[str, int]) -> None:
    """Show who moved between bands: three counts, two stacked bars, and the matrix."""
    paired = sum(moved.values())
    better = better_word(instrument)
    words = {"milder": f"{better.capitalize()} band", "same": "Same band", "worse": "Worse band"}
    show.figures(
        *(
            (
                words[name],
                percent(moved[name], paired),
                f"{moved[name]} of {paired}",
                f"{words[name]} after than before. {BOTH}",
            )
            for name in words
        )
    )
    show.chart(severity_chart(instrument, pairs), f"severity_{instrument.name}")
    st.markdown("**Each band before, and where people are after**")
    show.chart(matrix_chart(instrument, pairs), f"matrix_{instrument.name}")
    source = f"Bands: {instrument.band_source}. Bands describe {instrument.measures}."
    show.note(f"Blue: {better}. Grey: same. Red: worse. {source}")


def mean_words(change: interval.MeanChange) -> tuple[str, str]:
    """Return the mean change and, in words, its 95 % interval or that there is none."""
    if change.low is None or change.high is None:
        return signed(change.mean), "no interval"
    return signed(change.mean), f"CI {signed(change.low)} to {signed(change.high)}"


def change_figures(instrument: Instrument, counts: pd.Series) -> None:
    """Show the mean change with its interval, and reliable improvement and worsening side by side."""
    st.subheader("How much, and for how many", anchor=False)
    groups = ask(change_by_group, chosen_filters(), instrument.name)
    people, sums, squares = (
        groups[name].astype(int).tolist() for name in ("people", "difference", "difference_squared")
    )
    change = interval.mean_change(people, sums, squares)
    if change is None:
        return
    mean, sure = mean_words(change)
    before, after = (float(groups[name].sum()) / change.people for name in ("before", "after"))
    meaning = "negative is fewer symptoms" if instrument.higher_is_worse else "positive is better"
    definition = f"After less before, in points; {meaning}. CI: 95 % interval. {BOTH}"
    show.figures(("Mean change", mean, sure, definition), *change_counts(instrument, counts))
    show.note(
        f"Mean {before:.1f} before, {after:.1f} after; standard deviation of the change {change.deviation:.1f}; "
        f"{counted(change.people, 'person', 'people')} in {counted(change.groups, 'healing group')}. The interval is "
        f"clustered by healing group, because members resemble each other ({interval.SOURCE}); it is given from "
        f"{interval.FEWEST_GROUPS} groups on. {reliable_words(instrument)}"
    )


def change_counts(instrument: Instrument, counts: pd.Series) -> list[tuple[str, str, str, str]]:
    """Return the figures of how many got better, stayed and got worse: by reliable change, else by any difference."""
    if instrument.reliable_change:
        rule = f"of {instrument.reliable_change[0].points} points or more between before and after. {BOTH}"
        fall, rise = f"A fall {rule}", f"A rise {rule}"
        better, worse = (fall, rise) if instrument.higher_is_worse else (rise, fall)
        named = [
            ("Improved", "improved", better),
            ("No change", "no_change", f"No difference {rule}"),
            ("Worse", "worse", worse),
        ]
    else:
        named = [
            ("Lower score", "lower", f"Any fall between before and after. {BOTH}"),
            ("Same score", "same", f"No difference. {BOTH}"),
            ("Higher score", "higher", f"Any rise between before and after. {BOTH}"),
        ]
    paired = sum(int(counts[key]) for _, key, _ in named)
    return [(name, percent(counts[key], paired), f"{counts[key]} of {paired}", text) for name, key, text in named]


def reliable_words(instrument: Instrument) -> str:
    """Return what counts as a real change, with its source, or that nobody knows."""
    if not instrument.reliable_change:
        return "No source says how many points are a real change, so any difference is counted."
    first = instrument.reliable_change[0]
    return f"Reliable change: {first.points} points ({first.source})."


def safety_item(instrument: Instrument) -> None:
    """Show the answers to the safety item before and after, and those that are new after."""
    number = instrument.safety_item.rpartition("_")[2]
    st.subheader(f"Item {number}", anchor=False)
    row = ask(safety_item_change, chosen_filters(), instrument).iloc[0]
    answered = int(row["answered"])
    answer = f"Answer of 1 or more to item {number}. Denominator: people who answered it before and after."
    show.figures(
        ("Before", percent(row["before"], answered), f"{row['before']} of {answered}", answer),
        ("After", percent(row["after"], answered), f"{row['after']} of {answered}", answer),
        ("New after", percent(row["new"], answered), f"{row['new']} of {answered}", f"0 before. {answer}"),
    )
    show.note("Every such answer opens an alert: see This week.")


def missing(cover: pd.Series) -> None:
    """Show for how many enrolled people there are both scores, and why not for the others."""
    st.subheader("Who is missing", anchor=False)
    enrolled = int(cover["enrolled"])
    why = {
        "paired": ("Both scores", "A score before and after."),
        "no_after": ("No score after", "The endline is overdue."),
        "no_before": ("No score before", "A score after and none before."),
        "not_due": ("Not due yet", "No score after, and the window of the endline is still open."),
    }
    figures = [
        (name, percent(cover[key], enrolled), f"{cover[key]} of {enrolled}", f"{text} Denominator: everybody enrolled.")
        for key, (name, text) in why.items()
    ]
    show.figures(*figures)
    due = enrolled - int(cover["not_due"])
    show.note(
        f"Of those due, {share(int(cover['paired']), due)} have both scores. Those who left may differ from the others."
    )
    ended = ask(stopped_interviews, chosen_filters()).iloc[0]
    if ended["stopped"]:
        show.note(
            f"{share(int(ended['stopped']), int(ended['interviews']))} of the interviews at the end stopped before "
            "their end, as everybody may; what comes after the stop was not asked."
        )


def breakdowns(instrument: Instrument) -> None:
    """Show reliable change by sex and by sector, small counts hidden; nothing where no change is known to count."""
    if not instrument.reliable_change:
        return
    st.subheader("By sex and by sector", anchor=False)
    for title, column, label in (("Sex", "sex", sex_label), ("Sector", "sector_code", sector_label)):
        rows = verdict_rows(ask(verdicts, chosen_filters(), instrument.name, column), column)
        shown = rows.assign(**{column: rows[column].map(label, na_action=None)}).rename(columns={column: title})
        show.table(shown, f"verdict_by_{column}_{instrument.name}")
    show.note(
        f"Reliable change among people with both scores. Counts of 1 to {SMALLEST_SHOWN - 1} people are hidden, and "
        "further ones where they could be worked out from the totals."
    )


def one_instrument(instrument: Instrument) -> None:
    """Show everything about one instrument, or why nothing can be shown yet."""
    cover = ask(coverage, chosen_filters(), instrument.name, clock.today()).iloc[0]
    paired = int(cover["paired"])
    if paired == 0 or is_small(paired):
        few = "Nobody has" if paired == 0 else f"Fewer than {SMALLEST_SHOWN} people have"
        st.subheader(f"{instrument.title}: {few.lower()} a score before and after.", anchor=False)
        show.nothing("Outcomes appear when endline interviews arrive, or with wider filters.")
        missing(cover)
        return
    shift = ask(shifts, chosen_filters(), instrument.name).iloc[0]
    pairs = ask(band_pairs, chosen_filters(), instrument.name)
    moved = directions(instrument, pairs) if instrument.bands else {}
    found = headline(instrument, moved) if instrument.bands else headline_of_scores(instrument, shift)
    st.subheader(found, anchor=False)
    show.note(
        f"{share(paired, int(cover['enrolled']))} of those enrolled have both scores. On {clock.day(clock.today())}."
    )
    st.info(NO_CONTROL, icon=":material/balance:")
    if instrument.bands:
        bands(instrument, pairs, moved)
    counts = ask(verdicts, chosen_filters(), instrument.name).iloc[0] if instrument.reliable_change else shift
    change_figures(instrument, counts)
    cut_offs(instrument)
    if instrument.safety_item:
        safety_item(instrument)
    missing(cover)
    breakdowns(instrument)
