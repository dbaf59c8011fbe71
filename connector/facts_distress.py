"""Knows whom an attendance record names in distress and how serious it is, whichever version of the form it comes from.

Today each person has questions of their own (`forms.distress.SLOTS`); the form before ticked members in one question,
without a triage. Whoever is named in any of these ways is found, and somebody without a name is still somebody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from connector.facts import InDistress
from connector.facts_triage import LEVEL_WITHOUT_TRIAGE, TRIAGE_PARTS, all_actions, most_serious, triage_level
from connector.instrument_rows import fitting_code
from forms.attendance import NEWCOMERS
from forms.distress import SLOTS, VISITOR

Row = Mapping[Any, Any]

NAMED = "distress_members"
_PARTS = ("listed", "member", "other", "code", *TRIAGE_PARTS)


def people_in_distress(row: Row) -> tuple[InDistress, ...]:
    """Return everybody in distress according to a row of `attendance`, each client and newcomer once.

    A person without a finished triage has the level for that; somebody named nowhere counts as one unnamed person.
    """
    slots = [slot for slot in SLOTS if _is_used(row, slot)]
    codes = [_code_in(row, slot) for slot in slots]
    more = (Counter((row[NAMED] or "").split()) - Counter(code for code in codes if code)).elements()
    found = [_person(row, slot, code) for slot, code in zip(slots, codes, strict=True)]
    found += [InDistress(fitting_code(code), LEVEL_WITHOUT_TRIAGE) for code in more]
    if not found and row["anyone_in_distress"] == "yes":
        found = [InDistress(None, LEVEL_WITHOUT_TRIAGE)]
    return tuple(_each_once(found))


def is_person_with_code(code: str | None) -> bool:
    """Whether a code tells one person from all others: a visitor and somebody unnamed have none."""
    return code is not None and code != VISITOR


def _is_used(row: Row, slot: str) -> bool:
    return row.get(f"{slot}_more") == "yes" or any(row[f"{slot}_{part}"] for part in _PARTS)


def _code_in(row: Row, slot: str) -> str | None:
    """The code of a slot's person as the phone wrote it, else from the answers that it was to be made of."""
    other = row[f"{slot}_other"]
    answered = row[f"{slot}_member"] or (row[other] if other in NEWCOMERS else other)
    return row[f"{slot}_code"] or answered or None


def _person(row: Row, slot: str, code: str | None) -> InDistress:
    level = triage_level({f"{slot}_{part}": row[f"{slot}_{part}"] for part in TRIAGE_PARTS}, slot)
    return InDistress(fitting_code(code), level or LEVEL_WITHOUT_TRIAGE, all_actions([row[f"{slot}_actions"]]))


def _each_once(people: Iterable[InDistress]) -> list[InDistress]:
    """One person for each code, with the most serious level and everything that was done; visitors stay apart."""
    found: dict[object, InDistress] = {}
    for position, person in enumerate(people):
        key = person.code if is_person_with_code(person.code) else position
        found[key] = person if key not in found else together(found[key], person)
    return list(found.values())


def together(first: InDistress, second: InDistress) -> InDistress:
    """Return what two mentions of one person amount to."""
    level = most_serious((first.level, second.level)) or LEVEL_WITHOUT_TRIAGE
    return InDistress(first.code, level, all_actions((first.actions, second.actions)))
