"""PHQ-9, Patient Health Questionnaire: how often nine problems of depression bothered somebody in two weeks."""

from __future__ import annotations

from forms.instrument import RWANDA, Band, CutOff, Instrument, Item, MissingRule, ReliableChange
from forms.instruments.scale import answer_scale
from forms.instruments.source import NHS_TALKING_THERAPIES, PFIZER, PSYTOOLS

EPILEPSY = "Kinyarwanda, people with epilepsy, n = 434, not a community sample"
SEBERA = "Sebera et al. 2020, doi 10.1371/journal.pone.0234095"

ANSWERS = answer_scale(
    "phq9_answer", "frequency", ("Not at all", "Several days", "More than half the days", "Nearly every day")
)

# Asked after the nine items; not part of the score. The wording is to be checked against the form on phqscreeners.com.
DIFFICULTY = Item(
    "phq9_10",
    "If you checked off any problems, how difficult have these problems made it for you to do your work, "
    "take care of things at home, or get along with other people?",
)
DIFFICULTY_ANSWERS = answer_scale(
    "phq9_difficulty",
    "difficulty",
    ("Not difficult at all", "Somewhat difficult", "Very difficult", "Extremely difficult"),
)

PHQ9 = Instrument(
    name="phq9",
    title="PHQ-9",
    measures="symptoms of depression",
    recall="the last 2 weeks",
    instruction="Over the last 2 weeks, how often have you been bothered by any of the following problems?",
    items=(
        Item("phq9_1", "Little interest or pleasure in doing things"),
        Item("phq9_2", "Feeling down, depressed, or hopeless"),
        Item("phq9_3", "Trouble falling or staying asleep, or sleeping too much"),
        Item("phq9_4", "Feeling tired or having little energy"),
        Item("phq9_5", "Poor appetite or overeating"),
        Item(
            "phq9_6",
            "Feeling bad about yourself — or that you are a failure or have let yourself or your family down",
        ),
        Item("phq9_7", "Trouble concentrating on things, such as reading the newspaper or watching television"),
        Item(
            "phq9_8",
            "Moving or speaking so slowly that other people could have noticed? Or the opposite — being so "
            "fidgety or restless that you have been moving around a lot more than usual",
        ),
        Item("phq9_9", "Thoughts that you would be better off dead or of hurting yourself in some way"),
    ),
    answers=ANSWERS,
    bands=(
        Band("minimal", "Minimal", 0, 4),
        Band("mild", "Mild", 5, 9),
        Band("moderate", "Moderate", 10, 14),
        Band("moderately_severe", "Moderately severe", 15, 19),
        Band("severe", "Severe", 20, 27),
    ),
    band_source="Kroenke, Spitzer & Williams 2001, doi 10.1046/j.1525-1497.2001.016009606.x",
    cut_offs=(
        CutOff("international", 10, "primary care, as used in Uganda", "doi 10.3389/fpsyt.2022.781095"),
        CutOff("rwanda", 5, f"{EPILEPSY}: mild or moderate", SEBERA, RWANDA),
        CutOff("rwanda_severe", 7, f"{EPILEPSY}: severe", SEBERA, RWANDA),
    ),
    reliable_change=(ReliableChange(6, NHS_TALKING_THERAPIES),),
    missing_rule=MissingRule(7, "custom: at least 7 of 9 answered, prorated (psytools SOURCES.md); no official rule"),
    licence=PFIZER,
    source=PSYTOOLS,
    safety_item="phq9_9",
    untranslated_source="a validated Kinyarwanda version exists (Sebera et al. 2020, doi 10.1371/journal.pone.0234095)",
)
