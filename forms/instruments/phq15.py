"""PHQ-15: how much fifteen bodily complaints bothered somebody in four weeks; one of them is asked of women only."""

from __future__ import annotations

from forms.instrument import ZERO, Band, Instrument, Item, MissingRule
from forms.instruments.scale import answer_scale
from forms.instruments.source import NO_KINYARWANDA, PFIZER, PSYTOOLS

ANSWERS = answer_scale("phq15_answer", "intensity", ("Not bothered at all", "Bothered a little", "Bothered a lot"))

PHQ15 = Instrument(
    name="phq15",
    title="PHQ-15",
    measures="bodily complaints",
    recall="the last 4 weeks",
    instruction="During the last 4 weeks, how much have you been bothered by any of the following problems?",
    items=(
        Item("phq15_1", "Stomach pain"),
        Item("phq15_2", "Back pain"),
        Item("phq15_3", "Pain in your arms, legs, or joints (knees, hips, etc)"),
        Item("phq15_4", "Menstrual cramps or other problems with your periods [women only]", asked_of="female"),
        Item("phq15_5", "Headaches"),
        Item("phq15_6", "Chest pain"),
        Item("phq15_7", "Dizziness"),
        Item("phq15_8", "Fainting spells"),
        Item("phq15_9", "Feeling your heart pound or race"),
        Item("phq15_10", "Shortness of breath"),
        Item("phq15_11", "Pain or problems during sexual intercourse"),
        Item("phq15_12", "Constipation, loose bowels, or diarrhea"),
        Item("phq15_13", "Nausea, gas, or indigestion"),
        Item("phq15_14", "Feeling tired or having low energy"),
        Item("phq15_15", "Trouble sleeping"),
    ),
    answers=ANSWERS,
    bands=(
        Band("minimal", "Minimal", 0, 4),
        Band("low", "Low", 5, 9),
        Band("medium", "Medium", 10, 14),
        Band("high", "High", 15, 30),
    ),
    band_source="Kroenke, Spitzer & Williams 2002, doi 10.1097/00006842-200203000-00008",
    cut_offs=(),
    reliable_change=(),
    missing_rule=MissingRule(
        12,
        "unanswered counts 0 (psytools); proposal: no score below 12 answers, or an interview that stopped would pass "
        "for few complaints",
        ZERO,
    ),
    licence=PFIZER,
    source=PSYTOOLS,
    untranslated_source=NO_KINYARWANDA,
    needs_privacy=True,
    scoring_note="Men are asked 14 items and can reach 28 points.",
)
