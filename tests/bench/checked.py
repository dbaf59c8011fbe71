"""Knows whether a database is right after a sync: each changed record as the server gives it, each deletion marked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, MetaData, Table, func, select

from connector.database import open_database
from connector.identity import join_record
from connector.kobo import KoboClient
from connector.precious_schema import adopted_asset, submission, submission_identity
from tests.bench import survey
from tests.bench.prepare import TOKEN

Changed = Mapping[str, Sequence[str]]


def wrong_rows(url: str, server: str, changed: Changed) -> list[str]:
    """What is not as it should be, in words; empty when all is right. `changed` has identities by what was done."""
    client = KoboClient(server, TOKEN)
    alive = [root for what in ("new", "edited", "validated") for root in changed[what]]
    with open_database(url, read_only=True).connect() as connection:
        kept = _kept(connection, [*alive, *changed["deleted"]])
        served = _served(client, alive)
        found = {
            "records that are not as served": sum(kept.get(root, (None, None))[0] != served[root] for root in alive),
            "deletions that are not marked": sum(kept[root][1] is None for root in changed["deleted"]),
            "records more or fewer than on the server": abs(_live(connection) - client.count(survey.UID)),
            **_typed(connection, changed),
        }
    return [f"{count} {what}" for what, count in found.items() if count]


def _kept(connection: Connection, roots: Sequence[str]) -> dict[str, tuple[Any, Any]]:
    """The whole record and the moment of deletion, by identity."""
    same = submission.c.root_uuid == submission_identity.c.root_uuid
    identity = submission_identity.c.body.label("identity")
    query = select(submission, identity).outerjoin(submission_identity, same).where(submission.c.root_uuid.in_(roots))
    return {
        row.root_uuid: (join_record(json.loads(row.body), json.loads(row.identity or "{}")), row.deleted_at)
        for row in connection.execute(query)
    }


def _served(client: KoboClient, roots: Sequence[str]) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    for start in range(0, len(roots), 50):
        query = {"meta/rootUuid": {"$in": [f"uuid:{root}" for root in roots[start : start + 50]]}}
        for record in client.data_page(survey.UID, query=query).records:
            wanted[record["meta/rootUuid"].removeprefix("uuid:")] = record
    return wanted


def _live(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(submission).where(submission.c.deleted_at.is_(None))) or 0


def _typed(connection: Connection, changed: Changed) -> dict[str, int]:
    """Rows of the form's own tables that are too many or too few: of records, and of the repeat after edits."""
    name = str(connection.scalar(select(adopted_asset.c.table_name)))
    records, members = (Table(each, MetaData(), autoload_with=connection) for each in (name, f"{name}_members"))
    rows, inside = (connection.scalar(select(func.count()).select_from(each)) or 0 for each in (records, members))
    live = _live(connection)
    expected = survey.ROWS_IN_REPEAT * live - len(changed["edited"])
    return {
        "rows of records too many or few": abs(rows - live),
        "rows of repeats too many or few": abs(inside - expected),
    }
