"""Places of Rwanda: province → district → sector → cell → village, by official code.

Source: National Institute of Statistics of Rwanda, "List of Village Names and Codes", through the public dataset
validmeasures/rwanda (CC0). Codes nest: 2 / 28 / 2801 / 280101 / 28010101. Names repeat, codes do not.
"""

from __future__ import annotations

import csv
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

_LENGTHS = {1: "province", 2: "district", 4: "sector", 6: "cell", 8: "village"}
_LENGTH_OF = {level: length for length, level in _LENGTHS.items()}


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
def _lines() -> list[str]:
    """The lines of the file, which come in the order of their codes: where few sectors are needed, few are read."""
    return files("forms").joinpath("rwanda_villages.csv").read_text(encoding="utf-8").splitlines()[1:]


def _behind(sector: str, start: int = 0) -> int:
    """Where the lines of a sector end; the colon comes right behind the digits."""
    return bisect_left(_lines(), f"{sector}:", start)


@cache
def _places_of(sector: str) -> dict[str, Place]:
    """The places in a sector and around it, by code; none if there is no such sector."""
    places: dict[str, Place] = {}
    for village_code, *names in csv.reader(_lines()[bisect_left(_lines(), sector) : _behind(sector)]):
        for length, name in zip(reversed(_LENGTHS), names, strict=False):
            code = village_code[:length]
            if code in places:
                break  # what is around it was read with it
            places[code] = Place(code, name, parent_code(code))
    return places


def sector_codes() -> tuple[str, ...]:
    """Return the code of every sector of the country."""
    lines, codes, start = _lines(), list[str](), 0
    while start < len(lines):
        codes.append(lines[start][:4])
        start = _behind(codes[-1], start)
    return tuple(codes)


@lru_cache(maxsize=1)
def all_places() -> dict[str, Place]:
    """Return every place of the country by code (14,816 villages and what contains them)."""
    return {code: place for sector in sector_codes() for code, place in _places_of(sector).items()}


def parent_code(code: str) -> str:
    """Return the code of the unit around `code`, or "" for a province."""
    return {1: "", 2: code[:1], 4: code[:2], 6: code[:4], 8: code[:6]}[len(code)]


def places_within(code: str, level: str) -> tuple[Place, ...]:
    """Return the places of `level` inside `code`, by code."""
    found, length = _around(code), _LENGTH_OF[level]
    return tuple(found[each] for each in sorted(found) if len(each) == length and each.startswith(code))


def place_name(code: str | None) -> str:
    """Return the name of a place, or the code itself when it is not an official one."""
    if not code:
        return ""
    place = _around(code).get(code)
    return place.name if place else code


def _around(code: str) -> dict[str, Place]:
    """Enough places to find those inside `code` among them."""
    return _places_of(code[:4]) if len(code) >= 4 else all_places()
