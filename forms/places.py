"""Places of Rwanda: province → district → sector → cell → village, by official code.

Source: National Institute of Statistics of Rwanda, "List of Village Names and Codes", through the public dataset
validmeasures/rwanda (CC0). Codes nest: 2 / 28 / 2801 / 280101 / 28010101. Names repeat, codes do not.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from operator import attrgetter

_LENGTHS = {1: "province", 2: "district", 4: "sector", 6: "cell", 8: "village"}


@dataclass(frozen=True, slots=True)
class Place:
    """One administrative unit; `parent` is the code of the unit around it ("" for a province)."""

    code: str
    name: str
    parent: str

    @property
    def level(self) -> str:
        """province, district, sector, cell or village."""
        return _LENGTHS[len(self.code)]


@lru_cache(maxsize=1)
def _lines_by_sector() -> dict[str, list[str]]:
    """The lines of the file by the sector that they lie in: a program that needs few sectors reads only those."""
    found: dict[str, list[str]] = {}
    text = files("forms").joinpath("rwanda_villages.csv").read_text(encoding="utf-8")
    for line in text.splitlines()[1:]:
        found.setdefault(line[:4], []).append(line)
    return found


@cache
def _places_of(sector: str) -> dict[str, Place]:
    """The places in a sector and around it, by code; none if there is no such sector."""
    places: dict[str, Place] = {}
    for village_code, *names in csv.reader(_lines_by_sector().get(sector, ())):
        for length, name in zip(reversed(_LENGTHS), names, strict=False):
            code = village_code[:length]
            if code in places:
                break  # what is around it was read with it
            places[code] = Place(code, name, parent_code(code))
    return places


def sector_codes() -> tuple[str, ...]:
    """Return the code of every sector of the country."""
    return tuple(_lines_by_sector())


@lru_cache(maxsize=1)
def all_places() -> dict[str, Place]:
    """Return every place of the country by code (14,816 villages and what contains them)."""
    return {code: place for sector in sector_codes() for code, place in _places_of(sector).items()}


def parent_code(code: str) -> str:
    """Return the code of the unit around `code`, or "" for a province."""
    return {1: "", 2: code[:1], 4: code[:2], 6: code[:4], 8: code[:6]}[len(code)]


def places_within(code: str, level: str) -> tuple[Place, ...]:
    """Return the places of `level` inside `code`, by code."""
    inside = (place for place in _around(code).values() if place.level == level and place.code.startswith(code))
    return tuple(sorted(inside, key=attrgetter("code")))


def place_name(code: str | None) -> str:
    """Return the name of a place, or the code itself when it is not an official one."""
    if not code:
        return ""
    place = _around(code).get(code)
    return place.name if place else code


def _around(code: str) -> dict[str, Place]:
    """Enough places to find those inside `code` among them."""
    return _places_of(code[:4]) if len(code) >= 4 else all_places()
