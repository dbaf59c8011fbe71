"""WHO-5 Well-Being Index: how much of two weeks felt good; a higher score is better."""

from __future__ import annotations

from forms.instrument import AT_MOST, COMPLETE, Band, CutOff, Instrument, Item, Licence, MissingRule, ReliableChange
from forms.instruments.scale import answer_scale
from forms.instruments.source import NO_KINYARWANDA, PSYTOOLS

ANSWERS = answer_scale(
    "who5_answer",
    "frequency",
    (
        "At no time",
        "Some of the time",
        "Less than half of the time",
        "More than half of the time",
        "Most of the time",
        "All of the time",
    ),
)
TOPP = "Topp, Østergaard, Søndergaard & Bech 2015, doi 10.1159/000376585"

WHO5 = Instrument(
    name="who5",
    title="WHO-5",
    measures="well-being",
    recall="the last two weeks",
    instruction=(
        "Please indicate for each of the five statements which is closest to how you have been feeling over the last "
        "two weeks."
    ),
    items=(
        Item("who5_1", "I have felt cheerful and in good spirits"),
        Item("who5_2", "I have felt calm and relaxed"),
        Item("who5_3", "I have felt active and vigorous"),
        Item("who5_4", "I woke up feeling fresh and rested"),
        Item("who5_5", "My daily life has been filled with things that interest me"),
    ),
    answers=ANSWERS,
    bands=(
        Band("very_low", "Very low", 0, 28),
        Band("low", "Low", 29, 50),
        Band("above_50", "51 and more", 51, 100),
    ),
    band_source=f"the ranges between the two cut-offs of {TOPP}",
    cut_offs=(
        CutOff("international", 50, "review of 213 studies: low well-being", TOPP, direction=AT_MOST),
        CutOff("international_28", 28, "review of 213 studies: very low well-being", TOPP, direction=AT_MOST),
    ),
    reliable_change=(
        ReliableChange(10, "note on the official WHO-5 form: a 10 % difference is a significant change (Ware 1995)"),
    ),
    missing_rule=MissingRule(5, "complete answers only (psytools)", COMPLETE),
    licence=Licence(
        "free", "may be used without permission (psytools SOURCES.md); confirm with WHO for the 2024 edition"
    ),
    source=PSYTOOLS,
    untranslated_source=f"{NO_KINYARWANDA}; used in a Rwandan sociotherapy trial (doi 10.1186/s13063-022-06994-3)",
    factor=4,
    higher_is_worse=False,
)
