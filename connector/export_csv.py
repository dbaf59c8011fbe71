"""Knows how rows become CSV: always the same bytes, harmless in a spreadsheet, in a file that is whole or not there."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, TextIO

_ENCODING = "utf-8-sig"
"""A byte order mark, without which Excel misreads accents."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> bytes:
    """Return CSV in UTF-8 with a byte order mark and CRLF line ends."""
    out = io.StringIO(newline="")
    _write(out, header, rows)
    return out.getvalue().encode(_ENCODING)


def write_csv_file(path: Path, header: Iterable[str], rows: Iterable[Iterable[Any]]) -> int:
    """Write what `write_csv` returns into a file, row by row, and return how many rows there were.

    The file appears whole or not at all, for its owner alone (mode 0600), and what was begun goes when this fails.
    Raises OSError, and what `rows` raises.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        with open(draft, "w", encoding=_ENCODING, newline="", opener=partial(os.open, mode=0o600)) as file:
            count = _write(file, header, rows)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return count


def remove_drafts(folder: Path) -> None:
    """Remove what an export that was killed had begun: it may hold names."""
    for path in folder.glob(".*.csv.*draft"):
        path.unlink(missing_ok=True)


def cell(value: Any) -> Any:
    """Return a value as it is written: NULL empty, yes and no as 1 and 0, times as YYYY-MM-DD hh:mm:ss (UTC).

    A text that a spreadsheet would run as a formula gets an apostrophe in front. Zero has no sign: SQLite keeps none.
    """
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return value + 0.0
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


def _write(out: TextIO, header: Iterable[str], rows: Iterable[Iterable[Any]]) -> int:
    writer = csv.writer(out)
    writer.writerow(header)
    count = 0
    for row in rows:
        writer.writerow([cell(value) for value in row])
        count += 1
    return count
