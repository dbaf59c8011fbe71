"""Knows how to fetch, for some clients or healing groups, what their facts are made of; a query a kind, never a row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, or_, select

from connector import fact_schema as fact
from connector import precious_schema as precious
from connector.facts import Cha, HealingGroup, Leaving, Mark, Membership, Move, Report, Score, Screening, Visit
from connector.facts_alerts import Interview
from connector.facts_reading import (
    SCREENING_COLUMNS,
    TICKS,
    VISIT_COLUMNS,
    Row,
    healing_group_from,
    interview_from,
    report_from,
    screening_from,
    visit_from,
)
from connector.instrument_rows import fitting_code
from connector.schema import FORM_TABLES

LEFT_GROUP = "left_group"
KEYS_A_STATEMENT = 500
"""Databases limit how many values one statement may carry."""
INTAKE, ATTENDANCE, OUTCOME = (FORM_TABLES[form_id] for form_id in ("intake", "attendance", "outcome"))


def batches(values: Iterable[str], size: int = KEYS_A_STATEMENT) -> Iterator[list[str]]:
    """Cut values, sorted, into lists that one statement can carry."""
    ordered = sorted(values)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))


def rows_with(connection: Connection, query: Select[Any], column: ColumnElement[Any], keys: Iterable[str]) -> list[Row]:
    """Return the rows of a query whose `column` is one of `keys`, as mappings, in no order."""
    return [row for batch in batches(keys) for row in connection.execute(query.where(column.in_(batch))).mappings()]


def groups_named(connection: Connection, codes: Iterable[str]) -> dict[str, HealingGroup]:
    """Return the healing groups of the registry by code; those it does not know are left out."""
    table = precious.healing_group
    return {row["code"]: healing_group_from(row) for row in rows_with(connection, select(table), table.c.code, codes)}


def chas_by_username(connection: Connection) -> dict[str, Cha]:
    """Return all CHAs of the registry by the username on their phone."""
    rows = connection.execute(select(precious.cha))
    return {row.username: Cha(row.cha_code, row.username, row.sector_code) for row in rows}


def screenings_of(connection: Connection, clients: Iterable[str]) -> dict[str, list[Screening]]:
    """Return all intake records of these clients, by client code."""
    table = INTAKE.record
    query = select(*(table.c[name] for name in SCREENING_COLUMNS))
    rows = rows_with(connection, query, table.c.client_code, clients)
    return _by_client(screening_from(row) for row in rows)


def visits_of(connection: Connection, clients: Iterable[str]) -> dict[str, list[Visit]]:
    """Return all outcome records of these clients, by client code."""
    table = OUTCOME.record
    query = select(*(table.c[name] for name in VISIT_COLUMNS))
    rows = rows_with(connection, query, table.c.client_code, clients)
    return _by_client(visit_from(row) for row in rows)


def moves_of(connection: Connection, clients: Iterable[str]) -> dict[str, list[Move]]:
    """Return the moves that coordinators entered for these clients, by client code."""
    table = precious.membership_move
    names = ("client_code", "healing_group", "joined_on", "reason")
    rows = rows_with(connection, select(table), table.c.client_code, clients)
    return _by_client(Move(**{name: row[name] for name in names}) for row in rows)


def memberships_of(connection: Connection, clients: Iterable[str]) -> dict[str, list[Membership]]:
    """Return the intervals of these clients in order of time, by client code."""
    return _by_client(_memberships(connection, fact.membership.c.client_code, clients))


def memberships_in(connection: Connection, groups: Iterable[str]) -> dict[str, list[Membership]]:
    """Return the intervals in these healing groups, by healing group."""
    found = defaultdict(list)
    for membership in _memberships(connection, fact.membership.c.healing_group, groups):
        found[membership.healing_group].append(membership)
    return found


def marks_of(connection: Connection, clients: Iterable[str]) -> dict[str, list[Mark]]:
    """Return the attendance of these clients, by client code."""
    mark, session = fact.attendance_mark, fact.session
    same = (mark.c.healing_group == session.c.healing_group) & (mark.c.week == session.c.week)
    query = select(mark, session.c.held_on).join(session, same)
    rows = rows_with(connection, query, mark.c.client_code, clients)
    return _by_client(
        Mark(row["healing_group"], row["week"], row["client_code"], row["state"], row["held_on"] or row["due_on"])
        for row in rows
    )


def scores_of(connection: Connection, clients: Iterable[str]) -> dict[str, list[Score]]:
    """Return the assessments of these clients, by client code."""
    table = fact.assessment
    names = ("root_uuid", "client_code", "instrument", "wave", "assessed_on", "score", "band")
    rows = rows_with(connection, select(*(table.c[name] for name in names)), table.c.client_code, clients)
    return _by_client(Score(**row) for row in rows)


def reports_of(connection: Connection, groups: Collection[str] = (), roots: Collection[str] = ()) -> list[Report]:
    """Return the attendance records that name these healing groups or have these root UUIDs, each once."""
    table = ATTENDANCE.record
    rows = [
        *rows_with(connection, select(table), table.c.healing_group, groups),
        *rows_with(connection, select(table), table.c.root_uuid, roots),
    ]
    return [report_from(row) for row in {row["root_uuid"]: row for row in rows}.values()]


def leavings_ticked(connection: Connection, clients: Iterable[str]) -> list[Leaving]:
    """Return who of these clients was ticked as having left for good, from the day of that session on.

    Only the report that counts for its week is heard, which is the one that arrived last, and only of a held session.
    """
    table, other, child = ATTENDANCE.record, ATTENDANCE.record.alias(), ATTENDANCE.children["absent_left_group"]
    is_later = or_(
        other.c.server_id > table.c.server_id,
        and_(other.c.server_id == table.c.server_id, other.c.root_uuid > table.c.root_uuid),
    )
    same_session = and_(other.c.healing_group == table.c.healing_group, other.c.week == table.c.week)
    query = (
        select(child.c.choice, table.c.session_date, table.c.healing_group)
        .join(table, child.c.root_uuid == table.c.root_uuid)
        .where(table.c.was_held == "yes", table.c.week.is_not(None), table.c.session_date.is_not(None))
        .where(table.c.healing_group.is_not(None), ~exists().where(same_session, is_later))
    )
    rows = rows_with(connection, query, child.c.choice, clients)
    return [Leaving(row["choice"], row["session_date"], LEFT_GROUP, row["healing_group"]) for row in rows]


def leavers_of(connection: Connection, groups: Iterable[str]) -> set[str]:
    """Return the clients whom any report of these healing groups ticks as having left."""
    table, child = ATTENDANCE.record, ATTENDANCE.children["absent_left_group"]
    query = select(child.c.choice).join(table, child.c.root_uuid == table.c.root_uuid)
    return {row["choice"] for row in rows_with(connection, query, table.c.healing_group, groups)}


def ticks_of(connection: Connection, clients: Iterable[str]) -> Iterator[Row]:
    """Yield root_uuid, server_id, choice and question for every tick of one of these clients in a session's report."""
    table = ATTENDANCE.record
    for name in TICKS:
        child = ATTENDANCE.children[name]
        query = select(child.c.root_uuid, child.c.choice, table.c.server_id)
        query = query.join(table, child.c.root_uuid == table.c.root_uuid)
        yield from ({**row, "question": name} for row in rows_with(connection, query, child.c.choice, clients))


def interviews_of(
    connection: Connection, groups: Collection[str] = (), roots: Collection[str] = ()
) -> Iterator[Interview]:
    """Yield the intake and outcome records that answer PHQ-9 item 9 or the triage, of these groups or root UUIDs."""
    for form_id in ("intake", "outcome"):
        table = FORM_TABLES[form_id].record
        query = select(table).where(or_(*(table.c[name].is_not(None) for name in ("phq9_9", "safety_level"))))
        rows = [
            *rows_with(connection, query, table.c.healing_group, groups),
            *rows_with(connection, query, table.c.root_uuid, roots),
        ]
        yield from (interview_from(form_id, row) for row in {row["root_uuid"]: row for row in rows}.values())


def mentioned(connection: Connection, roots: Collection[str]) -> tuple[set[str], set[str]]:
    """Return (client codes, healing groups) that the typed rows of these records name."""
    clients: set[str] = set()
    groups: set[str] = set()
    for table in (tables.record for tables in FORM_TABLES.values()):
        columns = [table.c[name] for name in ("client_code", "healing_group", *TICKS) if name in table.columns]
        for row in rows_with(connection, select(*columns), table.c.root_uuid, roots):
            clients.update(
                code for name, text in row.items() if name != "healing_group" for code in (text or "").split()
            )
            groups.update([row["healing_group"]] if row.get("healing_group") else [])
    return {code for code in clients if fitting_code(code)}, groups


def _by_client(facts: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for each in facts:
        found[each.client_code].append(each)
    return found


def _memberships(connection: Connection, column: ColumnElement[Any], keys: Iterable[str]) -> list[Membership]:
    rows = rows_with(connection, select(fact.membership), column, keys)
    return sorted((Membership(**row) for row in rows), key=lambda each: (each.joined_on, each.healing_group))
