"""Knows how to make records as a server gives them, and how to keep them as the store does; used by several tests."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from connector.derive import apply_changes, refresh_all_facts
from connector.identity import split_record
from connector.layout import layout_of
from connector.precious_schema import cha, healing_group, membership_move, submission, submission_identity
from connector.recompute import recompute
from connector.records import RecordKey, StoredRecord
from connector.schema import derived
from forms.form import Form
from forms.library import FORMS

MOMENT = dt.datetime(2026, 3, 2, 9, 30)


def served(form: Form, server_id: int, answers: Mapping[str, str], root: str = "") -> dict[str, Any]:
    """A record as the server gives it; what the phone calculates is filled in unless `answers` give it."""
    root = root or f"root-{server_id}"
    keys = layout_of(form).by_name
    told = {"today": f"{MOMENT:%Y-%m-%d}", "end": "2026-03-02T11:30:00.000+02:00", "username": "cha001", **answers}
    told = {**recompute(form, told), **told}
    return {
        "_id": server_id,
        **{keys[name]: value for name, value in told.items() if value != ""},
        "__version__": "v1",
        "meta/instanceID": f"uuid:{root}",
        "meta/rootUuid": f"uuid:{root}",
        "_uuid": root,
        "_submission_time": f"{MOMENT:%Y-%m-%dT%H:%M:%S}",
        "_submitted_by": "cha001",
        "_validation_status": {},
    }


def stored(form_id: str, server_id: int, answers: Mapping[str, str], root: str = "", asset: str = "") -> StoredRecord:
    """A record ready to be derived."""
    record = served(FORMS[form_id], server_id, answers, root)
    root = record["_uuid"]
    return StoredRecord(asset or f"asset-{form_id}", root, form_id, server_id, record, MOMENT, "cha001", "v1", None)


def keep(connection: Connection, *records: StoredRecord) -> None:
    """Put records into the store and derive from them, as a page of a sync does."""
    kept = []
    for each in records:
        was_there = _drop(connection, each.key)
        kept.append(replace(each, replaces=each.server_id if was_there else None))
        body, identity = split_record(FORMS[each.form_id], each.record)
        key = {"asset_uid": each.asset_uid, "root_uuid": each.root_uuid}
        more = {"form_id": each.form_id, "server_id": each.server_id, "version_uuid": "v", "body": json.dumps(body)}
        sent = {"submitted_at": each.submitted_at, "submitted_by": each.submitted_by, "form_version": each.form_version}
        row = {**key, **more, **sent, "body_hash": "-", "first_seen_at": MOMENT}
        connection.execute(insert(submission), [row])
        connection.execute(insert(submission_identity), [{**key, "body": json.dumps(identity)}])
    apply_changes(connection, kept, [])


def remove(connection: Connection, *records: StoredRecord) -> None:
    """Take records away, as a sync does that finds them gone."""
    for each in records:
        _drop(connection, each.key)
    apply_changes(connection, [], [each.key for each in records])


def _drop(connection: Connection, key: RecordKey) -> bool:
    """Take a record out of the store; say whether it was there."""
    for table in (submission_identity, submission):
        same = (table.c.asset_uid == key.asset_uid) & (table.c.root_uuid == key.root_uuid)
        found = connection.execute(delete(table).where(same)).rowcount
    return found > 0


def register(
    connection: Connection, groups: Iterable[str] = ("G1", "G2"), weeks: int = 16, started_on: str = "2026-03-02"
) -> None:
    """Write a registry: one CHA, and healing groups that start on one day; the facts follow."""
    connection.execute(
        insert(cha), [{"cha_code": "C1", "username": "cha001", "sector_code": "2801", "is_active": True}]
    )
    place = {"district_code": "28", "sector_code": "2801", "cha_code": "C1", "cohort": "2026-A"}
    day = dt.date.fromisoformat(started_on)
    rows = [{"code": code, "label": code, **place, "started_on": day, "weeks": weeks} for code in groups]
    connection.execute(insert(healing_group), rows)
    refresh_all_facts(connection)


def move(connection: Connection, client_code: str, group: str, day: str) -> None:
    """Enter a coordinator's move into the registry (facts are not refreshed)."""
    row = {"client_code": client_code, "healing_group": group, "joined_on": dt.date.fromisoformat(day)}
    connection.execute(insert(membership_move), [{**row, "reason": None}])


def intake(server_id: int, code: str, group: str = "G1", root: str = "", **answers: str) -> StoredRecord:
    """An intake record of an enrolled woman with no symptoms; `answers` change it, "" leaves one out."""
    items = {f"phq9_{item}": "0" for item in range(1, 10)} | {f"gad7_{item}": "0" for item in range(1, 8)}
    items |= {f"pcl5_{item}": "0" for item in range(1, 21)}
    about = {"sex": "female", "birth_year_known": "yes", "birth_year": "1990", "age": "36"}
    able = {"able_to_take_part": "yes", "earlier_participant": "no", "consent_service": "yes"}
    consent = {"consent_version": "2026-1", "consent_mode": "written", "consent_research": "yes"}
    person = {"client_code": code, "short_name": f"Name {code}", "sector": "2801", "cell": "280101"}
    enrolment = {"village": "28010101", "enrolled": "yes", "healing_group": group, "joined_on": "2026-03-02"}
    return stored("intake", server_id, {**about, **able, **consent, **person, **items, **enrolment, **answers}, root)


def report(
    server_id: int, group: str, week: int, roster: Iterable[str] = (), root: str = "", **answers: str
) -> StoredRecord:
    """An attendance record of a session that was held on its day with everybody on the list present."""
    codes = list(roster)
    day = dt.date(2026, 3, 2) + dt.timedelta(days=7 * (week - 1))
    session = {"healing_group": group, "week": str(week), "session_date": day.isoformat(), "session_kind": "planned"}
    listed = {"roster_codes": " ".join(codes), "roster_count": str(len(codes)), "head_count": str(len(codes))}
    times = {"start_time": "09:00:00.000+02:00", "end_time": "10:45:00.000+02:00"}
    return stored("attendance", server_id, {**session, **listed, **times, **answers}, root)


def old_report(server_id: int, group: str, week: int, roster: Iterable[str] = (), **answers: str) -> StoredRecord:
    """As `report`, of the form that asked whether the session was held and had no questions about its kind."""
    return report(server_id, group, week, roster, **{"session_kind": "", "was_held": "yes", **answers})


def in_distress(number: int, code: str, told: str = "nnnn", **answers: str) -> dict[str, str]:
    """The answers about somebody in distress; `told` has a letter for each answer of the triage: y, n, r or - (none).

    `code` is a member's, or the question of a newcomer's code, or visitor.
    """
    slot, names = f"distress_{number}", ("thoughts_now", "plan", "means", "past_year")
    words = {"y": "yes", "n": "no", "r": "refused", "-": ""}
    is_other = code == "visitor" or code.startswith("newcomer_")
    who = {"listed": "no", "other": code} if is_other else {"listed": "yes", "member": code}
    triage = {name: words[letter] for name, letter in zip(names, told, strict=True)}
    more = {f"{slot}_more": "yes"} if number > 1 else {"anyone_in_distress": "yes"}
    return {**more, **{f"{slot}_{name}": answer for name, answer in {**who, **triage, **answers}.items()}}


def visit(server_id: int, code: str, wave: str = "endline", root: str = "", **answers: str) -> StoredRecord:
    """An outcome record of a client who was found on the list and interviewed; without instruments."""
    asked = {"wave": wave, "asked_by": "supervisor", "sector": "2801", "healing_group": "G1", "client_on_list": "yes"}
    told = {"client_listed": code, "client_code": code, "contact_result": "interviewed"}
    return stored("outcome", server_id, {**asked, **told, **answers}, root)


def dump(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every derived table's rows in a fixed order."""
    tables = derived.tables.values()
    return {table.name: sorted(map(tuple, connection.execute(select(table))), key=repr) for table in tables}


def rows(connection: Connection, table: Any, **values: Any) -> list[dict[str, Any]]:
    """The rows of a table that hold these values, by primary key: a row that is written again moves in PostgreSQL."""
    query = select(table).where(*(table.c[name] == value for name, value in values.items()))
    query = query.order_by(*table.primary_key)
    return [dict(row) for row in connection.execute(query).mappings()]
