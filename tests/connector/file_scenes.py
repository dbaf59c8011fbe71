"""Knows a server of files that came with records, in this process, with faults, and a database that wants them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from sqlalchemy import Engine, delete, insert, select, update

from connector.attachment_folder import AttachmentFolder
from connector.attachments import FileCounts, FileRun
from connector.database import open_database
from connector.kobo import KoboClient
from connector.precious_schema import attachment, precious, submission
from tests.connector.fake_kobo_faults import Fault, answer_with

SERVER, STORAGE = "https://kobo.invalid", "https://storage.invalid"
UID, NOW = "aVisits", datetime(2026, 11, 23, 9, 0)
QUESTIONS = {"house/photo", "children/child_photo"}
JPEG = b"\xff\xd8\xff\xe0 a picture"


class FileShelf(BaseAdapter):
    """The server. `files` are bytes by uid, `faults` answer for a uid instead, once each in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, list[Fault]] = {}
        self.requests: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:  # type: ignore[override]
        self.requests.append(request)
        uid = urlsplit(request.url or "").path.rstrip("/").rpartition("/")[2]
        if faults := self.faults.get(uid):
            answer = faults.pop(0)(request)
            if answer is not None:
                return answer
        if uid not in self.files:
            return answer_with(request, 404, {"detail": "Not found."})
        return answer_with(request, 200, self.files[uid], "image/jpeg", Content_Length=str(len(self.files[uid])))

    def close(self) -> None:
        """Nothing is held open."""

    def client(self) -> KoboClient:
        """A client that speaks with this server and never waits."""
        return KoboClient(SERVER, "sentineltoken", adapter=self, sleep=lambda seconds: None)


class Scene:
    """A server, a database and a folder; every record has the files that are put to it."""

    def __init__(self, folder: Path, url: str = "sqlite://") -> None:
        self.shelf, self.engine = FileShelf(), open_database(url)
        precious.create_all(self.engine, tables=[attachment, submission], checkfirst=True)
        self.folder = AttachmentFolder(folder / "attachments")

    def record(self, root: str, *files: dict[str, Any], deleted: bool = False) -> None:
        """Store a record, or another content of it."""
        with self.engine.begin() as connection:
            connection.execute(delete(submission).where(submission.c.root_uuid == root))
            row = {
                "asset_uid": UID,
                "root_uuid": root,
                "form_id": "visits",
                "server_id": 7,
                "version_uuid": "v",
                "body": json.dumps({"_id": 7, "_attachments": list(files)}),
                "body_hash": "0" * 64,
                "first_seen_at": NOW,
                "deleted_at": NOW if deleted else None,
            }
            connection.execute(insert(submission).values(row))

    def photo(self, uid: str, question: str = "house/photo", content: bytes = JPEG, **more: Any) -> dict[str, Any]:
        """A photo that the server has, as a record names it."""
        self.shelf.files[uid] = content
        name = "Uwase Marie 0788123456.jpg"
        item = {"uid": uid, "question_xpath": question, "media_file_basename": name, "filename": f"keza/{name}"}
        return item | {"mimetype": "image/jpeg", "is_deleted": False} | more

    def fault(self, uid: str, *faults: Fault) -> None:
        """Let the server answer so for this file, once each."""
        self.shelf.faults[uid] = list(faults)

    def run(self, questions: Iterable[str] = QUESTIONS, check: bool = False, again: bool = False) -> FileCounts:
        """Fetch what is wanted."""
        return self.new_run(questions, check, again).run()

    def new_run(self, questions: Iterable[str] = QUESTIONS, check: bool = False, again: bool = False) -> FileRun:
        """A run that has not begun."""
        client = self.shelf.client()
        return FileRun(self.engine, client, self.folder, UID, set(questions), check, again, clock=lambda: NOW)

    def rows(self) -> dict[str, Any]:
        """The rows of the queue by the uid of the file."""
        with self.engine.connect() as connection:
            return {row.attachment_uid: row for row in connection.execute(select(attachment))}

    def state(self, uid: str) -> tuple[str, int, str | None]:
        """State, tries and reason of a file."""
        row = self.rows()[uid]
        return row.state, row.tries, row.reason

    def on_disk(self) -> dict[str, bytes]:
        """The files that are there, by their place below the folder."""
        found = (path for path in self.folder.path.rglob("*") if path.is_file() and path.name != ".lock")
        return {path.relative_to(self.folder.path).as_posix(): path.read_bytes() for path in found}

    def stored(self) -> dict[str, Any]:
        """The queue and the folder together, as two runs are compared."""
        return {"rows": {uid: tuple(row) for uid, row in self.rows().items()}, "files": self.on_disk()}


def set_server_id(engine: Engine, root: str, server_id: int) -> None:
    """Give a record another row on the server, as after a deletion and a second arrival."""
    with engine.begin() as connection:
        connection.execute(update(submission).where(submission.c.root_uuid == root).values(server_id=server_id))
