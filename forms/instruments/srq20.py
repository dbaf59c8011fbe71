"""SRQ-20, WHO's Self-Reporting Questionnaire: twenty complaints of the past 30 days, yes or no."""

from __future__ import annotations

from forms.instrument import COMPLETE, RWANDA, CutOff, Instrument, Item, Licence, MissingRule
from forms.instruments.scale import answer_scale

ANSWERS = answer_scale("srq20_answer", "yes_no", ("No", "Yes"))
SCHOLTE = "Scholte et al. 2011, doi 10.1186/1471-2288-11-116"

SRQ20 = Instrument(
    name="srq20",
    title="SRQ-20",
    measures="symptoms of common mental disorders",
    recall="the past 30 days",
    # WHO's own introduction was not in any source that could be read: this sentence is the form's.
    instruction="The next questions are about the past 30 days. Please answer yes or no.",
    has_own_instruction=True,
    items=(
        Item("srq20_1", "Do you often have headaches?"),
        Item("srq20_2", "Is your appetite poor?"),
        Item("srq20_3", "Do you sleep badly?"),
        Item("srq20_4", "Are you easily frightened?"),
        Item("srq20_5", "Do your hands shake?"),
        Item("srq20_6", "Do you feel nervous, tense or worried?"),
        Item("srq20_7", "Is your digestion poor?"),
        Item("srq20_8", "Do you have trouble thinking clearly?"),
        Item("srq20_9", "Do you feel unhappy?"),
        Item("srq20_10", "Do you cry more than usual?"),
        Item("srq20_11", "Do you find it difficult to enjoy your daily activities?"),
        Item("srq20_12", "Do you find it difficult to make decisions?"),
        Item("srq20_13", "Is your daily work suffering?"),
        Item("srq20_14", "Are you unable to play a useful part in life?"),
        Item("srq20_15", "Have you lost interest in things?"),
        Item("srq20_16", "Do you feel that you are a worthless person?"),
        Item("srq20_17", "Has the thought of ending your life been on your mind?"),
        Item("srq20_18", "Do you feel tired all the time?"),
        Item("srq20_19", "Do you have uncomfortable feelings in your stomach?"),
        Item("srq20_20", "Are you easily tired?"),
    ),
    answers=ANSWERS,
    bands=(),
    band_source="no bands: WHO recommends no cut-off for all settings (User's guide to the SRQ, WHO/MNH/PSF/94.8)",
    cut_offs=(
        CutOff("rwanda_women", 10, "Rwandan community, women (n = 418 in all)", SCHOLTE, RWANDA, sex="female"),
        CutOff("rwanda_men", 8, "Rwandan community, men (n = 418 in all)", SCHOLTE, RWANDA, sex="male"),
    ),
    reliable_change=(),
    missing_rule=MissingRule(20, "no rule was found; proposal: a score from complete answers only", COMPLETE),
    licence=Licence(
        "free use, to be confirmed with WHO before wide publication",
        "WHO/MNH/PSF/94.8 (1994); no licence text was read",
    ),
    source="WHO SRQ-20 (1994), wording identical in several public sources",
    safety_item="srq20_17",
    untranslated_source=f"a validated Kinyarwanda version exists ({SCHOLTE})",
)
