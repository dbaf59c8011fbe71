"""Knows how a client's score changed from before the programme to its end, and whether that is a real change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connector.facts import Score
from connector.instrument_rows import SCREENING
from forms.instrument import Instrument

BEFORE_WAVES = ("baseline", SCREENING)
AFTER_WAVE = "endline"


def change_row(
    client_code: str, instrument: Instrument, scores: Iterable[Score], order: Mapping[str, int]
) -> dict[str, Any]:
    """Return the row of the table `change` for one enrolled client and instrument.

    `scores` are those of the client on any instrument. Before is the baseline interview when it gave a score, else the
    screening at intake; after is the endline. Of several interviews of one wave the one that arrived last counts
    (`order`: root UUID -> server id).
    """
    latest: dict[str | None, Score] = {}
    for score in sorted(scores, key=lambda each: (order.get(each.root_uuid, 0), each.root_uuid)):
        if score.instrument == instrument.name:
            latest[score.wave] = score
    found = (latest[wave] for wave in BEFORE_WAVES if wave in latest)
    before = next((score for score in found if score.score is not None), None)
    after = latest.get(AFTER_WAVE)
    difference = _difference(before, after)
    return {
        "client_code": client_code,
        "instrument": instrument.name,
        "before_wave": before and before.wave,
        "before_on": before and before.assessed_on,
        "before_score": before and before.score,
        "before_band": before and before.band,
        "after_on": after and after.assessed_on,
        "after_score": after and after.score,
        "after_band": after and after.band,
        "difference": difference,
        "verdict": verdict(difference, instrument),
    }


def _difference(before: Score | None, after: Score | None) -> int | None:
    if before is None or after is None or before.score is None or after.score is None:
        return None
    return after.score - before.score


def verdict(difference: int | None, instrument: Instrument) -> str:
    """Return improved, worse, no_change or unknown: a change counts from the instrument's reliable change on.

    The points and their source are the first entry of `instrument.reliable_change` (PHQ-9 6, GAD-7 4: NHS Talking
    Therapies; PCL-5: doi 10.1002/jts.22975); unknown where no source says what counts. A lower score is better, unless
    the instrument says otherwise.
    """
    if difference is None or not instrument.reliable_change:
        return "unknown"
    points = instrument.reliable_change[0].points
    for_the_worse = difference if instrument.higher_is_worse else -difference
    if abs(difference) < points:
        return "no_change"
    return "worse" if for_the_worse > 0 else "improved"
