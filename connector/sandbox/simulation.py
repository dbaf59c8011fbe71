"""Knows how to make a whole programme from a seed: the same seed, day and size always give the same story."""

from __future__ import annotations

import datetime as dt
from random import Random

from connector.sandbox.story import Membership, Programme, ProgrammeSize
from connector.sandbox.story_clients import invent_clients, invent_memberships, invent_transfers
from connector.sandbox.story_closings import with_closings
from connector.sandbox.story_people import invent_groups
from connector.sandbox.story_records import invent_records
from connector.sandbox.story_rosters import plan_roster_days
from connector.sandbox.story_sessions import invent_sessions
from connector.sandbox.story_visits import invent_visits


def simulate(seed: int, as_of: dt.date, size: ProgrammeSize | None = None) -> Programme:
    """Invent a programme and everything that happened in it up to and including the day `as_of`.

    Pure: reads no clock and writes nothing; everybody in it is invented.
    """
    size = size or ProgrammeSize()
    groups = with_closings(seed, size, invent_groups(Random(f"{seed}/groups"), size, as_of))
    clients = invent_clients(seed, size, groups, as_of)
    by_id = {client.client_id: client for client in clients}
    memberships = invent_memberships(seed, clients)
    transfers = invent_transfers(seed, memberships, groups, as_of)
    memberships = _apply(memberships, transfers)
    sessions = invent_sessions(seed, groups, memberships, by_id, as_of)
    visits = invent_visits(seed, {group.code: group for group in groups}, memberships, by_id, as_of)
    return Programme(
        seed=seed,
        as_of=as_of,
        chas=tuple({group.cha.cha_code: group.cha for group in groups}.values()),
        groups=groups,
        clients=by_id,
        memberships=tuple(memberships),
        sessions=tuple(sessions),
        visits=tuple(visits),
        records=tuple(invent_records(seed, clients, sessions, visits, as_of)),
        roster_days=plan_roster_days(groups, as_of),
        transfers=tuple(new for _, new in transfers),
    )


def _apply(memberships: list[Membership], transfers: list[tuple[Membership, Membership]]) -> list[Membership]:
    ended = {old.client_id: old for old, _ in transfers}
    kept = [ended.get(membership.client_id, membership) for membership in memberships]
    return [*kept, *(new for _, new in transfers)]
