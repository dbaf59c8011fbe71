"""Knows what closing a healing group in the registry, or opening it again, will mean: told before it is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from connector.fact_schema import membership, session
from connector.facts import HealingGroup
from connector.facts_memberships import LEAVE, TRANSFER
from connector.facts_reading import healing_group_from
from connector.facts_sessions import HELD
from forms.end_reasons import COMPLETED, NEVER_STARTED

ENDED_ON, END_REASON = "ended_on", "end_reason"
Row = Mapping[str, Any]
Leaver = tuple[str, str]
"""Client code and healing group."""


def consequences(
    connection: Connection, before: Row | None, after: Row, today: dt.date, leavers: Collection[Leaver] = ()
) -> tuple[str, ...]:
    """Return in words what a changed closing of a healing group means; nothing when the closing is as before.

    `before` is the row of the registry, None for a new one; `leavers` are those whom the same import takes out.
    """
    was, group = healing_group_from(before) if before else None, healing_group_from(after)
    if group.ended_on and (was is None or (was.ended_on, was.end_reason) != (group.ended_on, group.end_reason)):
        return tuple(_closed(connection, group, today, was, leavers))
    return tuple(_opened(group, was)) if was and was.ended_on and group.ended_on is None else ()


def leavers_in(rows: Iterable[Row], groups: Collection[str]) -> set[Leaver]:
    """Return whom rows of moves take out of which of these healing groups: by a leave, or a transfer elsewhere."""
    found: set[Leaver] = set()
    for row in rows:
        if row["kind"] == LEAVE:
            found.add((row["client_code"], row["healing_group"]))
        elif row["kind"] == TRANSFER:
            found |= {(row["client_code"], group) for group in groups if group != row["healing_group"]}
    return found


def _closed(
    connection: Connection, group: HealingGroup, today: dt.date, was: HealingGroup | None, leavers: Collection[Leaver]
) -> Iterable[str]:
    if was is None:
        yield "a new healing group that is closed already: is the code right?"
    if group.ended_on and group.ended_on > today:
        yield "this day is to come: until then phones and pages show it as before"
    left, held = _expected_no_more(group), _held_after(connection, group)
    yield f"{left} of {group.weeks} sessions are after its end and expected no more"
    if held:
        yield f"{_counted(held, 'session')} after its end held all the same: counted, and listed on the page Data"
    if people := _members(connection, group.code) - {client for client, code in leavers if code == group.code}:
        yield f"still members: {len(people)}; {_what_to_do(group)}"


def _opened(group: HealingGroup, was: HealingGroup) -> Iterable[str]:
    yield "opened again: back on the phones' lists with the next rosters"
    yield f"{_expected_no_more(was)} of {group.weeks} sessions are expected again"


def _what_to_do(group: HealingGroup) -> str:
    if group.end_reason == COMPLETED:
        return "they finished together, nothing is to be done"
    return "enter a transfer or a leave in moves for each"


def _expected_no_more(group: HealingGroup) -> int:
    return sum(not group.is_open_on(group.due_on(week)) for week in range(1, group.weeks + 1))


def _held_after(connection: Connection, group: HealingGroup) -> int:
    """Meetings that are reported after the end; all of them, of a healing group that never began."""
    s = session.c
    query = select(func.count()).where(s.healing_group == group.code, s.status == HELD, s.merged_into.is_(None))
    if group.end_reason != NEVER_STARTED:
        query = query.where(func.coalesce(s.held_on, s.due_on) > group.ended_on)
    return connection.scalar(query) or 0


def _members(connection: Connection, code: str) -> set[str]:
    m = membership.c
    return set(connection.scalars(select(m.client_code).where(m.healing_group == code, m.left_on.is_(None))))


def _counted(number: int, one: str) -> str:
    return f"{number} {one}{'' if number == 1 else 's'}"
