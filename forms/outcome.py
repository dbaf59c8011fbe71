"""The outcome survey: who is asked by whom in which wave, PHQ-9, GAD-7, PCL-5, safety, livelihood."""

from __future__ import annotations

from collections.abc import Mapping

from forms import client_code
from forms.expression import Current, Expression, If, OnPhone, Ref, all_of, any_of
from forms.form import Form, Group, Node, Question
from forms.instrument import Choice, ChoiceList, Instrument
from forms.instruments.refusal import REFUSED_CHOICE
from forms.interview import Asked, askable, interview
from forms.programme_shape import Programme
from forms.questions import (
    GROUPS,
    MEMBERS,
    SEXES,
    calculated,
    from_roster,
    metadata,
    named_by_time,
    one_of,
    place_question,
    title_in,
    yes_no,
)
from forms.safety import YES_NO_REFUSED

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


def wave_list(programme: Programme) -> ChoiceList:
    """Return the rounds of interviews."""
    return ChoiceList("wave", tuple(Choice(wave.code, wave.label) for wave in programme.waves))


def _visit(programme: Programme, sectors: tuple[str, ...], asked: tuple[Asked, ...]) -> Group:
    return Group(
        "visit",
        (
            one_of("wave", "Which round of interviews?", wave_list(programme)),
            one_of("asked_by", "Who are you, for this person?", ASKED_BY),
            place_question("sector", "Sector", sectors),
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
            *_sex(asked),
        ),
    )


def _sex(asked: tuple[Asked, ...]) -> tuple[Question, ...]:
    """Asked only when an instrument has items for women or men only."""
    if not any(item.asked_of for each in asked for item in each.instrument.items):
        return ()
    interviewed = Ref("contact_result").equals("interviewed")
    return (one_of("sex", "Is the person a woman or a man?", SEXES, relevant=interviewed),)


def _asked(programme: Programme, catalogue: Mapping[str, Instrument]) -> tuple[Asked, ...]:
    """Every instrument of any wave, in the order in which waves first name it, asked in its waves only."""
    names = dict.fromkeys(name for wave in programme.waves for name in wave.instruments if name in catalogue)
    return tuple(Asked(catalogue[name], _in_waves(programme, name)) for name in names)


def _in_waves(programme: Programme, instrument: str) -> Expression | None:
    waves = [wave.code for wave in programme.waves if instrument in wave.instruments]
    return None if len(waves) == len(programme.waves) else any_of(*(Ref("wave").equals(code) for code in waves))


def _livelihood() -> Group:
    """What somebody lives from; not asked after the interview has stopped."""
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
            _question("income_activity", "In the last 30 days, did you do any work that brought money or goods?"),
            _question("saved_last_month", "In the last 30 days, did you put any money aside?"),
            _question("has_loan", "Do you have a loan now, from a group, a bank or a person?"),
            _question("in_cooperative", "Are you a member of a cooperative?"),
            _question("in_self_help_group", "Does your healing group meet as a self-help group, with you?"),
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


def _question(name: str, label: str) -> Question:
    return Question(
        name, "select_one", label, choices=YES_NO_REFUSED, required=True, appearance="quick", indicator=name
    )


def outcome_form(programme: Programme, area: str = "") -> Form:
    """Return the outcome survey of a programme, for one sector or for all."""
    asked = _asked(programme, askable(programme))
    private_only = Ref("asked_by").differs("own_cha")
    inner: tuple[Node, ...] = interview(programme, asked, private_only, _livelihood())
    return Form(
        form_id="outcome",
        title=title_in("Outcome survey", area),
        children=(
            *metadata(),
            _visit(programme, (area,) if area else programme.sectors, asked),
            Group("interview", inner, relevant=Ref("contact_result").equals("interviewed")),
        ),
        instance_name=named_by_time("'Outcome '", "${wave}", "' '"),
        rosters=(GROUPS, MEMBERS),
        instruments=tuple(each.instrument for each in asked),
        area=area,
        facts=programme.facts,
    )
