"""What a coordinator enters about members and what cannot be, which somebody is told and nothing hides."""

import datetime as dt

import pytest

from connector.facts import HealingGroup, Membership, Move, Screening
from connector.facts_memberships import build_memberships
from connector.facts_moves import move_problems

CODE = "client"
START = dt.date(2026, 3, 2)
GROUPS = {
    code: HealingGroup(code, "28", "2801", "C1", "2026-A", START + dt.timedelta(days=later), 15)
    for code, later in (("A", 0), ("B", 0), ("LATE", 60))
}


def day(number: int) -> dt.date:
    return START + dt.timedelta(days=number)


def move(group: str, on: int, kind: str = "transfer") -> Move:
    return Move(CODE, group, day(on), None, kind)


def kinds(*moves: Move, group: str = "A", is_known: bool = True) -> list[str]:
    """The problems of moves of somebody enrolled in a healing group on its first day."""
    told = {**dict.fromkeys(Screening._fields), "root_uuid": "r", "server_id": 1, "client_code": CODE}
    intake = Screening(**{**told, "enrolled": "yes", "healing_group": group, "joined_on": day(0)})  # type: ignore[arg-type]
    memberships, problems = build_memberships(CODE, [intake] if is_known else [], list(moves), [])
    found = [*problems, *move_problems(moves, memberships, GROUPS, is_known=is_known)]
    assert len({each.problem_id for each in found}) == len(found)
    return sorted(each.kind for each in found)


@pytest.mark.parametrize(
    "moves",
    [
        [move("B", 7)],
        [move("A", 7, "leave")],
        [move("A", 7, "leave"), move("B", 7, "join")],
        [move("A", 7, "leave"), move("A", 21, "join")],
        [move("A", 7, "leave"), move("B", 7)],
        [move("B", 7), move("A", 14)],
        [move("B", 98)],
    ],
)
def test_what_can_be_is_no_problem(moves: list[Move]) -> None:
    assert kinds(*moves) == []


@pytest.mark.parametrize(
    ("moves", "found"),
    [
        ([move("A", -1, "leave")], ["leave_without_membership"]),
        ([move("B", 7, "leave")], ["leave_without_membership"]),
        ([move("A", 7, "leave"), move("A", 9, "leave")], ["leave_without_membership"]),
        ([move("B", 7), move("A", 9, "leave")], ["leave_without_membership"]),
        ([move("B", 7, "join")], ["member_of_two_groups"]),
        ([move("B", 7), move("LATE", 7)], ["moved_before_start", "moves_on_one_day"]),
        ([move("B", 99)], ["joined_ended_group"]),
        ([move("LATE", 7)], ["moved_before_start"]),
    ],
)
def test_what_cannot_be_is_told(moves: list[Move], found: list[str]) -> None:
    assert kinds(*moves) == found
    assert kinds(*reversed(moves)) == found


def test_moves_of_somebody_without_an_intake_record_have_no_effect_and_are_told() -> None:
    assert kinds(move("B", 7), move("B", 9, "leave"), is_known=False) == ["move_of_unknown_client"] * 2


def test_a_group_that_is_not_in_the_registry_is_told_elsewhere() -> None:
    membership = Membership(CODE, "GONE", day(7))
    assert move_problems([move("GONE", 7)], [membership], GROUPS, is_known=True) == []
