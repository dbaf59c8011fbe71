"""Knows whom some records name, and so whom a change of these records can reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from connector.facts import Report
from connector.facts_reading import report_from
from connector.facts_rows import rows_with
from connector.facts_triage import SAFETY_ITEMS, SAFETY_QUESTIONS
from connector.instrument_rows import INSTRUMENT_COLUMNS, fitting_code
from connector.refresh_newcomers import cards_of
from connector.schema import FORM_TABLES

Values = Sequence[Any]
ATTENDANCE = "attendance"
LEFT_GROUP = "left_group"
NAMING = ("client_code", "newcomer_code")
_ITEM, _VALUE = (INSTRUMENT_COLUMNS["item_answer"].index(name) for name in ("item", "value"))
_COLUMNS = {form_id: tables.record.columns.keys() for form_id, tables in FORM_TABLES.items()}
_PLACES = {form_id: [names.index(name) for name in NAMING if name in names] for form_id, names in _COLUMNS.items()}
_SAFETY = {
    form_id: [names.index(name) for name in SAFETY_QUESTIONS if name in names] for form_id, names in _COLUMNS.items()
}


@dataclass(slots=True)
class Named:
    """What some records name now, and named before a change.

    `roots` are their root UUIDs, `outdated` those of which something is known already, `reports` those of sessions,
    among them the `carded` that name newcomers and the `ungrouped` that name no healing group.
    `screened` and `visited` are clients named by intake and by outcome records, `left` those ticked as having left,
    `ticked` everybody else in the reports of sessions, newcomers included; `cards` are newcomers' codes.
    `weeks` are the weeks of which these reports speak, by healing group. `at_risk` are the interviews that may mean an
    alert.
    """

    roots: set[str] = field(default_factory=set)
    outdated: set[str] = field(default_factory=set)
    reports: set[str] = field(default_factory=set)
    carded: set[str] = field(default_factory=set)
    ungrouped: set[str] = field(default_factory=set)
    screened: set[str] = field(default_factory=set)
    visited: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    ticked: set[str] = field(default_factory=set)
    cards: set[str] = field(default_factory=set)
    at_risk: set[str] = field(default_factory=set)
    weeks: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def add_rows(self, form_id: str, rows: Iterable[Values]) -> None:
        """Note whom the rows of a form's table name; their values stand in the order of its columns."""
        for row in rows:
            self.roots.add(row[0])
            if form_id == ATTENDANCE:
                self.add_report(report_from(dict(zip(_COLUMNS[form_id], row, strict=True))))
            else:
                self._add_interview(form_id, row)

    def add_items(self, rows: Iterable[Values]) -> None:
        """Note the interviews in which an answer to an item of `item_answer` leads to a triage."""
        self.at_risk.update(row[0] for row in rows if row[_ITEM] in SAFETY_ITEMS and row[_VALUE] and row[_VALUE] >= 1)

    def add_report(self, report: Report) -> None:
        """Note whom the report of a session names."""
        self.reports.add(report.root_uuid)
        self.ticked.update(report.people)
        self.left.update(code for code, reason in report.absent.items() if reason == LEFT_GROUP)
        if cards := cards_of(report):
            self.carded.add(report.root_uuid)
            self.cards.update(cards)
        if report.healing_group:
            self.weeks[report.healing_group].update(report.weeks)
        else:
            self.ungrouped.add(report.root_uuid)

    def _add_interview(self, form_id: str, row: Values) -> None:
        codes = [{code for code in (row[place] or "").split() if fitting_code(code)} for place in _PLACES[form_id]]
        (self.screened if form_id == "intake" else self.visited).update(*codes[:1])
        self.cards.update(*codes[1:])
        if any(row[place] is not None for place in _SAFETY[form_id]):
            self.at_risk.add(row[0])


def named_before(connection: Connection, roots: Collection[str]) -> Named:
    """Return what the typed rows of these records name, of which rows are there already."""
    named = Named(roots=set(roots), outdated=set(roots))
    for form_id, tables in FORM_TABLES.items():
        table = tables.record
        rows = rows_with(connection, select(table), table.c.root_uuid, roots)
        named.add_rows(form_id, (list(row.values()) for row in rows))
    return named


def everybody(connection: Connection) -> Named:
    """Return what all typed rows name. Every interview that says something about safety is looked at."""
    named = Named()
    for form_id, tables in FORM_TABLES.items():
        for row in connection.execute(select(tables.record)):
            named.add_rows(form_id, (row,))
    named.outdated = named.roots
    named.at_risk = named.roots - named.reports
    return named
