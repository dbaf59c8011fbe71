"""Knows the words in which somebody's answers are told: about symptoms, about safety, about what they live from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SafetyTriage:
    """Answers (yes, no, refused) to the four questions of a triage, the level they mean, what was done."""

    thoughts_now: str
    plan: str
    means: str
    past_year: str
    level: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InDistress:
    """Somebody in great distress at a session: `who` is a client id, or VISITOR."""

    who: str
    triage: SafetyTriage


VISITOR = "visitor"


@dataclass(frozen=True, slots=True)
class Answers:
    """One person's interview: item name -> code, "refused" or "stopped", in the order in which items are asked.

    With `stop_reason` the interview ended at the last of the items. `difficulty` is asked only with symptoms,
    `spoke_of_harm` ("", yes or no) only after a stop or a refused safety item, and `late_safety` is the triage that
    follows. `care_offer` is asked where nobody can hear (`is_private`).
    """

    items: Mapping[str, str]
    difficulty: str
    safety: SafetyTriage | None
    stop_reason: str = ""
    spoke_of_harm: str = ""
    late_safety: SafetyTriage | None = None
    is_private: bool = True
    care_offer: str = "not_needed"

    @property
    def triage(self) -> SafetyTriage | None:
        """The triage that took place: there is one at most."""
        return self.safety or self.late_safety


@dataclass(frozen=True, slots=True)
class Livelihood:
    """Answers to the socio-economic block, by question name."""

    work_days_lost: int
    meals_yesterday: str
    yes_or_no: Mapping[str, str]
