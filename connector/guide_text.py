"""Knows what the guide for CHAs and the cards for their phones say, in English and Kinyarwanda, and what stands it has.

All of it is in `guide_text.csv`, one row a text. `**words**` are a button, named as KoboCollect names it; `{refresh}`
and `{menu}` are drawn as on its screen.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from string import Formatter

LANGUAGES = {"en": "english", "rw": "kinyarwanda"}
"""The code of each language and the column that holds it."""
BOLD = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True, slots=True)
class Phrase:
    """One text in every language; `status` is that of the Kinyarwanda: draft, or reviewed by a native speaker."""

    key: str
    english: str
    kinyarwanda: str
    status: str
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class Voice:
    """Says texts in one language, as HTML."""

    language: str

    def say(self, key: str, **values: str) -> str:
        """Return a text with its placeholders filled: values are escaped, buttons bold. Raises KeyError."""
        text = self.plain(key)
        safe = BOLD.sub(r"<b>\1</b>", escape(text, quote=False))
        return safe.format_map(ICONS | {name: escape(value) for name, value in values.items()})

    def plain(self, key: str) -> str:
        """Return a text as it is written, with placeholders and marks. Raises KeyError."""
        return str(getattr(phrases()[key], LANGUAGES[self.language]))

    @property
    def draft_mark(self) -> str:
        """What a page must show at its head while its language is not reviewed, else ""."""
        if self.language == "en" or all(phrase.status != "draft" for phrase in phrases().values()):
            return ""
        return f'<p class="draft">{self.say("draft")} · Draft: needs review by a native speaker</p>'


@cache
def phrases() -> Mapping[str, Phrase]:
    """Every text by its key."""
    content = files("connector").joinpath("guide_text.csv").read_text(encoding="utf-8")
    return {row["key"]: Phrase(**row) for row in csv.DictReader(content.splitlines())}


def placeholders(text: str) -> set[str]:
    """The names in braces that a text holds."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _icon(drawing: str, kind: str = "inline") -> str:
    return f'<svg class="{kind}" viewBox="0 0 24 24" aria-hidden="true">{drawing}</svg>'


_ARROW = '<path d="M19 12a7 7 0 1 1-2.2-5.1"/><path d="M20 3v5h-5"/>'
ICONS = {
    "refresh": _icon(_ARROW),
    "menu": _icon('<circle cx="12" cy="5" r="1"/><circle cx="12" cy="12" r="1"/><circle cx="12" cy="19" r="1"/>'),
}
"""What KoboCollect draws instead of a word."""

PICTURES = {
    "lock": _icon('<rect x="5" y="11" width="14" height="10" rx="2"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>', "step"),
    "install": _icon('<path d="M12 3v11"/><path d="M7 10l5 5 5-5"/><path d="M4 20h16"/>', "step"),
    "scan": _icon(
        '<path d="M3 8V3h5M16 3h5v5M21 16v5h-5M8 21H3v-5"/><path d="M8 8h3v3H8zM13 13h3v3h-3zM14 8h2M8 14v2"/>', "step"
    ),
    "password": _icon(_ARROW, "step"),
    "language": _icon('<path d="M3 5h18v11H12l-5 4v-4H3z"/><path d="M7 9h10M7 12.5h6"/>', "step"),
}
"""A picture for each step of setting up a phone."""
