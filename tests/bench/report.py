"""Knows how measurements are told: a table on the screen, and the page docs/benchmarks.md."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from tests.bench.cases import Line
from tests.bench.children import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def as_table(lines: Sequence[Line]) -> str:
    """A Markdown table of what was measured."""
    rows = [f"| {line.what} | {line.found} | {line.bound} | {line.note} |" for line in lines]
    return "\n".join(["| Measured | Found | Wanted | |", "|---|---|---|---|", *rows])


def machine() -> str:
    """The machine and its load, in words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    busy = os.getloadavg()[1]
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, load average {busy:.1f}"
    )


def write_page(lines: Sequence[Line], parts: Sequence[str], command: str, page: Path = PAGE) -> None:
    """Put what was measured between the two marks of the page; the words around them stay."""
    day = f"{dt.date.today():%d %B %Y}".lstrip("0")
    measured = [f"{day}, {machine()}. Command: `{command}`.", "", as_table(lines), "", *(f"* {part}" for part in parts)]
    text = page.read_text(encoding="utf-8")
    whole = re.compile(f"{BEGIN}.*{END}", re.DOTALL)
    page.write_text(whole.sub(lambda _: "\n".join([BEGIN, *measured, END]), text), encoding="utf-8")
