"""Knows how serious the answers about self-harm in a record are, however many of them there are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from forms.distress import SLOTS
from forms.expression import Ref
from forms.expression_code import compiled
from forms.expression_value import Value, evaluate, text, truth
from forms.instruments.catalogue import CATALOGUE
from forms.programme_shape import TRIAGE_ANSWERS
from forms.safety import LEVELS, PREFIXES, level

Answers = Mapping[str, str | None]
Compiled = Callable[[Answers], Value]

LEVEL_WITHOUT_TRIAGE = "moderate"
"""Of somebody who gave a reason for a triage that is not finished (proposal, to be confirmed by the psychologist)."""
SPOKE_OF_HARM = "spoke_of_harm"
TRIAGE_PARTS = (*TRIAGE_ANSWERS, "level", "actions")
"""How the names of a triage's questions end."""
SAFETY_ITEMS = {each.safety_item: each.safety_condition() for each in CATALOGUE.values() if each.safety_item}
"""The items of any instrument of ours that lead to a triage, and when they do."""
SAFETY_QUESTIONS = (SPOKE_OF_HARM, *(f"{prefix}_{part}" for prefix in PREFIXES for part in TRIAGE_PARTS))
"""The questions of an interview, beside the items, that say how safe a person is."""

_CODES = {item: (f'"{item}":', re.compile(f'"{item}":([0-9]+)')) for item in SAFETY_ITEMS}
"""How a code of an item looks among the answers of an assessment: what it begins with, and whole."""
_ASKED = {prefix: tuple(f"{prefix}_{name}" for name in TRIAGE_ANSWERS) for prefix in (*PREFIXES, *SLOTS)}
_TOLD = {prefix: frozenset((*names, f"{prefix}_level", f"{prefix}_actions")) for prefix, names in _ASKED.items()}
_LEVEL_OF_NOTHING = {prefix: text(evaluate(level(prefix=prefix), {})) for prefix in _ASKED}
"""Where no question of a triage has an answer."""


@cache
def _level_of(prefix: str) -> Compiled:
    return compiled(level(prefix=prefix))


@cache
def _reasons() -> tuple[Compiled, ...]:
    return tuple(compiled(reason) for reason in (*SAFETY_ITEMS.values(), Ref(SPOKE_OF_HARM).equals("yes")))


def safety_codes(answers: str) -> dict[str, int]:
    """Return the scored codes of the safety items among the answers of an assessment."""
    found: dict[str, int] = {}
    for item, (begin, whole) in _CODES.items():
        if begin in answers and (code := whole.search(answers)):
            found[item] = int(code[1])
    return found


def most_serious(levels: Iterable[str | None]) -> str | None:
    """Return the most serious of some levels; None when none of them is a level."""
    found = set(levels)
    return next((each for each in reversed(LEVELS) if each in found), None)


def triage_level(answers: Answers, prefix: str) -> str | None:
    """Return the level of one triage: the more serious of the phone's and the one computed here; None if not begun.

    A triage that was begun and not finished counts as moderate, and as imminent when the answers that are there reach
    that already: a lost answer must not lose an alert.
    """
    if _TOLD[prefix].isdisjoint(answers):
        return _LEVEL_OF_NOTHING[prefix] or None
    given = {name: answers.get(name) for name in _ASKED[prefix]}
    if not any(given.values()):
        known = most_serious((answers.get(f"{prefix}_level"), _LEVEL_OF_NOTHING[prefix]))
        return known or (LEVEL_WITHOUT_TRIAGE if answers.get(f"{prefix}_actions") else None)
    known = most_serious((answers.get(f"{prefix}_level"), text(_level_of(prefix)(given))))
    without_the_missing = {name: answer or "no" for name, answer in given.items()}
    at_least = text(_level_of(prefix)(without_the_missing))
    return most_serious((known or LEVEL_WITHOUT_TRIAGE, at_least))


def interview_level(answers: Answers) -> str | None:
    """Return the level of an interview: the most serious over all its triages; None when nobody has to react.

    `answers` hold SAFETY_QUESTIONS and SAFETY_ITEMS. A reason for a triage (a safety item with 1 or more, harm spoken
    of when the interview stopped) without any triage begun counts as moderate.
    """
    if found := _LEVEL_OF_NO_TRIAGE if _TOLD_ANYWHERE.isdisjoint(answers) else _most_serious_triage(answers):
        return found
    return LEVEL_WITHOUT_TRIAGE if any(truth(holds(answers)) for holds in _reasons()) else None


def _most_serious_triage(answers: Answers) -> str | None:
    return most_serious(triage_level(answers, prefix) for prefix in PREFIXES)


_LEVEL_OF_NO_TRIAGE = _most_serious_triage({})
_TOLD_ANYWHERE = frozenset[str]().union(*(_TOLD[prefix] for prefix in PREFIXES))


def all_actions(actions: Iterable[str | None]) -> str | None:
    """Return the codes of what was done in several triages, each once, in their order; None when there are none."""
    return " ".join(dict.fromkeys(code for each in actions for code in (each or "").split())) or None
