"""Knows how each client stood to each session that was due, reckoned from the story and not by the connector."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connector.sandbox.story import Client, Membership, Programme, Record, Session, Visit

MarkKey = tuple[str, int, str]
"""Healing group, week, client id."""


@dataclass(frozen=True, slots=True)
class Mark:
    """present, absent (with a reason), not_held, no_report or not_member."""

    state: str
    reason: str = ""


def reckon_marks(programme: Programme, shown: Mapping[str, tuple[str, ...]]) -> dict[MarkKey, Mark]:
    """The mark of everybody who was ever a member of a healing group at each of its sessions that was due.

    `shown` says whom the phone listed, by attendance record. A person who is ticked as gone is no member from that
    session on; a member whom the phone did not list has no report, as nobody knows.
    """
    live = [record for record in programme.records if record.deleted_at is None]
    reports, joined = counting_reports(live), joined_newcomers(live)
    intervals = _intervals(programme, live, shown)
    marks = {}
    for session in programme.sessions:
        report = reports.get((session.group.code, session.week))
        day = report[1].day if report and report[1].status == "held" else session.due_on
        for client, own in intervals[session.group.code].items():
            is_member = any(interval.covers(day) for interval in own)
            mark = _mark(report, client, shown, joined) if is_member else Mark("not_member")
            marks[session.group.code, session.week, client] = mark
    return marks


def members_at_end(
    programme: Programme, live: list[Record], shown: Mapping[str, tuple[str, ...]]
) -> Mapping[str, set[str]]:
    """Healing group -> the clients of whom no record says that they have left it."""
    intervals = _intervals(programme, live, shown)
    return {
        group: {client for client, told in own.items() if any(each.left_on is None for each in told)}
        for group, own in intervals.items()
    }


def counting_reports(live: Iterable[Record]) -> dict[tuple[str, int], tuple[Record, Session]]:
    """(healing group, week) -> the report that counts: the last to arrive, and one of a session made up for is true."""
    found: dict[tuple[str, int], tuple[Record, Session]] = {}
    for record in sorted(live, key=lambda each: each.sent_at):
        told = record.final
        for week in told.weeks if isinstance(told, Session) else ():
            assert isinstance(told, Session)
            known = found.get((told.group.code, week))
            if known is None or known[1].kind == "planned" or told.status == "held":
                found[told.group.code, week] = (record, told)
    return found


def joined_newcomers(live: Sequence[Record]) -> frozenset[str]:
    """Clients who came before the screening and had a card then, because the session's report was filled in before."""
    screened = {each.final.client_id: each.started_at for each in live if isinstance(each.final, Client)}
    joined: set[str] = set()
    for record in live:
        if isinstance(record.final, Session) and not record.copy_of:
            new = (who for who in record.final.newcomers if who in screened)
            joined.update(who for who in new if record.started_at < screened[who])
    return frozenset(joined)


def _mark(
    report: tuple[Record, Session] | None,
    client: str,
    shown: Mapping[str, tuple[str, ...]],
    joined: Collection[str],
) -> Mark:
    if report is None:
        return Mark("no_report")
    record, session = report
    if session.status == "not_held":
        return Mark("not_held")
    if client not in shown[record.record_id]:
        return Mark("present" if client in session.newcomers and client in joined else "no_report")
    reason = reason_away(session, client)
    return Mark("absent", reason) if reason else Mark("present")


def reason_away(session: Session, client_id: str) -> str:
    """Why a client on the list was not there, "" for one who was; nobody knows why of somebody who never came."""
    return "" if client_id in session.came else (session.away or {}).get(client_id, "unknown")


def _intervals(
    programme: Programme, live: list[Record], shown: Mapping[str, tuple[str, ...]]
) -> Mapping[str, Mapping[str, list[Membership]]]:
    """Healing group -> client -> when the records say that the client belonged to it."""
    here = {record.final.client_id for record in live if isinstance(record.final, Client)}
    moved_on = {move.client_id: move.joined_on for move in programme.transfers}
    left_on = _days_of_leaving(live, shown)
    found: dict[str, dict[str, list[Membership]]] = defaultdict(lambda: defaultdict(list))
    for membership in programme.memberships:
        client, group = membership.client_id, membership.group
        ends = [day for day in left_on[client, group] if day >= membership.joined_on]
        if client in moved_on and moved_on[client] > membership.joined_on:
            ends.append(moved_on[client])
        if client in here:
            told = Membership(client, group, membership.joined_on, min(ends, default=None))
            found[group][client].append(told)
    return found


def _days_of_leaving(
    live: list[Record], shown: Mapping[str, tuple[str, ...]]
) -> Mapping[tuple[str, str], list[dt.date]]:
    found: dict[tuple[str, str], list[dt.date]] = defaultdict(list)
    for client, group, day in _leavings(live, shown):
        found[client, group].append(day)
    return found


def _leavings(live: list[Record], shown: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str, dt.date]]:
    """(client, healing group, day): ticked as gone for good at a session, or found to have moved away or died."""
    for record in live:
        told = record.final
        if isinstance(told, Visit) and told.contact_result in ("moved_away", "died"):
            yield told.client_id, told.group.code, told.visited_at.date()
        if isinstance(told, Session) and told.status == "held":
            for client in shown[record.record_id]:
                if reason_away(told, client) == "left_group":
                    yield client, told.group.code, told.day
