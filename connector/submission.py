"""Knows what the store needs to know of a record before it reads any answer: identity, version, status, fingerprint."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson

Json = Mapping[str, Any]
LONGEST_KEY = 64


@dataclass(slots=True)
class Submission:
    """The system keys of a record, which say which record and which version of it this is.

    `submitted_at` is UTC without zone; a key that is absent or of the wrong kind is None or "". Nobody changes one;
    it is not frozen because that takes three times as long to make.
    """

    root_uuid: str
    server_id: int
    version_uuid: str
    form_version: str | None
    submitted_at: datetime | None
    submitted_by: str | None
    validation_status: str | None
    validation_at: int | None
    files_hash: str | None


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
        files_hash=files_hash(record),
    )


def root_uuid_of(record: Json) -> str:
    """The identity of a record for life: `meta/rootUuid` without prefix.

    Older servers send none: then the first instance ID, and as a last resort the number of the server's row.
    """
    for key in ("meta/rootUuid", "meta/instanceID", "_uuid"):
        if found := _short(record.get(key)):
            return found.removeprefix("uuid:")
    return f"row-{record['_id']}"


def identity_in(instance_id: Any) -> str:
    """The identity that an instance ID (`uuid:…`) tells, as it is kept: a long one as a digest; "" if it is no text."""
    return (_short(instance_id) or "").removeprefix("uuid:")


def fingerprint(record: Json) -> str:
    """SHA-256 of everything in a record, whatever the order of its keys; equal records always have the same."""
    try:
        text = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # half a surrogate pair, or a number over 64 bits
        text = json.dumps(record, separators=(",", ":"), sort_keys=True).encode("ascii")
    return hashlib.sha256(text).hexdigest()


def attachments_of(record: Json) -> tuple[tuple[str, bool], ...]:
    """Which files came with a record and which of them were deleted since; a late file changes nothing else."""
    return tuple(sorted([(str(item.get("uid")), bool(item.get("is_deleted"))) for item in _files(record)]))


def files_hash(record: Json) -> str | None:
    """A digest of which files came with a record and which were deleted since; None when it has none."""
    files = attachments_of(record)
    if not files:
        return None
    return hashlib.blake2b(repr(files).encode("ascii", "backslashreplace"), digest_size=16).hexdigest()


def missing_files(record: Json, media_keys: Collection[str]) -> int:
    """How many answers name a file that has not come with the record: the phone sends it later, or never.

    `media_keys` are the paths, without positions, of the questions whose answer is the name of a file. A file that
    came and was deleted since is not missing.
    """
    if not media_keys:
        return 0
    here = {str(item.get("media_file_basename")) for item in _files(record)}
    named = {name for name in _answers(record, media_keys) if name and name not in here}
    return sum(_stored_name(name) not in here for name in named)


def to_text(value: Any) -> str:
    """JSON: NUL and half characters, which databases refuse, are written as escapes and come back whole."""
    return to_json(value).decode()


def to_json(value: Any) -> bytes:
    """JSON in UTF-8, as `to_text` writes it."""
    try:
        return orjson.dumps(value)
    except TypeError:  # half a surrogate pair, or a number over 64 bits
        return json.dumps(value, separators=(",", ":")).encode("ascii")


def _files(record: Json) -> list[dict[str, Any]]:
    files = record.get("_attachments")
    return [item for item in files if isinstance(item, dict)] if isinstance(files, list) else []


def _answers(row: Json, keys: Iterable[str]) -> Iterator[str]:
    """The texts under these keys, in the record and, where a part of a key is a repeat's, in its rows."""
    for key in keys:
        value = row.get(key)
        if isinstance(value, str):
            yield value.strip()
        elif value is None and "/" in key:
            for repeat in _paths_above(key):
                rows = row.get(repeat)
                for inner in rows if isinstance(rows, list) else ():
                    if isinstance(inner, dict):
                        yield from _answers(inner, (key,))


@cache
def _paths_above(key: str) -> tuple[str, ...]:
    """The paths of the groups, or repeats, around a question."""
    return tuple(key[:place] for place, letter in enumerate(key) if letter == "/")


def _stored_name(name: str) -> str:
    """The name under which the server stores a file, as Django cleans it."""
    return re.sub(r"[^-\w.]", "", name.replace(" ", "_"))


def _short(value: Any) -> str | None:
    """Text that fits a key column; a longer one is replaced by its digest, so that two never become one."""
    if not isinstance(value, str) or not value:
        return None
    if not value.isascii() or "\0" in value:
        value = value.encode("utf-8", "replace").decode("utf-8").replace("\0", "�")
    return value if len(value) <= LONGEST_KEY else hashlib.sha256(value.encode()).hexdigest()


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (TypeError, ValueError, OverflowError):
        return None


def _seconds(value: Any) -> int | None:
    return value if type(value) is int and abs(value) < 2**53 else None
