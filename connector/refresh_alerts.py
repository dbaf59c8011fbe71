"""Knows which alerts a change of records reaches, and makes them anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import delete

from connector import fact_schema as fact
from connector import facts_source as source
from connector.facts import Report
from connector.facts_alerts import Interview, interview_alert, report_alerts
from connector.facts_memory import Memory
from connector.facts_named import ATTENDANCE, Named
from connector.facts_rows import batches
from connector.facts_writing import delete_rows, insert_rows
from connector.refresh_newcomers import joined_newcomers

GROUPS_A_BATCH = 25


def refresh_alerts(memory: Memory, named: Named, groups: Collection[str], roots: Collection[str]) -> None:
    """Make anew the alerts of these interviews, of all sessions of these healing groups, and of reports without one.

    `named` is what the changed records name; `roots` are further reports whose newcomers are known by another code now.
    """
    for batch in batches({*named.outdated, *roots}):
        delete_rows(memory.connection, fact.alert, "root_uuid", batch)
    for batch in batches(groups, GROUPS_A_BATCH):
        _refresh_groups(memory, batch)
    for batch in batches({*named.ungrouped, *roots}):
        reports = source.reports_of(memory.connection, roots=batch, as_told=True)
        _write_reports(memory, [each for each in reports if each.healing_group is None], roots=batch)
    _write_interviews(memory, named.interviews)


def _refresh_groups(memory: Memory, groups: Sequence[str]) -> None:
    table = fact.alert
    where = table.c.healing_group.in_(groups), table.c.form_id == ATTENDANCE
    memory.connection.execute(delete(table).where(*where))
    if memory.aliases:
        reports: Iterable[Report] = source.reports_of(memory.connection, groups, as_told=True)
    else:
        reports = [report for found in memory.reports(groups).values() for report in found]
    _write_reports(memory, reports, groups=groups)


def _write_reports(memory: Memory, reports: Iterable[Report], **where: Any) -> None:
    """Write the alerts of reports; those of one session must come together."""
    naming = [each for each in reports if each.in_distress or each.to_follow_up]
    if naming:
        joined = {**joined_newcomers(memory.connection, **where), **memory.aliases}
        registry = memory.registry({each.healing_group for each in naming if each.healing_group})
        insert_rows(memory.connection, fact.alert, report_alerts(naming, registry, joined))


def _write_interviews(memory: Memory, interviews: Collection[Interview]) -> None:
    registry = memory.registry({each.healing_group for each in interviews if each.healing_group})
    rows = (interview_alert(each, registry) for each in interviews)
    insert_rows(memory.connection, fact.alert, [row for row in rows if row])
