"""The shape of a programme's own figures: what there is to decide, and in which unit; the figures are in a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class HelpLine:
    """A telephone number that a form shows; `tested_on` is when somebody last called it, None when nobody has.

    `names` are its names in other languages, by language code.
    """

    name: str
    number: str
    source: str
    tested_on: dt.date | None = None
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Wave:
    """A round of assessment; due `due_days` after week 1 of the healing group, with a window on both sides in days."""

    code: str
    label: str
    due_days: int
    window_days: int
    instruments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a session that the form lets a CHA tick."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class PlannedWeek:
    """What is planned for one week: a theme (empty when it is not known) and the codes of the components."""

    number: int
    theme: str = ""
    components: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TriageRule:
    """Which answers make a level: any one combination whose answers are all positive. Other answers mean low.

    The answers are named thoughts_now, plan, means, past_year. A refused answer counts as positive.
    """

    imminent: tuple[tuple[str, ...], ...]
    moderate: tuple[tuple[str, ...], ...]


TRIAGE_ANSWERS = ("thoughts_now", "plan", "means", "past_year")
SPLITS = ("form", "sector")
CUT_OFF_SETS = ("international", "rwanda")
LANGUAGE_CODES = ("rw", "fr", "en")


@dataclass(frozen=True, slots=True)
class Programme:
    """All figures in one value; fields carry their unit in the name.

    `sectors` are official codes; `split_by` says whether each form is one project on the server ("form") or one in
    each sector ("sector"); `spoken` are the languages in which people are interviewed; `private_texts` is the path of
    the file with texts that may not be published, "" for none.
    """

    name: str
    weeks: int
    group_size: int
    smallest_group: int
    minimum_age_years: int
    sectors: tuple[str, ...]
    split_by: str
    spoken: tuple[str, ...]
    consent_version: str
    cut_off_set: str
    private_texts: str
    intake_instruments: tuple[str, ...]
    completion_share: float
    missed_in_row_alarm: int
    silent_after_days: int
    report_within_hours: int
    alert_hours: Mapping[str, int]
    waves: tuple[Wave, ...]
    components: tuple[Component, ...]
    week_plan: tuple[PlannedWeek, ...]
    triage: TriageRule
    help_lines: tuple[HelpLine, ...]

    @property
    def districts(self) -> tuple[str, ...]:
        """The codes of the districts in which the sectors lie, each once."""
        return tuple(dict.fromkeys(sector[:2] for sector in self.sectors))

    def numbers_to_call(self, language: str = "en") -> str:
        """Return the help lines as a form shows them in a language, names with numbers."""
        return " · ".join(f"{line.names.get(language, line.name)} {line.number}" for line in self.help_lines)

    @property
    def most_people(self) -> int:
        """The highest head count that is believed: three times the size of a group."""
        return 3 * self.group_size

    @property
    def facts(self) -> dict[str, dict[str, str]]:
        """What stands in texts of forms as `{name}`, by name and language."""
        return {
            "numbers_to_call": {code: self.numbers_to_call(code) for code in LANGUAGE_CODES},
            "moderate_hours": dict.fromkeys(LANGUAGE_CODES, str(self.alert_hours["moderate"])),
            "most_people": dict.fromkeys(LANGUAGE_CODES, str(self.most_people)),
        }

    @property
    def outcome_instruments(self) -> dict[str, tuple[str, ...]]:
        """The names of the instruments asked in each wave, by its code."""
        return {wave.code: wave.instruments for wave in self.waves}

    @property
    def areas(self) -> tuple[str, ...]:
        """The areas that have projects of their own: every sector, or "" for the whole programme."""
        return self.sectors if self.split_by == "sector" else ("",)

    def wave(self, code: str) -> Wave:
        """Return the wave with this code; raises KeyError for another."""
        for wave in self.waves:
            if wave.code == code:
                return wave
        raise KeyError(code)

    def theme(self, week: int) -> str:
        """Return the theme planned for a week, "" when none is written down."""
        return next((planned.theme for planned in self.week_plan if planned.number == week), "")
