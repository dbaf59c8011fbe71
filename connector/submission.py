"""Knows what the store needs to know of a record before it reads any answer: identity, version, status, fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = Mapping[str, Any]
LONGEST_KEY = 64


@dataclass(frozen=True, slots=True)
class Submission:
    """A record as served, and the system keys that say which record and which version of it this is.

    `submitted_at` is UTC without zone; a key that is absent or of the wrong kind is None or "".
    """

    root_uuid: str
    server_id: int
    version_uuid: str
    form_version: str | None
    submitted_at: datetime | None
    submitted_by: str | None
    validation_status: str | None
    validation_at: int | None
    fingerprint: str
    record: Json = field(repr=False)


def read_submission(record: Json) -> Submission:
    """Read the system keys of a record; never fails, whatever they hold, but for `_id`: the client has checked it."""
    status = record.get("_validation_status")
    status = status if isinstance(status, dict) else {}
    return Submission(
        root_uuid=root_uuid_of(record),
        server_id=record["_id"],
        version_uuid=_short(record.get("_uuid")) or "",
        form_version=_short(record.get("__version__")),
        submitted_at=_moment(record.get("_submission_time")),
        submitted_by=_short(record.get("_submitted_by")),
        validation_status=(_short(status.get("uid")) or "")[:48] or None,
        validation_at=_seconds(status.get("timestamp")),
        fingerprint=fingerprint(record),
        record=record,
    )


def root_uuid_of(record: Json) -> str:
    """The identity of a record for life: `meta/rootUuid` without prefix.

    Older servers send none: then the first instance ID, and as a last resort the number of the server's row.
    """
    for key in ("meta/rootUuid", "meta/instanceID", "_uuid"):
        if found := _short(record.get(key)):
            return found.removeprefix("uuid:")
    return f"row-{record['_id']}"


def fingerprint(record: Json) -> str:
    """SHA-256 of everything in a record, whatever the order of its keys."""
    return hashlib.sha256(to_text(record, sort_keys=True).encode("ascii")).hexdigest()


def attachments_of(record: Json) -> tuple[tuple[str, bool], ...]:
    """Which files came with a record and which of them were deleted since; a late file changes nothing else."""
    files = record.get("_attachments")
    known = [item for item in files if isinstance(item, dict)] if isinstance(files, list) else []
    return tuple(sorted((str(item.get("uid")), bool(item.get("is_deleted"))) for item in known))


def to_text(value: Any, sort_keys: bool = False) -> str:
    """JSON in ASCII: NUL and half characters, which databases refuse, are written as escapes and come back whole."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), sort_keys=sort_keys)


def _short(value: Any) -> str | None:
    """Text that fits a key column; a longer one is replaced by its digest, so that two never become one."""
    if not isinstance(value, str) or not value:
        return None
    text = value.encode("utf-8", "replace").decode("utf-8").replace("\0", "�")
    return text if len(text) <= LONGEST_KEY else hashlib.sha256(text.encode()).hexdigest()


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _seconds(value: Any) -> int | None:
    return value if isinstance(value, int) and abs(value) < 2**53 else None
