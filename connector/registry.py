"""Knows how CHAs, healing groups and transfers get from CSV files into the registry; `FILE_FORMATS` says which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, insert, select, update

from connector.derive import refresh_all_facts
from connector.errors import SettingsError
from connector.precious_schema import cha, cha_identity, healing_group, membership_move
from connector.registry_rows import Cells, Known, read_cells, read_cha, read_healing_group, read_move

FILE_FORMATS = """\
chas.csv            cha_code, username, and if wanted sector_code, is_active (yes | no), full_name, phone
healing_groups.csv  code, label, sector_code, cha_code, cohort, started_on (day of week 1), and if wanted weeks
moves.csv           client_code, joined_on, healing_group, and if wanted reason

Files are UTF-8, separated by comma or semicolon; days are written 2026-03-02. Importing a file again changes nothing;
a row that is no longer in the file stays in the registry."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not imported: its line in the file (the header is line 1), and why, without its contents."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the rows of one file."""

    added: int
    changed: int
    unchanged: int
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One kind of file: needed columns, how a row is read, and the tables it goes to with the columns of their keys."""

    needed: tuple[str, ...]
    read: Any
    tables: tuple[Table, ...]


SHEETS: Mapping[str, Sheet] = {
    "chas.csv": Sheet(("cha_code", "username"), read_cha, (cha, cha_identity)),
    "healing_groups.csv": Sheet(
        ("code", "label", "sector_code", "cha_code", "cohort", "started_on"), read_healing_group, (healing_group,)
    ),
    "moves.csv": Sheet(("client_code", "joined_on", "healing_group"), read_move, (membership_move,)),
}


def import_registry(connection: Connection, files: Mapping[str, bytes]) -> dict[str, Imported]:
    """Import the files of a registry by name, CHAs first, and refresh the facts when anything changed.

    Good rows are imported, each bad one is refused with its line and the reason. Runs in the caller's transaction.
    Raises SettingsError for a file of another name, one that cannot be read, or one without a needed column.
    """
    if unknown := sorted(files.keys() - SHEETS.keys()):
        raise SettingsError(f"{unknown[0]} is no file of the registry.", advice=f"Name it {', '.join(SHEETS)}.")
    results = {name: _import(connection, name, files[name]) for name in SHEETS if name in files}
    if any(each.added or each.changed for each in results.values()):
        refresh_all_facts(connection)
    return results


def _import(connection: Connection, name: str, content: bytes) -> Imported:
    sheet = SHEETS[name]
    known = _known(connection)
    accepted: dict[tuple[Any, ...], dict[str, Any]] = {}
    refused: list[Refusal] = []
    for cells in read_cells(name, content, sheet.needed):
        try:
            row = _read(sheet, cells, known)
            key = _key(sheet.tables[0], row)
            if key in accepted:
                raise ValueError("an earlier line has the same key")
            accepted[key] = row
        except ValueError as error:
            refused.append(Refusal(cells.line, str(error)))
    counts = _write(connection, sheet.tables, list(accepted.values()))
    return Imported(**counts, refused=tuple(refused))


def _read(sheet: Sheet, cells: Cells, known: Known) -> dict[str, Any]:
    if cells.is_too_long:
        raise ValueError("the row has more cells than the header")
    row: dict[str, Any] = sheet.read(cells, known)
    return row


def _known(connection: Connection) -> Known:
    usernames = {row.username: row.cha_code for row in connection.execute(select(cha.c.username, cha.c.cha_code))}
    return Known(usernames, set(usernames.values()), set(connection.scalars(select(healing_group.c.code))))


def _key(table: Table, row: Mapping[Any, Any]) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key)


def _write(connection: Connection, tables: tuple[Table, ...], rows: list[dict[str, Any]]) -> dict[str, int]:
    """Write rows, whose cells may go to several tables; return how many are new, other than before, and the same."""
    states = {id(row): "unchanged" for row in rows}
    for table in tables:
        known = {_key(table, row): dict(row) for row in connection.execute(select(table)).mappings()}
        fitting = [(row, {column.name: row[column.name] for column in table.columns}) for row in rows]
        fresh = [(row, cells) for row, cells in fitting if _key(table, cells) not in known]
        other = [(row, cells) for row, cells in fitting if known.get(_key(table, cells), cells) != cells]
        _insert(connection, table, [cells for _, cells in fresh])
        _update(connection, table, [cells for _, cells in other])
        states.update({id(row): "changed" for row, _ in other})
        states.update({id(row): "added" for row, _ in fresh if table is tables[0]})
    return {state: list(states.values()).count(state) for state in ("added", "changed", "unchanged")}


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _update(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Give rows that are there their new values."""
    others = [column.name for column in table.columns if not column.primary_key]
    if not rows or not others:
        return
    same = and_(*(column == bindparam(f"key_{column.name}") for column in table.primary_key))
    statement = update(table).where(same).values({name: bindparam(f"new_{name}") for name in others})
    keys = [column.name for column in table.primary_key]
    connection.execute(
        statement,
        [{f"key_{name}": row[name] for name in keys} | {f"new_{name}": row[name] for name in others} for row in rows],
    )
