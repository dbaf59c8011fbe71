"""Blocks of answers and of what the phone works out from them, from which the people of the tests are put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.sandbox.phone import Answer
from tests.forms.phone_people import KEZA, MANZI, UMUTONI, USUAL

Says = Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class Round:
    """Going back once more: what is answered anew on the way through the form, and where the phone then stops."""

    says: Says
    stopped_at: str = ""
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who fills a form, and exactly what the phone sends in the end: answers and what it works out from them.

    The person gives the answers in `sends` whenever they are asked for, and has those in `unasked` ready too, which
    must not be sent. `at_first` is said instead on the first way through: `refused` are then the questions whose answer
    the phone does not take, `stopped_at` the one that keeps the form from being finalized; `goes_back` are further ways
    through it, until it can be sent. `{name}` in `sends` stands for the value of another question, such as a random
    code.
    """

    name: str
    form_id: str
    sends: Says
    unasked: Says = field(default_factory=dict)
    at_first: Says = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    stopped_at: str = ""
    goes_back: tuple[Round, ...] = ()
    programme: str = USUAL
    area: str = ""
    username: str = "cha001"
    lists: str = "usual"

    @property
    def rounds(self) -> tuple[Round, ...]:
        """All ways through the form, the first with everything that the person has to say."""
        return Round({**self.sends, **self.unasked, **self.at_first}, self.stopped_at, self.refused), *self.goes_back


def scale(name: str, values: str, first: int = 1) -> dict[str, Answer]:
    """Answers to an instrument, one character an item: a digit, r for refused, s for the interview stops here."""
    words = {"r": "refused", "s": "stopped"}
    return {f"{name}_{number}": words.get(value, value) for number, value in enumerate(values, start=first)}


def without(block: Says, *names: str) -> dict[str, Answer]:
    """A block of answers without some of them."""
    return {name: value for name, value in block.items() if name not in names}


def scored(name: str, answered: int, points: int, score: int | None = None, band: str = "") -> dict[str, Answer]:
    """What the phone works out of an instrument: number answered, their sum, and a score where there is one."""
    found: dict[str, Answer] = {f"{name}_answered": answered, f"{name}_sum": points}
    if score is not None:
        found |= {f"{name}_score": score}
    return found | ({f"{name}_band": band} if band else {})


def calm(*names: str) -> dict[str, Answer]:
    """Every item of these instruments denied, with what the phone makes of it; the PHQ-15 is that of a woman."""
    return {key: value for name in names for key, value in _CALM[name].items()}


def stop(instrument: str, reason: str = "no_time", harm: str = "no") -> dict[str, Answer]:
    """What is sent of an interview that stopped within an instrument."""
    return {f"{instrument}_stopped": "yes", "interview_stopped": "yes", "stop_reason": reason, "spoke_of_harm": harm}


def triage(prefix: str, answers: str, level: str, actions: str) -> dict[str, Answer]:
    """A triage: y, n or r (refused) for thoughts now, plan, means and the past year; the level; what was done."""
    words = {"y": "yes", "n": "no", "r": "refused"}
    names = ("thoughts_now", "plan", "means", "past_year")
    asked = {f"{prefix}_{name}": words[answer] for name, answer in zip(names, answers, strict=True)}
    return {**asked, f"{prefix}_level": level, f"{prefix}_actions": actions}


PCL5_DENIED = {"pcl5_cluster_rule": "not_met"}
_CALM: dict[str, dict[str, Answer]] = {
    "phq9": scale("phq9", "0" * 9) | scored("phq9", 9, 0, 0, "minimal"),
    "gad7": scale("gad7", "0" * 7) | scored("gad7", 7, 0, 0, "minimal"),
    "pcl5": scale("pcl5", "0" * 20) | scored("pcl5", 20, 0, 0, "below_23") | PCL5_DENIED,
    "srq20": scale("srq20", "0" * 20) | scored("srq20", 20, 0, 0),
    "who5": scale("who5", "5" * 5) | scored("who5", 5, 25, 100, "above_50"),
    "k6": scale("k6", "0" * 6) | scored("k6", 6, 0, 0, "low"),
    "phq15": scale("phq15", "0" * 15) | scored("phq15", 15, 0, 0, "minimal"),
}

# The usual woman at intake, who turns out to be eligible, agrees, and joins.
WOMAN: dict[str, Answer] = {
    "sex": "female",
    "birth_year_known": "yes",
    "birth_year": 1980,
    "able_to_take_part": "yes",
    "earlier_participant": "no",
    "has_newcomer_card": "no",
}
MAN = WOMAN | {"sex": "male"}
ELIGIBLE: dict[str, Answer] = {"age": 46, "eligible": "yes", "consent_version": "2026-1"}
AGREES: dict[str, Answer] = {"consent_service": "yes", "consent_mode": "written", "consent_research": "yes"}
CARD: dict[str, Answer] = {"short_name": "Keza"}
HOME: dict[str, Answer] = {"sector": "2801", "cell": "280101", "village": "28010101"}
ALONE: dict[str, Answer] = {"private_now": "yes", "care_offer": "not_needed"}
JOINS: dict[str, Answer] = {"enrolled": "yes", "healing_group": "2801-01", "joined_on": "2026-03-02"}
ARRIVES = WOMAN | ELIGIBLE | AGREES | CARD | HOME
"""Everything before the interview."""
LEAVES = ALONE | JOINS
"""Everything after it."""

# The usual session of a group of three who all came.
THREE: dict[str, Answer] = {"roster_codes": f"{KEZA} {MANZI} {UMUTONI}", "roster_count": 3}
MEETS: dict[str, Answer] = {"healing_group": "2801-01", "week": "3", "session_date": "2026-03-01"}
HELD: dict[str, Answer] = {"session_kind": "planned", "was_held": "yes"}
ALL_CAME: dict[str, Answer] = {"anyone_absent": "no", "absent_count": 0}
NO_NEWCOMER: dict[str, Answer] = {"newcomer_count": "0"}
PRACTISED: dict[str, Answer] = {
    "components": "ritual_dance breathing",
    "start_time": "09:00:00.000+02:00",
    "end_time": "11:00:00.000+02:00",
}
ALL_WELL: dict[str, Answer] = {"anyone_in_distress": "no", "anyone_to_follow_up": "no"}


def counted(expected: int, people: int | None = None, again: int | None = None) -> dict[str, Answer]:
    """The head count: what the list makes expect, how many were counted, and how many the second time."""
    people = expected if people is None else people
    final = people if again is None else again
    second: dict[str, Answer] = {} if again is None else {"head_count_again": again}
    last: dict[str, Answer] = {"people_counted": final, "head_count_difference": final - expected}
    return {"expected_present": expected, "head_count": people, **second, **last}


CIRCLE = MEETS | HELD | THREE | ALL_CAME | NO_NEWCOMER | counted(3) | PRACTISED
"""A session up to the question whether anyone was in distress."""
SESSION = CIRCLE | ALL_WELL

# The usual outcome interview.
VISIT: dict[str, Answer] = {
    "wave": "endline",
    "asked_by": "other_cha",
    "sector": "2801",
    "healing_group": "2801-01",
    "client_on_list": "yes",
    "client_listed": KEZA,
    "client_code": KEZA,
    "contact_result": "interviewed",
}
LIVELIHOOD: dict[str, Answer] = {
    "work_days_lost": 3,
    "income_activity": "yes",
    "saved_last_month": "no",
    "has_loan": "refused",
    "in_cooperative": "no",
    "in_self_help_group": "yes",
    "meals_yesterday": "2",
}
