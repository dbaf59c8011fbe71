"""Knows how the weekly sessions go: held or not, who came, why others stayed away, who was in distress."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from random import Random

from connector.sandbox.story import Client, HealingGroup, Membership, Session
from forms.programme import PROGRAMME

_AWAY = {"sick": 30, "work": 28, "travel": 12, "family": 16, "unknown": 14}
_NOT_HELD = {"rain": 30, "market_day": 15, "public_event": 15, "mourning": 12, "cha_absent": 18, "too_few": 10}
_COMPONENTS = ("ritual_dance", "body_mind", "story_sharing", "breathing", "meditation")
_IS_NOT_HELD, _IS_NOT_REPORTED = 0.045, 0.02


def invent_sessions(
    seed: int,
    groups: Sequence[HealingGroup],
    memberships: Sequence[Membership],
    clients: Mapping[str, Client],
    as_of: dt.date,
) -> list[Session]:
    """Every session that was due by `as_of`, in order of group and week."""
    silent = _silent_groups(seed, groups, as_of)
    sessions = []
    for group in groups:
        own = [membership for membership in memberships if membership.group == group.code]
        for week in range(1, PROGRAMME.weeks + 1):
            if group.due_on(week) <= as_of:
                rng = Random(f"{seed}/session/{group.code}/{week}")
                is_silent = group.code in silent and group.due_on(week) > as_of - dt.timedelta(days=24)
                sessions.append(_session(rng, seed, group, week, own, clients, is_silent))
    return sessions


def comes_usually(seed: int, person_id: str) -> float:
    """The chance that a person comes to a session; most come nearly always, some often stay away."""
    return 0.6 + 0.395 * Random(f"{seed}/diligence/{person_id}").betavariate(6, 1)


def _silent_groups(seed: int, groups: Sequence[HealingGroup], as_of: dt.date) -> frozenset[str]:
    """Running groups whose CHA has not reported for three weeks."""
    running = [group.code for group in groups if 35 < (as_of - group.started_on).days < 7 * PROGRAMME.weeks]
    return frozenset(Random(f"{seed}/silent").sample(running, min(len(running), 1 + len(running) // 8)))


def _session(
    rng: Random,
    seed: int,
    group: HealingGroup,
    week: int,
    own: Sequence[Membership],
    clients: Mapping[str, Client],
    is_silent: bool,
) -> Session:
    reason = _not_held_reason(rng, group.due_on(week))
    if is_silent or rng.random() < _IS_NOT_REPORTED:
        return Session(group, week, "no_report")
    if reason:
        return Session(group, week, "not_held", reason)
    away = dict(_away(rng, seed, group.due_on(week), own, clients))
    came = frozenset(each.client_id for each in own if each.joined_on <= group.due_on(week)) - away.keys()
    return Session(
        group=group,
        week=week,
        status="held",
        came=came,
        away=away,
        extra_heads=rng.choices((0, 1, -1), (90, 6, 4))[0],
        components=tuple(name for name in _COMPONENTS if rng.random() < 0.85) or ("breathing",),
        minutes=rng.randrange(90, 155, 5),
        in_distress=_some(rng, came, 0.12, 1),
        to_follow_up=_some(rng, came | away.keys(), 0.18, 2),
    )


def _not_held_reason(rng: Random, day: dt.date) -> str:
    """Why there was no session, or ""; in the week from 7 April, when the country mourns, half of them do not meet."""
    if day.month == 4 and 7 <= day.day <= 13:
        return "public_event" if rng.random() < 0.5 else ""
    return rng.choices(tuple(_NOT_HELD), tuple(_NOT_HELD.values()))[0] if rng.random() < _IS_NOT_HELD else ""


def _away(
    rng: Random, seed: int, day: dt.date, own: Sequence[Membership], clients: Mapping[str, Client]
) -> Iterator[tuple[str, str]]:
    """(client, reason) of the members who do not come; a person entered twice is away under both codes."""
    drawn: dict[str, str] = {}
    for membership in own:
        if membership.joined_on > day:
            continue
        person = clients[membership.client_id].person.person_id
        if person not in drawn:
            drawn[person] = _reason(rng, seed, person, membership, day)
        if drawn[person]:
            yield membership.client_id, drawn[person]


def _reason(rng: Random, seed: int, person: str, membership: Membership, day: dt.date) -> str:
    if not membership.covers(day):
        return "left_group" if membership.is_told else "unknown"
    if rng.random() < comes_usually(seed, person):
        return ""
    return rng.choices(tuple(_AWAY), tuple(_AWAY.values()))[0]


def _some(rng: Random, of: frozenset[str], share: float, most: int) -> tuple[str, ...]:
    """At times (`share`) one to `most` of the clients."""
    if not of or rng.random() >= share:
        return ()
    return tuple(sorted(rng.sample(sorted(of), min(len(of), rng.randint(1, most)))))
