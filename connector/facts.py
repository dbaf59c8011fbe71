"""The programme in the words of facts: a healing group, a screening, a session's report, a visit, a membership."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from forms.distress import VISITOR
from forms.end_reasons import NEVER_STARTED

Day = dt.date
PLANNED, MERGED, MADE_UP = "planned", "merged", "made_up"
"""Kinds of a session that was held (forms.attendance); the remaining kind is not_held."""


class HealingGroup(NamedTuple):
    """A healing group of the registry; `started_on` is the day of week 1, `weeks` the number of planned sessions.

    `ended_on` is the last day of one that was closed, with the reason (forms.end_reasons).
    """

    code: str
    district_code: str | None
    sector_code: str
    cha_code: str
    cohort: str
    started_on: Day
    weeks: int
    ended_on: Day | None = None
    end_reason: str | None = None

    def is_open_on(self, day: Day) -> bool:
        """Whether it had not ended before a day; one that never began was open on none."""
        return self.ended_on is None or (day <= self.ended_on and self.end_reason != NEVER_STARTED)

    def due_on(self, week: int) -> Day:
        """Return the planned day of a week's session."""
        return self.started_on + dt.timedelta(days=7 * (week - 1))


class Cha(NamedTuple):
    """A Community Healing Assistant of the registry; `username` is the KoboToolbox account on the phone."""

    code: str
    username: str
    sector_code: str | None


class Registry(NamedTuple):
    """Healing groups by code, and CHAs by the username on their phone."""

    groups: Mapping[str, HealingGroup]
    chas: Mapping[str, Cha]


class Screening(NamedTuple):
    """What one intake record says about a person; `told_code` is its own client code, where that one was merged."""

    root_uuid: str
    asset_uid: str
    server_id: int
    client_code: str
    screened_on: Day | None
    sex: str | None
    birth_year: int | None
    age: int | None
    sector: str | None
    cell: str | None
    eligible: str | None
    ineligible_reason: str | None
    consent_service: str | None
    consent_research: str | None
    enrolled: str | None
    not_enrolled_reason: str | None
    healing_group: str | None
    joined_on: Day | None
    username: str | None = None
    newcomer_code: str | None = None
    told_code: str | None = None

    @property
    def first_day(self) -> Day | None:
        """The day on which the person joins: the one told, else the day of the screening."""
        return self.joined_on or self.screened_on

    @property
    def birth_year_or_estimate(self) -> int | None:
        """The year of birth told, else the year of the screening minus the age told."""
        if self.birth_year is not None or self.age is None or self.screened_on is None:
            return self.birth_year
        return self.screened_on.year - self.age


class InDistress(NamedTuple):
    """Somebody whom an attendance record names in distress, with the level of their own triage and what was done.

    `code` is a client's, or a newcomer's temporary one, or VISITOR; None when the record does not say who it is.
    """

    code: str | None
    level: str
    actions: str | None = None


class Report(NamedTuple):
    """What one attendance record says about a session; `absent` maps client codes to reasons.

    `kind` is planned, merged, made_up or not_held; None in records of the form that did not ask it. `expected` counts
    the members on the phone's list; newcomers, who are not on it, come on top.
    """

    root_uuid: str
    server_id: int
    healing_group: str | None
    week: int | None
    session_date: Day | None
    was_held: str | None
    not_held_reason: str | None
    roster: frozenset[str]
    expected: int
    absent: Mapping[str, str]
    head_count: int | None
    minutes: int | None
    reported_at: dt.datetime | None
    ended_at: dt.datetime | None
    in_distress: tuple[InDistress, ...]
    to_follow_up: tuple[str, ...]
    kind: str | None = None
    merged_week: int | None = None
    newcomers: tuple[str, ...] = ()
    newcomer_count: int = 0

    @property
    def weeks(self) -> tuple[int, ...]:
        """The weeks of the plan that it speaks for: its own, and the one that was done in the same session."""
        other = (self.merged_week,) if self.kind == MERGED and self.merged_week != self.week else ()
        return tuple(week for week in (self.week, *other) if week is not None)

    @property
    def people(self) -> tuple[str, ...]:
        """The codes of all clients and newcomers whom it names; the list that the phone showed names nobody."""
        in_distress = (person.code for person in self.in_distress if person.code not in (None, VISITOR))
        return (*self.absent, *self.to_follow_up, *self.newcomers, *(code for code in in_distress if code))

    @property
    def is_held(self) -> bool:
        """Whether it says that the session took place."""
        return self.was_held == "yes"

    @property
    def present(self) -> int:
        """How many people on the phone's list were not ticked as absent."""
        return self.expected - len(self.absent)

    @property
    def order(self) -> tuple[int, str]:
        """Of several reports of one session, the one with the highest order counts: the one that arrived last."""
        return (self.server_id, self.root_uuid)


class Visit(NamedTuple):
    """What one outcome record says about contact with a client."""

    root_uuid: str
    server_id: int
    client_code: str
    wave: str | None
    contact_result: str | None
    visited_on: Day | None


class Move(NamedTuple):
    """What a coordinator entered: from `joined_on` somebody is a member of a healing group, or (leave) no longer.

    `kind` is join, transfer or leave.
    """

    client_code: str
    healing_group: str
    joined_on: Day
    reason: str | None
    kind: str = "transfer"


class Leaving(NamedTuple):
    """Somebody is no longer a member from `left_on`; of one healing group, or (None) of whichever they are in."""

    client_code: str
    left_on: Day
    reason: str
    healing_group: str | None = None


class Membership(NamedTuple):
    """From `joined_on` to the day before `left_on` a client is a member of a healing group."""

    client_code: str
    healing_group: str
    joined_on: Day
    left_on: Day | None = None
    left_reason: str | None = None

    def includes(self, day: Day) -> bool:
        """Whether the client is a member on a day."""
        return self.joined_on <= day and (self.left_on is None or day < self.left_on)


class Mark(NamedTuple):
    """One client at one planned session; `day` is when it was held, else when it was due.

    `merged_into` is the week with which this one was done in one meeting, when that week's row stands for the meeting.
    """

    healing_group: str
    week: int
    client_code: str
    state: str
    day: Day
    merged_into: int | None = None


class Score(NamedTuple):
    """One client's result on one instrument at one wave."""

    root_uuid: str
    client_code: str
    instrument: str
    wave: str | None
    assessed_on: Day | None
    score: int | None
    band: str | None
