"""GAD-7: how often seven problems of anxiety bothered somebody in two weeks."""

from __future__ import annotations

from forms.instrument import Band, CutOff, Instrument, Item, MissingRule, ReliableChange
from forms.instruments.scale import answer_scale
from forms.instruments.source import NHS_TALKING_THERAPIES, NO_KINYARWANDA, PFIZER, PSYTOOLS

ANSWERS = answer_scale(
    "gad7_answer", "frequency", ("Not at all", "Several days", "More than half the days", "Nearly every day")
)

GAD7 = Instrument(
    name="gad7",
    title="GAD-7",
    measures="symptoms of anxiety",
    recall="the last 2 weeks",
    instruction="Over the last 2 weeks, how often have you been bothered by any of the following problems?",
    items=(
        Item("gad7_1", "Feeling nervous, anxious, or on edge"),
        Item("gad7_2", "Not being able to stop or control worrying"),
        Item("gad7_3", "Worrying too much about different things"),
        Item("gad7_4", "Trouble relaxing"),
        Item("gad7_5", "Being so restless that it is hard to sit still"),
        Item("gad7_6", "Becoming easily annoyed or irritable"),
        Item("gad7_7", "Feeling afraid, as if something awful might happen"),
    ),
    answers=ANSWERS,
    bands=(
        Band("minimal", "Minimal", 0, 4),
        Band("mild", "Mild", 5, 9),
        Band("moderate", "Moderate", 10, 14),
        Band("severe", "Severe", 15, 21),
    ),
    band_source="Spitzer, Kroenke, Williams & Löwe 2006, doi 10.1001/archinte.166.10.1092",
    cut_offs=(
        CutOff("international", 10, "primary care, as used in Uganda", "doi 10.1186/s12888-025-06944-8"),
        CutOff("nhs_caseness", 8, "NHS Talking Therapies", NHS_TALKING_THERAPIES),
    ),
    reliable_change=(ReliableChange(4, NHS_TALKING_THERAPIES),),
    missing_rule=MissingRule(6, "custom: at least 6 of 7 answered, prorated (psytools SOURCES.md); no official rule"),
    licence=PFIZER,
    source=PSYTOOLS,
    untranslated_source=NO_KINYARWANDA,
)
