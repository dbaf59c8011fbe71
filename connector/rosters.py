"""Knows the two lists that phones carry, healing groups and their members, and when phones need them anew."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, select

from connector.deploy import push_media
from connector.fact_schema import client_identity, membership
from connector.kobo import KoboClient
from connector.precious_schema import cha, healing_group
from connector.progress import OnProgress, no_progress
from connector.sync_state import deployed_forms
from forms.library import FORMS
from forms.questions import GROUPS, MEMBERS

LONGEST_LABEL = 40


def write_rosters(connection: Connection) -> dict[str, bytes]:
    """Return groups.csv and members.csv: UTF-8, LF, ordered, so that equal content is equal bytes.

    A list without rows still has its header: KoboCollect opens the form and offers nothing (it cannot open a form
    whose list is an empty file). A client appears once, in the healing group joined last.
    """
    return {
        GROUPS.filename: _table(GROUPS.columns, group_rows(connection)),
        MEMBERS.filename: _table(MEMBERS.columns, member_rows(connection)),
    }


def media_of(form_id: str, rosters: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return those of the rosters that a form reads."""
    return {roster.filename: rosters[roster.filename] for roster in FORMS[form_id].rosters}


def publish_rosters(engine: Engine, client: KoboClient, on_progress: OnProgress = no_progress) -> tuple[str, ...]:
    """Bring the rosters of today to the phones; return the forms that were deployed again because a list had changed.

    Raises the client's errors, NeedsPersonError for a project that is not deployed, and StorageError.
    """
    with engine.connect() as connection:
        rosters = write_rosters(connection)
        forms = [pair for pair in deployed_forms(connection, client.server) if pair[0] in FORMS]
    changed = []
    for form_id, asset_uid in forms:
        media = media_of(form_id, rosters)
        if media and push_media(client, asset_uid, media, lambda text: on_progress(text, 0, None)):
            changed.append(form_id)
    return tuple(changed)


def group_rows(connection: Connection) -> list[tuple[str, ...]]:
    """Return (code, label, sector, username of the CHA) of every healing group, by code."""
    query = (
        select(healing_group.c.code, healing_group.c.label, healing_group.c.sector_code, cha.c.username)
        .join(cha, cha.c.cha_code == healing_group.c.cha_code, isouter=True)
        .order_by(healing_group.c.code)
    )
    found = connection.execute(query)
    return [(row.code, clean(row.label) or row.code, row.sector_code, row.username or "") for row in found]


def member_rows(connection: Connection) -> list[tuple[str, ...]]:
    """Return (client code, short name, healing group, 1 for an active member else 0), by healing group and code.

    Two people of one healing group with the same short name are told apart by the end of their code.
    """
    latest = _latest(connection.execute(_memberships()))
    namesakes = Counter((row.healing_group, _name(row)) for row in latest)
    return [
        (
            row.client_code,
            _name(row) if namesakes[row.healing_group, _name(row)] == 1 else f"{_name(row)} ({row.client_code[-4:]})",
            row.healing_group,
            "1" if row.left_on is None else "0",
        )
        for row in latest
    ]


def clean(value: str | None) -> str:
    """Return text as a list on a phone can hold it: one line, no control characters, not endlessly long."""
    text = "".join(character if character.isprintable() else " " for character in value or "")
    return " ".join(text.split())[:LONGEST_LABEL]


def _memberships() -> Select[Any]:
    columns = (membership.c.client_code, membership.c.healing_group, membership.c.joined_on, membership.c.left_on)
    return (
        select(*columns, client_identity.c.short_name)
        .join(client_identity, client_identity.c.client_code == membership.c.client_code, isouter=True)
        .order_by(membership.c.client_code, membership.c.joined_on, membership.c.healing_group)
    )


def _latest(rows: Iterable[Row[tuple[object, ...]]]) -> list[Row[tuple[object, ...]]]:
    """The interval that counts for each client: an open one before a closed one, then the later one."""
    found: dict[str, Row[tuple[object, ...]]] = {}
    for row in rows:
        if row.client_code not in found or row.left_on is None or found[row.client_code].left_on is not None:
            found[row.client_code] = row
    return sorted(found.values(), key=lambda row: (row.healing_group, row.client_code))


def _name(row: Row[tuple[object, ...]]) -> str:
    return clean(row.short_name) or str(row.client_code)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")
