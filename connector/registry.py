"""Knows how CHAs, healing groups and memberships get from files into the registry, and what an import would change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Table, select

from connector.derive import refresh_all_facts
from connector.precious_schema import cha, cha_identity, healing_group, membership_move
from connector.registry_closing import END_REASON, ENDED_ON, consequences, leavers_in
from connector.registry_rows import WITHDRAW, Known, read_cha, read_healing_group, read_move, require_possible_closing
from connector.registry_sheets import Cells, Sheet, read_sheets
from connector.registry_writing import Key, Row, fitting_row, key_of, replace_rows, stored_rows
from connector.sync_state import utc_now

FILE_FORMATS = """\
chas            cha_code, username, and if wanted sector_code, is_active (yes | no), full_name, phone
healing_groups  code, label, sector_code, cha_code, cohort, started_on (day of week 1), and if wanted weeks; to close
                one: ended_on (its last day), end_reason (completed | broke_up | merged | never_started)
moves           client_code, joined_on, healing_group, and if wanted kind (transfer | join | leave | withdraw), reason

Each is a file (chas.csv or chas.xlsx), or a sheet of one workbook. CSV files are UTF-8, separated by comma or
semicolon. Days are 2026-03-02, or real dates in Excel; a phone number gets back the first zero that Excel takes away.
Importing again changes nothing; a row that is no longer in the file stays in the registry, and so does what a column
said that the file does not have. --preview says what would change and writes nothing."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not imported: its line in the file (the header is line 1), and why, without its contents."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one row: added, changed or withdrawn; by column (old, new), or None where it names a person.

    `meaning` says in words what follows from a healing group's closing, or from opening it again.
    """

    line: int
    state: str
    key: str
    columns: Mapping[str, tuple[Any, Any] | None] = field(default_factory=dict)
    meaning: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the rows of one table."""

    changes: tuple[Change, ...]
    unchanged: int
    refused: tuple[Refusal, ...]
    notes: tuple[str, ...] = ()

    @property
    def added(self) -> int:
        """How many rows are new."""
        return self.count("added")

    @property
    def changed(self) -> int:
        """How many rows say something else than before."""
        return self.count("changed")

    def count(self, state: str) -> int:
        """How many rows were added, changed or withdrawn."""
        return sum(change.state == state for change in self.changes)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of table: needed columns, how a row is read, and the tables it goes to; the last may name people.

    A column that `follows` another one is kept or emptied together with it. `require` looks at a row together with
    what the registry says in the columns that a file does not have.
    """

    needed: tuple[str, ...]
    read: Callable[[Cells, Known], dict[str, Any]]
    tables: tuple[Table, ...]
    optional: tuple[str, ...] = ()
    follows: Mapping[str, str] = field(default_factory=dict)
    require: Callable[[Row], None] = lambda row: None

    @property
    def columns(self) -> frozenset[str]:
        """All columns that are read."""
        return frozenset((*self.needed, *self.optional))

    def missing_in(self, columns: Collection[str]) -> set[str]:
        """Return the columns of which a file with these columns says nothing."""
        return {name for name in self.optional if self.follows.get(name, name) not in columns}


KINDS: Mapping[str, Kind] = {
    "chas": Kind(
        ("cha_code", "username"), read_cha, (cha, cha_identity), ("sector_code", "is_active", "full_name", "phone")
    ),
    "healing_groups": Kind(
        ("code", "label", "sector_code", "cha_code", "cohort", "started_on"),
        read_healing_group,
        (healing_group,),
        ("weeks", ENDED_ON, END_REASON),
        {END_REASON: ENDED_ON},
        require_possible_closing,
    ),
    "moves": Kind(("client_code", "joined_on", "healing_group"), read_move, (membership_move,), ("kind", "reason")),
}


def import_registry(
    connection: Connection, files: Mapping[str, bytes], *, preview: bool = False, today: dt.date | None = None
) -> dict[str, Imported]:
    """Import the files of a registry by name, CHAs first, and refresh the facts when anything changed.

    Good rows are imported, each bad one is refused with its line and the reason. `preview` says the same and writes
    nothing. `today` (else the day in UTC) tells a closing that is to come. Runs in the caller's transaction.
    Raises SettingsError for a file of another name, one that cannot be read, or one without a needed column.
    """
    sheets = read_sheets(files, {name: kind.needed for name, kind in KINDS.items()})
    known = _known(connection)
    plans = {sheet.where: _Plan.of(connection, sheet, known) for sheet in sheets}
    leavers = _leavers(plans.values())
    day = today or utc_now().date()
    results = {where: plan.told(connection, day, leavers) for where, plan in plans.items()}
    for plan in () if preview else plans.values():
        plan.write(connection)
    if not preview and any(each.changes for each in results.values()):
        refresh_all_facts(connection)
    return results


def _leavers(plans: Iterable[_Plan]) -> set[tuple[str, str]]:
    """Whom the same import takes out of which of the healing groups that it closes."""
    rows = [row for plan in plans for row in plan.rows.values()]
    closed = {row["code"] for row in rows if row.get(ENDED_ON)}
    return leavers_in((row for row in rows if "client_code" in row), closed)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The rows of one table as they are to be, by key, and what that changes."""

    kind: Kind
    rows: Mapping[Key, Row]
    stored: tuple[Mapping[Key, Row], ...]
    result: Imported

    @classmethod
    def of(cls, connection: Connection, sheet: Sheet, known: Known) -> _Plan:
        kind = KINDS[sheet.kind]
        stored = tuple(stored_rows(connection, table) for table in kind.tables)
        accepted, refused = _read(kind, sheet, known, stored)
        rows = {key: row for key, (_, row) in accepted.items()}
        changes = [_change(line, key, row, kind, stored) for key, (line, row) in accepted.items()]
        told = tuple(each for each in changes if each)
        notes = (*sheet.notes, *_unread_columns(kind, sheet))
        return cls(kind, rows, stored, Imported(told, len(changes) - len(told), refused, notes))

    def told(self, connection: Connection, today: dt.date, leavers: Collection[tuple[str, str]]) -> Imported:
        """Return what it changes, and of healing groups what their closing means."""
        if self.kind.tables[0] is not healing_group:
            return self.result
        before, after = self.stored[0], self.rows
        changes = (
            replace(each, meaning=consequences(connection, before.get((each.key,)), after[(each.key,)], today, leavers))
            for each in self.result.changes
        )
        return replace(self.result, changes=tuple(changes))

    def write(self, connection: Connection) -> None:
        """Bring the tables to what is planned."""
        gone = [key for key, row in self.rows.items() if _is_withdrawn(row)]
        for table, stored in zip(self.kind.tables, self.stored, strict=True):
            replace_rows(connection, table, stored, self.rows, gone)


def _read(
    kind: Kind, sheet: Sheet, known: Known, stored: tuple[Mapping[Key, Row], ...]
) -> tuple[dict[Key, tuple[int, Row]], tuple[Refusal, ...]]:
    accepted: dict[Key, tuple[int, Row]] = {}
    refused: list[Refusal] = []
    for cells in sheet.rows:
        try:
            if cells.is_too_long:
                raise ValueError("the row has more cells than the header")
            if merged := sorted(cells.merged & kind.columns):
                raise ValueError(f"merged cells in {', '.join(merged)}: separate them and fill in each row")
            row = kind.read(cells, known)
            key = key_of(kind.tables[0], row)
            if key in accepted:
                raise ValueError("an earlier line has the same key")
            row = _with_kept(kind, sheet, row, key, stored)
            kind.require(row)
            accepted[key] = (cells.line, row)
        except ValueError as error:
            refused.append(Refusal(cells.line, str(error)))
    _remember(kind, accepted, known)
    return accepted, tuple(refused)


def _remember(kind: Kind, keys: Iterable[Key], known: Known) -> None:
    """Let the tables that follow refer to these rows."""
    codes = {cha: known.cha_codes, healing_group: known.group_codes}.get(kind.tables[0], set())
    codes.update(key[0] for key in keys)


def _known(connection: Connection) -> Known:
    usernames = {row.username: row.cha_code for row in connection.execute(select(cha.c.username, cha.c.cha_code))}
    return Known(usernames, set(usernames.values()), set(connection.scalars(select(healing_group.c.code))))


def _with_kept(kind: Kind, sheet: Sheet, row: Row, key: Key, stored: tuple[Mapping[Key, Row], ...]) -> Row:
    """The row with what the registry says in the columns that the file does not have."""
    missing = kind.missing_in(sheet.columns)
    kept = {name: value for rows in stored for name, value in rows.get(key, {}).items() if name in missing}
    return {**row, **kept}


def _change(line: int, key: Key, row: Row, kind: Kind, stored: tuple[Mapping[Key, Row], ...]) -> Change | None:
    """What becomes of a row that may be there already; None for nothing."""
    named = " ".join(map(str, key))
    is_there = key in stored[0]
    if _is_withdrawn(row):
        return Change(line, "withdrawn", named) if is_there else None
    if not is_there:
        return Change(line, "added", named)
    columns: dict[str, tuple[Any, Any] | None] = {}
    for table, rows in zip(kind.tables, stored, strict=True):
        before = rows.get(key, {})
        for name, value in fitting_row(table, row).items():
            if before.get(name) != value:
                columns[name] = None if table is cha_identity else (before.get(name), value)
    return Change(line, "changed", named, columns) if columns else None


def _unread_columns(kind: Kind, sheet: Sheet) -> Iterable[str]:
    unread = [column for column in sheet.columns if column not in kind.columns]
    return [f"columns that are not read: {', '.join(unread)}"] if unread else []


def _is_withdrawn(row: Row) -> bool:
    return row.get("kind") == WITHDRAW
