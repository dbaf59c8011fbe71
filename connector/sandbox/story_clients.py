"""Knows how people come to a healing group: who is screened, joins, comes late, leaves, moves or is entered twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from connector.sandbox.phone_device import KIGALI
from connector.sandbox.story import Client, HealingGroup, Membership, ProgrammeSize
from connector.sandbox.story_people import invent_person, villages_of
from connector.sandbox.story_symptoms import answer_instruments
from forms.programme import PROGRAMME

_NOT_ELIGIBLE, _NO_CONSENT, _NOT_ENROLLED = 0.06, 0.05, 0.05
_DROP_OUT = 0.08
_COMES_FIRST, _IS_MEMBER_SINCE_THEN = 0.6, 0.5
_NOT_ENROLLED_REASONS = ("declined", "no_group", "referred", "too_far", "other_known")
_MINUTES_OF_DAY = (7 * 60 + 30, 16 * 60 + 30)


def invent_clients(seed: int, size: ProgrammeSize, groups: Sequence[HealingGroup], as_of: dt.date) -> list[Client]:
    """Everybody who was screened by `as_of`, group by group, with hidden severities turned into answers."""
    clients: list[Client] = []
    for group in groups:
        rng = Random(f"{seed}/clients/{group.code}")
        clients += _screen_until_full(rng, seed, group, rng.randint(*size.members))
        clients += _late_joiners(rng, seed, group)
    clients = [client for client in clients if client.screened_at.date() <= as_of]
    return clients + list(_entered_twice(Random(f"{seed}/twins"), clients, len(groups), as_of))


def severity_of(seed: int, person_id: str) -> float:
    """A person's hidden severity when screened: 0 is usual, 1 one standard deviation worse."""
    return Random(f"{seed}/severity/{person_id}").gauss(0, 0.9)


def is_late_joiner(client: Client) -> bool:
    """Whether the client was screened after the group had begun."""
    return client.group is not None and client.screened_at.date() >= client.group.started_on


def first_day(client: Client, group: HealingGroup) -> dt.date:
    """The client's first day in the group: the first session after the screening, for some the one they had come to."""
    if client.newcomer_on and client.is_member_since_then:
        return client.newcomer_on
    day = group.started_on
    while day <= client.screened_at.date():
        day += dt.timedelta(days=7)
    return day


def invent_memberships(seed: int, clients: Sequence[Client]) -> list[Membership]:
    """The first membership of every client, ended early for those who drop out; twins come and go together."""
    memberships = []
    for client in clients:
        if client.group is not None:
            rng = Random(f"{seed}/course/{client.person.person_id}")
            memberships.append(_membership(rng, client, client.group))
    return memberships


def invent_transfers(
    seed: int, memberships: Sequence[Membership], groups: Sequence[HealingGroup], as_of: dt.date
) -> list[tuple[Membership, Membership]]:
    """(membership ended, new membership) of the few who move to another group of the same sector and cohort."""
    rng = Random(f"{seed}/transfers")
    moves = []
    by_code = {group.code: group for group in groups}
    stayed = [each for each in memberships if each.left_on is None]
    for membership in rng.sample(stayed, max(1, len(groups) // 8)):
        old = by_code[membership.group]
        others = [new for new in groups if _can_move(old, new)]
        moved_on = old.due_on(rng.randint(5, 9))
        if others and membership.joined_on < moved_on < as_of:
            new = rng.choice(others)
            moves.append(_move(membership, new, moved_on))
    return moves


def _can_move(old: HealingGroup, new: HealingGroup) -> bool:
    nearly = abs((old.started_on - new.started_on).days) <= 7
    return new.code != old.code and new.sector == old.sector and nearly and new.ended_on is None


def _move(membership: Membership, new: HealingGroup, moved_on: dt.date) -> tuple[Membership, Membership]:
    ended = replace(membership, left_on=moved_on, is_told=True)
    return ended, Membership(membership.client_id, new.code, moved_on)


def _screen_until_full(rng: Random, seed: int, group: HealingGroup, members: int) -> Iterator[Client]:
    number = enrolled = 0
    while enrolled < members:
        number += 1
        day = group.started_on - dt.timedelta(days=rng.randint(5, 21))
        client = _screen(rng, seed, group, number, day, can_fail=True)
        enrolled += client.is_enrolled
        yield client


def _late_joiners(rng: Random, seed: int, group: HealingGroup) -> Iterator[Client]:
    for number in range(rng.choices((0, 1, 2), (0.4, 0.4, 0.2))[0]):
        day = group.started_on + dt.timedelta(days=rng.randint(2, 18))
        client = _screen(rng, seed, group, 90 + number, day, can_fail=False)
        yield _as_newcomer(rng, client, group) if rng.random() < _COMES_FIRST else client


def _as_newcomer(rng: Random, client: Client, group: HealingGroup) -> Client:
    """The client as somebody who had come to the last session planned before the screening."""
    weeks_passed = (client.screened_at.date() - group.started_on).days // 7
    came_on = group.due_on(weeks_passed + 1)
    if came_on == client.screened_at.date():
        came_on -= dt.timedelta(days=7)
    return replace(client, newcomer_on=came_on, is_member_since_then=rng.random() < _IS_MEMBER_SINCE_THEN)


def _screen(rng: Random, seed: int, group: HealingGroup, number: int, day: dt.date, *, can_fail: bool) -> Client:
    fate = rng.random() if can_fail else 1.0
    is_eligible, agrees = fate >= _NOT_ELIGIBLE, fate >= _NOT_ELIGIBLE + _NO_CONSENT
    joins = fate >= _NOT_ELIGIBLE + _NO_CONSENT + _NOT_ENROLLED
    why_not = "" if is_eligible else rng.choice(("under_age", "not_able", "earlier_participant"))
    person = invent_person(rng, f"{group.code}/{number:02d}", _village_near(rng, group), day)
    if why_not == "under_age":
        person = replace(person, birth_year=day.year - rng.randint(15, 17))
    return Client(
        client_id=person.person_id,
        person=person,
        cha=group.cha,
        screened_at=_moment(rng, day),
        is_able=why_not != "not_able",
        was_in_group_before=why_not == "earlier_participant",
        consents=agrees,
        consent_mode=rng.choices(("written", "thumbprint", "oral_witness"), (0.6, 0.25, 0.15))[0],
        consents_to_research=rng.random() < 0.88,
        answers=answer_instruments(rng, severity_of(seed, person.person_id)) if agrees else None,
        group=group if joins else None,
        not_enrolled_reason="" if joins else rng.choice(_NOT_ENROLLED_REASONS),
    )


def _village_near(rng: Random, group: HealingGroup) -> str:
    if rng.random() < 0.7:
        return group.village
    return rng.choice(villages_of(group.village[:6]))


def _moment(rng: Random, day: dt.date) -> dt.datetime:
    """Some working minute of a day, in Rwanda."""
    hours, minutes = divmod(rng.randint(*_MINUTES_OF_DAY), 60)
    return dt.datetime(day.year, day.month, day.day, hours, minutes, tzinfo=KIGALI)


def _entered_twice(rng: Random, clients: Sequence[Client], groups: int, as_of: dt.date) -> Iterator[Client]:
    """The same people entered again a day later, which gives each a second client code."""
    enrolled = [client for client in clients if client.is_enrolled and not is_late_joiner(client)]
    for client in rng.sample(enrolled, max(1, groups // 8)):
        again = client.screened_at + dt.timedelta(days=1)
        if again.date() <= as_of:
            yield replace(client, client_id=f"{client.client_id}b", screened_at=again, twin_of=client.client_id)


def _membership(rng: Random, client: Client, group: HealingGroup) -> Membership:
    joined_on = first_day(client, group)
    if rng.random() >= _DROP_OUT:
        return Membership(client.client_id, group.code, joined_on)
    left_on = max(joined_on + dt.timedelta(days=7), group.due_on(rng.randint(3, PROGRAMME.weeks - 3)))
    return Membership(client.client_id, group.code, joined_on, left_on, is_told=rng.random() < 0.6)
