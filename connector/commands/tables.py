"""Knows the command `registry`: CHAs, healing groups and who joins or leaves them, from files."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlalchemy import Engine, func, select

from connector.commands.command import Command, Context
from connector.database import open_database
from connector.errors import DatabaseUnreachableError, SettingsError
from connector.fact_schema import derived, problem
from connector.facts_moves import REGISTRY as REGISTRY_FORM
from connector.migration import migrate, schema_state
from connector.precious_schema import precious
from connector.registry import FILE_FORMATS, KINDS, Change, Imported, import_registry
from connector.writer_lock import single_writer

FILE_NAMES = (*(f"{kind}{ending}" for kind in KINDS for ending in (".csv", ".xlsx")), "registry.xlsx")


def _registry(context: Context) -> Iterable[str]:
    preview, files = context.arguments.preview, read_files(context.arguments.files)
    results = preview_files(context, files) if preview else import_files(context.engine(), files)
    refused = sum(len(each.refused) for each in results.values())
    done = sum(len(each.changes) for each in results.values())
    words = ("would change", "would be refused; nothing was written") if preview else ("changed", "refused")
    lines = [*registry_lines(results), f"{done} rows {words[0]}, {refused} {words[1]}"]
    return lines if preview else [*_listed(context), *lines]


def _listed(context: Context) -> list[str]:
    """Say how many moves and closings contradict what is known of clients."""
    with context.engine().connect() as connection:
        found = connection.scalar(select(func.count()).select_from(problem).where(problem.c.form_id == REGISTRY_FORM))
    return [f"moves and closings that somebody has to look at (see the page Data): {found}"] if found else []


def read_files(paths: Iterable[Path]) -> dict[str, bytes]:
    """Return the content of registry files by name; a folder stands for those in it. Raises SettingsError."""
    found: dict[str, bytes] = {}
    for path in paths:
        inside = [path / name for name in FILE_NAMES if (path / name).is_file()] if path.is_dir() else [path]
        if not inside:
            raise SettingsError(f"{path} holds no file of the registry.", advice=f"Name them {', '.join(FILE_NAMES)}.")
        for file in inside:
            if file.name in found:
                raise SettingsError(f"Two files are called {file.name}.", advice="Import them one after the other.")
            try:
                found[file.name] = file.read_bytes()
            except OSError as error:
                advice = "Check the path and who may read it."
                raise SettingsError(f"{file} cannot be read: {error.strerror}.", advice=advice) from None
    return found


def import_files(engine: Engine, files: Mapping[str, bytes]) -> dict[str, Imported]:
    """Import registry files into a database, made or migrated first. Raises BusyError, SettingsError, StorageError."""
    with single_writer(engine):
        migrate(engine)
        with engine.begin() as connection:
            return import_registry(connection, files)


def preview_files(context: Context, files: Mapping[str, bytes]) -> dict[str, Imported]:
    """Say what an import would do; a database that is not there yet counts as an empty one. Raises as it would."""
    with _registry_as_it_is(context).connect() as connection:
        return import_registry(connection, files, preview=True)


def _registry_as_it_is(context: Context) -> Engine:
    url = context.settings.database_url
    try:
        if schema_state(open_database(url, read_only=True)) != "empty":
            return context.reader()
    except DatabaseUnreachableError:
        if not url.startswith("sqlite"):
            raise
    empty = open_database("sqlite://")
    for tables in (precious, derived):
        tables.create_all(empty)
    return empty


def registry_lines(results: Mapping[str, Imported]) -> list[str]:
    """Say what became of each file: every row that is new, changed or refused, and why; no name and no phone."""
    lines = []
    for name, each in results.items():
        lines += [f"{name}: {note}" for note in each.notes]
        lines += [f"{name} line {refusal.line} refused: {refusal.reason}" for refusal in each.refused]
        lines += [line for change in each.changes for line in _change_lines(f"{name} line {change.line}", change)]
        gone = f", {each.count('withdrawn')} withdrawn" if each.count("withdrawn") else ""
        lines.append(f"{name}: {each.added} added, {each.changed} changed, {each.unchanged} unchanged{gone}")
    return lines


def _change_lines(where: str, change: Change) -> Iterable[str]:
    yield f"{where}: {_change_words(change)}"
    yield from (f"    {each}" for each in change.meaning)


def _change_words(change: Change) -> str:
    told = [
        name if two is None else f"{name} {_shown(two[0])} → {_shown(two[1])}" for name, two in change.columns.items()
    ]
    return f"{change.key} {change.state}" + (f": {', '.join(told)}" if told else "")


def _shown(value: object) -> str:
    words = {None: "nothing", True: "yes", False: "no"}
    return words[value] if value is None or isinstance(value, bool) else str(value)


def _add_registry(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["import"], help="what to do with the registry")
    text = f"files or a folder with {', '.join(FILE_NAMES)}"
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=text)
    parser.add_argument("--preview", action="store_true", help="say what would change, and write nothing")


REGISTRY = Command(
    "registry",
    "bring CHAs, healing groups and who joins or leaves them from files into the database",
    (
        "healing registry import registry/",
        "healing registry import chas.csv healing_groups.csv",
        "healing registry import registry.xlsx --preview",
    ),
    _registry,
    _add_registry,
    FILE_FORMATS,
)
