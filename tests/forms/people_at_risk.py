"""The people of the tests at intake who speak of death, or refuse to: what triage follows, and what is then sent."""

from __future__ import annotations

from tests.forms.people_answers import (
    ARRIVES,
    LEAVES,
    MAN,
    Round,
    triage,
    without,
)
from tests.forms.people_at_intake import AFTER, NINTH_REFUSED, WELL, intake, ninth

SAFETY = (
    intake(
        "the ninth item leads to a triage: low",
        sends=ARRIVES | ninth("1", 1) | triage("safety", "nnnn", "low", "none_needed") | AFTER | LEAVES,
    ),
    intake(
        "an act in the past year alone is moderate",
        sends=ARRIVES | ninth("2", 2) | triage("safety", "nnny", "moderate", "called_psychologist") | AFTER | LEAVES,
    ),
    intake(
        "means alone are low, by the packaged rule",
        sends=ARRIVES
        | ninth("1", 1)
        | triage("safety", "nnyn", "low", "removed_means trusted_person")
        | AFTER
        | LEAVES,
    ),
    intake(
        "thoughts of today and a plan are imminent",
        sends=ARRIVES
        | MAN
        | ninth("3", 3)
        | triage("safety", "yyny", "imminent", "stayed_with called_help_line")
        | AFTER
        | LEAVES,
    ),
    intake(
        "a refused question of the triage counts as yes",
        sends=ARRIVES | ninth("1", 1) | triage("safety", "rrnn", "imminent", "called_psychologist") | AFTER | LEAVES,
    ),
    intake(
        "the form waits for the record of what was done",
        sends=ARRIVES | ninth("1", 1) | triage("safety", "nnnn", "low", "stayed_with") | AFTER | LEAVES,
        at_first={"safety_actions": None},
        refused=("safety_actions",),
        stopped_at="safety_actions",
        goes_back=(Round({"safety_actions": "stayed_with"}),),
    ),
    intake(
        "an imminent level needs a call",
        sends=ARRIVES | ninth("1", 1) | triage("safety", "yynn", "imminent", "called_psychologist") | AFTER | LEAVES,
        at_first={"safety_actions": "stayed_with trusted_person"},
        refused=("safety_actions",),
        stopped_at="safety_actions",
        goes_back=(Round({"safety_actions": "called_psychologist"}),),
    ),
    intake(
        "going back from imminent to low clears nothing else",
        sends=ARRIVES
        | ninth("3", 3)
        | triage("safety", "nnnn", "low", "stayed_with called_psychologist")
        | AFTER
        | LEAVES,
        at_first={"safety_thoughts_now": "yes", "safety_plan": "yes", "safety_means": "yes"},
        goes_back=(Round({"safety_thoughts_now": "no", "safety_plan": "no", "safety_means": "no"}),),
    ),
    intake(
        "going back from low to imminent asks again what was done",
        sends=ARRIVES | ninth("1", 1) | triage("safety", "yyyn", "imminent", "called_help_line") | AFTER | LEAVES,
        at_first=triage("safety", "nnnn", "low", "none_needed"),
        goes_back=(
            Round(
                {"safety_thoughts_now": "yes", "safety_plan": "yes", "safety_means": "yes"},
                stopped_at="safety_actions",
                refused=("safety_actions",),
            ),
            Round({"safety_actions": "called_help_line"}),
        ),
    ),
    intake(
        "a ninth item corrected to never takes the triage away and nothing else",
        sends=WELL,
        at_first=ninth("2", 2) | triage("safety", "ynnn", "moderate", "called_psychologist"),
        goes_back=(Round({"phq9_9": "0"}),),
    ),
    intake(
        "a refused ninth item leads to the question whether death was spoken of: no",
        sends=ARRIVES | NINTH_REFUSED | AFTER | {"spoke_of_harm": "no"} | LEAVES,
        unasked={"phq9_10": "1", "stop_reason": "distress"},
    ),
    intake(
        "a refused ninth item, and death was spoken of: moderate",
        sends=ARRIVES
        | NINTH_REFUSED
        | AFTER
        | {"spoke_of_harm": "yes"}
        | triage("safety_2", "ynnn", "moderate", "called_psychologist referred_health_centre")
        | LEAVES,
    ),
    intake(
        "no privacy, no question about other help",
        sends=without(WELL, "care_offer") | {"private_now": "no"},
        unasked={"care_offer": "offered"},
    ),
    intake("other help is offered", sends=WELL | {"care_offer": "offered"}),
    intake("other help is accepted", sends=WELL | MAN | {"care_offer": "accepted"}),
    intake(
        "somebody comes near: the question about other help is taken back",
        sends=without(WELL, "care_offer") | {"private_now": "no"},
        at_first={"private_now": "yes", "care_offer": "accepted"},
        goes_back=(Round({"private_now": "no"}),),
    ),
)
