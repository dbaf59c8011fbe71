"""Knows which members a phone should show at any moment: the programme's own reckoning, beside the connector's."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Mapping, Sequence

from connector.sandbox.phone_device import KIGALI
from connector.sandbox.story import Client, HealingGroup, Programme, Record, Session, Visit
from connector.sandbox.story_closings import closed_by

Roster = Mapping[str, tuple[str, ...]]
"""Healing group -> its active clients, by client id."""

_HOUR = dt.time(20)


def plan_roster_days(groups: Sequence[HealingGroup], as_of: dt.date) -> tuple[dt.date, ...]:
    """The evenings when new rosters go to the phones: before each cohort starts, and three weeks into it."""
    mondays = {group.started_on - dt.timedelta(days=group.started_on.weekday()) for group in groups}
    days = {monday + dt.timedelta(days=shift) for monday in mondays for shift in (-1, 20)}
    return tuple(sorted(day for day in days if day <= as_of))


def roster_moment(day: dt.date) -> dt.datetime:
    """When on a roster day the new lists are published."""
    return dt.datetime.combine(day, _HOUR, KIGALI)


def roster_on(programme: Programme, day: dt.date) -> Roster:
    """The active members of every healing group that is not closed, as they should go to the phones on a roster day."""
    return _roster_at(programme, roster_moment(day), rosters_shown(programme))


def rosters_shown(programme: Programme) -> dict[str, tuple[str, ...]]:
    """Attendance record -> the clients whom the phone listed when it was filled, by client id.

    A phone lists who is enrolled by a record that had reached the server on the last roster day, without deleted
    records and without those whom a record that had arrived by then says to have left for good.
    """
    moments = [roster_moment(day) for day in programme.roster_days]
    held = [record for record in programme.records if _is_held(record)]
    shown: dict[str, tuple[str, ...]] = {}
    rosters: list[Roster] = []
    for record in held:
        while len(rosters) < bisect_left(moments, record.started_at):
            rosters.append(_roster_at(programme, moments[len(rosters)], shown))
        group = _session(record).group.code
        shown[record.record_id] = rosters[-1].get(group, ()) if rosters else ()
    return shown


def _roster_at(programme: Programme, moment: dt.datetime, shown: Mapping[str, tuple[str, ...]]) -> Roster:
    gone = _left_by(programme, moment, shown)
    moved = {move.client_id: move.group for move in programme.transfers if move.joined_on <= moment.date()}
    closed = closed_by(programme.groups, moment.date())
    roster: dict[str, tuple[str, ...]] = {}
    for record in programme.records:
        client = record.final
        if not isinstance(client, Client) or client.group is None or not _is_live(record, moment):
            continue
        group = moved.get(client.client_id, client.group.code)
        if group not in closed and (client.client_id, group) not in gone:
            roster[group] = (*roster.get(group, ()), client.client_id)
    return roster


def _left_by(
    programme: Programme, moment: dt.datetime, shown: Mapping[str, tuple[str, ...]]
) -> frozenset[tuple[str, str]]:
    """(client, healing group) ticked as gone for good, or found to have moved away or died, on the server by then."""
    gone = set()
    for record in programme.records:
        told = record.final
        if not _is_live(record, moment):
            continue
        if isinstance(told, Visit) and told.contact_result in ("moved_away", "died"):
            gone.add((told.client_id, told.group.code))
        if isinstance(told, Session):
            left = (client for client, reason in (told.away or {}).items() if reason == "left_group")
            gone |= {(client, told.group.code) for client in left if client in shown.get(record.record_id, ())}
    return frozenset(gone)


def _is_live(record: Record, moment: dt.datetime) -> bool:
    return record.sent_at <= moment and (record.deleted_at is None or record.deleted_at > moment)


def _is_held(record: Record) -> bool:
    return isinstance(record.subject, Session) and record.subject.status == "held"


def _session(record: Record) -> Session:
    assert isinstance(record.final, Session)
    return record.final
