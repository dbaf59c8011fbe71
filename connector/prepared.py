"""Knows what the store makes of a record before it asks the database: who it is, its two texts, what was read of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from connector.identity import join_texts
from connector.project import Project
from connector.submission import Json, Submission, missing_files, read_submission, to_json


@dataclass(slots=True)
class Prepared:
    """A record on its way into the store: JSON in UTF-8; `identity` is b"" where nothing names or locates a person.

    `body_hash` is the SHA-256 of both texts, `rows` what the project has read of the answers (see `Parted`); where it
    has read none, `record` is what was served, else None. Nobody changes one; it is not frozen because that takes
    three times as long to make.
    """

    item: Submission
    body: bytes = field(repr=False)
    identity: bytes = field(repr=False)
    body_hash: str
    awaits_files: int
    rows: Any = field(repr=False)
    record: Json | None = field(repr=False)

    @property
    def server_id(self) -> int:
        """The record's number on the server."""
        return self.item.server_id

    def served(self) -> Json:
        """The record as it was served."""
        if self.record is not None:
            return self.record
        return join_texts(self.body, self.identity)


def prepare(project: Project, record: Json) -> Prepared:
    """Return what is stored of a record as served."""
    item = read_submission(record)
    body, identity, rows = project.part(record, item)
    text = to_json(body)
    both = b"%b\n%b" % (text, to_json(identity) if identity else b"")
    size = len(text)
    return Prepared(
        item,
        both[:size],  # a copy of its own size: what writes JSON takes room in advance, and does not give it back
        both[size + 1 :],
        hashlib.sha256(both).hexdigest(),
        missing_files(record, project.media_keys),
        rows,
        None if rows is not None else record,
    )
