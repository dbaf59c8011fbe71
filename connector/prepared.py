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
    """A record on its way into the store; `identity` is "" where nothing in it names or locates a person.

    `body_hash` is the SHA-256 of both texts, `rows` what the project has read of the answers (see `Parted`); where it
    has read none, `record` is what was served, else None. Nobody changes one; it is not frozen because that takes
    three times as long to make.
    """

    item: Submission
    body: str = field(repr=False)
    identity: str = field(repr=False)
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
    text, apart = to_json(body), to_json(identity) if identity else b""
    return Prepared(
        item,
        text.decode(),
        apart.decode(),
        hashlib.sha256(b"%b\n%b" % (text, apart)).hexdigest(),
        missing_files(record, project.media_keys),
        rows,
        None if rows is not None else record,
    )
