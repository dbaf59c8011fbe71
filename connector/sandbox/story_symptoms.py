"""Knows how a hidden severity becomes answers to PHQ-9, GAD-7 and PCL-5, and scores them by hand.

The scores here are written out on purpose without the forms' expressions: they are the second opinion in a test.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace
from random import Random

from connector.sandbox.story_answers import Answers, SafetyTriage

_CUTS = {"phq9": (-0.75, 0.45, 1.25), "gad7": (-0.85, 0.35, 1.15), "pcl5": (-1.1, -0.2, 0.65, 1.5)}
_ITEMS = {"phq9": 9, "gad7": 7, "pcl5": 20}
_MINIMUM_ANSWERED = {"phq9": 7, "gad7": 6, "pcl5": 16}
_RARER = {"phq9_9": 1.25, "phq9_8": 0.3, "pcl5_16": 0.9, "pcl5_8": 0.3}
_REFUSES_ONE_ITEM, _REFUSES_MANY = 0.004, 0.006
_STOPS, _SPEAKS_OF_HARM, _IS_OVERHEARD = 0.02, 0.25, 0.15
_STOP_REASONS = {"distress": 45, "no_time": 20, "not_private": 25, "other_known": 10}
_CARE_OFFERS = {"not_needed": 96, "offered": 2, "accepted": 2}


def answer_instruments(rng: Random, severity: float) -> Answers:
    """Answers of a person whose hidden severity is `severity` (0 is a usual newcomer, 1 is one standard deviation).

    Each answer is the severity, seen with noise of the instrument and of the item, cut into the instrument's codes.
    """
    items: dict[str, str] = {}
    refusal = 0.35 if rng.random() < _REFUSES_MANY else _REFUSES_ONE_ITEM
    for instrument, cuts in _CUTS.items():
        shade = rng.gauss(0, 0.35)
        for number in range(1, _ITEMS[instrument] + 1):
            name = f"{instrument}_{number}"
            felt = 0.8 * severity + shade + rng.gauss(0, 0.6) - _RARER.get(name, 0.0)
            items[name] = "refused" if rng.random() < refusal else str(bisect_right(cuts, felt))
    whole = Answers(items, "", None)
    stopped = _stopped(rng, whole) if rng.random() < _STOPS else whole
    return _ended(rng, severity, _cared_for(rng, severity, stopped))


def _stopped(rng: Random, whole: Answers) -> Answers:
    """The interview as far as it went, when it stops at one of its items."""
    names = list(whole.items)
    last = rng.randrange(len(names))
    items = {name: whole.items[name] for name in names[:last]} | {names[last]: "stopped"}
    reason = rng.choices(tuple(_STOP_REASONS), tuple(_STOP_REASONS.values()))[0]
    return replace(whole, items=items, stop_reason=reason)


def _cared_for(rng: Random, severity: float, told: Answers) -> Answers:
    """With the difficulty, asked of people with symptoms who answered all of PHQ-9, and the triages that follow."""
    last = told.items.get("phq9_9", "stopped")
    asks_difficulty = last != "stopped" and plain_sum("phq9", told.items) >= 1
    difficulty = str(min(3, max(0, round(1 + 0.8 * severity + rng.gauss(0, 0.5))))) if asks_difficulty else ""
    if last in ("1", "2", "3"):
        return replace(told, difficulty=difficulty, safety=invent_triage(rng, severity))
    return replace(told, difficulty=difficulty)


def _ended(rng: Random, severity: float, told: Answers) -> Answers:
    """With what is asked at the end: harm spoken of, after a stop or a refused item 9, and help offered in private."""
    is_private = rng.random() >= _IS_OVERHEARD
    offer = rng.choices(tuple(_CARE_OFFERS), tuple(_CARE_OFFERS.values()))[0] if is_private else ""
    told = replace(told, is_private=is_private, care_offer=offer)
    if not told.stop_reason and told.items["phq9_9"] != "refused":
        return told
    speaks = rng.random() < _SPEAKS_OF_HARM
    late = invent_triage(rng, severity + 1) if speaks and told.safety is None else None
    return replace(told, spoke_of_harm="yes" if speaks else "no", late_safety=late)


def plain_sum(instrument: str, items: Mapping[str, str]) -> int:
    """The sum of the answered items of an instrument; refusals do not count."""
    return sum(int(code) for code in _codes(instrument, items))


def hand_score(instrument: str, items: Mapping[str, str]) -> int | None:
    """The score: the sum, made up in proportion when one in five or fewer answers is missing, else None.

    Whatever follows a stop is missing too.
    """
    codes = [int(code) for code in _codes(instrument, items)]
    if len(codes) < _MINIMUM_ANSWERED[instrument]:
        return None
    exact = sum(codes) * _ITEMS[instrument] / len(codes)
    return int(exact + 0.5)


def hand_level(thoughts_now: str, plan: str, means: str, past_year: str) -> str:
    """The triage level; a refused answer counts as yes."""
    now, has_plan, has_means, acted = (
        answer in ("yes", "refused") for answer in (thoughts_now, plan, means, past_year)
    )
    if now and (has_plan or has_means):
        return "imminent"
    return "moderate" if now or has_plan or acted else "low"


def _codes(instrument: str, items: Mapping[str, str]) -> list[str]:
    answers = (items.get(f"{instrument}_{number}", "") for number in range(1, _ITEMS[instrument] + 1))
    return [answer for answer in answers if answer.isdigit()]


def whole_items(instrument: str, items: Mapping[str, str]) -> dict[str, str]:
    """All items of an instrument that was begun, those after the stop as "not_asked"; none of one that was not."""
    names = [f"{instrument}_{number}" for number in range(1, _ITEMS[instrument] + 1)]
    return {name: items.get(name, "not_asked") for name in names} if any(name in items for name in names) else {}


def invent_triage(rng: Random, severity: float) -> SafetyTriage:
    """The answers of somebody who is asked the four questions, their level, and what was done."""

    def answer(share: float) -> str:
        return "refused" if rng.random() < 0.01 else "yes" if rng.random() < share else "no"

    thoughts = answer(min(0.4, max(0.05, 0.1 + 0.06 * severity)))
    plan, means, past_year = answer(0.08), answer(0.1), answer(0.08)
    level = hand_level(thoughts, plan, means, past_year)
    return SafetyTriage(thoughts, plan, means, past_year, level, _actions(rng, level))


def _actions(rng: Random, level: str) -> tuple[str, ...]:
    if level == "imminent":
        return ("stayed_with", "removed_means", "called_psychologist", "trusted_person")
    if level == "moderate":
        return tuple(
            rng.choice((("called_psychologist",), ("called_psychologist", "trusted_person"), ("called_help_line",)))
        )
    return (rng.choice(("none_needed", "trusted_person", "referred_health_centre")),)
