"""Knows how CHAs, healing groups and memberships get from files into the registry, and what an import would change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, delete, insert, select, update

from connector.derive import refresh_all_facts
from connector.precious_schema import cha, cha_identity, healing_group, membership_move
from connector.registry_rows import WITHDRAW, Known, read_cha, read_healing_group, read_move
from connector.registry_sheets import Cells, Sheet, read_sheets

FILE_FORMATS = """\
chas            cha_code, username, and if wanted sector_code, is_active (yes | no), full_name, phone
healing_groups  code, label, sector_code, cha_code, cohort, started_on (day of week 1), and if wanted weeks
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
    """What becomes of one row: added, changed or withdrawn; by column (old, new), or None where it names a person."""

    line: int
    state: str
    key: str
    columns: Mapping[str, tuple[Any, Any] | None] = field(default_factory=dict)


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
    """One kind of table: needed columns, how a row is read, and the tables it goes to; the last may name people."""

    needed: tuple[str, ...]
    read: Callable[[Cells, Known], dict[str, Any]]
    tables: tuple[Table, ...]
    optional: tuple[str, ...] = ()


KINDS: Mapping[str, Kind] = {
    "chas": Kind(
        ("cha_code", "username"), read_cha, (cha, cha_identity), ("sector_code", "is_active", "full_name", "phone")
    ),
    "healing_groups": Kind(
        ("code", "label", "sector_code", "cha_code", "cohort", "started_on"),
        read_healing_group,
        (healing_group,),
        ("weeks",),
    ),
    "moves": Kind(("client_code", "joined_on", "healing_group"), read_move, (membership_move,), ("kind", "reason")),
}
Key = tuple[Any, ...]
Row = dict[str, Any]


def import_registry(
    connection: Connection, files: Mapping[str, bytes], *, preview: bool = False
) -> dict[str, Imported]:
    """Import the files of a registry by name, CHAs first, and refresh the facts when anything changed.

    Good rows are imported, each bad one is refused with its line and the reason. `preview` says the same and writes
    nothing. Runs in the caller's transaction.
    Raises SettingsError for a file of another name, one that cannot be read, or one without a needed column.
    """
    sheets = read_sheets(files, {name: kind.needed for name, kind in KINDS.items()})
    known = _known(connection)
    results = {}
    for sheet in sheets:
        plan = _Plan.of(connection, sheet, known)
        results[sheet.where] = plan.result
        if not preview:
            plan.write(connection)
    if not preview and any(each.changes for each in results.values()):
        refresh_all_facts(connection)
    return results


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
        accepted, refused = _read(kind, sheet, known)
        stored = tuple(_stored(connection, table) for table in kind.tables)
        rows = {key: _with_kept(kind, sheet, row, key, stored) for key, (_, row) in accepted.items()}
        changes = [_change(line, key, rows[key], kind, stored) for key, (line, _) in accepted.items()]
        told = tuple(each for each in changes if each)
        notes = (*sheet.notes, *_unread_columns(kind, sheet))
        return cls(kind, rows, stored, Imported(told, len(changes) - len(told), refused, notes))

    def write(self, connection: Connection) -> None:
        """Bring the tables to what is planned."""
        gone = [key for key, row in self.rows.items() if _is_withdrawn(row)]
        for table, stored in zip(self.kind.tables, self.stored, strict=True):
            fitting = {key: _fitting(table, row) for key, row in self.rows.items() if key not in gone}
            _insert(connection, table, [row for key, row in fitting.items() if key not in stored])
            _update(connection, table, [row for key, row in fitting.items() if stored.get(key, row) != row])
            _delete(connection, table, [key for key in gone if key in stored])


def _read(kind: Kind, sheet: Sheet, known: Known) -> tuple[dict[Key, tuple[int, Row]], tuple[Refusal, ...]]:
    accepted: dict[Key, tuple[int, Row]] = {}
    refused: list[Refusal] = []
    for cells in sheet.rows:
        try:
            if cells.is_too_long:
                raise ValueError("the row has more cells than the header")
            row = kind.read(cells, known)
            key = _key(kind.tables[0], row)
            if key in accepted:
                raise ValueError("an earlier line has the same key")
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


def _stored(connection: Connection, table: Table) -> dict[Key, Row]:
    return {_key(table, row): dict(row) for row in connection.execute(select(table)).mappings()}


def _with_kept(kind: Kind, sheet: Sheet, row: Row, key: Key, stored: tuple[Mapping[Key, Row], ...]) -> Row:
    """The row with what the registry says in the columns that the file does not have."""
    missing = set(kind.optional) - set(sheet.columns)
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
        for name, value in _fitting(table, row).items():
            if before.get(name) != value:
                columns[name] = None if table is cha_identity else (before.get(name), value)
    return Change(line, "changed", named, columns) if columns else None


def _unread_columns(kind: Kind, sheet: Sheet) -> Iterable[str]:
    unread = [column for column in sheet.columns if column not in (*kind.needed, *kind.optional)]
    return [f"columns that are not read: {', '.join(unread)}"] if unread else []


def _is_withdrawn(row: Row) -> bool:
    return row.get("kind") == WITHDRAW


def _key(table: Table, row: Mapping[Any, Any]) -> Key:
    return tuple(row[column.name] for column in table.primary_key)


def _fitting(table: Table, row: Row) -> Row:
    return {column.name: row[column.name] for column in table.columns}


def _insert(connection: Connection, table: Table, rows: list[Row]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _update(connection: Connection, table: Table, rows: list[Row]) -> None:
    """Give rows that are there their new values."""
    others = [column.name for column in table.columns if not column.primary_key]
    if not rows or not others:
        return
    statement = update(table).where(_same(table)).values({name: bindparam(f"new_{name}") for name in others})
    keys = [column.name for column in table.primary_key]
    connection.execute(
        statement,
        [{f"key_{name}": row[name] for name in keys} | {f"new_{name}": row[name] for name in others} for row in rows],
    )


def _delete(connection: Connection, table: Table, keys: list[Key]) -> None:
    names = [f"key_{column.name}" for column in table.primary_key]
    if keys:
        connection.execute(delete(table).where(_same(table)), [dict(zip(names, key, strict=True)) for key in keys])


def _same(table: Table) -> Any:
    return and_(*(column == bindparam(f"key_{column.name}") for column in table.primary_key))
