"""Knows how the rows of clients are made anew: attendance so far, change, identity, who may be entered twice."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from connector import fact_schema as fact
from connector import facts_source as source
from connector.answer import parse_answer
from connector.facts import Registry, Screening
from connector.facts_changes import change_row
from connector.facts_clients import (
    client_row,
    first_screening,
    is_enrolled,
    person_key,
    possible_duplicates,
    unknown_client,
)
from connector.facts_writing import delete_problems, delete_rows, insert_problems, insert_rows
from connector.instrument_rows import SCREENING
from connector.layout import layout_of
from connector.precious_schema import submission_identity
from connector.problem import PERSON
from forms.client_code import is_valid
from forms.library import FORMS, INSTRUMENTS


def refresh_clients(connection: Connection, clients: set[str]) -> None:
    """Make anew the rows of these clients from their memberships and attendance."""
    for batch in source.batches(clients):
        screenings, visits = source.screenings_of(connection, batch), source.visits_of(connection, batch)
        memberships, marks = source.memberships_of(connection, batch), source.marks_of(connection, batch)
        names = {each.healing_group for found in memberships.values() for each in found}
        registry = Registry(source.groups_named(connection, names), source.chas_by_username(connection))
        rows = [
            client_row(first_screening(found), memberships[code], marks[code], visits[code], registry)
            for code, found in screenings.items()
        ]
        delete_rows(connection, fact.client, "client_code", batch)
        insert_rows(connection, fact.client, rows)


def refresh_changes(connection: Connection, clients: set[str]) -> None:
    """Make anew the change from before to after of these clients, a row for each enrolled one and instrument."""
    for batch in source.batches(clients):
        screenings, visits = source.screenings_of(connection, batch), source.visits_of(connection, batch)
        scores, memberships = source.scores_of(connection, batch), source.memberships_of(connection, batch)
        rows: list[dict[str, Any]] = []
        for code, found in screenings.items():
            first = first_screening(found)
            if is_enrolled(first, memberships[code]):
                order = {visit.root_uuid: visit.server_id for visit in visits[code]}
                own = [each for each in scores[code] if each.wave != SCREENING or each.root_uuid == first.root_uuid]
                rows.extend(change_row(code, instrument, own, order) for instrument in INSTRUMENTS.values())
        delete_rows(connection, fact.change, "client_code", batch)
        insert_rows(connection, fact.change, rows)


def refresh_identities(connection: Connection, clients: set[str]) -> None:
    """Make anew names, phones and places of these clients, and find who of all clients may be one person."""
    before = _person_keys(connection, clients)
    for batch in source.batches(clients):
        first = [first_screening(found) for found in source.screenings_of(connection, batch).values()]
        told = _identifying_answers(connection, first)
        delete_rows(connection, fact.client_identity, "client_code", batch)
        rows = [_identity_row(screening, told[screening.root_uuid]) for screening in first if told[screening.root_uuid]]
        insert_rows(connection, fact.client_identity, rows)
    _refresh_duplicates(connection, clients, before | _person_keys(connection, clients))


def refresh_unknown_clients(connection: Connection, clients: set[str]) -> None:
    """Find the records that name one of these clients though there is no intake record of them.

    The problems of these clients must have been deleted before, and alerts be up to date. A mistyped code is another
    problem, and not repeated.
    """
    for batch in source.batches(clients):
        missing = set(batch) - source.screenings_of(connection, batch).keys()
        visits = (visit for found in source.visits_of(connection, missing).values() for visit in found)
        named = [("outcome", each.root_uuid, each.server_id, "client_code", each.client_code) for each in visits]
        ticks = source.ticks_of(connection, missing)
        ticked = [("attendance", row["root_uuid"], row["server_id"], row["question"], row["choice"]) for row in ticks]
        insert_problems(connection, [unknown_client(*each) for each in (*named, *ticked) if is_valid(each[-1])])


def _identity_row(screening: Screening, told: Mapping[str, str]) -> dict[str, Any]:
    return {
        "client_code": screening.client_code,
        "short_name": told.get("short_name"),
        "phone": told.get("phone"),
        "village_code": told.get("village"),
        "person_key": person_key(told.get("short_name"), screening),
    }


def _identifying_answers(connection: Connection, screenings: Iterable[Screening]) -> dict[str, dict[str, str]]:
    """Return the identifying answers of intake records by root UUID and question; unreadable ones are left out."""
    assets = {screening.root_uuid: screening.asset_uid for screening in screenings}
    table = submission_identity
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in source.rows_with(connection, select(table), table.c.root_uuid, assets):
        if assets[row["root_uuid"]] == row["asset_uid"]:
            found[row["root_uuid"]] = _readable_answers(json.loads(row["body"]))
    return found


def _readable_answers(identity: Mapping[str, Any]) -> dict[str, str]:
    layout = layout_of(FORMS["intake"])
    answers: dict[str, str] = {}
    for key, value in identity.items():
        question = layout.find(key)
        if question is None or not isinstance(value, str) or not value.strip():
            continue
        if question.choices is None or value.strip() in question.choices.codes:
            answers.update(_stored(question.name, value.strip()))
    return answers


def _stored(name: str, text: str) -> dict[str, str]:
    try:
        return {name: str(parse_answer(text, "text"))}
    except ValueError:
        return {}


def _person_keys(connection: Connection, clients: Iterable[str]) -> set[str]:
    table = fact.client_identity
    rows = source.rows_with(connection, select(table.c.person_key), table.c.client_code, clients)
    return {row["person_key"] for row in rows if row["person_key"]}


def _refresh_duplicates(connection: Connection, clients: Iterable[str], keys: Iterable[str]) -> None:
    """Find anew, among all clients who share one of these keys, those who may be one person."""
    identity, client = fact.client_identity, fact.client
    query = select(identity.c.person_key, client.c.client_code, client.c.root_uuid)
    query = query.join(client, client.c.client_code == identity.c.client_code)
    sharing: dict[str, dict[str, str]] = defaultdict(dict)
    for row in source.rows_with(connection, query, identity.c.person_key, keys):
        sharing[row["person_key"]][row["client_code"]] = row["root_uuid"]
    for batch in source.batches({*clients, *(code for same in sharing.values() for code in same)}):
        delete_problems(connection, PERSON, "client_code", batch)
    insert_problems(connection, (each for same in sharing.values() for each in possible_duplicates(same)))
