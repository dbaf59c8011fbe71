"""Knows the words in which a simulated programme is told: who, which groups, what happened, what was recorded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from connector.sandbox.story_answers import VISITOR, Answers, InDistress, Livelihood, SafetyTriage
from connector.sandbox.story_size import Cohort, ProgrammeSize

__all__ = [
    "VISITOR",
    "Answers",
    "Cha",
    "Client",
    "Cohort",
    "FormId",
    "HealingGroup",
    "InDistress",
    "Livelihood",
    "Membership",
    "Person",
    "Programme",
    "ProgrammeSize",
    "Record",
    "SafetyTriage",
    "Session",
    "Visit",
]

FormId = Literal["intake", "attendance", "outcome"]


@dataclass(frozen=True, slots=True)
class Cha:
    """A Community Healing Assistant; `username` is the KoboToolbox account on the phone."""

    cha_code: str
    username: str
    full_name: str
    phone: str
    sector: str


@dataclass(frozen=True, slots=True)
class HealingGroup:
    """A healing group as the registry knows it; `started_on` is the day of week 1, `cohort` its month (YYYY-MM).

    `ended_on` is the last day of one that ends before its weeks are over, with the registry's code for the reason.
    """

    code: str
    label: str
    sector: str
    village: str
    cha: Cha
    cohort: str
    started_on: dt.date
    has_baseline_visit: bool
    ended_on: dt.date | None = None
    end_reason: str = ""

    def is_over_on(self, day: dt.date) -> bool:
        """Whether it had ended before a day."""
        return self.ended_on is not None and day > self.ended_on

    def due_on(self, week: int) -> dt.date:
        """The planned day of a week's session (week 1 is the first)."""
        return self.started_on + dt.timedelta(days=7 * (week - 1))


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is; names and telephone numbers are invented, the numbers from a range that is not in use."""

    person_id: str
    sex: str
    birth_year: int
    knows_birth_year: bool
    short_name: str
    phone: str
    village: str


@dataclass(frozen=True, slots=True)
class Client:
    """One intake record and what it led to; somebody entered twice is two clients with one `person`.

    `group` is None for people who were not enrolled; a `twin_of` names the first of two entries of a person.
    Somebody who came to a session before the screening did so on `newcomer_on`; for some, `is_member_since_then`.
    """

    client_id: str
    person: Person
    cha: Cha
    screened_at: dt.datetime
    is_able: bool
    was_in_group_before: bool
    consents: bool
    consent_mode: str
    consents_to_research: bool
    answers: Answers | None
    group: HealingGroup | None
    not_enrolled_reason: str
    twin_of: str = ""
    newcomer_on: dt.date | None = None
    is_member_since_then: bool = False

    @property
    def age(self) -> int:
        """Years, as the form counts them: this year minus the year of birth."""
        return self.screened_at.year - self.person.birth_year

    @property
    def ineligible_reason(self) -> str:
        """The first reason that applies, or "" for an eligible person."""
        if self.age < 18:
            return "under_age"
        if not self.is_able:
            return "not_able"
        return "earlier_participant" if self.was_in_group_before else ""

    @property
    def is_eligible(self) -> bool:
        """Adult, able to take part, not in a healing group before."""
        return not self.ineligible_reason

    @property
    def has_consented(self) -> bool:
        """Eligible and agreed to take part."""
        return self.is_eligible and self.consents

    @property
    def is_enrolled(self) -> bool:
        """Joined a healing group."""
        return self.group is not None


@dataclass(frozen=True, slots=True)
class Membership:
    """One client in one healing group, from `joined_on`; `left_on` is the first day when the client no longer comes.

    `is_told` says whether the CHA ticks that the person left; otherwise the absences have no known reason.
    """

    client_id: str
    group: str
    joined_on: dt.date
    left_on: dt.date | None = None
    is_told: bool = False

    def covers(self, day: dt.date) -> bool:
        """Whether the client belongs to the group on `day`."""
        return self.joined_on <= day and (self.left_on is None or day < self.left_on)


@dataclass(frozen=True, slots=True)
class Session:
    """One planned session and what happened; `status` is held, not_held or no_report.

    `kind` (planned, merged, made_up) is that of a held one; a made-up one took place `days_late`. A merged one tells
    of `merged_week` too, whose own session names it in `told_in`. `before` is what the CHA had reported when it did not
    take place on its day. `came` are the members who came, listed on the phone or not, `away` why others did not;
    `newcomers` came before being screened, `strangers` (their number) came once and were never screened. `extra_heads`
    is how far the count is from the number who came (visitors, people gone early), `miscount` how far the first count
    is from the second.
    """

    group: HealingGroup
    week: int
    status: str
    not_held_reason: str = ""
    came: frozenset[str] = frozenset()
    away: Mapping[str, str] | None = None
    extra_heads: int = 0
    components: tuple[str, ...] = ()
    minutes: int = 0
    in_distress: tuple[InDistress, ...] = ()
    to_follow_up: tuple[str, ...] = ()
    kind: str = "planned"
    days_late: int = 0
    merged_week: int | None = None
    told_in: int | None = None
    before: Session | None = None
    newcomers: tuple[str, ...] = ()
    strangers: int = 0
    miscount: int = 0

    @property
    def due_on(self) -> dt.date:
        """The planned day."""
        return self.group.due_on(self.week)

    @property
    def day(self) -> dt.date:
        """The day that the report tells: when it was held, or was to be held."""
        return self.due_on + dt.timedelta(days=self.days_late)

    @property
    def weeks(self) -> tuple[int, ...]:
        """The weeks of which its report tells."""
        return (self.week,) if self.merged_week is None else (self.week, self.merged_week)


@dataclass(frozen=True, slots=True)
class Visit:
    """One outcome interview, or the attempt at one; `answers` and `livelihood` only with contact `interviewed`.

    `livelihood` is not asked after the interview has stopped.
    """

    client_id: str
    group: HealingGroup
    wave: str
    visited_at: dt.datetime
    asked_by: str
    username: str
    contact_result: str
    is_code_typed: bool
    answers: Answers | None
    livelihood: Livelihood | None


@dataclass(frozen=True, slots=True)
class Record:
    """A filled form and its way to the server.

    `subject` is what the CHA wrote at first and `corrected` what an edit by the coordinator made of it (None: never
    edited). `copy_of` names the record that this one repeats by mistake.
    """

    record_id: str
    form: FormId
    subject: Client | Session | Visit
    username: str
    language: str
    started_at: dt.datetime
    minutes: int
    sent_at: dt.datetime
    corrected: Client | Session | Visit | None = None
    edited_at: dt.datetime | None = None
    deleted_at: dt.datetime | None = None
    review: str = ""
    reviewed_at: dt.datetime | None = None
    copy_of: str = ""

    @property
    def final(self) -> Client | Session | Visit:
        """What the record says in the end."""
        return self.corrected or self.subject


@dataclass(frozen=True, slots=True)
class Programme:
    """The whole story up to `as_of`, and every record that reached the server by then."""

    seed: int
    as_of: dt.date
    chas: tuple[Cha, ...]
    groups: tuple[HealingGroup, ...]
    clients: Mapping[str, Client]
    memberships: tuple[Membership, ...]
    sessions: tuple[Session, ...]
    visits: tuple[Visit, ...]
    records: tuple[Record, ...]
    roster_days: tuple[dt.date, ...]
    transfers: tuple[Membership, ...]
