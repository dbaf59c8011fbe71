"""Knows what contradicts the closing of a healing group; nothing that was reported is left out because of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from connector.facts import Day, HealingGroup, Membership, Move, Screening
from connector.facts_moves import LEAVE, REGISTRY, path_of_move
from connector.facts_sessions import Session, problem_of
from connector.problem import Problem, problem
from forms.end_reasons import COMPLETED

PATH = "healing_groups ended_on"
"""Where a closing is entered."""


def sessions_after_end(sessions: Iterable[Session]) -> list[Problem]:
    """Return a problem for each meeting held after the last day of its healing group; it counts all the same."""
    return [
        problem_of(
            session.meeting,
            "session_after_end",
            "session_date",
            week=session.week,
            day=session.day.isoformat(),
            **_closing(session.group),
        )
        for session in sessions
        if session.meeting and not session.group.is_open_on(session.day)
    ]


def members_left_behind(group: HealingGroup, memberships: Iterable[Membership]) -> list[Problem]:
    """Return a problem when a closed healing group still has members, unless it finished its weeks.

    Somebody has to say where each of them goes: no session has them on its list.
    """
    people = {each.client_code for each in memberships if each.left_on is None}
    if group.ended_on is None or group.end_reason == COMPLETED or not people:
        return []
    count = "1 person" if len(people) == 1 else f"{len(people)} people"
    return [
        problem(
            "members_of_closed_group", REGISTRY, path=PATH, healing_group=group.code, count=count, **_closing(group)
        )
    ]


def joined_after_end(
    client_code: str,
    screenings: Iterable[Screening],
    moves: Iterable[Move],
    memberships: Sequence[Membership],
    groups: Mapping[str, HealingGroup],
) -> list[Problem]:
    """Return a problem for each record or row of moves that brought a client into a healing group after its last day.

    `memberships` are all intervals of the client: what did not become one contradicts nothing.
    """
    late = {
        (each.healing_group, each.joined_on)
        for each in memberships
        if (group := groups.get(each.healing_group)) and group.ended_on and each.joined_on > group.ended_on
    }
    told = [each for each in screenings if each.enrolled == "yes" and (each.healing_group, each.first_day) in late]
    entered = [each for each in moves if each.kind != LEAVE and (each.healing_group, each.joined_on) in late]
    by_intake = (
        _joined(
            groups[each.healing_group or ""],
            each.first_day,
            "intake",
            client_code=client_code,
            root_uuid=each.root_uuid,
            server_id=each.server_id,
            path="joined_on",
        )
        for each in told
    )
    by_move = (
        _joined(
            groups[each.healing_group],
            each.joined_on,
            REGISTRY,
            client_code=client_code,
            path=path_of_move(each.joined_on),
        )
        for each in entered
    )
    return [*by_intake, *by_move]


def _joined(group: HealingGroup, day: Day | None, form_id: str, **where: str | int) -> Problem:
    told = {"healing_group": group.code, "later": group.code, "day": day.isoformat() if day else None}
    return problem("joined_closed_group", form_id, **where, **told, **_closing(group))


def _closing(group: HealingGroup) -> dict[str, str | None]:
    return {"ended_on": group.ended_on.isoformat() if group.ended_on else None, "end_reason": group.end_reason}
