"""The session attendance form: one healing group, one week, only the absent are ticked, nothing is written freely."""

from __future__ import annotations

from forms.client_code import newcomer_code_xpath, random_parts_xpath
from forms.distress import distress
from forms.expression import (
    CountSelected,
    Current,
    Expression,
    If,
    Literal,
    OnPhone,
    Ref,
    all_of,
    any_of,
    first_case,
    total,
)
from forms.form import Form, Group, Node, Question
from forms.instrument import Choice, ChoiceList
from forms.programme_shape import Programme
from forms.questions import (
    GROUPS,
    MEMBERS,
    calculated,
    from_roster,
    members_of_group,
    metadata,
    no_groups_note,
    nobody_ticked,
    one_of,
    own_groups,
    title_in,
    yes_no,
)

SESSION_KINDS = ChoiceList(
    "session_kind",
    (
        Choice("planned", "Yes"),
        Choice("merged", "Yes, together with the session of another week"),
        Choice("made_up", "Yes, made up for on another day"),
        Choice("not_held", "No"),
    ),
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
        Choice("visitor", "A visitor sat in the circle"),
        Choice("left_early", "Somebody came late or left early"),
        Choice("list_wrong", "The list on the phone is wrong"),
    ),
)

MOST_NEWCOMERS = 5
NEWCOMERS = tuple(f"newcomer_{number}" for number in range(1, MOST_NEWCOMERS + 1))
NEWCOMER_COUNTS = ChoiceList(
    "newcomer_count", tuple(Choice(str(count), str(count)) for count in range(MOST_NEWCOMERS + 1)), translated=False
)

_HELD = Ref("was_held").equals("yes")
_ABSENT = tuple(f"absent_{code}" for code in ABSENCE_REASONS.codes)
# The equality on the group comes first and alone: JavaRosa answers it from an index, the rest filters what is left.
_ROSTER = "instance('members')/root/item[healing_group = ${healing_group}][active = '1']"


def week_list(programme: Programme) -> ChoiceList:
    """Return the weeks of the programme, each with its theme where the programme file gives one."""
    weeks = range(1, programme.weeks + 1)
    labels = {week: f"{week} · {theme}" if (theme := programme.theme(week)) else str(week) for week in weeks}
    return ChoiceList("week", tuple(Choice(str(week), label) for week, label in labels.items()), translated=False)


def component_list(programme: Programme) -> ChoiceList:
    """Return the parts of a session that can be ticked."""
    return ChoiceList("component", tuple(Choice(each.code, each.label) for each in programme.components))


def _session(weeks: ChoiceList) -> Group:
    kind = Ref("session_kind")
    return Group(
        "session",
        (
            no_groups_note(),
            from_roster("healing_group", "Which healing group?", GROUPS, own_groups()),
            one_of("week", "Which week of the programme?", weeks),
            Question(
                "session_date",
                "date",
                "Day of the session",
                required=True,
                constraint=OnPhone(". <= today() and . >= date(today() - 180)", "within the last half year"),
                constraint_message="The day cannot lie in the future or more than half a year back.",
            ),
            one_of("session_kind", "Did the session take place?", SESSION_KINDS),
            calculated("was_held", first_case([(kind.equals(""), ""), (kind.equals("not_held"), "no")], "yes")),
            _merged_week(weeks),
            one_of("not_held_reason", "Why not?", NOT_HELD, relevant=kind.equals("not_held")),
        ),
    )


def _merged_week(weeks: ChoiceList) -> Question:
    return Question(
        "merged_week",
        "select_one",
        "Which other week was done in the same session?",
        choices=weeks,
        required=True,
        relevant=Ref("session_kind").equals("merged"),
        constraint=Current().differs(Ref("week")),
        constraint_message="Choose the other of the two weeks.",
        appearance="quick",
    )


def _absences() -> tuple[Question, ...]:
    asked = zip(_ABSENT, ABSENCE_REASONS.choices, strict=True)
    return tuple(
        members_of_group(name, f"Who? {choice.label}", _is_ticked(choice.code), _ABSENT[:position], multiple=True)
        for position, (name, choice) in enumerate(asked)
    )


def _is_ticked(code: str) -> Expression:
    """Somebody is absent for this reason; a browser keeps ticked reasons after "nobody is absent", a phone does not."""
    return all_of(Ref("anyone_absent").equals("yes"), Ref("absence_reasons").has(code))


def _meant_nobody(code: str) -> Expression:
    return all_of(_is_ticked(code), CountSelected(Ref(f"absent_{code}")).equals(0))


def _roster(programme: Programme) -> Group:
    return Group(
        "roster",
        (
            calculated("roster_codes", OnPhone(f"join(' ', {_ROSTER}/name)", "codes of the members shown")),
            calculated("roster_count", OnPhone(f"count({_ROSTER})", "number of members shown")),
            Question(
                "empty_list_note",
                "note",
                "The list of this group is empty. Tell your coordinator today. Go on and count the people.",
                relevant=Ref("roster_count").equals(0),
            ),
            yes_no(
                "anyone_absent",
                "The list has ${roster_count} people. Is anyone on the list absent?",
                relevant=Ref("roster_count") >= 1,
            ),
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
            *_newcomers(),
            *_head_count(programme),
        ),
        relevant=_HELD,
    )


def _newcomers() -> tuple[Node, ...]:
    """People who are not on the list yet: each gets a temporary code, which the intake screening asks for."""
    high, low = random_parts_xpath()
    codes = (
        calculated(name, OnPhone(newcomer_code_xpath("newcomer_high", "newcomer_low", number), "a temporary code"))
        for number, name in enumerate(NEWCOMERS, start=1)
    )
    shown = ", ".join(
        f"if(${{newcomer_count}} >= {number}, concat('{'' if number == 1 else ' '}', ${{{name}}}), '')"
        for number, name in enumerate(NEWCOMERS, start=1)
    )
    return (
        one_of(
            "newcomer_count",
            "How many people came for the first time, who are not on the list and have no card yet?",
            NEWCOMER_COUNTS,
            hint="Whoever has a card but is not on the list: only count them in the circle.",
        ),
        calculated("newcomer_high", OnPhone(high, "a random number")),
        calculated("newcomer_low", OnPhone(low, "a random number")),
        *codes,
        calculated("newcomer_codes", OnPhone(f"concat({shown})", "the codes of as many newcomers as came")),
        _cards(),
    )


def _cards() -> Group:
    """One screen with a line for each newcomer, so that no code is broken and each has its number."""
    count = Ref("newcomer_count")
    lines = (
        Question(f"{name}_note", "note", f"Newcomer {number}: ${{{name}}}", relevant=count >= number)
        for number, name in enumerate(NEWCOMERS, start=1)
    )
    text = "Give each newcomer a card with their code, and do the intake screening soon."
    return Group("newcomers", (Question("newcomers_note", "note", text), *lines), relevant=count >= 1, together=True)


def _head_count(programme: Programme) -> tuple[Question, ...]:
    expected, again = Ref("expected_present"), Ref("head_count_again")
    first = Ref("head_count")
    message = "Count again: the number must lie between 0 and {most_people}."
    counted = Question(
        "head_count",
        "integer",
        "Count the people in the circle, without yourself. How many?",
        required=True,
        appearance="counter",
        constraint=all_of(Current() >= 0, Current() <= programme.most_people),
        constraint_message=message,
    )
    return (
        calculated("expected_present", Ref("roster_count") - Ref("absent_count") + If(*_newcomers_if_any())),
        counted,
        Question(
            "head_count_again",
            "integer",
            "You counted ${head_count}, but with the list it should be ${expected_present}. Count once more. How many?",
            required=True,
            appearance="counter",
            relevant=all_of(first.differs(""), (first - expected).differs(0)),
            constraint=counted.constraint,
            constraint_message=message,
        ),
        calculated("people_counted", If(all_of(again.differs(""), (first - expected).differs(0)), again, first)),
        calculated("head_count_difference", Ref("people_counted") - expected),
        one_of(
            "difference_reason",
            "You counted ${people_counted}, with the list it should be ${expected_present}. "
            "Go back and check who is absent or new. Why do they differ?",
            DIFFERENCES,
            relevant=all_of((first - expected).differs(0), again.differs(""), (again - expected).differs(0)),
        ),
    )


def _newcomers_if_any() -> tuple[Expression, Expression, Expression]:
    count = Ref("newcomer_count")
    return count >= 1, count, Literal(0)


def _practice(programme: Programme) -> Group:
    return Group(
        "practice",
        (
            Question(
                "components",
                "select_multiple",
                "What did the group do?",
                choices=component_list(programme),
                required=True,
                indicator="components_practised",
            ),
            Group(
                "times",
                (
                    Question("start_time", "time", "When did the session start?", required=True),
                    Question(
                        "end_time",
                        "time",
                        "When did it end?",
                        required=True,
                        constraint=OnPhone("decimal-time(.) > decimal-time(${start_time})", "after the start"),
                        constraint_message="The end must come after the start.",
                    ),
                ),
                together=True,
            ),
        ),
        relevant=_HELD,
    )


def _care(programme: Programme) -> Group:
    needed = Ref("anyone_to_follow_up").equals("yes")
    return Group(
        "care",
        (
            *distress(programme.triage, NEWCOMERS),
            yes_no("anyone_to_follow_up", "Does anyone need a visit or a call this week?"),
            members_of_group("follow_up_members", "Who needs a visit or a call?", needed, multiple=True),
            nobody_ticked(
                "follow_up_nobody",
                "Somebody needs a visit, but nobody is ticked.",
                all_of(needed, CountSelected(Ref("follow_up_members")).equals(0)),
            ),
        ),
        relevant=_HELD,
    )


def attendance_form(programme: Programme, area: str = "") -> Form:
    """Return the session attendance form of a programme, for one sector or for all."""
    return Form(
        form_id="attendance",
        title=title_in("Session attendance", area),
        children=(
            *metadata(),
            _session(week_list(programme)),
            _roster(programme),
            _practice(programme),
            _care(programme),
        ),
        instance_name=OnPhone("concat(${healing_group}, ' w', ${week})", "healing group and week"),
        rosters=(GROUPS, MEMBERS),
        area=area,
        facts=programme.facts,
    )
