"""Knows how derived tables become CSV files: always the same order and bytes, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, select

from connector.codebook import codebook_rows
from connector.schema import derived

IDENTITY_TABLES = ("client_identity", "person_block")
"""Tables with names, phones and exact places: exported only when asked for by name."""
UNEXPORTED_COLUMNS = ("private_now", "care_offer")
"""The only traces of violence that was told in private: no file and no page shows them beside a person."""
CODEBOOK = "codebook.csv"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def exported_tables(with_identity: bool = False) -> tuple[str, ...]:
    """Return the names of the tables that an export holds, in alphabetical order."""
    return tuple(sorted(name for name in derived.tables if with_identity or name not in IDENTITY_TABLES))


def export_tables(connection: Connection, folder: Path, with_identity: bool = False) -> dict[str, int]:
    """Write every derived table and the codebook into `folder` (made when missing); return the rows of each table.

    UNEXPORTED_COLUMNS stay in the database.
    Each file appears whole or not at all. Names, phones and exact places are left out unless `with_identity`; a file
    of them from an earlier export is then removed. Raises OSError when the folder cannot be written, StorageError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    for name in exported_tables(with_identity):
        content, counts[name] = _table_csv(connection, derived.tables[name])
        _replace(folder / f"{name}.csv", content)
    _replace(folder / CODEBOOK, codebook_csv(with_identity))
    for name in set(IDENTITY_TABLES) - counts.keys():
        (folder / f"{name}.csv").unlink(missing_ok=True)
    return counts


def table_csv(connection: Connection, name: str) -> bytes:
    """Return one derived table as CSV. Raises KeyError for a table that is not exported without asking for identity."""
    if name not in exported_tables():
        raise KeyError(name)
    return _table_csv(connection, derived.tables[name])[0]


def codebook_csv(with_identity: bool = False) -> bytes:
    """Return the codebook of the exported tables as CSV."""
    tables = exported_tables(with_identity)
    rows = [row for row in codebook_rows() if row["table"] in tables and row["variable"] not in UNEXPORTED_COLUMNS]
    return write_csv(rows[0].keys(), (row.values() for row in rows))


def write_csv(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> bytes:
    """Return CSV in UTF-8 with a byte order mark (without which Excel misreads accents) and CRLF line ends."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def cell(value: Any) -> Any:
    """Return a value as it is written: NULL empty, yes and no as 1 and 0, times as YYYY-MM-DD hh:mm:ss (UTC).

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


def _table_csv(connection: Connection, table: Table) -> tuple[bytes, int]:
    """Rows are sorted here, by primary key: databases order text each in their own way."""
    columns = [column for column in table.columns if column.name not in UNEXPORTED_COLUMNS]
    names = [column.name for column in columns]
    positions = [names.index(column.name) for column in table.primary_key]
    found = connection.execute(select(*columns))
    rows = sorted(map(tuple, found), key=lambda row: [row[place] for place in positions])
    return write_csv(names, rows), len(rows)


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(content)
    draft.replace(path)
