"""The sessions of the tests in which people are in distress or need a visit, and sessions of another programme."""

from __future__ import annotations

from tests.forms.people_answers import (
    CIRCLE,
    MEETS,
    PRACTISED,
    SESSION,
    Round,
    counted,
    triage,
    without,
)
from tests.forms.people_at_sessions import ALL_NEWCOMERS, OTHER_GROUP, session
from tests.forms.phone_people import FULL, GABO, KEZA, MANZI, UMUTONI

DISTRESS = {"anyone_in_distress": "yes", "anyone_to_follow_up": "no"}


def listed(number, member, more=""):
    """The person in distress number `number` is on the list; `more`: whether there was another one after."""
    return _slot(number, {"listed": "yes", "member": member, "code": member}, more)


def unlisted(number, who, more=""):
    """The person in distress number `number` is a newcomer, such as newcomer_2, or a visitor."""
    code = who if who == "visitor" else f"{{{who}}}"
    return _slot(number, {"listed": "no", "other": who, "code": code}, more)


def _slot(number, answers, more):
    opened = {f"distress_{number + 1}_more": more} if more else {}
    return {f"distress_{number}_{name}": value for name, value in answers.items()} | opened


IN_DISTRESS = (
    session(
        "one person in distress: low",
        sends=CIRCLE
        | DISTRESS
        | listed(1, MANZI, more="no")
        | triage("distress_1", "nnnn", "low", "stayed_with")
        | {"distress_members": MANZI},
        unasked={"distress_1_other": "visitor"},
    ),
    session(
        "one person in distress: moderate",
        sends=CIRCLE
        | DISTRESS
        | listed(1, KEZA, more="no")
        | triage("distress_1", "nyrn", "moderate", "called_psychologist")
        | {"distress_members": KEZA},
    ),
    session(
        "a newcomer in distress: imminent",
        sends=CIRCLE
        | DISTRESS
        | {"newcomer_count": "1"}
        | counted(4)
        | unlisted(1, "newcomer_1", more="no")
        | triage("distress_1", "yyyy", "imminent", "stayed_with called_help_line")
        | {"distress_members": "{newcomer_1}"},
    ),
    session(
        "a visitor in distress: low",
        sends=CIRCLE
        | DISTRESS
        | unlisted(1, "visitor", more="no")
        | triage("distress_1", "nnnn", "low", "referred_health_centre")
        | {"distress_members": "visitor"},
    ),
    session(
        "two people in distress: a member, imminent; a newcomer, low",
        sends=CIRCLE
        | DISTRESS
        | {"newcomer_count": "2"}
        | counted(5)
        | listed(1, UMUTONI, more="yes")
        | triage("distress_1", "ynyn", "imminent", "called_psychologist trusted_person")
        | unlisted(2, "newcomer_2", more="no")
        | triage("distress_2", "nnnn", "low", "none_needed")
        | {"distress_members": f"{UMUTONI} {{newcomer_2}}"},
    ),
    session(
        "three people in distress: low, moderate, imminent",
        sends=CIRCLE
        | DISTRESS
        | listed(1, KEZA, more="yes")
        | triage("distress_1", "nnnn", "low", "stayed_with")
        | listed(2, MANZI, more="yes")
        | triage("distress_2", "nnny", "moderate", "called_psychologist")
        | listed(3, UMUTONI)
        | triage("distress_3", "yyny", "imminent", "called_help_line")
        | {"distress_members": f"{KEZA} {MANZI} {UMUTONI}"},
    ),
    session(
        "three people in distress: moderate, imminent, low; a newcomer, a visitor, a member",
        sends=CIRCLE
        | {"anyone_in_distress": "yes", "anyone_to_follow_up": "yes", "follow_up_members": f"{KEZA} {MANZI}"}
        | {"newcomer_count": "5"}
        | counted(8)
        | unlisted(1, "newcomer_5", more="yes")
        | triage("distress_1", "ynnn", "moderate", "called_help_line")
        | unlisted(2, "visitor", more="yes")
        | triage("distress_2", "rryn", "imminent", "stayed_with called_psychologist")
        | listed(3, KEZA)
        | triage("distress_3", "nnnn", "low", "none_needed")
        | {"distress_members": f"{{newcomer_5}} visitor {KEZA}"},
    ),
    session(
        "three people in distress: the third a visitor, moderate",
        sends=CIRCLE
        | DISTRESS
        | {"newcomer_count": "1"}
        | counted(4)
        | listed(1, UMUTONI, more="yes")
        | triage("distress_1", "nnyn", "low", "removed_means")
        | unlisted(2, "newcomer_1", more="yes")
        | triage("distress_2", "nnnr", "moderate", "called_psychologist")
        | unlisted(3, "visitor")
        | triage("distress_3", "ynnn", "moderate", "called_psychologist")
        | {"distress_members": f"{UMUTONI} {{newcomer_1}} visitor"},
    ),
    session(
        "the form waits for what was done for the second person",
        sends=CIRCLE
        | DISTRESS
        | listed(1, KEZA, more="yes")
        | triage("distress_1", "nnnn", "low", "stayed_with")
        | listed(2, MANZI, more="no")
        | triage("distress_2", "yynn", "imminent", "called_psychologist")
        | {"distress_members": f"{KEZA} {MANZI}"},
        at_first={"distress_2_actions": "stayed_with"},
        refused=("distress_2_actions",),
        stopped_at="distress_2_actions",
        goes_back=(Round({"distress_2_actions": "called_psychologist"}),),
    ),
    session(
        "the second person is taken back",
        sends=CIRCLE
        | DISTRESS
        | listed(1, KEZA, more="no")
        | triage("distress_1", "nnnn", "low", "stayed_with")
        | {"distress_members": KEZA},
        at_first=listed(1, KEZA, more="yes")
        | listed(2, MANZI, more="no")
        | triage("distress_2", "nnnn", "low", "none_needed"),
        goes_back=(Round({"distress_2_more": "no"}),),
    ),
    session(
        "nobody was in distress after all",
        sends=SESSION,
        at_first=DISTRESS
        | listed(1, KEZA, more="no")
        | triage("distress_1", "yyyy", "imminent", "called_psychologist"),
        goes_back=(Round({"anyone_in_distress": "no"}),),
    ),
    session(
        "the first person is corrected to the one named second",
        sends=CIRCLE
        | DISTRESS
        | listed(1, MANZI, more="yes")
        | triage("distress_1", "nnnn", "low", "stayed_with")
        | listed(2, KEZA, more="no")
        | triage("distress_2", "nnnn", "low", "none_needed")
        | {"distress_members": f"{MANZI} {KEZA}"},
        at_first={"distress_1_member": KEZA, "distress_2_member": MANZI},
        goes_back=(
            Round({"distress_1_member": MANZI}, "distress_2_member", ("distress_2_member",)),
            Round({"distress_2_member": KEZA}),
        ),
    ),
    session(
        "fewer newcomers than thought: the one in distress is named again",
        sends=CIRCLE
        | DISTRESS
        | {"newcomer_count": "1"}
        | counted(4)
        | unlisted(1, "newcomer_1", more="no")
        | triage("distress_1", "nnnn", "low", "stayed_with")
        | {"distress_members": "{newcomer_1}"},
        at_first={"newcomer_count": "2", "head_count": 5, "distress_1_other": "newcomer_2"},
        goes_back=(
            Round({"newcomer_count": "1", "head_count": 4}, "distress_1_other", ("distress_1_other",)),
            Round({"distress_1_other": "newcomer_1"}),
        ),
    ),
    session(
        "changing the healing group names the person in distress again",
        sends=CIRCLE
        | OTHER_GROUP
        | counted(1)
        | DISTRESS
        | listed(1, GABO, more="no")
        | triage("distress_1", "nnnn", "low", "stayed_with")
        | {"distress_members": GABO},
        at_first=MEETS | {"head_count": 3, "distress_1_member": KEZA},
        goes_back=(
            Round({"healing_group": "2801-03", "head_count": 1}, "distress_1_member", ("distress_1_member",)),
            Round({"distress_1_member": GABO}),
        ),
    ),
    session(
        "people need a visit",
        sends=CIRCLE
        | {"anyone_in_distress": "no", "anyone_to_follow_up": "yes", "follow_up_members": f"{KEZA} {UMUTONI}"},
    ),
    session(
        "changing the healing group asks again who needs a visit",
        sends=CIRCLE
        | OTHER_GROUP
        | counted(1)
        | {"anyone_in_distress": "no", "anyone_to_follow_up": "yes", "follow_up_members": GABO},
        at_first=MEETS | {"head_count": 3, "follow_up_members": KEZA},
        goes_back=(
            Round({"healing_group": "2801-03", "head_count": 1}, "follow_up_nobody", ("follow_up_members",)),
            Round({"follow_up_members": GABO}),
        ),
    ),
)

FULL_PRACTICE = {"components": "welcome dance", **without(PRACTISED, "components")}
ELSEWHERE = (
    session(
        "another programme: its last week, its components, its stricter rule",
        sends=CIRCLE
        | FULL_PRACTICE
        | {"week": "15"}
        | DISTRESS
        | listed(1, KEZA, more="yes")
        | triage("distress_1", "nynn", "imminent", "called_psychologist")
        | listed(2, MANZI, more="yes")
        | triage("distress_2", "nnny", "moderate", "called_help_line")
        | listed(3, UMUTONI)
        | triage("distress_3", "nnnn", "low", "trusted_person")
        | {"distress_members": f"{KEZA} {MANZI} {UMUTONI}"},
        programme=FULL,
    ),
    session(
        "another programme: more than three times its group cannot be counted",
        sends=SESSION
        | FULL_PRACTICE
        | ALL_NEWCOMERS
        | counted(8, people=36, again=36)
        | {"difference_reason": "visitor"},
        at_first={"head_count": 37},
        refused=("head_count",),
        stopped_at="head_count",
        goes_back=(Round({"head_count": 36, "head_count_again": 36, "difference_reason": "visitor"}),),
        programme=FULL,
        area="2801",
    ),
)
