"""Knows the command that makes the pages for people anew: forms to print, instruments, languages, the CHAs' guide."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from connector.commands.command import Command, Context
from connector.commands.forms import write_if_changed
from connector.generated_docs import generated_docs


def _docs(context: Context) -> Iterable[str]:
    folder: Path = context.arguments.folder
    pages = generated_docs(folder)
    changed = [name for name, page in pages.items() if write_if_changed(folder / name, page.encode())]
    return [*(f"wrote {folder / name}" for name in changed), f"{len(pages)} pages made, {len(changed)} changed"]


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=Path("docs"), help="where to write (default: docs)")


DOCS = Command(
    "docs",
    "write the pages for people: each form screen by screen to print, the instruments, the languages, the guide",
    ("healing docs", "healing docs --folder for-the-committee"),
    _docs,
    _add_folder,
)
