"""Knows what a question of an adopted form and its codes are called, and were, through all versions that ask it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from connector.adopted import AdoptedProject
from connector.adopted_content import OTHER, Asked, Content, Labels, Option
from connector.adopted_labels import current_codes
from connector.adopted_tables import Variable
from connector.adopted_values import storable

_NEGATIVE = re.compile(r"-[1-9]\d{0,8}", re.ASCII)


@dataclass(slots=True)
class Code:
    """A code with its labels by the number of every version that offers it, the newest first.

    `current` is the code that it has become, "" where it is no longer offered.
    """

    code: str
    current: str
    seen: dict[int, Labels] = field(default_factory=dict)

    @property
    def labels(self) -> Labels:
        """In the newest version that offers it."""
        return next(iter(self.seen.values()))

    @property
    def label(self) -> str:
        """In the first language of the form; the code where it has no words."""
        return first_label(self.labels) or self.code


def codes_of(project: AdoptedProject, variable: Variable) -> list[Code]:
    """Return the codes of a question in the order of its newest list, those of earlier versions behind them."""
    numbers = version_numbers(project)
    contents = dict(project.versions)
    lists = [(numbers[uid], _options(contents[uid], asked)) for uid, asked in variable.question.seen.items()]
    current = current_codes([options for _, options in lists])
    found: dict[str, Code] = {}
    for number, options in lists:
        for option in options:
            name = storable(option.code)
            code = found.setdefault(name, Code(name, storable(current.get(option.code, ""))))
            code.seen.setdefault(number, option.labels)
    return list(found.values())


def version_numbers(project: AdoptedProject) -> dict[str, int]:
    """Return the number of every version of a form by its uid, from 1, the oldest first."""
    return {uid: number for number, (uid, _) in enumerate(project.versions, start=1)}


def _options(content: Content, asked: Asked) -> tuple[Option, ...]:
    """What one version offers, as far as the form itself knows it."""
    if asked.codes is None:
        return ()
    options = content.lists.get(asked.list_name, ())
    is_listed = OTHER not in asked.codes or any(option.code == OTHER for option in options)
    return options if is_listed else (*options, Option(OTHER, {}))


def first_label(labels: Labels) -> str:
    """Return a text in the form's first language that has one."""
    return storable(next(iter(labels.values()), ""))


def languages_of(found: Iterable[Labels]) -> tuple[str, ...]:
    """Return the languages that have a name, in the order in which they come."""
    return tuple(dict.fromkeys(storable(language) for labels in found for language in labels if language))


def label_columns(labels: Labels) -> dict[str, str]:
    """Return a column for every language, headed as in an XLSForm."""
    return {f"label::{storable(language)}": storable(text) for language, text in labels.items() if language}


def earlier_words(seen: Mapping[int, Labels]) -> str:
    """Return what was said in older versions, with their numbers, where it is not what the newest says.

    `seen`: labels by number of version, the newest first. Words are compared in a language that both have.
    """
    newest = next(iter(seen.values()))
    found: dict[str, list[int]] = {}
    for number, labels in seen.items():
        if words := _other_words(labels, newest):
            found.setdefault(words, []).append(number)
    return " | ".join(f"{words} (version {version_words(numbers)})" for words, numbers in found.items())


def _other_words(labels: Labels, newest: Labels) -> str:
    if shared := [language for language in labels if language in newest]:
        return next((storable(labels[each]) for each in shared if labels[each] != newest[each]), "")
    return "" if first_label(labels) == first_label(newest) else first_label(labels)


def code_cell(code: Any) -> Any:
    """Return a code as a file has it: -99 is a number to a spreadsheet, no formula, and is written as it is."""
    return int(code) if isinstance(code, str) and _NEGATIVE.fullmatch(code) else code


def version_words(numbers: Iterable[int]) -> str:
    """Return `1 to 3, 5` for 1, 2, 3 and 5. `1-3` would be a date in a spreadsheet."""
    return ", ".join(
        f"{first} to {last}" if last > first else str(first) for first, last in _runs(sorted(set(numbers)))
    )


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    first = None
    for place, number in enumerate(numbers):
        first = number if first is None else first
        if numbers[place + 1 : place + 2] != [number + 1]:
            yield first, number
            first = None
