"""Everybody who fills a form in the tests: people at intake, at sessions and in outcome interviews."""

from __future__ import annotations

from tests.forms import (
    people_at_intake,
    people_at_outcome,
    people_at_risk,
    people_at_sessions,
    people_elsewhere,
    people_in_distress,
    people_stopping,
)
from tests.forms.people_answers import Person

INTAKES: tuple[Person, ...] = (
    *people_at_intake.WHO_TAKES_PART,
    *people_at_intake.REFUSALS,
    *people_at_risk.SAFETY,
    *people_stopping.STOPS,
    *people_elsewhere.ELSEWHERE,
)
SESSIONS: tuple[Person, ...] = (
    *people_at_sessions.WHO_CAME,
    *people_at_sessions.WHEN_HELD,
    *people_in_distress.IN_DISTRESS,
    *people_in_distress.ELSEWHERE,
)
OUTCOMES: tuple[Person, ...] = (
    *people_at_outcome.WHO_IS_ASKED,
    *people_at_outcome.SAFETY,
    *people_at_outcome.STOPS,
    *people_at_outcome.ELSEWHERE,
)
PEOPLE = (*INTAKES, *SESSIONS, *OUTCOMES)
