"""Knows how the rows of clients are made anew: attendance so far, change, identity, who may be entered twice."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from connector import fact_schema as fact
from connector import facts_source as source
from connector.answer import parse_answer
from connector.facts import Screening
from connector.facts_changes import change_row
from connector.facts_clients import (
    client_row,
    first_screening,
    has_endline,
    is_enrolled,
    unknown_client,
)
from connector.facts_memory import Memory
from connector.facts_rows import batches, rows_with, tuples_with
from connector.facts_writing import delete_rows, insert_problems, insert_rows
from connector.instrument_rows import SCREENING
from connector.layout import layout_of
from connector.person_pairs import refresh_pairs
from connector.precious_schema import submission_identity
from connector.renamed import Identities
from forms.client_code import is_valid
from forms.library import FORMS, INSTRUMENTS


def refresh_clients(memory: Memory, clients: Collection[str]) -> None:
    """Make anew the rows of these clients from their memberships and attendance."""
    connection = memory.connection
    for batch in batches(clients):
        screenings, visits = memory.screenings(batch), memory.visits(batch)
        memberships, marks = source.memberships_of(connection, batch), source.marks_of(connection, batch)
        registry = memory.registry({each.healing_group for found in memberships.values() for each in found})
        rows = [
            client_row(first_screening(found), memberships[code], marks[code], visits[code], registry)
            for code, found in screenings.items()
            if found
        ]
        delete_rows(connection, fact.client, "client_code", batch)
        insert_rows(connection, fact.client, rows)


def refresh_endlines(memory: Memory, clients: Collection[str]) -> None:
    """Correct, in the rows of these clients, what alone follows from a visit: whether there was an endline."""
    table = fact.client
    statement = update(table).where(table.c.client_code == bindparam("code")).values(has_endline=bindparam("answer"))
    columns = table.c.client_code, table.c.has_endline
    for batch in batches(clients):
        rows = tuples_with(memory.connection, select(*columns), table.c.client_code, batch)
        visits = memory.visits(code for code, _ in rows)
        found = [(code, before, has_endline(visits[code])) for code, before in rows]
        if changed := [{"code": code, "answer": now} for code, before, now in found if before != now]:
            memory.connection.execute(statement, changed)


def refresh_changes(memory: Memory, clients: Collection[str]) -> None:
    """Make anew the change from before to after of these clients, a row for each enrolled one and instrument."""
    connection = memory.connection
    for batch in batches(clients):
        screenings = memory.screenings(batch)
        screened = [code for code, found in screenings.items() if found]
        visits = memory.visits(screened)
        scores, memberships = source.scores_of(connection, screened), source.memberships_of(connection, screened)
        rows: list[dict[str, Any]] = []
        for code in screened:
            first = first_screening(screenings[code])
            if is_enrolled(first, memberships[code]):
                order = {visit.root_uuid: visit.server_id for visit in visits[code]}
                own = [each for each in scores[code] if each.wave != SCREENING or each.root_uuid == first.root_uuid]
                rows.extend(change_row(code, instrument, own, order) for instrument in INSTRUMENTS.values())
        delete_rows(connection, fact.change, "client_code", batch)
        insert_rows(connection, fact.change, rows)


def refresh_identities(memory: Memory, clients: Collection[str]) -> None:
    """Make anew names, phones and places of these clients, and find who of all clients may be one person."""
    connection = memory.connection
    for batch in batches(clients):
        first = [first_screening(found) for found in memory.screenings(batch).values() if found]
        told = _identifying_answers(connection, first)
        delete_rows(connection, fact.client_identity, "client_code", batch)
        rows = [_identity_row(screening, told[screening.root_uuid]) for screening in first if told[screening.root_uuid]]
        insert_rows(connection, fact.client_identity, rows)
    if clients:
        refresh_pairs(connection, clients)


def refresh_unknown_clients(memory: Memory, clients: Collection[str]) -> None:
    """Find the records that name one of these clients though there is no intake record of them.

    The problems of these clients must have been deleted before, and alerts be up to date. A mistyped code is another
    problem, and not repeated.
    """
    for batch in batches(clients):
        missing = {code for code, found in memory.screenings(batch).items() if not found and is_valid(code)}
        namings = source.namings_of(memory.connection, missing)
        insert_problems(memory.connection, [unknown_client(*each) for each in namings])


def _identity_row(screening: Screening, told: Mapping[str, str]) -> dict[str, Any]:
    return {
        "client_code": screening.client_code,
        "short_name": told.get("short_name"),
        "phone": told.get("phone"),
        "village_code": told.get("village"),
        "born_about": screening.birth_year_or_estimate,
    }


def _identifying_answers(connection: Connection, screenings: Iterable[Screening]) -> dict[str, dict[str, str]]:
    """Return the identifying answers of intake records by root UUID and question; unreadable ones are left out."""
    assets = {screening.root_uuid: screening.asset_uid for screening in screenings}
    table, identities = submission_identity, Identities(connection)
    found: dict[str, dict[str, str]] = defaultdict(dict)
    query = select(table).where(table.c.asset_uid.in_(sorted(set(assets.values()))))
    for row in rows_with(connection, query, table.c.root_uuid, assets):
        if assets[row["root_uuid"]] == row["asset_uid"]:
            body = identities.as_published(row["asset_uid"], row["root_uuid"], json.loads(row["body"]))
            found[row["root_uuid"]] = _readable_answers(body)
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
