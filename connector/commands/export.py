"""Knows the command `export`: every table as a file, those of adopted forms too."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from connector.adopted_export import FOLDER, ensure_adopted, export_adopted
from connector.commands.command import Command, Context
from connector.errors import SettingsError
from connector.export import export_tables
from connector.export_plan import exported_readings
from connector.migration import migrate
from connector.snapshot import snapshot


def _export(context: Context) -> Iterable[str]:
    folder: Path = context.arguments.folder
    with_identity: bool = context.arguments.with_identity
    engine = context.engine()
    migrate(engine)
    ensure_adopted(engine)
    try:
        with snapshot(context.reader(), lambda found: exported_readings(found, with_identity)) as connection:
            counts = export_tables(connection, folder, with_identity)
            adopted = export_adopted(connection, folder, with_identity)
    except OSError as error:
        advice = "Choose another folder with --folder, or check who may write in it."
        raise SettingsError(f"{folder} cannot be written: {error.strerror}.", advice=advice) from None
    warning = ["These files name people: keep them as safely as the phones."] if with_identity else []
    forms = [
        f"{name}: {len(rows)} tables in {folder / FOLDER}, {sum(rows.values())} rows" for name, rows in adopted.items()
    ]
    return [*warning, *forms, f"{len(counts)} tables and a codebook in {folder}, {sum(counts.values())} rows"]


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=Path("exports"), help="where to write (default: exports)")
    parser.add_argument("--with-identity", action="store_true", help="also names, phones and villages")


EXPORT = Command(
    "export",
    "write every table as CSV, with a codebook, without names",
    ("healing export --folder exports",),
    _export,
    _add_export,
    "All files are of one moment, whatever a sync writes meanwhile. Forms that were adopted are in the folder\n"
    "`adopted` inside, with a codebook of their own. See docs/any-form.md.",
)
