"""The outcome interviews of the tests: who is asked by whom in which wave, and exactly what the phone sends."""

from __future__ import annotations

from functools import partial

from tests.forms.people_answers import (
    ALONE,
    LIVELIHOOD,
    PCL5_DENIED,
    VISIT,
    Person,
    Round,
    calm,
    scale,
    scored,
    stop,
    triage,
    without,
)
from tests.forms.phone_people import FULL, GABO, GONE, KEZA, STRANGER

outcome = partial(Person, form_id="outcome")

CALM = calm("phq9", "gad7", "pcl5")
AFTER = LIVELIHOOD | ALONE
REST = calm("gad7", "pcl5") | AFTER
WHOLE = VISIT | CALM | AFTER
NINTH = scale("phq9", "000000001") | {"phq9_10": "0"} | scored("phq9", 9, 1, 1, "minimal")
HEAVY = (
    scale("phq9", "222222220")
    | {"phq9_10": "3"}
    | scored("phq9", 9, 16, 16, "moderately_severe")
    | scale("gad7", "1111111")
    | scored("gad7", 7, 7, 7, "mild")
    | scale("pcl5", "2" * 20)
    | scored("pcl5", 20, 40, 40, "from_33")
    | {"pcl5_cluster_rule": "met"}
)

WHO_IS_ASKED = (
    outcome("baseline, asked by a supervisor", sends=WHOLE | HEAVY | {"wave": "baseline", "asked_by": "supervisor"}),
    outcome("endline, asked by another CHA", sends=WHOLE),
    outcome("six months, asked by an evaluator", sends=WHOLE | {"wave": "six_months", "asked_by": "evaluator"}),
    outcome("twelve months, asked by the own CHA", sends=WHOLE | {"wave": "twelve_months", "asked_by": "own_cha"}),
    *(
        outcome(f"no interview: {result}", sends=VISIT | {"contact_result": result}, unasked=CALM | AFTER)
        for result in ("declined", "not_found", "moved_away", "too_ill", "died")
    ),
    outcome("somebody who left the group", sends=WHOLE | {"client_listed": GONE, "client_code": GONE}),
    outcome(
        "somebody not on the list, by the code on the card",
        sends=without(WHOLE, "client_listed")
        | {"client_on_list": "no", "client_typed": STRANGER, "client_code": STRANGER},
        unasked={"client_listed": KEZA},
    ),
    outcome(
        "a code mistyped, then right",
        sends=without(WHOLE, "client_listed")
        | {"client_on_list": "no", "client_typed": STRANGER, "client_code": STRANGER},
        at_first={"client_typed": f"{STRANGER[:6]}{STRANGER[7]}{STRANGER[6]}{STRANGER[8]}"},
        refused=("client_typed",),
        stopped_at="client_typed",
        goes_back=(Round({"client_typed": STRANGER}),),
    ),
    outcome("the project of one sector stores it without asking", sends=WHOLE, area="2801"),
    outcome(
        "changing the healing group asks again for the person",
        sends=WHOLE | {"healing_group": "2801-03", "client_listed": GABO, "client_code": GABO},
        at_first={"healing_group": "2801-01", "client_listed": KEZA},
        goes_back=(
            Round({"healing_group": "2801-03"}, "client_listed", ("client_listed",)),
            Round({"client_listed": GABO}),
        ),
    ),
    outcome(
        "changing the sector asks again for group and person",
        sends=without(WHOLE, "client_listed")
        | {"sector": "2802", "healing_group": "2802-01"}
        | {"client_on_list": "no", "client_typed": STRANGER, "client_code": STRANGER},
        at_first=VISIT,
        goes_back=(
            Round({"sector": "2802"}, "healing_group", ("healing_group", "client_listed")),
            Round({"healing_group": "2802-01"}, "client_listed", ("client_listed",)),
            Round({"client_on_list": "no", "client_typed": STRANGER}),
        ),
    ),
    outcome(
        "more days than a month has are refused",
        sends=WHOLE,
        at_first={"work_days_lost": 31},
        refused=("work_days_lost",),
        stopped_at="work_days_lost",
        goes_back=(Round({"work_days_lost": 3}),),
    ),
    outcome(
        "an interview that was declined after all leaves no answer",
        sends=VISIT | {"contact_result": "declined"},
        at_first=WHOLE,
        goes_back=(Round({"contact_result": "declined"}),),
    ),
)

SAFETY = (
    outcome(
        "a thought of death: low",
        sends=VISIT | NINTH | triage("safety", "nnnn", "low", "none_needed") | REST,
    ),
    outcome(
        "a thought of death: moderate",
        sends=VISIT | NINTH | triage("safety", "ynnr", "moderate", "called_psychologist") | REST,
    ),
    outcome(
        "a thought of death: imminent",
        sends=VISIT | NINTH | triage("safety", "yyyy", "imminent", "stayed_with called_help_line removed_means") | REST,
    ),
    outcome(
        "the form waits for what was done",
        sends=VISIT | NINTH | triage("safety", "ynyn", "imminent", "called_psychologist") | REST,
        at_first={"safety_actions": None},
        refused=("safety_actions",),
        stopped_at="safety_actions",
        goes_back=(
            Round({"safety_actions": "none_needed"}, "safety_actions", ("safety_actions",)),
            Round({"safety_actions": "called_psychologist"}),
        ),
    ),
    outcome(
        "refused, and not spoken of",
        sends=VISIT | scale("phq9", "00000000r") | scored("phq9", 8, 0, 0, "minimal") | REST | {"spoke_of_harm": "no"},
    ),
    outcome(
        "everything about the livelihood refused",
        sends=WHOLE
        | {"work_days_lost": 0, "meals_yesterday": "refused"}
        | dict.fromkeys(
            ("income_activity", "saved_last_month", "has_loan", "in_cooperative", "in_self_help_group"), "refused"
        ),
    ),
    outcome("not alone: no question about other help", sends=without(WHOLE, "care_offer") | {"private_now": "no"}),
)

STOPS = (
    outcome(
        "stopped at the first item: no question about the livelihood",
        sends=VISIT | {"phq9_1": "stopped"} | scored("phq9", 0, 0) | stop("phq9") | ALONE,
        unasked=scale("phq9", "0" * 8, first=2) | calm("gad7", "pcl5") | LIVELIHOOD,
    ),
    outcome(
        "stopped in the GAD-7, spoken of: moderate",
        sends=VISIT
        | calm("phq9")
        | scale("gad7", "333s")
        | scored("gad7", 3, 9)
        | stop("gad7", "distress", harm="yes")
        | triage("safety_2", "nnny", "moderate", "called_psychologist")
        | ALONE,
        unasked=calm("pcl5") | LIVELIHOOD,
    ),
    outcome(
        "stopped at the last item of all",
        sends=VISIT
        | calm("phq9", "gad7")
        | scale("pcl5", "0" * 19 + "s")
        | scored("pcl5", 19, 0, 0, "below_23")
        | PCL5_DENIED
        | stop("pcl5", "other_known")
        | ALONE,
        unasked=LIVELIHOOD,
    ),
)

# The other programme: PHQ-9 and SRQ-20 lead to a triage, PHQ-15 is asked in private only, never by the own CHA.
BASELINE = VISIT | {"wave": "baseline", "sex": "female"}
FREE = calm("phq9", "srq20", "k6", "who5")
PRIVATE = calm("phq15")
MAN = {"sex": "male"}
PHQ15_OF_MAN = without(PRIVATE, "phq15_4") | scored("phq15", 14, 0, 0, "minimal")

ELSEWHERE = (
    outcome(
        "another programme, baseline: a woman is asked all", sends=BASELINE | FREE | PRIVATE | AFTER, programme=FULL
    ),
    outcome(
        "another programme, baseline: a man is not asked one item",
        sends=BASELINE | MAN | FREE | PHQ15_OF_MAN | AFTER,
        unasked={"phq15_4": "2"},
        programme=FULL,
    ),
    outcome(
        "another programme: a woman with many complaints",
        sends=BASELINE | FREE | scale("phq15", "222222222222222") | scored("phq15", 15, 30, 30, "high") | AFTER,
        programme=FULL,
    ),
    outcome(
        "another programme: with three refusals the complaints still count, with four not",
        sends=BASELINE | FREE | scale("phq15", "rrr111111111111") | scored("phq15", 12, 12, 12, "medium") | AFTER,
        at_first={"phq15_5": "refused"},
        goes_back=(Round({"phq15_5": "1"}),),
        programme=FULL,
    ),
    outcome(
        "another programme: a woman taken for a man is corrected",
        sends=BASELINE | MAN | FREE | PHQ15_OF_MAN | AFTER,
        at_first={"sex": "female", "phq15_4": "2"},
        goes_back=(Round({"sex": "male"}),),
        programme=FULL,
    ),
    outcome(
        "another programme: nothing private where others hear it",
        sends=BASELINE | FREE | LIVELIHOOD | {"private_now": "no"},
        unasked=PRIVATE | {"care_offer": "offered"},
        programme=FULL,
    ),
    outcome(
        "another programme: nothing private by the own CHA",
        sends=BASELINE | {"asked_by": "own_cha"} | FREE | AFTER,
        unasked=PRIVATE,
        programme=FULL,
    ),
    outcome(
        "another programme: it turns out that the own CHA asked: what was private is not sent",
        sends=BASELINE | {"asked_by": "own_cha"} | FREE | AFTER,
        at_first={**PRIVATE, "asked_by": "other_cha"},
        goes_back=(Round({"asked_by": "own_cha"}),),
        programme=FULL,
    ),
    outcome(
        "another programme, halfway: the K6 only",
        sends=VISIT | {"wave": "halfway", "sex": "male"} | calm("k6") | AFTER,
        unasked=calm("phq9", "srq20", "who5", "gad7", "pcl5") | PHQ15_OF_MAN,
        programme=FULL,
    ),
    outcome(
        "another programme, endline",
        sends=VISIT | {"sex": "female"} | CALM | PRIVATE | AFTER,
        unasked=calm("srq20", "k6", "who5"),
        programme=FULL,
    ),
    outcome(
        "another programme, one year: the thought in the SRQ-20 leads to the second triage",
        sends=VISIT
        | {"wave": "one_year", "sex": "female"}
        | scale("srq20", "0" * 16 + "1000")
        | scored("srq20", 20, 1, 1)
        | triage("safety_2", "nnnn", "low", "none_needed")
        | calm("who5", "phq15")
        | AFTER,
        programme=FULL,
        area="2801",
    ),
    outcome(
        "another programme: the wave is corrected, and what it does not ask is not sent",
        sends=VISIT | {"wave": "halfway", "sex": "female"} | calm("k6") | AFTER,
        at_first={**FREE, **PRIVATE, "wave": "baseline"},
        goes_back=(Round({"wave": "halfway"}),),
        programme=FULL,
    ),
    outcome(
        "another programme: stopped at the thought itself, spoken of: the third triage",
        sends=BASELINE
        | calm("phq9")
        | scale("srq20", "1" * 16 + "s")
        | scored("srq20", 16, 16)
        | stop("srq20", "distress", harm="yes")
        | triage("safety_3", "nnny", "moderate", "called_help_line"),
        unasked=ALONE | scale("srq20", "000", first=18) | calm("k6", "who5") | PRIVATE | LIVELIHOOD,
        programme=FULL,
    ),
    *(
        outcome(
            f"another programme: stopped at item {at} of the K6",
            sends=BASELINE
            | calm("phq9", "srq20")
            | scale("k6", "4" * (at - 1) + "s")
            | scored("k6", at - 1, 4 * (at - 1))
            | stop("k6"),
            unasked=ALONE | scale("k6", "0" * (6 - at), first=at + 1) | calm("who5") | PRIVATE | LIVELIHOOD,
            programme=FULL,
        )
        for at in (1, 3, 6)
    ),
    *(
        outcome(
            f"another programme: stopped at item {at} of the WHO-5",
            sends=BASELINE
            | calm("phq9", "srq20", "k6")
            | scale("who5", "1" * (at - 1) + "s")
            | scored("who5", at - 1, at - 1)
            | stop("who5"),
            unasked=ALONE | scale("who5", "0" * (5 - at), first=at + 1) | PRIVATE | LIVELIHOOD,
            programme=FULL,
        )
        for at in (1, 3, 5)
    ),
    outcome(
        "another programme: stopped at the first item of the PHQ-15",
        sends=BASELINE | FREE | {"phq15_1": "stopped"} | scored("phq15", 0, 0) | stop("phq15") | ALONE,
        unasked=scale("phq15", "0" * 14, first=2) | LIVELIHOOD,
        programme=FULL,
    ),
    outcome(
        "another programme: stopped at the item for women, spoken of: the third triage",
        sends=BASELINE
        | FREE
        | scale("phq15", "111s")
        | scored("phq15", 3, 3)
        | stop("phq15", "distress", harm="yes")
        | triage("safety_3", "ynny", "imminent", "called_psychologist")
        | ALONE,
        unasked=scale("phq15", "0" * 11, first=5) | LIVELIHOOD,
        programme=FULL,
    ),
    outcome(
        "another programme: a man stops at the item after the one for women",
        sends=BASELINE
        | MAN
        | FREE
        | scale("phq15", "111")
        | {"phq15_5": "stopped"}
        | scored("phq15", 3, 3)
        | stop("phq15")
        | ALONE,
        unasked=scale("phq15", "0" * 10, first=6) | {"phq15_4": "0"} | LIVELIHOOD,
        programme=FULL,
    ),
    outcome(
        "another programme: stopped at the last item of the PHQ-15, whose score counts",
        sends=BASELINE
        | FREE
        | scale("phq15", "0" * 14 + "s")
        | scored("phq15", 14, 0, 0, "minimal")
        | stop("phq15")
        | ALONE,
        unasked=LIVELIHOOD,
        programme=FULL,
    ),
)
