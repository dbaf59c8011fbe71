"""Knows how people are doing at each wave: whom the interviewer met, what they answered, how they changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from random import Random

from connector.sandbox.phone_device import KIGALI
from connector.sandbox.story import Cha, Client, HealingGroup, Livelihood, Membership, Visit
from connector.sandbox.story_clients import is_late_joiner, severity_of
from connector.sandbox.story_symptoms import answer_instruments
from forms.programme import PROGRAMME

SUPERVISORS = ("supervisor01", "supervisor02")
"""KoboToolbox accounts of the people who interview without being CHAs."""

_ASKED_BY = {"other_cha": 70, "own_cha": 10, "supervisor": 12, "evaluator": 8}
_NOT_MET = {"not_found": 40, "declined": 20, "too_ill": 12, "moved_away": 25, "died": 3}
_STILL_THERE = ("not_found", "declined", "too_ill")
_IS_VISITED = {"baseline": 0.94, "endline": 0.96, "six_months": 0.88}
_IS_MET = {"baseline": 0.98, "endline": 0.92, "six_months": 0.85}
_GETS_WORSE = 0.1


def invent_visits(
    seed: int,
    groups: Mapping[str, HealingGroup],
    memberships: Sequence[Membership],
    clients: Mapping[str, Client],
    as_of: dt.date,
) -> list[Visit]:
    """All interviews tried by `as_of`: baseline in some cohorts, endline, six months after the last week."""
    chas = sorted({group.cha.username: group.cha for group in groups.values()}.values(), key=lambda cha: cha.username)
    last = {membership.client_id: membership for membership in memberships}
    visits: list[Visit] = []
    for membership in last.values():
        client = clients[membership.client_id]
        if not client.twin_of:
            visits += _visits_of(seed, client, membership, groups[membership.group], chas)
    return sorted((visit for visit in visits if visit.visited_at.date() <= as_of), key=lambda visit: visit.visited_at)


def hidden_severity(seed: int, person_id: str, wave: str, has_dropped_out: bool) -> float:
    """The person's hidden severity at a wave; the programme helps most people, and some get worse."""
    rng = Random(f"{seed}/change/{person_id}")
    before = severity_of(seed, person_id) + rng.gauss(-0.05, 0.2)
    usual = rng.gauss(-0.4 if has_dropped_out else -0.95, 0.45)
    after = before + (rng.gauss(0.55, 0.3) if rng.random() < _GETS_WORSE else usual)
    later = after + rng.gauss(0.08, 0.3)
    return {"baseline": before, "endline": after, "six_months": later}[wave]


def _visits_of(
    seed: int, client: Client, membership: Membership, group: HealingGroup, chas: Sequence[Cha]
) -> Iterator[Visit]:
    for wave, is_visited in _IS_VISITED.items():
        rng = Random(f"{seed}/visit/{client.client_id}/{wave}")
        is_planned = wave != "baseline" or (group.has_baseline_visit and not is_late_joiner(client))
        if is_planned and rng.random() < is_visited:
            visit = _visit(rng, seed, client, membership, group, wave, chas)
            yield visit
            if visit.contact_result in ("moved_away", "died"):
                return


def _visit(
    rng: Random,
    seed: int,
    client: Client,
    membership: Membership,
    group: HealingGroup,
    wave: str,
    chas: Sequence[Cha],
) -> Visit:
    has_dropped_out = membership.left_on is not None
    asked_by = _asker(rng, len(chas))
    is_met = rng.random() < _IS_MET[wave] - (0.3 if has_dropped_out and wave != "baseline" else 0)
    severity = hidden_severity(seed, client.person.person_id, wave, has_dropped_out)
    answers = answer_instruments(rng, severity) if is_met else None
    return Visit(
        client_id=client.client_id,
        group=group,
        wave=wave,
        visited_at=_moment(rng, group, wave),
        asked_by=asked_by,
        username=_account(rng, asked_by, group, chas),
        contact_result="interviewed" if is_met else _why_not(rng, wave),
        is_code_typed=rng.random() < 0.05,
        answers=answers,
        livelihood=_livelihood(rng, severity, wave) if answers and not answers.stop_reason else None,
    )


def _why_not(rng: Random, wave: str) -> str:
    """The result of a contact without interview; right before week 1 nobody has moved away or died."""
    if wave == "baseline":
        return rng.choice(_STILL_THERE)
    return rng.choices(tuple(_NOT_MET), tuple(_NOT_MET.values()))[0]


def _moment(rng: Random, group: HealingGroup, wave: str) -> dt.datetime:
    """When the visit takes place: within the window of the wave, and a baseline visit once the rosters are out."""
    first, last = {"baseline": (0, 6), "endline": (0, 20), "six_months": (-10, 30)}[wave]
    day = group.started_on + dt.timedelta(days=PROGRAMME.wave(wave).due_days + rng.randint(first, last))
    return dt.datetime(day.year, day.month, day.day, rng.randint(8, 16), rng.randint(0, 59), tzinfo=KIGALI)


def _asker(rng: Random, chas: int) -> str:
    """Mostly a CHA who is not the person's own, where there is another one."""
    asked_by = rng.choices(tuple(_ASKED_BY), tuple(_ASKED_BY.values()))[0]
    return "supervisor" if asked_by == "other_cha" and chas == 1 else asked_by


def _account(rng: Random, asked_by: str, group: HealingGroup, chas: Sequence[Cha]) -> str:
    if asked_by == "own_cha":
        return group.cha.username
    if asked_by == "other_cha":
        others = [cha for cha in chas if cha != group.cha]
        near = [cha for cha in others if cha.sector == group.sector]
        return rng.choice(near or others).username
    return SUPERVISORS[0] if asked_by == "supervisor" else SUPERVISORS[1]


def _livelihood(rng: Random, severity: float, wave: str) -> Livelihood:
    later = wave != "baseline"
    shares = {
        "income_activity": 0.5 + 0.15 * later - 0.08 * severity,
        "saved_last_month": 0.25 + 0.3 * later - 0.05 * severity,
        "has_loan": 0.2 + 0.15 * later,
        "in_cooperative": 0.12 + 0.08 * later,
        "in_self_help_group": 0.05 + 0.65 * later,
    }
    meals = min(3, max(0, round(1.9 + 0.2 * later - 0.25 * severity + rng.gauss(0, 0.5))))
    return Livelihood(
        work_days_lost=min(30, max(0, round(8 + 5 * severity + rng.gauss(0, 3)))),
        meals_yesterday="refused" if rng.random() < 0.01 else str(meals),
        yes_or_no={name: _yes_no(rng, share) for name, share in shares.items()},
    )


def _yes_no(rng: Random, share: float) -> str:
    return "refused" if rng.random() < 0.01 else "yes" if rng.random() < share else "no"
