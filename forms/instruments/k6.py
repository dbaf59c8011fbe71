"""K6, Kessler's scale of psychological distress: how often six feelings came in the past 30 days."""

from __future__ import annotations

from forms.instrument import COMPLETE, Band, CutOff, Instrument, Item, Licence, MissingRule
from forms.instruments.scale import answer_scale
from forms.instruments.source import NO_KINYARWANDA, PSYTOOLS

ANSWERS = answer_scale(
    "k6_answer",
    "frequency",
    ("None of the time", "A little of the time", "Some of the time", "Most of the time", "All of the time"),
)
KESSLER = "Kessler et al. 2003, doi 10.1001/archpsyc.60.2.184"
PROCHASKA = "Prochaska et al. 2012, doi 10.1002/mpr.1349"

K6 = Instrument(
    name="k6",
    title="K6",
    measures="psychological distress",
    recall="the past 30 days",
    instruction="The following questions ask about how you have been feeling during the past 30 days.",
    items=(
        Item("k6_1", "During the past 30 days, about how often did you feel nervous?"),
        Item("k6_2", "During the past 30 days, about how often did you feel hopeless?"),
        Item("k6_3", "During the past 30 days, about how often did you feel restless or fidgety?"),
        Item(
            "k6_4",
            "During the past 30 days, about how often did you feel so depressed that nothing could cheer you up?",
        ),
        Item("k6_5", "During the past 30 days, about how often did you feel that everything was an effort?"),
        Item("k6_6", "During the past 30 days, about how often did you feel worthless?"),
    ),
    answers=ANSWERS,
    bands=(
        Band("low", "Low", 0, 4),
        Band("moderate", "Moderate", 5, 12),
        Band("serious", "Serious", 13, 24),
    ),
    band_source=f"{PROCHASKA} (5 to 12), {KESSLER} (13 and more)",
    cut_offs=(
        CutOff("international", 13, "US general population: serious distress", KESSLER),
        CutOff("international_5", 5, "adults in California, n = 50,880: moderate distress", PROCHASKA),
    ),
    reliable_change=(),
    missing_rule=MissingRule(6, "complete answers only (psytools)", COMPLETE),
    licence=Licence("public domain", "Kessler et al.; stated in psytools SOURCES.md and at inspq.qc.ca"),
    source=f"{PSYTOOLS}; answers as in other public sources",
    untranslated_source=NO_KINYARWANDA,
)
