"""Knows how likely two clients are one person, by points that anybody can add up, and who has to be compared.

The points and the grades are ours, to be checked against pairs that the programme has decided on.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from connector.person_name import Name, blocks_of_name, likeness

POINTS = {
    "same_name": 4,
    "close_name": 3,
    "other_name": -3,
    "same_phone": 5,
    "same_birth_year": 3,
    "birth_year_1_apart": 2,
    "birth_year_2_apart": 1,
    "birth_year_far_apart": -3,
    "same_sex": 1,
    "other_sex": -6,
    "same_village": 2,
    "same_sector": 1,
    "other_sector": -1,
}
"""What each thing that agrees or not counts for; what is not known counts nothing."""
GRADES = (("certain", 14), ("likely", 11), ("possible", 9))
"""The grade of a pair from so many points on; below the last one it is not listed."""
YEARS_APART, YEARS_A_DRAWER = 2, 5


@dataclass(frozen=True, slots=True)
class Person:
    """What a client can be recognised by; `born` is the year told or estimated from the age told."""

    client_code: str
    name: Name
    phone: str | None = None
    born: int | None = None
    sex: str | None = None
    sector: str | None = None
    village: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two clients who may be one person, the smaller code first; `reasons` are keys of POINTS."""

    first_code: str
    second_code: str
    grade: str
    points: int
    reasons: tuple[str, ...]


def compare(one: Person, other: Person) -> Pair | None:
    """Return how alike two clients are; None when too little agrees for somebody to look at them."""
    first, second = sorted((one, other), key=lambda person: person.client_code)
    reasons = tuple(_reasons(first, second))
    points = sum(POINTS[reason] for reason in reasons)
    grade = next((name for name, least in GRADES if points >= least), None)
    return Pair(first.client_code, second.client_code, grade, points, reasons) if grade else None


def _reasons(one: Person, other: Person) -> Iterator[str]:
    yield f"{likeness(one.name, other.name)}_name"
    if one.phone and one.phone == other.phone:
        yield "same_phone"
    if one.born is not None and other.born is not None:
        apart = abs(one.born - other.born)
        yield ("same_birth_year", "birth_year_1_apart", "birth_year_2_apart", "birth_year_far_apart")[min(apart, 3)]
    if one.sex and other.sex:
        yield "same_sex" if one.sex == other.sex else "other_sex"
    if one.sector and other.sector:
        yield "same_sector" if one.sector == other.sector else "other_sector"
    if one.sector and one.village and (one.sector, one.village) == (other.sector, other.village):
        yield "same_village"


def blocks_of(person: Person) -> set[str]:
    """Return digests of what a person is filed under: all who reach the lowest grade with each other share one.

    Nobody reaches it without a name that fits and either the same phone, or the same sector and a year of birth at
    most YEARS_APART away; or else with the same phone and year. A drawer holds a few years, and everybody lies in
    those of the year before and the year after their own: two people who are YEARS_APART meet in one.
    """
    return {_digest(*parts) for parts in _filed(person)}


def _filed(person: Person) -> Iterator[tuple[object, ...]]:
    fits = blocks_of_name(person.name)
    if person.phone:
        yield from (("phone", person.phone, fit) for fit in fits)
        if person.born is not None:
            yield "phone", person.phone, person.born
    if person.sector and person.born is not None:
        reach = YEARS_APART // 2
        drawers = {(person.born + years) // YEARS_A_DRAWER for years in (-reach, reach)}
        yield from (("sector", person.sector, drawer, fit) for drawer in drawers for fit in fits)


def _digest(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:32]


def pairs_among(people: Iterable[Person]) -> list[Pair]:
    """Return all pairs of some people that are worth a look, by codes; each person is compared with few others."""
    filed: dict[str, list[Person]] = {}
    found: dict[tuple[str, str], Pair | None] = {}
    for person in people:
        blocks = blocks_of(person)
        near = {each.client_code: each for block in blocks for each in filed.get(block, ())}
        found.update({(person.client_code, code): compare(person, each) for code, each in near.items()})
        for block in blocks:
            filed.setdefault(block, []).append(person)
    pairs = (pair for pair in found.values() if pair)
    return sorted(pairs, key=lambda pair: (pair.first_code, pair.second_code))


def phone_key(text: str | None) -> str | None:
    """Return a phone number as it is dialled inside the country, without its first zero; None for what is none.

    Numbers that somebody invents to get past the question, one digit all the way, are none.
    """
    digits = re.sub(r"\D", "", text or "").lstrip("0")
    digits = digits.removeprefix("250").lstrip("0") if len(digits) > 10 else digits
    return digits if len(digits) >= 8 and len(set(digits)) > 1 else None
