"""The session attendance form: one healing group, one week, only the absent are ticked, nothing is written freely."""

from __future__ import annotations

from forms.expression import CountSelected, Current, Expression, OnPhone, Ref, all_of, any_of, total
from forms.form import Form, Group, Question
from forms.instrument import Choice, ChoiceList
from forms.programme import PROGRAMME
from forms.questions import (
    GROUPS,
    MEMBERS,
    calculated,
    from_roster,
    metadata,
    no_groups_note,
    nobody_ticked,
    one_of,
    own_groups,
    yes_no,
)

WEEKS = ChoiceList(
    "week", tuple(Choice(str(week), str(week)) for week in range(1, PROGRAMME.weeks + 1)), translated=False
)

NOT_HELD = ChoiceList(
    "not_held_reason",
    (
        Choice("rain", "Heavy rain"),
        Choice("market_day", "Market day or field work"),
        Choice("public_event", "Community work, meeting or commemoration"),
        Choice("mourning", "Mourning"),
        Choice("cha_absent", "I could not come"),
        Choice("too_few", "Too few people came"),
        Choice("other_known", "Another reason, known to the supervisor"),
    ),
)

ABSENCE_REASONS = ChoiceList(
    "absence_reason",
    (
        Choice("sick", "Sick, or caring for somebody sick"),
        Choice("work", "Working"),
        Choice("travel", "Away on a journey"),
        Choice("family", "Family, wedding or mourning"),
        Choice("left_group", "Has left the group for good"),
        Choice("unknown", "Nobody knows why"),
    ),
)

DIFFERENCES = ChoiceList(
    "difference_reason",
    (
        Choice("newcomer", "A newcomer who is not on the list yet"),
        Choice("visitor", "A visitor sat in the circle"),
        Choice("left_early", "Somebody came late or left early"),
        Choice("list_wrong", "The list on the phone is wrong"),
    ),
)

COMPONENTS = ChoiceList(
    "component",
    (
        Choice("ritual_dance", "Rituals and dance"),
        Choice("body_mind", "Body-mind practice: Qi-gong, Tai Chi, Yoga"),
        Choice("story_sharing", "Story sharing: Tree of Life"),
        Choice("breathing", "Breathing"),
        Choice("meditation", "Meditation"),
    ),
)

_HELD = Ref("was_held").equals("yes")
_ABSENT = tuple(f"absent_{code}" for code in ABSENCE_REASONS.codes)
# The equality on the group comes first and alone: JavaRosa answers it from an index, the rest filters what is left.
_ROSTER = "instance('members')/root/item[healing_group = ${healing_group}][active = '1']"
_OF_GROUP = "healing_group = ${healing_group}"


def _session() -> Group:
    return Group(
        "session",
        (
            no_groups_note(),
            from_roster("healing_group", "Which healing group?", GROUPS, own_groups()),
            one_of("week", "Which week of the programme?", WEEKS),
            Question(
                "session_date",
                "date",
                "Day of the session",
                required=True,
                constraint=OnPhone(". <= today() and . >= date(today() - 180)", "within the last half year"),
                constraint_message="The day cannot lie in the future or more than half a year back.",
            ),
            yes_no("was_held", "Did the session take place?", indicator="sessions_held"),
            one_of("not_held_reason", "Why not?", NOT_HELD, relevant=Ref("was_held").equals("no")),
        ),
    )


def _members(name: str, label: str, relevant: Expression, untaken: tuple[str, ...] = ()) -> Question:
    """A choice among the active members of the group, without those ticked in the questions `untaken`."""
    taken = "".join(f" and not(selected(${{{other}}}, name))" for other in untaken)
    shown = OnPhone(f"{_OF_GROUP} and active = '1'{taken}", "active members of the healing group, each only once")
    return from_roster(name, label, MEMBERS, shown, multiple=True, relevant=relevant)


def _absences() -> tuple[Question, ...]:
    asked = zip(_ABSENT, ABSENCE_REASONS.choices, strict=True)
    ticked = Ref("absence_reasons")
    return tuple(
        _members(name, f"Who? {choice.label}", ticked.has(choice.code), _ABSENT[:position])
        for position, (name, choice) in enumerate(asked)
    )


def _meant_nobody(code: str) -> Expression:
    ticked = CountSelected(Ref(f"absent_{code}"))
    return all_of(Ref("absence_reasons").has(code), ticked.equals(0))


def _roster() -> Group:
    expected, counted = Ref("expected_present"), Ref("head_count")
    return Group(
        "roster",
        (
            calculated("roster_codes", OnPhone(f"join(' ', {_ROSTER}/name)", "codes of the members shown")),
            calculated("roster_count", OnPhone(f"count({_ROSTER})", "number of members shown")),
            Question("roster_note", "note", "This group has ${roster_count} people on the list."),
            yes_no("anyone_absent", "Is anyone on the list absent?"),
            Question(
                "absence_reasons",
                "select_multiple",
                "Why are people absent? Tick every reason.",
                choices=ABSENCE_REASONS,
                required=True,
                relevant=Ref("anyone_absent").equals("yes"),
            ),
            *_absences(),
            nobody_ticked(
                "absent_nobody",
                "A reason for absence has nobody ticked.",
                any_of(*(_meant_nobody(code) for code in ABSENCE_REASONS.codes)),
            ),
            calculated("absent_count", total(CountSelected(Ref(name)) for name in _ABSENT)),
            calculated("expected_present", Ref("roster_count") - Ref("absent_count")),
            Question(
                "head_count",
                "integer",
                "Count the people in the circle, without yourself. How many?",
                required=True,
                appearance="counter",
                constraint=all_of(Current() >= 0, Current() <= 3 * PROGRAMME.group_size),
                constraint_message="Count again: the number must lie between 0 and 60.",
            ),
            calculated("head_count_difference", counted - expected),
            one_of(
                "difference_reason",
                "You counted ${head_count}, the list says ${expected_present}. Go back and check. Why do they differ?",
                DIFFERENCES,
                relevant=all_of(counted.differs(""), (counted - expected).differs(0)),
            ),
        ),
        relevant=_HELD,
    )


def _practice() -> Group:
    return Group(
        "practice",
        (
            Question(
                "components",
                "select_multiple",
                "What did the group do?",
                choices=COMPONENTS,
                required=True,
                indicator="components_practised",
            ),
            Question("start_time", "time", "When did the session start?", required=True),
            Question(
                "end_time",
                "time",
                "When did it end?",
                required=True,
                constraint=OnPhone("decimal-time(.) > decimal-time(${start_time})", "after the start of the session"),
                constraint_message="The end must come after the start.",
            ),
        ),
        relevant=_HELD,
    )


def _unnamed(question: str, members: str) -> Expression:
    return all_of(Ref(question).equals("yes"), CountSelected(Ref(members)).equals(0))


def _care() -> Group:
    return Group(
        "care",
        (
            yes_no("anyone_in_distress", "Was anyone in great distress?", indicator="people_in_distress"),
            _members("distress_members", "Who?", Ref("anyone_in_distress").equals("yes")),
            nobody_ticked(
                "distress_nobody",
                "Somebody is in distress, but nobody is ticked.",
                _unnamed("anyone_in_distress", "distress_members"),
            ),
            Question(
                "distress_do",
                "note",
                "Stay with the person. If they speak of harming themselves, do not leave them alone and call the "
                f"psychologist now, or: {PROGRAMME.numbers_to_call}.",
                relevant=Ref("anyone_in_distress").equals("yes"),
            ),
            yes_no("anyone_to_follow_up", "Does anyone need a visit or a call this week?"),
            _members("follow_up_members", "Who needs a visit or a call?", Ref("anyone_to_follow_up").equals("yes")),
            nobody_ticked(
                "follow_up_nobody",
                "Somebody needs a visit, but nobody is ticked.",
                _unnamed("anyone_to_follow_up", "follow_up_members"),
            ),
        ),
        relevant=_HELD,
    )


ATTENDANCE = Form(
    form_id="attendance",
    title="Session attendance",
    children=(*metadata(), _session(), _roster(), _practice(), _care()),
    instance_name=OnPhone("concat(${healing_group}, ' w', ${week})", "healing group and week"),
    rosters=(GROUPS, MEMBERS),
)
