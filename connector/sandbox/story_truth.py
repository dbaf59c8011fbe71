"""Knows what a perfect reader of all records would count; the connector and the dashboard are compared with it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connector.sandbox.story import VISITOR, Answers, Client, Programme, Record, Session, Visit
from connector.sandbox.story_marks import (
    Mark,
    MarkKey,
    counting_reports,
    joined_newcomers,
    members_at_end,
    reckon_marks,
)
from connector.sandbox.story_rosters import rosters_shown
from connector.sandbox.story_symptoms import hand_score, whole_items
from forms.programme import PROGRAMME

INSTRUMENTS = ("phq9", "gad7", "pcl5")
STEPS = ("screened", "eligible", "consented", "enrolled", "week_1", "week_8", "completed", "endline")


@dataclass(frozen=True, slots=True)
class CountedAssessment:
    """One instrument in one record that is not deleted; `score` is None with too many refusals."""

    record_id: str
    client_id: str
    wave: str
    instrument: str
    items: Mapping[str, str]
    score: int | None


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true at the end of the story, over the records that are not deleted, in their corrected state.

    A person entered twice counts twice, as nothing in the records says that the two are one; a session or an
    interview sent twice counts once in `sessions`, `marks` and `cascade`, and twice in `safety_alerts`,
    `assessments` and `records`. The sector of a client is the CHA's.
    """

    records: Mapping[str, int]
    """form -> records"""
    cascade: Mapping[str, int]
    """step (see STEPS) -> clients"""
    cascade_by_sex: Mapping[tuple[str, str], int]
    """(step, sex) -> clients"""
    cascade_by_sector: Mapping[tuple[str, str], int]
    """(step, sector code) -> clients"""
    sessions: Mapping[str, int]
    """held, not_held, no_report -> sessions that were due"""
    session_kinds: Mapping[str, int]
    """planned, merged, made_up -> sessions that were held; of two done together each counts"""
    marks: Mapping[tuple[str, str], int]
    """(state, reason of an absence or "") -> clients at sessions that were due, everybody who was ever a member"""
    assessments: tuple[CountedAssessment, ...]
    safety_alerts: Mapping[str, int]
    """imminent, moderate, low -> records with a triage"""
    distress: Mapping[str, int]
    """imminent, moderate, low -> people in distress at a session, as the CHA could name them"""
    follow_up: int
    """clients to visit after a session"""
    newcomers: Mapping[str, int]
    """joined, waiting, overdue -> temporary codes; overdue: no intake two weeks after the session"""
    stopped: int
    """interviews that stopped before their end"""
    copies: tuple[tuple[str, str], ...]
    """(record, the record that it repeats), both there"""
    edited: tuple[str, ...]
    deleted: tuple[str, ...]
    closed: Mapping[str, int]
    """healing group that has ended -> people who are still its members, as nobody has said where they went"""


def reckon(programme: Programme) -> Truth:
    """Count the whole story by hand, without the connector's code."""
    live = [record for record in programme.records if record.deleted_at is None]
    shown = rosters_shown(programme)
    marks = reckon_marks(programme, shown)
    reached = {step: frozenset(_reached(step, live, marks)) for step in STEPS}
    clients = programme.clients
    found = [(step, clients[each]) for step, all_of in reached.items() for each in all_of]
    return Truth(
        records=Counter(record.form for record in live),
        cascade={step: len(all_of) for step, all_of in reached.items()},
        cascade_by_sex=Counter((step, client.person.sex) for step, client in found),
        cascade_by_sector=Counter((step, client.cha.sector) for step, client in found),
        sessions=_session_counts(programme, live),
        session_kinds=Counter(told.kind for _, told in counting_reports(live).values() if told.status == "held"),
        marks=Counter((mark.state, mark.reason) for mark in marks.values()),
        assessments=tuple(_assessments(live)),
        safety_alerts=Counter(answers.triage.level for *_, answers in _answered(live) if answers.triage),
        distress=Counter(_distress(live, shown).values()),
        follow_up=len(set(_to_follow_up(live, shown))),
        newcomers=Counter(_newcomers(live)),
        stopped=sum(bool(answers.stop_reason) for *_, answers in _answered(live)),
        copies=_copies(live),
        edited=tuple(record.record_id for record in live if record.corrected),
        deleted=tuple(record.record_id for record in programme.records if record.deleted_at),
        closed=_left_behind(programme, live, shown),
    )


def _reached(step: str, live: list[Record], marks: Mapping[MarkKey, Mark]) -> Iterator[str]:
    """Clients with an intake record that is still there, who came as far as `step`."""
    here = {record.final.client_id: record.final for record in live if isinstance(record.final, Client)}
    attended = Counter(client for (_, _, client), mark in marks.items() if mark.state == "present")
    weeks = {(client, week) for (_, week, client), mark in marks.items() if mark.state == "present"}
    visits = [record.final for record in live if isinstance(record.final, Visit)]
    endlines = {visit.client_id for visit in visits if _is_endline(visit)}
    needed = PROGRAMME.completion_share * PROGRAMME.weeks
    for client_id, client in here.items():
        has = {
            "screened": True,
            "eligible": client.is_eligible,
            "consented": client.has_consented,
            "enrolled": client.is_enrolled,
            "week_1": (client_id, 1) in weeks,
            "week_8": (client_id, 8) in weeks,
            "completed": attended[client_id] >= needed,
            "endline": client_id in endlines,
        }
        if has[step]:
            yield client_id


def _is_endline(visit: Visit) -> bool:
    return visit.wave == "endline" and visit.contact_result == "interviewed"


def _session_counts(programme: Programme, live: list[Record]) -> Mapping[str, int]:
    told = {key: session.status for key, (_, session) in counting_reports(live).items()}
    return Counter(told.get((session.group.code, session.week), "no_report") for session in programme.sessions)


def _answered(live: list[Record]) -> Iterator[tuple[str, str, str, Answers]]:
    """(record, client, wave, answers) of every record with instruments; those of the intake are the screening."""
    for record in live:
        subject = record.final
        if isinstance(subject, Client) and subject.has_consented and subject.answers:
            yield record.record_id, subject.client_id, "screening", subject.answers
        if isinstance(subject, Visit) and subject.answers:
            yield record.record_id, subject.client_id, subject.wave, subject.answers


def _assessments(live: list[Record]) -> Iterator[CountedAssessment]:
    for record_id, client_id, wave, answers in _answered(live):
        for instrument in INSTRUMENTS:
            if items := whole_items(instrument, answers.items):
                yield CountedAssessment(record_id, client_id, wave, instrument, items, hand_score(instrument, items))


def _held(live: list[Record]) -> Iterator[tuple[Record, Session]]:
    for record in live:
        if isinstance(record.final, Session) and record.final.status == "held":
            yield record, record.final


def _distress(live: list[Record], shown: Mapping[str, tuple[str, ...]]) -> Mapping[tuple[str, ...], str]:
    """Each person named in distress -> level: a client once in a session, others once in a record."""
    found: dict[tuple[str, ...], str] = {}
    for record, told in _held(live):
        for place, person in enumerate(told.in_distress):
            if person.who in shown[record.record_id]:
                found[told.group.code, str(told.week), person.who] = person.triage.level
            elif person.who == VISITOR or person.who in told.newcomers:
                found[record.record_id, str(place)] = person.triage.level
    return found


def _to_follow_up(live: list[Record], shown: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, int, str]]:
    for record, told in _held(live):
        yield from ((told.group.code, told.week, who) for who in told.to_follow_up if who in shown[record.record_id])


def _newcomers(live: list[Record]) -> Iterator[str]:
    """joined, waiting or overdue for each temporary code that a session's report made."""
    last_day = max(record.sent_at.astimezone(dt.UTC).date() for record in live) - dt.timedelta(days=14)
    joined = joined_newcomers(live)
    for record, told in _held(live):
        late = "overdue" if told.day <= last_day else "waiting"
        yield from (late if record.copy_of or who not in joined else "joined" for who in told.newcomers)
        yield from [late] * told.strangers


def _left_behind(programme: Programme, live: list[Record], shown: Mapping[str, tuple[str, ...]]) -> Mapping[str, int]:
    members = members_at_end(programme, live, shown)
    return {group.code: len(members.get(group.code, ())) for group in programme.groups if group.ended_on}


def _copies(live: list[Record]) -> tuple[tuple[str, str], ...]:
    there = {record.record_id for record in live}
    return tuple((record.record_id, record.copy_of) for record in live if record.copy_of in there)
