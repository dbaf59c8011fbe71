"""Knows how all records on the server are compared with those stored, and when a record may be called gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Row

from connector.errors import MassDeletionError
from connector.kobo import KoboClient
from connector.store import known_rows
from connector.submission import Json, Submission, attachments_of, read_submission

LIGHT_FIELDS = ("_id", "_uuid", "meta/rootUuid", "_validation_status", "_attachments")
"""What changes with an edit, a re-sending, a validation and a late or deleted file: about a seventh of a record."""
FEWEST_TO_ASK = 5
SHARE_TO_ASK = 0.10
"""More than five records and more than a tenth of a form at once: a person has to say that this is meant."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """The identities of all records that the server lists, how many rows that were, and which of them differ here."""

    size: int
    present: frozenset[str]
    different: tuple[str, ...]


def sweep(
    client: KoboClient, engine: Engine, asset_uid: str, on_page: Callable[[int, int], None] = lambda done, total: None
) -> Sweep:
    """List every record of a project in light form and compare it with the stored one; changes nothing.

    Raises the client's errors and StorageError.
    """
    size, present, different = 0, set[str](), list[str]()
    for page in client.record_pages(asset_uid, fields=LIGHT_FIELDS):
        listed = {item.root_uuid: item for item in map(read_submission, page.records)}
        with engine.connect() as connection:
            known = known_rows(connection, asset_uid, list(listed))
        different += (root for root, item in listed.items() if differs(known.get(root), item))
        present |= listed.keys()
        size += len(page.records)
        on_page(size, size + page.count - len(page.records))
    return Sweep(size, frozenset(present), tuple(dict.fromkeys(different)))


def differs(row: Row[Any] | None, listed: Submission) -> bool:
    """Whether a record as listed is not the one that is stored: absent, marked as deleted, or of another version."""
    if row is None or row.deleted_at is not None:
        return True
    stored = (row.server_id, row.version_uuid, row.validation_status, row.validation_at)
    seen = (listed.server_id, listed.version_uuid, listed.validation_status, listed.validation_at)
    return stored != seen or attachments_of(json.loads(row.body)) != attachments_of(listed.record)


def still_there(client: KoboClient, asset_uid: str, root_uuids: Iterable[str]) -> list[Json]:
    """Ask once more for records that seem to be gone, each by its identity; return those that are there."""
    wanted = list(root_uuids)
    return list(client.records_by_root_uuid(asset_uid, wanted)) if wanted else []


def guard_deletions(form_id: str, vanished: int, live: int, accepted: int, is_told: bool = True) -> None:
    """Refuse to believe that many records are gone: a permission that was taken away looks exactly the same.

    `live` is how many were there before, `accepted` how many deletions a person has allowed. When the history does
    not tell of the deletions (`is_told`), a form that lost all of its records, however few, is not believed either.
    Raises MassDeletionError.
    """
    is_believable = vanished <= max(FEWEST_TO_ASK, live * SHARE_TO_ASK) and (is_told or vanished < live)
    if not vanished or is_believable or vanished <= accepted:
        return
    raise MassDeletionError(
        f"{form_id}: {vanished} of {live} records are no longer on the server. Nothing was marked as deleted.",
        advice="Look at the project on the website: were they deleted, or was a permission of ours taken away?\n"
        f"If they were deleted on purpose, run: healing sync --accept-deletions {vanished}",
    )
