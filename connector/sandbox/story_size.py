"""Knows how big a simulated programme is, and when its cohorts started."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cohort:
    """Healing groups that start in the same week; `has_baseline_visit` asks the outcome form before week 1 too.

    One of them breaks up after the session of the week `broke_up_after`.
    """

    groups: int
    started_weeks_ago: int
    has_baseline_visit: bool = False
    broke_up_after: int | None = None


@dataclass(frozen=True, slots=True)
class ProgrammeSize:
    """How big the simulated programme is: sectors, cohorts (oldest first), fewest and most members of a group."""

    sectors: int = 6
    cohorts: tuple[Cohort, ...] = (
        Cohort(11, 60),
        Cohort(11, 44),
        Cohort(10, 24, has_baseline_visit=True),
        Cohort(8, 10, broke_up_after=7),
        Cohort(4, 3),
    )
    members: tuple[int, int] = (18, 22)

    @classmethod
    def small(cls) -> ProgrammeSize:
        """Two sectors, four groups, some seventy people: for quick tests."""
        running = (Cohort(1, 10, broke_up_after=7), Cohort(1, 3))
        cohorts = (Cohort(1, 60), Cohort(1, 24, has_baseline_visit=True), *running)
        return cls(sectors=2, cohorts=cohorts, members=(12, 15))
