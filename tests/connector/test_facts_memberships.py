"""Knows from when to when somebody is a member, whatever joins, moves and leavings there are."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from connector.facts import Leaving, Membership, Move, Screening, Visit
from connector.facts_memberships import build_memberships, leavings_from_visits

CODE = "client"
Span = tuple[str, int, int | None, str | None]


def day(number: int) -> dt.date:
    return dt.date(2026, 3, 1) + dt.timedelta(days=number)


def screening(group: str | None, joined: int | None, server_id: int = 1, enrolled: str = "yes") -> Screening:
    told = dict.fromkeys(Screening._fields)
    joined_on = None if joined is None else day(joined)
    own = {"root_uuid": f"root-{server_id}", "server_id": server_id, "client_code": CODE, "enrolled": enrolled}
    return Screening(**{**told, **own, "healing_group": group, "joined_on": joined_on, "screened_on": day(0)})  # type: ignore[arg-type]


def move(group: str, joined: int, reason: str | None = None, kind: str = "transfer") -> Move:
    return Move(CODE, group, day(joined), reason, kind)


def leaving(on: int, group: str | None = None, reason: str = "left_group") -> Leaving:
    return Leaving(CODE, day(on), reason, group)


def spans(
    screenings: list[Screening], moves: list[Move] | None = None, leavings: list[Leaving] | None = None
) -> list[Span]:
    found, _ = build_memberships(CODE, screenings, moves or [], leavings or [])
    return [
        (each.healing_group, number(each.joined_on), number_or_none(each.left_on), each.left_reason) for each in found
    ]


def number(date: dt.date) -> int:
    return (date - day(0)).days


def number_or_none(date: dt.date | None) -> int | None:
    return None if date is None else number(date)


def test_enrolment_opens_a_membership() -> None:
    assert spans([screening("A", 5)]) == [("A", 5, None, None)]


def test_without_a_day_of_joining_the_day_of_the_screening_counts() -> None:
    assert spans([screening("A", None)]) == [("A", 0, None, None)]


def test_who_is_not_enrolled_is_no_member() -> None:
    assert spans([screening("A", 5, enrolled="no")]) == []


def test_a_move_ends_the_membership_before() -> None:
    assert spans([screening("A", 5)], [move("B", 9)]) == [("A", 5, 9, "transfer"), ("B", 9, None, None)]


def test_a_move_keeps_its_reason() -> None:
    assert spans([screening("A", 5)], [move("B", 9, "closer")])[0] == ("A", 5, 9, "closer")


def test_a_move_on_the_first_day_replaces_the_membership() -> None:
    assert spans([screening("A", 5)], [move("B", 5)]) == [("B", 5, None, None)]


def test_a_move_of_somebody_never_screened_opens_nothing() -> None:
    assert spans([], [move("B", 5)]) == []


def test_a_coordinators_move_enrols_somebody_who_was_not() -> None:
    assert spans([screening(None, None, enrolled="no")], [move("B", 5)]) == [("B", 5, None, None)]


def test_leaving_a_group_ends_the_membership_in_it() -> None:
    assert spans([screening("A", 5)], leavings=[leaving(9, "A")]) == [("A", 5, 9, "left_group")]


def test_leaving_another_group_ends_nothing() -> None:
    assert spans([screening("A", 5)], leavings=[leaving(9, "B")]) == [("A", 5, None, None)]


def test_a_leaving_before_the_first_day_ends_nothing() -> None:
    assert spans([screening("A", 5)], leavings=[leaving(4, "A")]) == [("A", 5, None, None)]


def test_of_several_leavings_the_first_counts() -> None:
    found = spans([screening("A", 5)], leavings=[leaving(12, "A"), leaving(9, None, "died")])
    assert found == [("A", 5, 9, "died")]


def test_a_death_ends_whatever_membership_is_open_that_day() -> None:
    found = spans([screening("A", 5)], [move("B", 9)], [leaving(20, None, "died")])
    assert found == [("A", 5, 9, "transfer"), ("B", 9, 20, "died")]


def test_who_left_may_come_back_by_a_move() -> None:
    found = spans([screening("A", 5)], [move("A", 20)], [leaving(9, "A")])
    assert found == [("A", 5, 9, "left_group"), ("A", 20, None, None)]


def test_a_move_to_the_own_group_changes_nothing() -> None:
    assert spans([screening("A", 5)], [move("A", 20)]) == [("A", 5, None, None)]


def test_somebody_entered_twice_in_one_group_is_one_member() -> None:
    found, problems = build_memberships(CODE, [screening("A", 5), screening("A", 7, 2)], [], [])
    assert (len(found), problems) == (1, [])


def test_two_intakes_in_two_groups_are_a_problem_and_the_later_wins() -> None:
    found, problems = build_memberships(CODE, [screening("A", 5), screening("B", 7, 2)], [], [])
    assert [(each.healing_group, each.left_on) for each in found] == [("A", day(7)), ("B", None)]
    assert [(each.kind, each.root_uuid) for each in problems] == [("member_of_two_groups", "root-2")]


def test_two_intakes_on_one_day_leave_the_one_that_arrived_last() -> None:
    assert spans([screening("B", 5, 2), screening("A", 5, 1)]) == [("B", 5, None, None)]


def test_a_second_intake_after_leaving_is_no_problem() -> None:
    intakes = [screening("A", 5), screening("B", 9, 2)]
    for left in (leaving(8, "A"), leaving(9, "A")):
        assert build_memberships(CODE, intakes, [], [left])[1] == []


def test_a_coordinator_can_end_a_membership() -> None:
    assert spans([screening("A", 5)], [move("A", 9, "moved", "leave")]) == [("A", 5, 9, "moved")]
    assert spans([screening("A", 5)], [move("A", 9, None, "leave")]) == [("A", 5, 9, "left_group")]


def test_a_leave_of_another_group_ends_nothing() -> None:
    assert spans([screening("A", 5)], [move("B", 9, None, "leave")]) == [("A", 5, None, None)]


def test_a_coordinators_join_while_still_a_member_elsewhere_is_a_problem() -> None:
    found, problems = build_memberships(CODE, [screening("A", 5)], [move("B", 9, None, "join")], [])
    assert [(each.healing_group, each.left_on) for each in found] == [("A", day(9)), ("B", None)]
    assert [(each.kind, each.form_id, each.path) for each in problems] == [
        ("member_of_two_groups", "registry", "moves.csv 2026-03-10")
    ]


def test_a_join_after_leaving_is_no_problem() -> None:
    moves = [move("A", 9, None, "leave"), move("B", 9, None, "join")]
    found, problems = build_memberships(CODE, [screening("A", 5)], moves, [])
    assert [(each.healing_group, each.left_on) for each in found] == [("A", day(9)), ("B", None)]
    assert problems == []


def test_death_and_moving_away_are_leavings() -> None:
    results = ("interviewed", "died", "moved_away", "not_found")
    visits = [Visit("r", 1, CODE, "endline", result, day(3)) for result in results]
    assert [each.reason for each in leavings_from_visits(visits)] == ["died", "moved_away"]


def test_a_visit_without_a_day_ends_nothing() -> None:
    assert leavings_from_visits([Visit("r", 1, CODE, "endline", "died", None)]) == []


def test_the_day_of_leaving_is_the_first_day_outside() -> None:
    membership = Membership(CODE, "A", day(5), day(9))
    assert [membership.includes(day(number)) for number in (4, 5, 8, 9)] == [False, True, True, False]
    assert membership._replace(left_on=None).includes(day(900))


groups = st.sampled_from("AB")
days = st.integers(0, 9)
some_screenings = st.lists(st.builds(screening, groups, days, st.integers(1, 5)), max_size=3)
kinds = st.sampled_from(["join", "transfer", "leave"])
some_moves = st.lists(st.builds(move, groups, days, st.none(), kinds), max_size=3)
some_leavings = st.lists(st.builds(leaving, days, st.sampled_from(["A", "B", None])), max_size=4)


@given(some_screenings, some_moves, some_leavings)
def test_nobody_is_in_two_groups_on_one_day(
    screenings: list[Screening], moves: list[Move], leavings: list[Leaving]
) -> None:
    found, _ = build_memberships(CODE, screenings, moves, leavings)
    for number in range(12):
        assert sum(each.includes(day(number)) for each in found) <= 1
    assert len({(each.healing_group, each.joined_on) for each in found}) == len(found)
    assert [each.joined_on for each in found] == sorted(each.joined_on for each in found)


@given(some_screenings, some_moves, some_leavings, st.randoms())
def test_the_order_in_which_records_are_read_does_not_matter(
    screenings: list[Screening], moves: list[Move], leavings: list[Leaving], rng: object
) -> None:
    first = spans(screenings, moves, leavings)
    for each in (screenings, moves, leavings):
        rng.shuffle(each)  # type: ignore[attr-defined]
    assert spans(screenings, moves, leavings) == first
