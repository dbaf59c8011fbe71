"""Knows how the story gets onto phones: when forms are filled and sent, slips, copies, what is put right later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import starmap
from random import Random

from connector.sandbox.phone_device import KIGALI
from connector.sandbox.story import Client, Record, Session, Visit

LANGUAGES = {"Kinyarwanda (rw)": 85, "Français (fr)": 8, "English (en)": 7}
_IS_FILLED_LATE = 0.08
_REVIEWS = {"": 940, "validation_status_approved": 50, "validation_status_on_hold": 10}
_SLIPS, _COPIES = 0.02, 0.01


def invent_records(
    seed: int, clients: Sequence[Client], sessions: Sequence[Session], visits: Sequence[Visit], as_of: dt.date
) -> list[Record]:
    """Every record that reached the server by the end of `as_of`, in the order in which the forms were filled."""
    told = [*map(_intake, clients), *starmap(_attendance, _reported(sessions)), *map(_outcome, visits)]
    records = [_on_its_way(Random(f"{seed}/record/{record.record_id}"), record) for record in told]
    records = [record for record in records if record.sent_at.date() <= as_of]
    copies = list(_copies(Random(f"{seed}/copies"), records))
    records = [_reviewed(seed, record, as_of) for record in _with_slips(seed, records, as_of)]
    records = [*records, *(copy for copy in copies if copy.sent_at.date() <= as_of)]
    deleted = _deletions(Random(f"{seed}/deletions"), records, as_of)
    records = [replace(record, deleted_at=deleted.get(record.record_id)) for record in records]
    return sorted(records, key=lambda record: (record.started_at, record.record_id))


def session_times(session: Session) -> tuple[dt.time, dt.time]:
    """When a held session began and ended; a healing group always meets at the same hour."""
    start = dt.datetime(2000, 1, 1, 8 + int(session.group.code[1:]) % 7, 0)
    return start.time(), (start + dt.timedelta(minutes=session.minutes)).time()


def _reported(sessions: Iterable[Session]) -> Iterator[tuple[Session, str]]:
    """(what a report tells, what its record is called beside others of the session); two weeks may be in one report."""
    for session in sessions:
        if session.before:
            yield session.before, "/before"
        if session.status != "no_report" and session.told_in is None:
            yield session, ""


def _intake(client: Client) -> Record:
    at = client.screened_at
    return Record(f"intake/{client.client_id}", "intake", client, client.cha.username, "", at, 0, at)


def _attendance(session: Session, suffix: str) -> Record:
    day, hour = session.day, session_times(session)[1] if session.status == "held" else dt.time(17)
    at = dt.datetime.combine(day, hour, KIGALI) + dt.timedelta(minutes=10)
    record_id = f"attendance/{session.group.code}/{session.week:02d}{suffix}"
    return Record(record_id, "attendance", session, session.group.cha.username, "", at, 0, at)


def _outcome(visit: Visit) -> Record:
    record_id = f"outcome/{visit.client_id}/{visit.wave}"
    return Record(record_id, "outcome", visit, visit.username, "", visit.visited_at, 0, visit.visited_at)


def _on_its_way(rng: Random, record: Record) -> Record:
    """Language, time taken, and the way through a patchy network; some attendance reports are written days later."""
    started_at = record.started_at
    if record.form == "attendance" and rng.random() < _IS_FILLED_LATE:
        started_at += dt.timedelta(days=rng.randint(3, 10))
    minutes = {"intake": rng.randint(22, 45), "attendance": rng.randint(3, 9), "outcome": rng.randint(20, 40)}
    hours = rng.choices((rng.uniform(0, 3), rng.uniform(3, 30), rng.uniform(30, 96)), (78, 18, 4))[0]
    ended_at = started_at + dt.timedelta(minutes=minutes[record.form])
    return replace(
        record,
        language=rng.choices(tuple(LANGUAGES), tuple(LANGUAGES.values()))[0],
        started_at=started_at,
        minutes=minutes[record.form],
        sent_at=(ended_at + dt.timedelta(hours=hours)).replace(microsecond=0),
    )


def _with_slips(seed: int, records: Sequence[Record], as_of: dt.date) -> list[Record]:
    """The records, in each form one in fifty (and at least one) with a mistake first, put right some days later."""
    slipped: dict[str, Record] = {}
    for form in ("intake", "attendance", "outcome"):
        own = [record for record in records if record.form == form]
        wanted = len(slipped) + max(1, round(len(own) * _SLIPS))
        for record in Random(f"{seed}/slips/{form}").sample(own, len(own)):
            wrong = _with_slip(seed, record, as_of) if len(slipped) < wanted else None
            if wrong:
                slipped[record.record_id] = wrong
    return [slipped.get(record.record_id, record) for record in records]


def _with_slip(seed: int, record: Record, as_of: dt.date) -> Record | None:
    rng = Random(f"{seed}/slip/{record.record_id}")
    edited_at = record.sent_at + dt.timedelta(days=rng.randint(2, 6))
    wrong = _slip(rng, record.subject)
    if wrong is None or edited_at.date() > as_of:
        return None
    return replace(record, subject=wrong, corrected=record.subject, edited_at=edited_at)


def _slip(rng: Random, subject: Client | Session | Visit) -> Client | Session | Visit | None:
    if isinstance(subject, Client):
        return _wrong_intake(rng, subject)
    return _wrong_attendance(rng, subject) if isinstance(subject, Session) else _wrong_outcome(rng, subject)


def _wrong_intake(rng: Random, client: Client) -> Client | None:
    """A year of birth ten years off, or somebody else's telephone number, which is later cleared."""
    if not client.has_consented:
        return None
    if not client.person.phone:
        return replace(client, person=replace(client.person, phone="0700000000"))
    shift = -10 if client.age < 40 else 10
    return replace(client, person=replace(client.person, birth_year=client.person.birth_year + shift))


def _wrong_attendance(rng: Random, session: Session) -> Session | None:
    """An absent person whom the CHA forgot to tick; the count of heads was right."""
    away = {client: reason for client, reason in (session.away or {}).items() if reason in ("sick", "work", "travel")}
    if not away:
        return None
    forgotten = rng.choice(sorted(away))
    rest = {client: reason for client, reason in (session.away or {}).items() if client != forgotten}
    return replace(session, came=session.came | {forgotten}, away=rest, extra_heads=session.extra_heads - 1)


def _wrong_outcome(rng: Random, visit: Visit) -> Visit | None:
    if visit.answers is None:
        return None
    name = f"gad7_{rng.randint(1, 7)}"
    if visit.answers.stop_reason:
        return None
    wrong = "3" if visit.answers.items[name] != "3" else "0"
    return replace(visit, answers=replace(visit.answers, items={**visit.answers.items, name: wrong}))


def _copies(rng: Random, records: Sequence[Record]) -> Iterator[Record]:
    """The same form filled and sent a second time by mistake, within a day."""
    for form in ("attendance", "outcome"):
        own = [record for record in records if record.form == form]
        for record in rng.sample(own, min(len(own), max(1, round(len(own) * _COPIES)))):
            later = dt.timedelta(minutes=rng.randint(20, 1400))
            yield replace(
                record,
                record_id=f"{record.record_id}/copy",
                started_at=record.started_at + later,
                sent_at=record.sent_at + later,
                copy_of=record.record_id,
            )


def _deletions(rng: Random, records: Sequence[Record], as_of: dt.date) -> Mapping[str, dt.datetime]:
    """Every second copy, and every second entry of a person entered twice, is found and deleted."""
    surplus = [record for record in records if record.copy_of or _is_twin(record.subject)]
    found = {record.record_id: record.sent_at + dt.timedelta(days=rng.randint(1, 20)) for record in surplus[::2]}
    return {record_id: at for record_id, at in found.items() if at.date() <= as_of}


def _is_twin(subject: Client | Session | Visit) -> bool:
    return isinstance(subject, Client) and bool(subject.twin_of)


def _reviewed(seed: int, record: Record, as_of: dt.date) -> Record:
    """A supervisor's validation status, for some records, a day or more after everything else."""
    rng = Random(f"{seed}/review/{record.record_id}")
    review = rng.choices(tuple(_REVIEWS), tuple(_REVIEWS.values()))[0]
    at = (record.edited_at or record.sent_at) + dt.timedelta(days=rng.randint(1, 3))
    return replace(record, review=review, reviewed_at=at) if review and at.date() <= as_of else record
