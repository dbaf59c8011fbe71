"""Knows which derived tables become CSV files, in which order of rows, and which of them hold names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Table, select

from connector.codebook import codebook_rows
from connector.export_csv import remove_drafts, write_csv, write_csv_file
from connector.schema import derived

IDENTITY_TABLES = ("client_identity", "person_block")
"""Tables with names, phones and exact places: exported only when asked for by name."""
UNEXPORTED_COLUMNS = ("private_now", "care_offer")
"""The only traces of violence that was told in private: no file and no page shows them beside a person."""
CODEBOOK = "codebook.csv"
Content = tuple[Iterable[str], Sequence[Iterable[Any]]]
"""The header of a file, and its rows."""


def exported_tables(with_identity: bool = False) -> tuple[str, ...]:
    """Return the names of the tables that an export holds, in alphabetical order."""
    return tuple(sorted(name for name in derived.tables if with_identity or name not in IDENTITY_TABLES))


def exported_columns(table: Table) -> list[Column[Any]]:
    """Return the columns of one of these tables that an export holds."""
    return [column for column in table.columns if column.name not in UNEXPORTED_COLUMNS]


def export_tables(connection: Connection, folder: Path, with_identity: bool = False) -> dict[str, int]:
    """Write every derived table and the codebook into `folder` (made when missing); return the rows of each table.

    UNEXPORTED_COLUMNS stay in the database.
    Each file appears whole or not at all. Names, phones and exact places are left out unless `with_identity`; a file
    of them from an earlier export is removed first. Raises OSError when the folder cannot be written, StorageError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = exported_tables(with_identity)
    remove_drafts(folder)
    for name in set(IDENTITY_TABLES).difference(names):
        (folder / f"{name}.csv").unlink(missing_ok=True)
    counts = {
        name: write_csv_file(folder / f"{name}.csv", *_table_content(connection, derived.tables[name]))
        for name in names
    }
    write_csv_file(folder / CODEBOOK, *_codebook_content(with_identity))
    return counts


def table_csv(connection: Connection, name: str) -> bytes:
    """Return one derived table as CSV. Raises KeyError for a table that is not exported without asking for identity."""
    if name not in exported_tables():
        raise KeyError(name)
    return write_csv(*_table_content(connection, derived.tables[name]))


def codebook_csv(with_identity: bool = False) -> bytes:
    """Return the codebook of the exported tables as CSV."""
    return write_csv(*_codebook_content(with_identity))


def _codebook_content(with_identity: bool) -> Content:
    tables = exported_tables(with_identity)
    rows = [row for row in codebook_rows() if row["table"] in tables and row["variable"] not in UNEXPORTED_COLUMNS]
    return rows[0].keys(), [row.values() for row in rows]


def _table_content(connection: Connection, table: Table) -> Content:
    """Rows are sorted here, by primary key: databases order text each in their own way."""
    columns = exported_columns(table)
    names = [column.name for column in columns]
    positions = [names.index(column.name) for column in table.primary_key]
    found = connection.execute(select(*columns))
    return names, sorted(map(tuple, found), key=lambda row: [row[place] for place in positions])
