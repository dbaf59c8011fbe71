"""Knows what can be wrong with joins, transfers and leaves that a coordinator entered; nothing is resolved silently."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from connector.facts import Day, HealingGroup, Membership, Move
from connector.problem import Problem, problem

REGISTRY = "registry"
"""What stands in a problem in place of a form."""
LEAVE = "leave"


def move_problems(
    moves: Sequence[Move], memberships: Sequence[Membership], groups: Mapping[str, HealingGroup], *, is_known: bool
) -> list[Problem]:
    """Return the problems of the moves of one client, of whom `memberships` are all intervals they led to.

    `is_known` says whether there is an intake record of the client; without one no move has an effect.
    """
    if not is_known:
        return [_about(move, "move_of_unknown_client") for move in moves]
    into = [move for move in moves if move.kind != LEAVE]
    return [
        *_on_one_day(into, memberships),
        *(
            _about(move, "leave_without_membership", left=move.healing_group)
            for move in _idle_leaves(moves, memberships)
        ),
        *(problem for move in into for problem in _out_of_time(move, memberships, groups)),
    ]


def path_of_move(day: Day) -> str:
    """Return where a move is entered."""
    return f"moves.csv {day.isoformat()}"


def _on_one_day(into: Iterable[Move], memberships: Sequence[Membership]) -> Iterator[Problem]:
    days: dict[Day, list[Move]] = defaultdict(list)
    for move in into:
        days[move.joined_on].append(move)
    for rivals in days.values():
        if len(rivals) > 1:
            last = max(rivals, key=lambda move: move.healing_group)
            yield _about(last, "moves_on_one_day", later=last.healing_group)


def _idle_leaves(moves: Iterable[Move], memberships: Sequence[Membership]) -> Iterator[Move]:
    """Leaves of a healing group that the person did not leave on that day."""
    ended = {(each.healing_group, each.left_on) for each in memberships}
    return (move for move in moves if move.kind == LEAVE and (move.healing_group, move.joined_on) not in ended)


def _out_of_time(
    move: Move, memberships: Sequence[Membership], groups: Mapping[str, HealingGroup]
) -> Iterator[Problem]:
    group = groups.get(move.healing_group)
    if group is None:
        return
    if move.joined_on >= group.due_on(group.weeks) + dt.timedelta(days=1):
        yield _about(move, "joined_ended_group", later=group.code)
    left = (each for each in memberships if each.left_on == move.joined_on and each.healing_group != group.code)
    if move.joined_on < group.started_on and (earlier := next(left, None)):
        yield _about(move, "moved_before_start", later=group.code, earlier=earlier.healing_group)


def _about(move: Move, kind: str, **details: str) -> Problem:
    return problem(
        kind,
        REGISTRY,
        path=path_of_move(move.joined_on),
        healing_group=move.healing_group,
        client_code=move.client_code,
        day=move.joined_on.isoformat(),
        **details,
    )
