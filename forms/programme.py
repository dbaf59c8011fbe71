"""The programme's own figures: group size, number of weeks, session components, windows, thresholds, numbers to call.

Figures marked *proposal* are not the programme's published rules: a coordinator or the psychologist must confirm them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class HelpLine:
    """A telephone number that a form shows; `tested_on` is empty until somebody has called it."""

    name: str
    number: str
    source: str
    tested_on: str = ""


@dataclass(frozen=True, slots=True)
class Wave:
    """A round of assessment; due `due_days` after week 1 of the healing group, with a window on both sides in days."""

    code: str
    label: str
    due_days: int
    window_days: int


@dataclass(frozen=True, slots=True)
class Programme:
    """All figures in one value; fields carry their unit in the name."""

    name: str
    weeks: int
    group_size: int
    smallest_group: int
    minimum_age_years: int
    districts: tuple[str, ...]
    consent_version: str
    completion_share: float
    missed_in_row_alarm: int
    silent_after_days: int
    report_within_hours: int
    alert_hours: Mapping[str, int]
    waves: tuple[Wave, ...]
    help_lines: tuple[HelpLine, ...]

    @property
    def numbers_to_call(self) -> str:
        """The help lines as a form shows them, names with numbers."""
        return " · ".join(f"{line.name} {line.number}" for line in self.help_lines)

    def wave(self, code: str) -> Wave:
        """Return the wave with this code; raises KeyError for another."""
        for wave in self.waves:
            if wave.code == code:
                return wave
        raise KeyError(code)


_MINISTRY = "Survivors Fund, Kwibuka 31 page, April 2025"

PROGRAMME = Programme(
    name="Community-based social healing",
    weeks=16,  # Ubuntu Center for Peace, impact model page
    group_size=20,  # same; agrees with the trial: 1,080 people in 54 villages (doi 10.1186/s13063-024-08632-6)
    smallest_group=15,  # proposal
    minimum_age_years=18,  # sister trial of sociotherapy, doi 10.1186/s13063-022-06994-3
    districts=("28",),  # Kamonyi
    consent_version="2026-1",
    completion_share=0.8,  # proposal: 13 of 16
    missed_in_row_alarm=2,  # proposal
    silent_after_days=14,  # proposal
    report_within_hours=48,  # proposal
    alert_hours=MappingProxyType({"imminent": 2, "moderate": 24, "low": 168, "follow_up": 168}),  # proposal
    waves=(
        Wave("baseline", "Baseline, before week 1", 0, 21),
        Wave("endline", "Endline, after the last week", 112, 28),
        Wave("six_months", "6 months after the last week", 295, 45),
        Wave("twelve_months", "12 months after the last week", 477, 60),
    ),  # follow-up points are a proposal: the programme's own are not published
    help_lines=(
        HelpLine("Ministry of Health", "114", _MINISTRY),
        HelpLine("Ambulance", "912", _MINISTRY),
        HelpLine("Police", "112", _MINISTRY),
    ),
)
