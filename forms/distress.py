"""People in great distress at a session: each is named by code, and the triage follows at once, three people at most.

Each person has questions of their own rather than a turn of a repeat: when ticks change, a repeat's answers keep their
place and move to somebody else, which no alert survives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from forms.expression import Expression, If, Literal, OnPhone, Ref, first_case
from forms.form import Group, Node, Question
from forms.instrument import Choice, ChoiceList
from forms.programme_shape import TriageRule
from forms.questions import calculated, members_of_group, one_of, yes_no
from forms.safety import triage

MOST_IN_DISTRESS = 3
SLOTS = tuple(f"distress_{number}" for number in range(1, MOST_IN_DISTRESS + 1))
"""What the questions about each person in distress begin with, in their order."""
VISITOR = "visitor"


def distress(rule: TriageRule, newcomers: Sequence[str]) -> tuple[Node, ...]:
    """Return the question whether anyone was in great distress, and who, with a triage for each; then their codes.

    `newcomers` are the questions that hold the temporary codes of people who are not on the list.
    """
    others = _others(newcomers)
    return (
        yes_no(
            "anyone_in_distress",
            "Was anyone in great distress, or did anyone speak of dying or of harming themselves?",
            indicator="people_in_distress",
        ),
        *(_slot(rule, position, others, newcomers) for position in range(MOST_IN_DISTRESS)),
        Question(
            "distress_more_note",
            "note",
            "If there is one more person, call the psychologist now, or: {numbers_to_call}.",
            relevant=Ref(f"{SLOTS[-1]}_code").differs(""),
        ),
        calculated("distress_members", _codes()),
    )


def _slot(rule: TriageRule, position: int, others: ChoiceList, newcomers: Sequence[str]) -> Group:
    slot, earlier = SLOTS[position], SLOTS[:position]
    asked = Ref("anyone_in_distress").equals("yes")
    opened = Ref(f"{slot}_more").equals("yes") if earlier else asked
    first: tuple[Node, ...] = ()
    if earlier:
        known = Ref(f"{earlier[-1]}_code").differs("")
        more = yes_no(f"{slot}_more", "Was there another person in great distress?", relevant=known)
        first = (_worded(more, "more"),)
    return Group(
        f"{slot}_person",
        (*first, *_who(slot, earlier, others, newcomers, opened), triage(rule, Ref(f"{slot}_code").differs(""), slot)),
        relevant=asked,
    )


def _who(
    slot: str, earlier: Sequence[str], others: ChoiceList, newcomers: Sequence[str], opened: Expression
) -> tuple[Question, ...]:
    listed = Ref(f"{slot}_listed")
    taken = tuple(f"{each}_member" for each in earlier)
    other = Ref(f"{slot}_other")
    code = first_case(
        [
            (listed.equals("yes"), Ref(f"{slot}_member")),
            *((other.equals(newcomer), Ref(newcomer)) for newcomer in newcomers),
        ],
        other,
    )
    named = members_of_group(f"{slot}_member", "Who is it?", listed.equals("yes"), taken)
    return (
        _worded(yes_no(f"{slot}_listed", "Is the person on the list of the group?", relevant=opened), "listed"),
        _worded(named, "member"),
        _worded(_other(slot, earlier, others, listed.equals("no")), "other"),
        calculated(f"{slot}_code", If(listed.differs(""), code, Literal(""))),
    )


def _worded(question: Question, part: str) -> Question:
    """The same words for every person: one translation serves them all."""
    return replace(question, worded_as=f"distress_{part}")


def _others(newcomers: Sequence[str]) -> ChoiceList:
    """A visitor, or one of the newcomers of today, of whom only as many are offered as came."""
    choices = tuple(
        Choice(name, f"Newcomer {number}", (("number", str(number)),)) for number, name in enumerate(newcomers, start=1)
    )
    return ChoiceList("distress_other", (*choices, Choice(VISITOR, "A visitor", (("number", "0"),))))


def _other(slot: str, earlier: Sequence[str], others: ChoiceList, relevant: Expression) -> Question:
    """Who it is when not on the list: one of today's newcomers, each only once, or a visitor."""
    free = "".join(f" and name != ${{{each}_other}}" for each in earlier)
    shown = f"number <= ${{newcomer_count}} and (name = '{VISITOR}' or (number > 0{free}))"
    return replace(
        one_of(f"{slot}_other", "Who is it, then?", others, relevant=relevant),
        choice_filter=OnPhone(shown, "newcomers of today, each once, or a visitor"),
    )


def _codes() -> OnPhone:
    first, *rest = (f"${{{slot}_code}}" for slot in SLOTS)
    more = ", ".join(f"if({code} != '', concat(' ', {code}), '')" for code in rest)
    return OnPhone(f"concat({first}, {more})", "the codes of the people in distress")
