"""Which columns of a workbook are texts in which language, and which kind of change each column makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_TEXTS = ("label", "hint", "guidance_hint", "constraint_message", "required_message")
_PICTURES = ("image", "audio", "video")
_KIND_OF_COLUMN = {
    **dict.fromkeys(("relevant", "repeat_count"), "skip"),
    **dict.fromkeys(("calculation", "trigger", "default"), "scoring"),
    **dict.fromkeys(("constraint", "required", "read_only"), "constraint"),
    "choice_filter": "filter",
}
_IDENTITY = ("type", "name", "list_name", "list name")
_FALLBACKS = ("[FR] ", "[EN] ")


def source_language(definition: Mapping[str, Any]) -> str:
    """Return the suffix of the language that the form is written in: English, else the default, else none.

    "" means the columns without a language.
    """
    choices = (row for each in definition["choices"].values() for row in each.get("rows", ()))
    languages = _languages(definition["survey"]) or _languages(choices)
    default = str(definition["settings"].get("default_language", ""))
    candidates = ("", *(name for name in languages if name.lower().startswith("english")), default, *languages)
    return next((name for name in candidates if name in languages), "")


def _languages(rows: Iterable[Mapping[str, str]]) -> list[str]:
    columns = dict.fromkeys(column for row in rows for column in row)
    return [language for base, language in map(split_column, columns) if base in _TEXTS]


def split_column(column: str) -> tuple[str, str]:
    """Return (column without its language, language); `media::image::English` is an image in English."""
    base, _, language = column.removeprefix("media::").partition("::")
    return base, language


def in_source_terms(row: Mapping[str, str], source: str) -> dict[str, str]:
    """Return a row whose texts in the source language stand in columns without a language; its identity is left out."""
    named: dict[str, str] = {}
    for column, value in row.items():
        base, language = split_column(column)
        if column not in _IDENTITY:
            named[f"{base}::{language}" if language and language != source else base] = value
    return named


def kind_of_column(column: str) -> str:
    """Return the kind of change that another value in this column is; the column is one of `in_source_terms`."""
    base, language = split_column(column)
    if base in _TEXTS:
        return "translation" if language else "wording"
    return "picture" if base in _PICTURES else _KIND_OF_COLUMN.get(base, "look")


def is_fallback(text: str) -> bool:
    """Whether a text stands in a language's place because there is none in that language."""
    return text.startswith(_FALLBACKS)
