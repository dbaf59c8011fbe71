"""Knows fourteen people, ten women and four men, with a score before and after on every instrument that gives one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine, insert

from connector.fact_schema import assessment, change, client
from connector.facts_changes import verdict
from connector.precious_schema import healing_group
from forms.instrument import Instrument
from forms.instruments.catalogue import CATALOGUE

SCORED = {name: each for name, each in CATALOGUE.items() if each.is_scored}
WOMEN, MEN = 10, 4
PEOPLE = [f"{number:04}-2345" for number in range(WOMEN + MEN)]
BEFORE, AFTER = date(2025, 11, 1), date(2026, 2, 20)


def scores(instrument: Instrument, person: int) -> tuple[int, int]:
    """A score before and after, as shares of the range: the first seven go down, two stay, the other five go up."""
    low, high = instrument.lowest_score, instrument.highest_score
    share_before, share_after = (0.8, 0.3) if person < 7 else (0.5, 0.5) if person < 9 else (0.2, 0.6)
    step = instrument.factor
    before, after = (low + round((high - low) * share / step) * step for share in (share_before, share_after))
    return before, after


def band(instrument: Instrument, score: int) -> str | None:
    """The band of a score."""
    return next((each.code for each in instrument.bands if each.low <= score <= each.high), None)


def change_of(instrument: Instrument, person: int) -> dict[str, Any]:
    """The row of `change` of one person and instrument."""
    before, after = scores(instrument, person)
    return {
        "client_code": PEOPLE[person],
        "instrument": instrument.name,
        "before_wave": "baseline",
        "before_on": BEFORE,
        "before_score": before,
        "before_band": band(instrument, before),
        "after_on": AFTER,
        "after_score": after,
        "after_band": band(instrument, after),
        "difference": after - before,
        "verdict": verdict(after - before, instrument),
    }


def assessments() -> Iterator[dict[str, Any]]:
    """The rows of `assessment` of the first person."""
    for name, instrument in SCORED.items():
        for wave, day, score in zip(("baseline", "endline"), (BEFORE, AFTER), scores(instrument, 0), strict=True):
            yield {
                "root_uuid": f"{wave}-{name}",
                "instrument": name,
                "client_code": PEOPLE[0],
                "wave": wave,
                "assessed_on": day,
                "answered": len(instrument.items),
                "score": score,
                "band": band(instrument, score),
            }


def clients() -> Iterator[dict[str, Any]]:
    """The rows of `client`: women first."""
    for place, code in enumerate(PEOPLE):
        yield {
            "client_code": code,
            "root_uuid": f"intake-{code}",
            "sex": "female" if place < WOMEN else "male",
            "district_code": "28",
            "sector_code": "2801",
            "healing_group": "2801-01",
            "is_enrolled": True,
        }


def write(engine: Engine) -> None:
    """Fill the empty tables."""
    with engine.begin() as connection:
        write_facts(connection)


def write_facts(connection: Connection) -> None:
    """Insert one healing group, its people, their changes and one person's assessments."""
    places = {"code": "2801-01", "label": "Made", "district_code": "28", "sector_code": "2801"}
    group = places | {"cha_code": "C01", "cohort": "2025-2", "started_on": BEFORE, "weeks": 16}
    connection.execute(insert(healing_group), [group])
    connection.execute(insert(client), list(clients()))
    rows = [change_of(each, person) for each in SCORED.values() for person in range(len(PEOPLE))]
    connection.execute(insert(change), rows)
    connection.execute(insert(assessment), list(assessments()))
