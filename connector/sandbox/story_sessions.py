"""Knows how the weekly sessions go: held or not, who came, why others stayed away, who was in distress."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from connector.sandbox.story import VISITOR, Client, HealingGroup, InDistress, Membership, Session
from connector.sandbox.story_symptoms import invent_triage
from forms.programme import PROGRAMME

_AWAY = {"sick": 30, "work": 28, "travel": 12, "family": 16, "unknown": 14}
_NOT_HELD = {"rain": 30, "market_day": 15, "public_event": 15, "mourning": 12, "cha_absent": 18, "too_few": 10}
_COMPONENTS = ("ritual_dance", "body_mind", "story_sharing", "breathing", "meditation")
_IS_NOT_HELD, _IS_NOT_REPORTED = 0.045, 0.02
_IS_MERGED, _IS_MADE_UP, _IS_TOLD_BEFORE = 0.3, 0.3, 0.6
_HAS_STRANGER, _HAS_VISITOR_IN_DISTRESS, _IS_MISCOUNTED = 0.02, 0.01, 0.04
_DAYS_TO_MAKE_UP = (1, 5)
_MOST_IN_DISTRESS = 3


def invent_sessions(
    seed: int,
    groups: Sequence[HealingGroup],
    memberships: Sequence[Membership],
    clients: Mapping[str, Client],
    as_of: dt.date,
) -> list[Session]:
    """Every session that was due by `as_of`, in order of group and week; none after the end of a group."""
    silent = _silent_groups(seed, groups, as_of)
    sessions: list[Session] = []
    for group in groups:
        own = [membership for membership in memberships if membership.group == group.code]
        people = _People(seed, group, own, clients)
        planned = []
        for week in range(1, PROGRAMME.weeks + 1):
            if group.due_on(week) <= as_of and not group.is_over_on(group.due_on(week)):
                rng = Random(f"{seed}/session/{group.code}/{week}")
                is_silent = group.code in silent and group.due_on(week) > as_of - dt.timedelta(days=24)
                planned.append(_session(rng, group, week, people, is_silent))
        sessions += _caught_up(Random(f"{seed}/caught up/{group.code}"), planned, people, as_of)
    return sessions


def comes_usually(seed: int, person_id: str) -> float:
    """The chance that a person comes to a session; most come nearly always, some often stay away."""
    return 0.6 + 0.395 * Random(f"{seed}/diligence/{person_id}").betavariate(6, 1)


def _silent_groups(seed: int, groups: Sequence[HealingGroup], as_of: dt.date) -> frozenset[str]:
    """Running groups whose CHA has not reported for three weeks."""
    recent = [group for group in groups if 35 < (as_of - group.started_on).days < 7 * PROGRAMME.weeks]
    running = [group.code for group in recent if not group.is_over_on(as_of)]
    return frozenset(Random(f"{seed}/silent").sample(running, min(len(running), 1 + len(running) // 8)))


@dataclass(frozen=True, slots=True)
class _People:
    """Who is or was a member of one healing group, and everybody's story."""

    seed: int
    group: HealingGroup
    own: Sequence[Membership]
    clients: Mapping[str, Client]


def _session(rng: Random, group: HealingGroup, week: int, people: _People, is_silent: bool) -> Session:
    reason = _not_held_reason(rng, group.due_on(week))
    if is_silent or rng.random() < _IS_NOT_REPORTED:
        return Session(group, week, "no_report")
    if reason:
        return Session(group, week, "not_held", reason)
    return _held(rng, Session(group, week, "held"), people)


def _held(rng: Random, session: Session, people: _People) -> Session:
    """The session with everything that happens at one that takes place on its day."""
    day = session.day
    new = _newcomers(session, people)
    away = dict(_away(rng, day, new, people))
    came = frozenset(each.client_id for each in people.own if each.joined_on <= day) - away.keys() - set(new)
    return replace(
        session,
        came=came,
        away=away,
        extra_heads=rng.choices((0, 1, -1), (90, 6, 4))[0],
        components=tuple(name for name in _COMPONENTS if rng.random() < 0.85) or ("breathing",),
        minutes=rng.randrange(90, 155, 5),
        in_distress=tuple(_in_distress(rng, came, new)),
        to_follow_up=_some(rng, came | away.keys(), 0.18, 2),
        newcomers=new,
        strangers=int(rng.random() < _HAS_STRANGER),
        miscount=rng.choice((-1, 1)) if rng.random() < _IS_MISCOUNTED else 0,
    )


def _newcomers(session: Session, people: _People) -> tuple[str, ...]:
    """Those who come to this session before they have been screened for its healing group."""
    waiting = (each for each in people.clients.values() if each.newcomer_on == session.day)
    return tuple(sorted(each.client_id for each in waiting if each.group == session.group))


def _in_distress(rng: Random, came: frozenset[str], new: tuple[str, ...]) -> Iterator[InDistress]:
    """At times one or two of those who are there, a newcomer more often than others; seldom a visitor."""
    who = (*_some(rng, came, 0.12, 2), *_some(rng, frozenset(new), 0.3, 1))
    visitors = (VISITOR,) if rng.random() < _HAS_VISITOR_IN_DISTRESS else ()
    for person in (*who, *visitors)[:_MOST_IN_DISTRESS]:
        yield InDistress(person, invent_triage(rng, rng.gauss(0.5, 0.9)))


def _caught_up(rng: Random, planned: Sequence[Session], people: _People, as_of: dt.date) -> list[Session]:
    """The sessions, some of those not held done together with the next one, some on a later day of the week."""
    found = list(planned)
    for place, session in enumerate(planned):
        if session.status != "not_held":
            continue
        fate, before = rng.random(), session if rng.random() < _IS_TOLD_BEFORE else None
        following = found[place + 1] if place + 1 < len(found) else None
        if fate < _IS_MERGED and following and following.status == "held":
            found[place + 1] = replace(following, kind="merged", merged_week=session.week)
            found[place] = replace(session, status="held", kind="merged", told_in=following.week, before=before)
        elif fate >= 1 - _IS_MADE_UP:
            later = replace(session, status="held", kind="made_up", days_late=rng.randint(*_DAYS_TO_MAKE_UP))
            if later.day <= as_of:
                found[place] = replace(_held(rng, later, people), before=before)
    return [replace(each, not_held_reason="") if each.status == "held" else each for each in found]


def _not_held_reason(rng: Random, day: dt.date) -> str:
    """Why there was no session, or ""; in the week from 7 April, when the country mourns, half of them do not meet."""
    if day.month == 4 and 7 <= day.day <= 13:
        return "public_event" if rng.random() < 0.5 else ""
    return rng.choices(tuple(_NOT_HELD), tuple(_NOT_HELD.values()))[0] if rng.random() < _IS_NOT_HELD else ""


def _away(rng: Random, day: dt.date, new: Collection[str], people: _People) -> Iterator[tuple[str, str]]:
    """(client, reason) of the members who do not come; a person entered twice is away under both codes."""
    drawn: dict[str, str] = {}
    for membership in people.own:
        if membership.joined_on > day or membership.client_id in new:
            continue
        person = people.clients[membership.client_id].person.person_id
        if person not in drawn:
            drawn[person] = _reason(rng, people, person, membership, day)
        if drawn[person]:
            yield membership.client_id, drawn[person]


def _reason(rng: Random, people: _People, person: str, membership: Membership, day: dt.date) -> str:
    if not membership.covers(day):
        return "left_group" if membership.is_told else "unknown"
    if rng.random() < comes_usually(people.seed, person) * _share_left(people.group, day):
        return ""
    return rng.choices(tuple(_AWAY), tuple(_AWAY.values()))[0]


def _share_left(group: HealingGroup, day: dt.date) -> float:
    """How many of those who used to come still do: fewer each week in the last month of a group that breaks up."""
    return 1 if group.ended_on is None else min(1, 0.55 + 0.12 * ((group.ended_on - day).days // 7))


def _some(rng: Random, of: frozenset[str], share: float, most: int) -> tuple[str, ...]:
    """At times (`share`) one to `most` of the clients."""
    if not of or rng.random() >= share:
        return ()
    return tuple(sorted(rng.sample(sorted(of), min(len(of), rng.randint(1, most)))))
