"""Knows the commands about tables: the import of the registry, and the export of everything derived."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlalchemy import Engine

from connector.commands.command import Command, Context
from connector.errors import SettingsError
from connector.export import export_tables
from connector.migration import migrate
from connector.registry import FILE_FORMATS, SHEETS, Imported, import_registry
from connector.writer_lock import single_writer


def _registry(context: Context) -> Iterable[str]:
    results = import_files(context.engine(), read_files(context.arguments.files))
    refused = sum(len(each.refused) for each in results.values())
    done = sum(each.added + each.changed for each in results.values())
    return [*registry_lines(results), f"{done} rows imported, {refused} refused"]


def read_files(paths: Iterable[Path]) -> dict[str, bytes]:
    """Return the content of registry files by name; a folder stands for those in it. Raises SettingsError."""
    found: dict[str, bytes] = {}
    for path in paths:
        inside = [path / name for name in SHEETS if (path / name).is_file()] if path.is_dir() else [path]
        if not inside:
            raise SettingsError(f"{path} holds no file of the registry.", advice=f"Name them {', '.join(SHEETS)}.")
        for file in inside:
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


def registry_lines(results: Mapping[str, Imported]) -> list[str]:
    """Say what became of each file, and of each refused row why."""
    lines = []
    for name, each in results.items():
        lines += [f"{name} line {refusal.line} refused: {refusal.reason}" for refusal in each.refused]
        lines.append(f"{name}: {each.added} added, {each.changed} changed, {each.unchanged} unchanged")
    return lines


def _export(context: Context) -> Iterable[str]:
    folder: Path = context.arguments.folder
    engine = context.engine()
    migrate(engine)
    try:
        with engine.connect() as connection:
            counts = export_tables(connection, folder, context.arguments.with_identity)
    except OSError as error:
        advice = "Choose another folder with --folder, or check who may write in it."
        raise SettingsError(f"{folder} cannot be written: {error.strerror}.", advice=advice) from None
    warning = ["These files name people: keep them as safely as the phones."] if context.arguments.with_identity else []
    return [*warning, f"{len(counts)} tables and a codebook in {folder}, {sum(counts.values())} rows"]


def _add_registry(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["import"], help="what to do with the registry")
    text = f"files or a folder with {', '.join(SHEETS)}"
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=text)


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=Path("exports"), help="where to write (default: exports)")
    parser.add_argument("--with-identity", action="store_true", help="also names, phones and villages")


REGISTRY = Command(
    "registry",
    "bring CHAs, healing groups and transfers from CSV files into the database",
    ("healing registry import registry/", "healing registry import chas.csv healing_groups.csv"),
    _registry,
    _add_registry,
    FILE_FORMATS,
)
EXPORT = Command(
    "export",
    "write every table as CSV, with a codebook, without names",
    ("healing export --folder exports",),
    _export,
    _add_export,
)
