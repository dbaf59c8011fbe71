"""Knows how to fetch, for some clients or healing groups, what their facts are made of; a query a kind, never a row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, literal, select, union_all

from connector import fact_schema as fact
from connector import precious_schema as precious
from connector.facts import Cha, HealingGroup, Mark, Membership, Move, Report, Score, Screening, Visit
from connector.facts_alerts import CLIENT, DISTRESS
from connector.facts_attendance import ABSENT, PRESENT
from connector.facts_distress import NAMED
from connector.facts_reading import (
    SCREENING_COLUMNS,
    TICKS,
    VISIT_COLUMNS,
    Row,
    healing_group_from,
    report_from,
    screening_from,
    visit_from,
)
from connector.facts_rows import rows_with, tuples_with
from connector.person_alias import Aliases
from connector.schema import FORM_TABLES

INTAKE, ATTENDANCE, OUTCOME = (FORM_TABLES[form_id] for form_id in ("intake", "attendance", "outcome"))


def groups_named(connection: Connection, codes: Collection[str]) -> dict[str, HealingGroup]:
    """Return the healing groups of the registry by code; those it does not know are left out."""
    table = precious.healing_group
    return {row["code"]: healing_group_from(row) for row in rows_with(connection, select(table), table.c.code, codes)}


def chas_by_username(connection: Connection) -> dict[str, Cha]:
    """Return all CHAs of the registry by the username on their phone."""
    rows = connection.execute(select(precious.cha))
    return {row.username: Cha(row.cha_code, row.username, row.sector_code) for row in rows}


def screenings_of(connection: Connection, clients: Collection[str]) -> dict[str, list[Screening]]:
    """Return all intake records of these clients, by client code."""
    table = INTAKE.record
    told, was_merged = fact.told_code, fact.told_code.c.root_uuid == table.c.root_uuid
    query = select(*(table.c[name] for name in SCREENING_COLUMNS), told.c.told.label("told_code"))
    query = query.join(told, was_merged & (told.c.question == "client_code"), isouter=True)
    rows = rows_with(connection, query, table.c.client_code, clients)
    return _by_client(screening_from(row) for row in rows)


def visits_of(connection: Connection, clients: Collection[str]) -> dict[str, list[Visit]]:
    """Return all outcome records of these clients, by client code."""
    table = OUTCOME.record
    query = select(*(table.c[name] for name in VISIT_COLUMNS))
    rows = rows_with(connection, query, table.c.client_code, clients)
    return _by_client(visit_from(row) for row in rows)


def moves_of(connection: Connection, clients: Iterable[str], aliases: Aliases) -> dict[str, list[Move]]:
    """Return the moves that coordinators entered for these clients, by client code: also for codes merged into it."""
    table = precious.membership_move
    wanted = {code for code in clients if code not in aliases}
    merged = {code for code, kept in aliases.items() if kept in wanted}
    rows = rows_with(connection, select(table), table.c.client_code, wanted | merged)
    kept_rows = ({**row, "client_code": aliases.get(row["client_code"], row["client_code"])} for row in rows)
    return _by_client(Move(**row) for row in kept_rows)


def memberships_of(connection: Connection, clients: Collection[str]) -> dict[str, list[Membership]]:
    """Return the intervals of these clients in order of time, by client code."""
    return _by_client(_memberships(connection, fact.membership.c.client_code, clients))


def memberships_in(connection: Connection, groups: Collection[str]) -> dict[str, list[Membership]]:
    """Return the intervals in these healing groups, by healing group."""
    found = defaultdict(list)
    for membership in _memberships(connection, fact.membership.c.healing_group, groups):
        found[membership.healing_group].append(membership)
    return found


def members_of(connection: Connection, groups: Collection[str]) -> set[str]:
    """Return all clients who are or were members of these healing groups."""
    table = fact.membership
    return {row[0] for row in tuples_with(connection, select(table.c.client_code), table.c.healing_group, groups)}


def marks_of(connection: Connection, clients: Collection[str]) -> dict[str, list[Mark]]:
    """Return the presences and absences of these clients, by client code."""
    mark, session = fact.attendance_mark, fact.session
    same = (mark.c.healing_group == session.c.healing_group) & (mark.c.week == session.c.week)
    day = func.coalesce(session.c.held_on, mark.c.due_on)
    query = select(mark.c.healing_group, mark.c.week, mark.c.client_code, mark.c.state, day, session.c.merged_into)
    query = query.join(session, same).where(mark.c.state.in_((PRESENT, ABSENT)))
    return _by_client(Mark(*row) for row in tuples_with(connection, query, mark.c.client_code, clients))


def scores_of(connection: Connection, clients: Collection[str]) -> dict[str, list[Score]]:
    """Return the assessments of these clients, by client code."""
    table = fact.assessment
    names = ("root_uuid", "client_code", "instrument", "wave", "assessed_on", "score", "band")
    rows = tuples_with(connection, select(*(table.c[name] for name in names)), table.c.client_code, clients)
    return _by_client(Score(*row) for row in rows)


def reports_of(
    connection: Connection, groups: Collection[str] = (), roots: Collection[str] = (), as_told: bool = False
) -> list[Report]:
    """Return the attendance records that name these healing groups or have these root UUIDs, each once.

    `as_told` has people under the codes in the records themselves, also those that were merged into another.
    """
    table = ATTENDANCE.record
    rows = [
        *rows_with(connection, select(table), table.c.healing_group, groups),
        *rows_with(connection, select(table), table.c.root_uuid, roots),
    ]
    found: dict[str, Row] = {row["root_uuid"]: row for row in rows}
    told = _told_answers(connection, found) if as_told else {}
    return [report_from({**row, **told[root]} if root in told else row) for root, row in found.items()]


def _told_answers(connection: Connection, roots: Collection[str]) -> dict[str, dict[str, str]]:
    """By root UUID, the answers in which a code was merged, as the record has them."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows_with(connection, select(fact.told_code), fact.told_code.c.root_uuid, roots):
        found[row["root_uuid"]][row["question"]] = row["told"]
    return found


def reports_by_group(connection: Connection, groups: Collection[str]) -> dict[str, list[Report]]:
    """Return the attendance records that name these healing groups, by healing group."""
    found: dict[str, list[Report]] = defaultdict(list)
    for report in reports_of(connection, groups):
        found[report.healing_group or ""].append(report)
    return found


def clients_screened(connection: Connection, clients: Collection[str]) -> set[str]:
    """Return those of these clients of whom there is an intake record."""
    code = INTAKE.record.c.client_code
    return {row[0] for row in tuples_with(connection, select(code), code, clients)}


def ticks_of_leavers(
    connection: Connection, clients: Collection[str] = (), groups: Collection[str] = ()
) -> list[tuple[str, str, str | None]]:
    """Return (root UUID, client, healing group) of every tick as having left: of these clients, or in these groups."""
    table, child = ATTENDANCE.record, ATTENDANCE.children["absent_left_group"]
    query = select(child.c.root_uuid, child.c.choice, table.c.healing_group)
    query = query.join(table, child.c.root_uuid == table.c.root_uuid)
    return [
        *tuples_with(connection, query, child.c.choice, clients),
        *tuples_with(connection, query, table.c.healing_group, groups),
    ]


Naming = tuple[str, str, int, str, str]


def namings_of(connection: Connection, clients: Collection[str]) -> list[Naming]:
    """Return (form, root UUID, server id, question, client) wherever a visit or a session's report names these clients.

    Alerts must be up to date: they say who was named in distress.
    """
    return [row for query, column in _NAMINGS for row in tuples_with(connection, query, column, clients)]


def _namings() -> Iterator[tuple[Select[Any], ColumnElement[Any]]]:
    """Queries, each with its column of client codes."""
    visit, report, alert = OUTCOME.record.c, ATTENDANCE.record, fact.alert
    visited = (literal("outcome"), visit.root_uuid, visit.server_id, literal("client_code"), visit.client_code)
    yield select(*visited), visit.client_code
    ticked = union_all(
        *(
            select(child.c.root_uuid, child.c.choice, literal(name).label("question"))
            for name, child in ATTENDANCE.children.items()
            if name in TICKS
        )
    ).subquery()
    told = (literal("attendance"), report.c.root_uuid, report.c.server_id)
    query = select(*told, ticked.c.question, ticked.c.choice)
    yield query.join(report, ticked.c.root_uuid == report.c.root_uuid), ticked.c.choice
    query = select(*told, literal(NAMED), alert.c.client_code)
    query = query.join(alert, alert.c.root_uuid == report.c.root_uuid)
    yield query.where(alert.c.kind == DISTRESS, alert.c.person == CLIENT), alert.c.client_code


_NAMINGS = tuple(_namings())


def _by_client(facts: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for each in facts:
        found[each.client_code].append(each)
    return found


def _memberships(connection: Connection, column: ColumnElement[Any], keys: Collection[str]) -> list[Membership]:
    rows = tuples_with(connection, select(fact.membership), column, keys)
    return sorted((Membership(*row) for row in rows), key=lambda each: (each.joined_on, each.healing_group))
