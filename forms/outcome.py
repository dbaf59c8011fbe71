"""The outcome survey: who is asked by whom in which wave, PHQ-9, GAD-7, PCL-5, safety, livelihood."""

from __future__ import annotations

from forms import client_code
from forms.expression import Current, If, OnPhone, Ref, all_of
from forms.form import Form, Group, Question
from forms.instrument import Choice, ChoiceList
from forms.instruments.refusal import REFUSED_CHOICE
from forms.programme import PROGRAMME
from forms.questions import (
    GROUPS,
    INSTRUMENTS,
    MEMBERS,
    calculated,
    from_roster,
    groups_of,
    metadata,
    one_of,
    place_list,
    safety_condition,
    yes_no,
)
from forms.safety import YES_NO_REFUSED, triage

WAVES = ChoiceList("wave", tuple(Choice(wave.code, wave.label) for wave in PROGRAMME.waves))

ASKED_BY = ChoiceList(
    "asked_by",
    (
        Choice("other_cha", "A CHA of another group"),
        Choice("supervisor", "A supervisor"),
        Choice("evaluator", "An evaluator"),
        Choice("own_cha", "The person's own CHA"),
    ),
)

CONTACT_RESULTS = ChoiceList(
    "contact_result",
    (
        Choice("interviewed", "Agreed to the interview"),
        Choice("declined", "Does not want to be interviewed"),
        Choice("not_found", "Could not be found"),
        Choice("moved_away", "Has moved away"),
        Choice("too_ill", "Too ill to be interviewed"),
        Choice("died", "Has died"),
    ),
)

MEALS = ChoiceList(
    "meals",
    (
        Choice("0", "None"),
        Choice("1", "One"),
        Choice("2", "Two"),
        Choice("3", "Three or more"),
        REFUSED_CHOICE,
    ),
)

_LISTED = Ref("client_on_list").equals("yes")


def _visit() -> Group:
    return Group(
        "visit",
        (
            one_of("wave", "Which round of interviews?", WAVES),
            one_of("asked_by", "Who are you, for this person?", ASKED_BY),
            Question(
                "sector",
                "select_one",
                "Sector",
                choices=place_list("sector", "sector"),
                required=True,
            ),
            from_roster(
                "healing_group", "Which healing group?", GROUPS, OnPhone("sector = ${sector}", "groups of the sector")
            ),
            yes_no("client_on_list", "Is the person on the list of this group?"),
            from_roster(
                "client_listed",
                "Who is it?",
                MEMBERS,
                OnPhone("healing_group = ${healing_group}", "everybody who is or was in the group"),
                relevant=_LISTED,
            ),
            Question(
                "client_typed",
                "text",
                "Type the code on the person's card",
                "Like 4AC7-HK9P",
                required=True,
                relevant=Ref("client_on_list").equals("no"),
                constraint=OnPhone(client_code.validity_xpath(), "a valid client code"),
                constraint_message="This code has a typing error. Compare it with the card, letter by letter.",
            ),
            calculated("client_code", If(_LISTED, Ref("client_listed"), Ref("client_typed"))),
            one_of("contact_result", "Can the interview take place?", CONTACT_RESULTS),
        ),
    )


def _livelihood() -> Group:
    return Group(
        "livelihood",
        (
            Question(
                "work_days_lost",
                "integer",
                "In the last 30 days, on how many days could you not do your usual work because of how you felt?",
                required=True,
                appearance="counter",
                constraint=all_of(Current() >= 0, Current() <= 30),
                constraint_message="The number of days must lie between 0 and 30.",
                indicator="work_days_lost",
            ),
            _asked("income_activity", "In the last 30 days, did you do any work that brought money or goods?"),
            _asked("saved_last_month", "In the last 30 days, did you put any money aside?"),
            _asked("has_loan", "Do you have a loan now, from a group, a bank or a person?"),
            _asked("in_cooperative", "Are you a member of a cooperative?"),
            _asked("in_self_help_group", "Does your healing group meet as a self-help group, with you?"),
            Question(
                "meals_yesterday",
                "select_one",
                "How many meals did you eat yesterday?",
                choices=MEALS,
                required=True,
                appearance="quick",
                indicator="meals_per_day",
            ),
        ),
    )


def _asked(name: str, label: str) -> Question:
    return Question(
        name, "select_one", label, choices=YES_NO_REFUSED, required=True, appearance="quick", indicator=name
    )


OUTCOME = Form(
    form_id="outcome",
    title="Outcome survey",
    children=(
        *metadata(),
        _visit(),
        Group(
            "interview",
            (*groups_of(INSTRUMENTS), triage(safety_condition()), _livelihood()),
            relevant=Ref("contact_result").equals("interviewed"),
        ),
    ),
    instance_name=OnPhone("concat('Outcome ', ${client_code}, ' ', ${wave})", "client code and wave"),
    rosters=(GROUPS, MEMBERS),
    instruments=INSTRUMENTS,
)
