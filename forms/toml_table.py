"""Reads a TOML file strictly: every key known, of its type and within its range, and every complaint with its line."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from typing import Any, Self

Path = tuple[str | int, ...]
_HEADER = re.compile(r"\s*(\[\[?)\s*([\w.\-]+)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"\s*([\w\-]+)\s*=")
_WORDS = {str: "a text in quotes", int: "a whole number", float: "a number", list: "a list", dict: "a table"}


class TomlTableError(ValueError):
    """What is wrong in a TOML file, with file, line and what to do."""


def read_toml(text: str, name: str) -> TomlTable:
    """Return the file as a table to read from. Raises TomlTableError for text that is not TOML."""
    try:
        return TomlTable(tomllib.loads(text), (), _line_numbers(text), name)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at (?:line (\d+)|end of document)", str(error))
        line = place.group(1) if place and place.group(1) else len(text.splitlines())
        what = re.sub(r" \(at .*\)$", "", str(error))
        raise TomlTableError(f"{name}, line {line}: not valid TOML: {what}.") from None


def _line_numbers(text: str) -> dict[Path, int]:
    """The line of every table and key, by path; tables of a list are numbered from 0."""
    found: dict[Path, int] = {}
    counts: dict[str, int] = {}
    prefix: Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            prefix = tuple(header.group(2).split("."))
            if header.group(1) == "[[":
                prefix = (header.group(2), counts.get(header.group(2), 0))
                counts[header.group(2)] = counts.get(header.group(2), 0) + 1
            found.setdefault(prefix, number)
        elif key := _KEY.match(line):
            found.setdefault((*prefix, key.group(1)), number)
    return found


class TomlTable:
    """One table of the file; each reading method names a key, checks its value and returns it."""

    def __init__(self, values: Mapping[str, Any], path: Path, lines: Mapping[Path, int], name: str) -> None:
        self._values, self._path, self._lines, self._name = values, path, lines, name
        self._asked: set[str] = set()

    def error(self, key: str, why: str) -> TomlTableError:
        """Return the complaint about a key: file, line, key, reason."""
        line = self._lines.get((*self._path, key)) or self._lines.get(self._path)
        where = f", line {line}" if line else ""
        shown = ".".join(str(part) for part in (*self._path, key) if not isinstance(part, int))
        return TomlTableError(f"{self._name}{where}, {shown}: {why}.")

    def text(
        self, key: str, *, pattern: str = "", rule: str = "", empty: bool = False, default: str | None = None
    ) -> str:
        """Return a text without line breaks; `pattern` must match all of it, `rule` says so in words."""
        value: str = self._take(key, str, default)
        if not value.strip() and not empty:
            raise self.error(key, "must not be empty")
        if re.search(r"[\x00-\x1f\x7f]|\$\{", value):
            raise self.error(key, "must be one line without control characters and without ${")
        if pattern and value and not re.fullmatch(pattern, value):
            raise self.error(key, f"{value!r} is not {rule}")
        return value.strip()

    def one_of(self, key: str, allowed: tuple[str, ...]) -> str:
        """Return a text that is one of those allowed."""
        value: str = self._take(key, str)
        if value not in allowed:
            raise self.error(key, f"{value!r} is not one of {', '.join(allowed)}{_nearest(value, allowed)}")
        return value

    def whole(self, key: str, low: int, high: int) -> int:
        """Return a whole number from low to high."""
        value: int = self._take(key, int)
        if isinstance(value, bool) or not low <= value <= high:
            raise self.error(key, f"{value} is not a whole number from {low} to {high}")
        return value

    def share(self, key: str) -> float:
        """Return a share above 0 and at most 1."""
        value = self._take(key, float)
        if isinstance(value, bool) or not 0 < value <= 1:
            raise self.error(key, f"{value} is not a share above 0 and at most 1")
        return float(value)

    def day(self, key: str) -> dt.date | None:
        """Return a date like 2026-03-01, or None when the key is not there."""
        self._asked.add(key)
        value = self._values.get(key)
        if value is not None and (not isinstance(value, dt.date) or isinstance(value, dt.datetime)):
            raise self.error(key, "must be a date without quotes, such as 2026-03-01")
        return value

    def texts(self, key: str, allowed: tuple[str, ...], *, default: list[str] | None = None) -> tuple[str, ...]:
        """Return a list of texts, each one of those allowed and none twice."""
        return self._listed(key, self._take(key, list, default), allowed)

    def combinations(self, key: str, allowed: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
        """Return a list of lists of texts, each one of those allowed; no list is empty."""
        value = self._take(key, list)
        if not value or not all(isinstance(each, list) and each for each in value):
            raise self.error(key, 'must be a list of lists, such as [["thoughts_now", "plan"]]')
        return tuple(self._listed(key, each, allowed) for each in value)

    def table(self, key: str) -> Self:
        """Return the table [key]."""
        value = self._take(key, dict)
        return type(self)(value, (*self._path, key), self._lines, self._name)

    def tables(self, key: str, *, needed: bool = True) -> list[Self]:
        """Return the tables [[key]], at least one when they are needed."""
        value = self._take(key, list, None if needed else [])
        if not all(isinstance(each, dict) for each in value) or (needed and not value):
            raise self.error(key, f"must be tables, each under [[{key}]]")
        return [type(self)(each, (key, position), self._lines, self._name) for position, each in enumerate(value)]

    def refuse_other_keys(self) -> None:
        """Complain about the first key that nothing has asked for: it is a typing slip."""
        for key in self._values:
            if key not in self._asked:
                known = tuple(sorted(self._asked))
                raise self.error(key, f"is unknown{_nearest(key, known)}; known here: {', '.join(known)}")

    def _take(self, key: str, kind: type, default: Any = None) -> Any:
        self._asked.add(key)
        value = self._values.get(key, default)
        if value is None:
            raise self.error(key, "is missing")
        if not isinstance(value, (int, float) if kind is float else kind):
            raise self.error(key, f"must be {_WORDS[kind]}")
        return value

    def _listed(self, key: str, value: list[Any], allowed: tuple[str, ...]) -> tuple[str, ...]:
        for position, each in enumerate(value):
            if each not in allowed:
                advice = _nearest(str(each), allowed) or (f"; known: {', '.join(allowed)}" if len(allowed) < 20 else "")
                raise self.error(key, f"{each!r} is unknown{advice}")
            if each in value[:position]:
                raise self.error(key, f"{each!r} appears twice")
        return tuple(value)


def _nearest(word: str, allowed: tuple[str, ...]) -> str:
    """Words that are alike are only looked for in a file that is wrong, so what finds them is loaded here."""
    import difflib

    found = difflib.get_close_matches(word, allowed, 1)
    return f"; did you mean {found[0]}?" if found else ""
