"""Knows whom some records name, and so whom a change of these records can reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from connector.fact_schema import assessment
from connector.facts import Report
from connector.facts_alerts import Interview
from connector.facts_reading import interview_reader, report_from
from connector.facts_rows import tuples_with
from connector.facts_triage import safety_codes
from connector.instrument_rows import fitting_code
from connector.refresh_newcomers import cards_of
from connector.schema import FORM_TABLES

Values = Sequence[Any]
INTAKE, ATTENDANCE, OUTCOME = "intake", "attendance", "outcome"
LEFT_GROUP = "left_group"
NAMING = ("client_code", "newcomer_code")
SafetyCodes = Mapping[str, Mapping[str, int]]
_COLUMNS = {form_id: tables.record.columns.keys() for form_id, tables in FORM_TABLES.items()}
_PLACES = {form_id: [names.index(name) for name in NAMING if name in names] for form_id, names in _COLUMNS.items()}
_INTERVIEWS = {form_id: interview_reader(form_id, _COLUMNS[form_id]) for form_id in (INTAKE, OUTCOME)}


@dataclass(slots=True)
class Named:
    """What some records name now, and named before a change.

    `roots` are their root UUIDs, `outdated` those of which something is known already, `reports` those of sessions,
    among them the `carded` that name newcomers and the `ungrouped` that name no healing group.
    `screened` and `visited` are clients named by intake and by outcome records, `left` those ticked as having left,
    `ticked` everybody else in the reports of sessions, newcomers included; `cards` are newcomers' codes.
    `weeks` are the weeks of which these reports speak, by healing group. `interviews` are those that may mean an alert,
    as the records are now.
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
    interviews: list[Interview] = field(default_factory=list)
    weeks: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def add_rows(self, form_id: str, rows: Iterable[Values], codes: SafetyCodes) -> None:
        """Note whom the rows of a form's table name; their values stand in the order of its columns.

        `codes` are those of the safety items, by root UUID and item.
        """
        for row in rows:
            self.roots.add(row[0])
            if form_id == ATTENDANCE:
                self.add_report(report_from(dict(zip(_COLUMNS[form_id], row, strict=True))))
            else:
                self._add_interview(form_id, row, codes.get(row[0]))

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

    def _add_interview(self, form_id: str, row: Values, codes: Mapping[str, int] | None) -> None:
        for into, place in zip((self._clients_of(form_id), self.cards), _PLACES[form_id], strict=False):
            for code in (row[place] or "").split():
                if fitting_code(code):
                    into.add(code)
        if interview := _INTERVIEWS[form_id](row, codes):
            self.interviews.append(interview)

    def _clients_of(self, form_id: str) -> set[str]:
        return self.screened if form_id == INTAKE else self.visited


def safety_codes_in(assessments: Iterable[tuple[str, str]]) -> SafetyCodes:
    """Return the codes of the safety items in (root UUID, answers) of assessments, by root UUID and item."""
    found: dict[str, dict[str, int]] = {}
    for root, answers in assessments:
        if codes := safety_codes(answers):
            found[root] = found.get(root, {}) | codes
    return found


def named_before(connection: Connection, roots: Collection[str]) -> Named:
    """Return what the typed rows of these records name, of which rows are there already."""
    named = Named(roots=set(roots), outdated=set(roots))
    for form_id, tables in FORM_TABLES.items():
        rows = tuples_with(connection, select(tables.record), tables.record.c.root_uuid, roots)
        named.add_rows(form_id, rows, {})
    named.interviews.clear()
    return named


def everybody(connection: Connection) -> Named:
    """Return what all typed rows name."""
    named = Named()
    codes = safety_codes_in(map(tuple, connection.execute(select(assessment.c.root_uuid, assessment.c.answers))))
    for form_id, tables in FORM_TABLES.items():
        named.add_rows(form_id, connection.execute(select(tables.record)), codes)
    named.outdated = named.roots
    return named
