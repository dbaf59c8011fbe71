"""Knows from when to when a client is a member of which healing group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from connector.facts import Day, Leaving, Membership, Move, Screening, Visit
from connector.problem import Problem, problem

TRANSFER = "transfer"
ENDINGS = ("died", "moved_away")
"""Results of contact that end a membership."""


@dataclass(frozen=True, slots=True)
class Joining:
    """Somebody becomes a member on a day: by an intake record, or (without one) by a coordinator's move."""

    healing_group: str
    joined_on: Day
    reason: str
    screening: Screening | None = None


def build_memberships(
    client_code: str, screenings: Sequence[Screening], moves: Sequence[Move], leavings: Sequence[Leaving]
) -> tuple[list[Membership], list[Problem]]:
    """Return the intervals of one client in order of time, and what is wrong with them.

    An intake with `enrolled` = yes opens an interval, and so does a coordinator's move of somebody screened; joining
    another healing group ends the one before. A join by a second intake while still a member elsewhere is a problem,
    and the later interval wins. A leaving ends the interval that is open on its day. The day of leaving is the first
    day on which the person is no longer a member.
    """
    built = _Timeline(client_code, leavings)
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


def _joinings(screenings: Iterable[Screening], moves: Iterable[Move]) -> list[Joining]:
    enrolled = [
        Joining(screening.healing_group, screening.first_day, "other_group", screening)
        for screening in screenings
        if screening.enrolled == "yes" and screening.healing_group and screening.first_day
    ]
    return enrolled + [Joining(move.healing_group, move.joined_on, move.reason or TRANSFER) for move in moves]


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
            self.done.append(replace(self.open, left_on=day, left_reason=reason))
        self.open = None

    def _note_overlap(self, earlier: Membership, joining: Joining) -> None:
        left_that_day = any(self._ends(each, earlier) and each.left_on == joining.joined_on for each in self.leavings)
        if joining.screening is None or left_that_day:
            return
        self.problems.append(
            problem(
                "member_of_two_groups",
                "intake",
                root_uuid=joining.screening.root_uuid,
                server_id=joining.screening.server_id,
                path="healing_group",
                healing_group=joining.healing_group,
                client_code=self.client_code,
                earlier=earlier.healing_group,
                later=joining.healing_group,
            )
        )
