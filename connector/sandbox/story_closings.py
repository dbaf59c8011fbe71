"""Knows which healing groups break up before their weeks are over, and when the coordinator closes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import replace
from random import Random

from connector.sandbox.story import HealingGroup, ProgrammeSize

_HEARD_OF_AFTER = dt.timedelta(days=14)
"""Its last report may be filled in ten days late and travel for four."""


def with_closings(seed: int, size: ProgrammeSize, groups: Sequence[HealingGroup]) -> tuple[HealingGroup, ...]:
    """The healing groups, in some cohorts one of them with the day and the reason of its end."""
    found = list(groups)
    first = 0
    for cohort in size.cohorts:
        if cohort.broke_up_after:
            place = first + Random(f"{seed}/broke up/{first}").randrange(cohort.groups)
            ended_on = found[place].due_on(cohort.broke_up_after + 1) - dt.timedelta(days=1)
            found[place] = replace(found[place], ended_on=ended_on, end_reason="broke_up")
        first += cohort.groups
    return tuple(found)


def closed_on(group: HealingGroup) -> dt.date | None:
    """The day on which the coordinator enters that a healing group has ended; None for one that goes on."""
    return group.ended_on and group.ended_on + _HEARD_OF_AFTER


def closed_by(groups: Sequence[HealingGroup], day: dt.date) -> Collection[str]:
    """Codes of the healing groups of which the coordinator has entered the end on or before a day."""
    return {group.code for group in groups if (entered := closed_on(group)) and entered <= day}
