"""Places of Rwanda: province → district → sector → cell → village, by official code.

Source: National Institute of Statistics of Rwanda, "List of Village Names and Codes", through the public dataset
validmeasures/rwanda (CC0). Codes nest: 2 / 28 / 2801 / 280101 / 28010101. Names repeat, codes do not.
"""

from __future__ import annotations

import csv
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import takewhile
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
def all_places() -> dict[str, Place]:
    """Return every place of the country by code (14,816 villages and what contains them)."""
    places: dict[str, Place] = {}
    with files("forms").joinpath("rwanda_villages.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            for length, level in reversed(_LENGTHS.items()):
                code = row["village_code"][:length]
                if code in places:
                    break  # what is around it was read with it
                places[code] = Place(code, row[level], parent_code(code))
    return places


@lru_cache(maxsize=1)
def _by_level() -> dict[str, tuple[Place, ...]]:
    """The places of each level, by code: those inside one place stand together."""
    places = sorted(all_places().values(), key=attrgetter("code"))
    return {level: tuple(place for place in places if len(place.code) == size) for size, level in _LENGTHS.items()}


def parent_code(code: str) -> str:
    """Return the code of the unit around `code`, or "" for a province."""
    return {1: "", 2: code[:1], 4: code[:2], 6: code[:4], 8: code[:6]}[len(code)]


def places_within(code: str, level: str) -> tuple[Place, ...]:
    """Return the places of `level` inside `code`, by code."""
    places = _by_level()[level]
    start = bisect_left(places, code, key=attrgetter("code"))
    return tuple(takewhile(lambda place: place.code.startswith(code), places[start:]))


def place_name(code: str | None) -> str:
    """Return the name of a place, or the code itself when it is not an official one."""
    if not code:
        return ""
    place = all_places().get(code)
    return place.name if place else code
