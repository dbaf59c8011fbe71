"""Knows how hostile records are served, read by our client and stored, and how it is told whether one was lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, select

from connector.identity import join_record
from connector.kobo_values import Page
from connector.precious_schema import quarantine, submission, submission_identity
from connector.project import Project
from connector.quarantine import keep_refused
from connector.schema import derived
from connector.store import Counts, store_page
from connector.strict_json import as_ascii, parse
from tests.connector.hostile_payloads import NEIGHBOUR, Payload
from tests.connector.kobo_exchanges import ASSET, client_of
from tests.connector.sync_scenes import NOW

PAGE = 250
NEIGHBOUR_EVERY = 5
Served = list[tuple[Payload, bytes]]


def served(found: Sequence[Payload], keys: Mapping[str, str]) -> Served:
    """The payloads as records, plain ones between them; numbers rise from 1."""
    mixed = list(found)
    for place in range(0, len(found) + len(found) // NEIGHBOUR_EVERY, NEIGHBOUR_EVERY):
        mixed.insert(place, NEIGHBOUR)
    return [(payload, payload.served(number, keys)) for number, payload in enumerate(mixed, start=1)]


def read(records: Served) -> list[Page]:
    """The records as our client reads them from a server's pages."""
    return [_page(records[start : start + PAGE]) for start in range(0, len(records), PAGE)]


def _page(records: Served) -> Page:
    texts = [text for _, text in records]
    body = b'{"count":%d,"next":null,"previous":null,"results":[%s]}' % (len(texts), b",".join(texts))
    client, _, _ = client_of((200, {"Content-Type": "application/json"}, body))
    return client.data_page(ASSET)


def store(engine: Engine, project: Project, pages: Sequence[Page]) -> Counts:
    """Store everything, a page a transaction."""
    counts = Counts()
    for page in pages:
        with engine.begin() as connection:
            counts += store_page(connection, project, page.records, NOW)
            keep_refused(connection, project.asset_uid, page.refused, NOW)
    return counts


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def lost(engine: Engine, project: Project, records: Served) -> list[str]:
    """The names of payloads that are neither stored nor in quarantine as they were served."""
    with engine.connect() as connection:
        query = select(submission.c.body, submission_identity.c.body.label("apart")).outerjoin(
            submission_identity,
            (submission.c.asset_uid == submission_identity.c.asset_uid)
            & (submission.c.root_uuid == submission_identity.c.root_uuid),
        )
        rows = connection.execute(query.where(submission.c.asset_uid == project.asset_uid)).all()
        waiting = set(connection.scalars(select(quarantine.c.body)))
    kept = {canonical(join_record(json.loads(row.body), json.loads(row.apart or "{}"))) for row in rows}
    return [
        payload.name
        for payload, text in records
        if as_ascii(text.strip().decode("utf-8", "surrogateescape")) not in waiting
        and (not is_strict(text) or canonical(parse(text)) not in kept)
    ]


def is_strict(text: bytes) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def problems(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(select(derived.tables["problem"])).all())
