"""Knows in which order facts follow from each other, and which of them a change reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, select

from connector import fact_schema as fact
from connector import facts_source as source
from connector.facts import HealingGroup, Membership, Registry, Report
from connector.facts_alerts import Joined, interview_alert, report_alerts
from connector.facts_attendance import build_marks
from connector.facts_clients import client_problems
from connector.facts_memberships import build_memberships, leavings_from_visits
from connector.facts_sessions import build_sessions, reports_of_unknown_group, session_row, unknown_cha
from connector.facts_writing import delete_problems, delete_rows, insert_problems, insert_rows
from connector.precious_schema import healing_group, membership_move
from connector.problem import CLIENT, GROUP
from connector.refresh_clients import refresh_changes, refresh_clients, refresh_identities, refresh_unknown_clients
from connector.refresh_newcomers import code_problems, joined_newcomers, refresh_newcomers, refresh_overdue
from connector.schema import FORM_TABLES

GROUPS_A_BATCH = 25
"""Healing groups treated at a time: some 25 × 20 members × 16 weeks of attendance."""


def refresh_facts(connection: Connection, clients: set[str], groups: set[str], roots: set[str]) -> None:
    """Make anew the facts that hang on these clients, healing groups and records (root UUIDs), and what follows.

    `clients` and `groups` are all that the records name now or named before the change; among the clients are the
    temporary codes of newcomers. A changed code of a newcomer reaches the sessions and the intake records that have
    it; a changed report reaches everybody it ticks as having left; a changed membership reaches its healing group; a
    changed healing group reaches all its members. Runs in the caller's transaction. Raises StorageError.
    """
    newcomers = refresh_newcomers(connection, clients, roots)
    groups, roots = groups | newcomers.groups, roots | newcomers.roots
    clients = clients | newcomers.clients | source.leavers_of(connection, groups)
    before = _groups_of(connection, clients)
    refresh_memberships(connection, clients)
    reached = groups | before | _groups_of(connection, clients)
    refresh_sessions(connection, reached)
    refresh_clients(connection, clients | _members_of(connection, reached))
    refresh_changes(connection, clients)
    refresh_identities(connection, clients)
    refresh_alerts(connection, groups, roots)
    refresh_unknown_clients(connection, clients)
    refresh_overdue(connection)


def everything(connection: Connection) -> tuple[set[str], set[str], set[str]]:
    """Return all codes of people, healing groups and root UUIDs that records, the registry or old facts name."""
    roots: set[str] = set()
    for tables in FORM_TABLES.values():
        roots.update(connection.scalars(select(tables.record.c.root_uuid)))
    clients, groups = source.mentioned(connection, roots)
    for code in (membership_move.c.client_code, fact.client.c.client_code):
        clients.update(connection.scalars(select(code)))
    for code in (healing_group.c.code, fact.session.c.healing_group):
        groups.update(connection.scalars(select(code).distinct()))
    return clients, groups, roots


def refresh_memberships(connection: Connection, clients: set[str]) -> None:
    """Make anew the membership intervals of these clients, and the problems of their intake records."""
    for batch in source.batches(clients):
        screenings, moves = source.screenings_of(connection, batch), source.moves_of(connection, batch)
        visits = (visit for found in source.visits_of(connection, batch).values() for visit in found)
        leavings = defaultdict(list)
        for leaving in (*source.leavings_ticked(connection, batch), *leavings_from_visits(visits)):
            leavings[leaving.client_code].append(leaving)
        built = {code: build_memberships(code, screenings[code], moves[code], leavings[code]) for code in batch}
        memberships = [each for found, _ in built.values() for each in found]
        groups = source.groups_named(connection, {each.healing_group for each in memberships})
        delete_rows(connection, fact.membership, "client_code", batch)
        insert_rows(connection, fact.membership, [asdict(each) for each in memberships])
        delete_problems(connection, CLIENT, "client_code", batch)
        for code, (found, problems) in built.items():
            insert_problems(connection, [*problems, *client_problems(code, screenings[code], found, groups)])
        insert_problems(connection, code_problems(connection, (each for own in screenings.values() for each in own)))


def refresh_sessions(connection: Connection, groups: set[str]) -> None:
    """Make anew the planned sessions of these healing groups, the attendance of their members, and the problems."""
    chas = {each.code for each in source.chas_by_username(connection).values()}
    for batch in source.batches(groups, GROUPS_A_BATCH):
        known, memberships = source.groups_named(connection, batch), source.memberships_in(connection, batch)
        joined = joined_newcomers(connection, groups=batch)
        reports: dict[str | None, list[Report]] = defaultdict(list)
        for report in source.reports_of(connection, groups=batch):
            reports[report.healing_group].append(report)
        for table in (fact.session, fact.attendance_mark):
            delete_rows(connection, table, "healing_group", batch)
        delete_problems(connection, GROUP, "healing_group", batch)
        for code, group in known.items():
            _write_group(connection, group, reports[code], memberships[code], joined)
            insert_problems(connection, unknown_cha(group, chas))
        unknown = (report for code in set(batch) - known.keys() for report in reports[code])
        insert_problems(connection, reports_of_unknown_group(unknown))


def refresh_alerts(connection: Connection, groups: set[str], roots: set[str]) -> None:
    """Make anew the alerts of these records and healing groups; `groups` holds every group that the records name."""
    for batch in source.batches(roots):
        delete_rows(connection, fact.alert, "root_uuid", batch)
    for batch in source.batches(groups, GROUPS_A_BATCH):
        delete_rows(connection, fact.alert, "healing_group", batch)
        _write_alerts(connection, groups=batch)
    for batch in source.batches(roots):
        _write_alerts(connection, roots=batch)


def _write_group(
    connection: Connection,
    group: HealingGroup,
    reports: Sequence[Report],
    memberships: Sequence[Membership],
    joined: Joined,
) -> None:
    planned, problems = build_sessions(group, reports)
    marks, more = build_marks(planned, memberships, joined)
    insert_rows(connection, fact.session, [session_row(each) for each in planned])
    insert_rows(connection, fact.attendance_mark, marks)
    insert_problems(connection, [*problems, *more])


def _write_alerts(connection: Connection, groups: Sequence[str] = (), roots: Sequence[str] = ()) -> None:
    """Write the alerts of all records of some groups, or of those among some records that name no group."""
    registry = Registry(source.groups_named(connection, groups), source.chas_by_username(connection))
    interviews = source.interviews_of(connection, groups, roots)
    reports = source.reports_of(connection, groups, roots)
    joined = joined_newcomers(connection, groups, roots)
    fitting = [each for each in interviews if groups or each.healing_group is None]
    rows = [row for each in fitting if (row := interview_alert(each, registry))]
    rows += report_alerts((each for each in reports if groups or each.healing_group is None), registry, joined)
    insert_rows(connection, fact.alert, rows)


def _groups_of(connection: Connection, clients: set[str]) -> set[str]:
    return {each.healing_group for found in source.memberships_of(connection, clients).values() for each in found}


def _members_of(connection: Connection, groups: set[str]) -> set[str]:
    return {each.client_code for found in source.memberships_in(connection, groups).values() for each in found}
