"""Knows in which order the story reaches the server: who fills, sends, corrects, reviews or deletes what, and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from connector.sandbox.phone_device import KIGALI
from connector.sandbox.story import HealingGroup, Membership, Programme, Record
from connector.sandbox.story_closings import closed_on
from connector.sandbox.story_rosters import roster_moment

KINDS = ("move", "close", "roster", "fill", "send", "edit", "review", "delete")
"""In the order in which things of the same minute are done."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that somebody does at a moment.

    It is about a record, a membership (move), a healing group (close), or all phones on a day (roster).
    """

    at: dt.datetime
    kind: str
    about: Record | Membership | HealingGroup | dt.date

    @property
    def deed_id(self) -> str:
        """A name for life, by which a second run knows what is done: kind and what it is about."""
        about = self.about
        if isinstance(about, Record):
            return f"{self.kind} {about.record_id}"
        if isinstance(about, HealingGroup):
            return f"{self.kind} {about.code}"
        return f"{self.kind} {about.client_id if isinstance(about, Membership) else about.isoformat()}"


@dataclass(frozen=True, slots=True)
class FieldDay:
    """All deeds of one day in Rwanda, in order."""

    day: dt.date
    deeds: tuple[Deed, ...]


def field_days(programme: Programme) -> tuple[FieldDay, ...]:
    """Every day on which something happens, first to last, none after the story's end."""
    deeds = [deed for deed in _deeds(programme) if deed.at.astimezone(KIGALI).date() <= programme.as_of]
    deeds.sort(key=lambda deed: (deed.at, KINDS.index(deed.kind), deed.deed_id))
    days = groupby(deeds, key=lambda deed: deed.at.astimezone(KIGALI).date())
    return tuple(FieldDay(day, tuple(of_day)) for day, of_day in days)


def _deeds(programme: Programme) -> Iterator[Deed]:
    for day in programme.roster_days:
        yield Deed(roster_moment(day), "roster", day)
    for move in programme.transfers:
        yield Deed(_morning(move.joined_on), "move", move)
    for group in programme.groups:
        if day_of_closing := closed_on(group):
            yield Deed(_morning(day_of_closing), "close", group)
    for record in programme.records:
        moments = {
            "fill": record.started_at,
            "send": record.sent_at,
            "edit": record.edited_at,
            "review": record.reviewed_at,
            "delete": record.deleted_at,
        }
        yield from (Deed(at, kind, record) for kind, at in moments.items() if at is not None)


def _morning(day: dt.date) -> dt.datetime:
    """When the office opens."""
    return dt.datetime.combine(day, dt.time(7), KIGALI)
