"""Knows how tables of adopted forms become files: as many rows as there are, no names unasked, nothing of old forms."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from connector.adopted_codebook import CHOICES, AdoptedTable, choice_sheet, codebook_sheet
from connector.adopted_codes import code_cell
from connector.adopted_derive import ensure_tables, is_current, read_project
from connector.adopted_tables import ENDING
from connector.export_csv import remove_drafts, write_csv_file
from connector.precious_schema import adopted_asset
from connector.writer_lock import single_writer

FOLDER = "adopted"
"""Below the folder of an export, so that no form can be called as one of the programme's files."""
CODEBOOK = "codebook-adopted.csv"
"""No table has a hyphen in its name. It is also how the next export knows which files are of this one."""
ROWS_AT_ONCE = 2000
_NAMES = re.compile(rf"{ENDING}(_\d+)?$")


def ensure_adopted(engine: Engine) -> None:
    """Make the tables of adopted forms anew, where they are not as this program makes them.

    Raises BusyError, StorageError.
    """
    with engine.connect() as connection:
        is_old = not all(is_current(connection, read_project(connection, asset)) for asset in _assets(connection))
    if is_old:
        with single_writer(engine), engine.begin() as connection:
            for asset in _assets(connection):
                ensure_tables(connection, read_project(connection, asset))


def export_adopted(connection: Connection, folder: Path, with_identity: bool = False) -> dict[str, dict[str, int]]:
    """Write the tables of every adopted form into `folder`/adopted; return the rows of each table by form.

    Each file appears whole or not at all. What may name or locate a person is left out unless `with_identity`. What an
    earlier export wrote there of forms and tables that are no longer exported goes first.
    Raises OSError when the folder cannot be written, StorageError.
    """
    tables = exported_adopted(connection, with_identity)
    place = folder / FOLDER
    _remove_earlier(place, {table.name for table in tables})
    if not tables:
        return {}
    place.mkdir(parents=True, exist_ok=True)
    write_csv_file(place / CODEBOOK, *codebook_sheet(tables))
    write_csv_file(place / CHOICES, *choice_sheet(tables))
    counts: dict[str, dict[str, int]] = {}
    for table in tables:
        header = [column.name for column in table.columns]
        count = write_csv_file(place / f"{table.name}.csv", header, _rows(connection, table))
        counts.setdefault(table.project.form_id, {})[table.name] = count
    return counts


def exported_adopted(connection: Connection, with_identity: bool = False) -> list[AdoptedTable]:
    """Return the tables of adopted forms that an export holds."""
    return [table for table in adopted_tables(connection) if with_identity or not table.is_apart]


def adopted_tables(connection: Connection) -> list[AdoptedTable]:
    """Return the tables of all adopted forms, form by form in alphabetical order."""
    projects = [(read_project(connection, asset), asset.title) for asset in _assets(connection)]
    return [
        AdoptedTable(project, title, part)
        for project, title in projects
        for level in project.level.levels()
        for part in level.parts
    ]


def _assets(connection: Connection) -> Sequence[Any]:
    found = connection.execute(select(adopted_asset)).all()
    return sorted(found, key=lambda asset: str(asset.table_name))


def _rows(connection: Connection, table: AdoptedTable) -> Iterator[Sequence[Any]]:
    """Yield the rows in the order of the server's numbers; never more are held than a few, or those of one record."""
    codes = [place for place, column in enumerate(table.columns) if column.name in table.codes]
    key = table.part.table.c.server_id
    query = select(*table.columns).order_by(key)
    found = map(list, connection.execute(query, execution_options={"yield_per": ROWS_AT_ONCE}))
    for row in _in_places(found) if "position" in table.part.table.primary_key.columns else found:
        for place in codes:
            row[place] = code_cell(row[place])
        yield row


def _in_places(rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """Put the rows of each record in the order of the form: 2 before 10."""
    for _, of_record in groupby(rows, key=itemgetter(0)):
        yield from sorted(of_record, key=lambda row: tuple(map(int, row[1].split("."))))


def _remove_earlier(place: Path, kept: Collection[str]) -> None:
    """Remove files of an earlier export that are no longer exported; whatever else somebody keeps there stays.

    Names go even if the list of that export is lost.
    """
    remove_drafts(place)
    earlier = _listed(place / CODEBOOK)
    for path in place.glob("*.csv"):
        if path.stem not in kept and (path.stem in earlier or _NAMES.search(path.stem)):
            path.unlink(missing_ok=True)
    if not kept and place.is_dir():
        for name in (CODEBOOK, CHOICES):
            (place / name).unlink(missing_ok=True)
        if not any(place.iterdir()):
            place.rmdir()


def _listed(codebook: Path) -> set[str]:
    """The tables that a codebook tells of; one that somebody has changed may tell of fewer."""
    found: set[str] = set()
    if codebook.is_file():
        with codebook.open(encoding="utf-8-sig", errors="replace", newline="") as file, suppress(csv.Error):
            found.update(row.get("table") or "" for row in csv.DictReader(file))
    return found
