"""Knows from when to when a client is a member of which healing group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connector.facts import Day, Leaving, Membership, Move, Screening, Visit
from connector.facts_moves import REGISTRY, path_of_move
from connector.problem import Problem, problem

JOIN, TRANSFER, LEAVE = "join", "transfer", "leave"
"""What a coordinator enters about a client and a healing group."""
LEFT_GROUP = "left_group"
ENDINGS = ("died", "moved_away")
"""Results of contact that end a membership."""


@dataclass(frozen=True, slots=True)
class Joining:
    """Somebody becomes a member on a day: by an intake record, or (without one) by what a coordinator entered.

    `ends_earlier` says that leaving the healing group before is meant.
    """

    healing_group: str
    joined_on: Day
    reason: str
    screening: Screening | None = None
    ends_earlier: bool = False


def build_memberships(
    client_code: str, screenings: Sequence[Screening], moves: Sequence[Move], leavings: Sequence[Leaving]
) -> tuple[list[Membership], list[Problem]]:
    """Return the intervals of one client in order of time, and what is wrong with them.

    An intake with `enrolled` = yes opens an interval, and so does a coordinator's join or transfer of somebody
    screened; joining another healing group ends the one before. A join by a second intake, or by a coordinator, while
    still a member elsewhere is a problem, and the later interval wins; a transfer says that it is meant. A leaving ends
    the interval that is open on its day, and so does a coordinator's leave of that healing group. The day of leaving is
    the first day on which the person is no longer a member.
    """
    built = _Timeline(client_code, [*leavings, *leavings_from_moves(moves)])
    joinings = _joinings(screenings, moves) if screenings else []
    for joining in sorted(joinings, key=_joining_order):
        built.leave_before(joining.joined_on)
        built.join(joining)
    built.leave_before(None)
    return built.done, built.problems


def leavings_from_visits(visits: Iterable[Visit]) -> list[Leaving]:
    """Return who was found to have died or moved away, from the day of the visit on."""
    return [
        Leaving(visit.client_code, visit.visited_on, visit.contact_result)
        for visit in visits
        if visit.contact_result in ENDINGS and visit.visited_on
    ]


def leavings_from_moves(moves: Iterable[Move]) -> list[Leaving]:
    """Return who left which healing group when, as a coordinator entered it."""
    return [
        Leaving(move.client_code, move.joined_on, move.reason or LEFT_GROUP, move.healing_group)
        for move in moves
        if move.kind == LEAVE
    ]


def _joinings(screenings: Iterable[Screening], moves: Iterable[Move]) -> list[Joining]:
    enrolled = [
        Joining(screening.healing_group, screening.first_day, "other_group", screening)
        for screening in screenings
        if screening.enrolled == "yes" and screening.healing_group and screening.first_day
    ]
    entered = [
        Joining(move.healing_group, move.joined_on, move.reason or move.kind, ends_earlier=move.kind == TRANSFER)
        for move in moves
        if move.kind != LEAVE
    ]
    return enrolled + entered


def _joining_order(joining: Joining) -> tuple[Day, bool, int, str]:
    """By day; on one day a coordinator's move comes after an intake, a later record after an earlier one."""
    server_id = joining.screening.server_id if joining.screening else 0
    return joining.joined_on, joining.screening is None, server_id, joining.healing_group


class _Timeline:
    """The intervals found so far, the last of which may be open."""

    def __init__(self, client_code: str, leavings: Sequence[Leaving]) -> None:
        self.client_code = client_code
        self.leavings = sorted(leavings, key=lambda each: (each.left_on, each.healing_group is None, each.reason))
        self.open: Membership | None = None
        self.done: list[Membership] = []
        self.problems: list[Problem] = []

    def leave_before(self, day: Day | None) -> None:
        """End the open interval by the first leaving that falls into it before `day` (None: ever)."""
        if self.open is None:
            return
        current = self.open
        fitting = (each for each in self.leavings if self._ends(each, current) and (day is None or each.left_on < day))
        if leaving := next(fitting, None):
            self._close(leaving.left_on, leaving.reason)
        elif day is None:
            self.done.append(current)

    def join(self, joining: Joining) -> None:
        if self.open is not None:
            if self.open.healing_group == joining.healing_group:
                return
            self._note_overlap(self.open, joining)
            if self.open.joined_on < joining.joined_on:
                self._close(joining.joined_on, joining.reason)
        self.open = Membership(self.client_code, joining.healing_group, joining.joined_on)

    def _ends(self, leaving: Leaving, current: Membership) -> bool:
        return leaving.left_on >= current.joined_on and leaving.healing_group in (None, current.healing_group)

    def _close(self, day: Day, reason: str) -> None:
        if self.open is not None:
            self.done.append(self.open._replace(left_on=day, left_reason=reason))
        self.open = None

    def _note_overlap(self, earlier: Membership, joining: Joining) -> None:
        left_that_day = any(self._ends(each, earlier) and each.left_on == joining.joined_on for each in self.leavings)
        if joining.ends_earlier or left_that_day:
            return
        told = joining.screening
        self.problems.append(
            problem(
                "member_of_two_groups",
                "intake" if told else REGISTRY,
                root_uuid=told.root_uuid if told else None,
                server_id=told.server_id if told else None,
                path="healing_group" if told else path_of_move(joining.joined_on),
                healing_group=joining.healing_group,
                client_code=self.client_code,
                earlier=earlier.healing_group,
                later=joining.healing_group,
            )
        )
