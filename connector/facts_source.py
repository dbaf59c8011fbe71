"""Knows how to fetch, for some clients or healing groups, what their facts are made of; a query a kind, never a row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, or_, select

from connector import fact_schema as fact
from connector import precious_schema as precious
from connector.facts import Cha, HealingGroup, Leaving, Mark, Membership, Move, Report, Score, Screening, Visit
from connector.facts_alerts import CLIENT, DISTRESS, Interview
from connector.facts_distress import NAMED
from connector.facts_reading import (
    INTERVIEW_COLUMNS,
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
from connector.facts_sessions import counting_reports
from connector.facts_triage import SAFETY_ITEMS, SAFETY_QUESTIONS
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
    query = select(mark, session.c.held_on, session.c.merged_into).join(session, same)
    rows = rows_with(connection, query, mark.c.client_code, clients)
    names = ("healing_group", "week", "client_code", "state", "merged_into")
    return _by_client(Mark(**{name: row[name] for name in names}, day=row["held_on"] or row["due_on"]) for row in rows)


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

    Only a report that counts for a week is heard (`facts_sessions.counting_reports`), and only of a held session.
    """
    table, child = ATTENDANCE.record, ATTENDANCE.children["absent_left_group"]
    query = select(child.c.root_uuid, child.c.choice, table.c.healing_group)
    ticked = rows_with(connection, query.join(table, child.c.root_uuid == table.c.root_uuid), child.c.choice, clients)
    groups = {row["healing_group"] for row in ticked if row["healing_group"] is not None}
    counting = counting_reports(reports_of(connection, groups))
    heard = {each.root_uuid: each for each in counting.values() if each.is_held and each.session_date}
    found = ((row["choice"], heard.get(row["root_uuid"])) for row in ticked)
    return [
        Leaving(code, report.session_date, LEFT_GROUP, report.healing_group)
        for code, report in found
        if report and report.session_date
    ]


def leavers_of(connection: Connection, groups: Iterable[str]) -> set[str]:
    """Return the clients whom any report of these healing groups ticks as having left."""
    table, child = ATTENDANCE.record, ATTENDANCE.children["absent_left_group"]
    query = select(child.c.choice).join(table, child.c.root_uuid == table.c.root_uuid)
    return {row["choice"] for row in rows_with(connection, query, table.c.healing_group, groups)}


def ticks_of(connection: Connection, clients: Iterable[str]) -> Iterator[Row]:
    """Yield root_uuid, server_id, choice and question wherever a session's report names one of these clients.

    Alerts must be up to date: they say who was named in distress.
    """
    table = ATTENDANCE.record
    for name in TICKS:
        child = ATTENDANCE.children[name]
        query = select(child.c.root_uuid, child.c.choice, table.c.server_id)
        query = query.join(table, child.c.root_uuid == table.c.root_uuid)
        yield from ({**row, "question": name} for row in rows_with(connection, query, child.c.choice, clients))
    code = fact.alert.c.client_code
    query = select(table.c.root_uuid, code.label("choice"), table.c.server_id)
    query = query.join(fact.alert, fact.alert.c.root_uuid == table.c.root_uuid)
    query = query.where(fact.alert.c.kind == DISTRESS, fact.alert.c.person == CLIENT)
    yield from ({**row, "question": NAMED} for row in rows_with(connection, query, code, clients))


def interviews_of(
    connection: Connection, groups: Collection[str] = (), roots: Collection[str] = ()
) -> Iterator[Interview]:
    """Yield the intake and outcome records that say something about safety, of these groups or root UUIDs."""
    items, is_safety_item = fact.item_answer, fact.item_answer.c.item.in_(SAFETY_ITEMS)
    for form_id in ("intake", "outcome"):
        table = FORM_TABLES[form_id].record
        safety = [table.c[name] for name in SAFETY_QUESTIONS if name in table.columns]
        at_risk = exists().where(items.c.root_uuid == table.c.root_uuid, is_safety_item, items.c.value >= 1)
        query = select(*(table.c[name] for name in INTERVIEW_COLUMNS), *safety)
        query = query.where(or_(at_risk, *(column.is_not(None) for column in safety)))
        found = [
            *rows_with(connection, query, table.c.healing_group, groups),
            *rows_with(connection, query, table.c.root_uuid, roots),
        ]
        rows = {row["root_uuid"]: row for row in found}
        codes: dict[str, dict[str, int]] = defaultdict(dict)
        answered = select(items.c.root_uuid, items.c.item, items.c.value).where(is_safety_item, items.c.value >= 0)
        for row in rows_with(connection, answered, items.c.root_uuid, rows):
            codes[row["root_uuid"]][row["item"]] = row["value"]
        yield from (interview_from(form_id, row, codes[root]) for root, row in rows.items())


def mentioned(connection: Connection, roots: Collection[str]) -> tuple[set[str], set[str]]:
    """Return (codes of clients and newcomers, healing groups) that the typed rows of these records name."""
    named: list[str | None] = []
    groups: list[str | None] = []
    for report in reports_of(connection, roots=roots):
        named += report.people
        groups.append(report.healing_group)
    for table in (INTAKE.record, OUTCOME.record):
        columns = [table.c[name] for name in ("healing_group", "client_code", "newcomer_code") if name in table.columns]
        for row in rows_with(connection, select(*columns), table.c.root_uuid, roots):
            named += [row["client_code"], row.get("newcomer_code")]
            groups.append(row["healing_group"])
    codes = {code for text in named for code in (text or "").split() if fitting_code(code)}
    return codes, {group for group in groups if group}


def _by_client(facts: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for each in facts:
        found[each.client_code].append(each)
    return found


def _memberships(connection: Connection, column: ColumnElement[Any], keys: Iterable[str]) -> list[Membership]:
    rows = rows_with(connection, select(fact.membership), column, keys)
    return sorted((Membership(**row) for row in rows), key=lambda each: (each.joined_on, each.healing_group))
