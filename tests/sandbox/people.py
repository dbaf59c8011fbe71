"""Knows what people do to one project, said once and done on the fake server and on a running sandbox alike."""

from __future__ import annotations

from typing import Any, Protocol
from xml.sax.saxutils import escape

from connector.kobo import KoboClient
from tests.connector.fake_kobo import FakeKobo, client_of
from tests.connector.fake_kobo_query import Record
from tests.sandbox.sandbox_project import OWNER, Project

APPROVED, ON_HOLD = "validation_status_approved", "validation_status_on_hold"


class People(Protocol):
    """What people do with records, each told by the identity of the record; `client` is the product's own."""

    uid: str
    client: KoboClient

    def send(self, root: str, note: str, *, photo: str = "", date: str = "") -> None:
        """A phone sends a record; it may name a photo that it sends later, and a date of its own."""
        ...

    def edit(self, root: str, note: str | None) -> None:
        """Somebody edits the note of a record, or clears it."""
        ...

    def validate(self, root: str, status: str | None) -> None:
        """A supervisor sets a status or takes it away."""
        ...

    def delete(self, root: str) -> None:
        """Somebody deletes a record."""
        ...

    def send_again(self, root: str) -> None:
        """A phone sends a deleted record again."""
        ...

    def send_file(self, root: str, name: str) -> None:
        """A phone sends the photo of a record that is there already."""
        ...

    def delete_files(self, root: str) -> None:
        """Somebody deletes the files of a record."""
        ...


class PeopleOfTheFake:
    """They speak to the fake server in this process."""

    def __init__(self, uid: str = "aFake22222222222222222") -> None:
        self.uid, self.kobo = uid, FakeKobo()
        self.client = client_of(self.kobo)
        self.kobo.project(uid)
        self._deleted: dict[str, Record] = {}

    def send(self, root: str, note: str, *, photo: str = "", date: str = "") -> None:
        answers = {"note": note} | ({"photo": photo} if photo else {})
        self.kobo.add(self.uid, answers, root, submitted_at=date or None)

    def edit(self, root: str, note: str | None) -> None:
        self.kobo.edit(self.uid, self._number(root), f"{root[:-4]}eeee", note=note)

    def validate(self, root: str, status: str | None) -> None:
        self.kobo.validate(self.uid, self._number(root), status)

    def delete(self, root: str) -> None:
        self._deleted[root] = self.kobo.delete(self.uid, self._number(root))

    def send_again(self, root: str) -> None:
        self.kobo.resend(self.uid, self._deleted[root])

    def send_file(self, root: str, name: str) -> None:
        self.kobo.attach(self.uid, self._number(root), name)

    def delete_files(self, root: str) -> None:
        self.kobo.project(self.uid).delete_files(self._number(root))

    def _number(self, root: str) -> int:
        return self.kobo.project(self.uid).number_of(root) or 0


class PeopleOfTheSandbox:
    """They speak to a running sandbox as phones and browsers do."""

    def __init__(self, project: Project) -> None:
        self.uid, self.project = project.uid, project
        self.client = KoboClient(project.url, OWNER.token)
        self._sent: dict[str, tuple[str, str]] = {}

    def send(self, root: str, note: str, *, photo: str = "", date: str = "") -> None:
        answers = _xml(note) + (f"<photo>{photo}</photo>" if photo else "")
        self._sent[root] = (answers, date)
        assert self.project.submit(answers, instance=root, date=date).status_code == 201

    def edit(self, root: str, note: str | None) -> None:
        assert self.project.submit(_xml(note), instance=f"{root[:-4]}eeee", edits=root).status_code == 201

    def validate(self, root: str, status: str | None) -> None:
        path = f"data/{self._number(root)}/validation_status/"
        if status is None:
            assert self.project.api("DELETE", path).status_code == 204
        else:
            assert self.project.api("PATCH", path, json={"validation_status.uid": status}).status_code == 200

    def delete(self, root: str) -> None:
        assert self.project.api("DELETE", f"data/{self._number(root)}/").status_code == 204

    def send_again(self, root: str) -> None:
        answers, date = self._sent[root]
        assert self.project.submit(answers, instance=root, date=date).status_code == 201

    def send_file(self, root: str, name: str) -> None:
        answers, date = self._sent[root]
        files = {name: (name, b"picture", "image/jpeg")}
        assert self.project.submit(answers, instance=root, date=date, files=files).status_code in (201, 202)

    def delete_files(self, root: str) -> None:
        body = {"submission_root_uuids": [root]}
        assert self.project.api("DELETE", "attachments/bulk/", json=body).status_code == 202

    def _number(self, root: str) -> int:
        return int(self.project.record(root)["_id"])


def _xml(note: str | None) -> str:
    return f"<note>{escape(note)}</note>" if note is not None else ""


def listed(people: People) -> dict[str, dict[str, Any]]:
    """Every record that the server lists, by identity."""
    records = [record for page in people.client.record_pages(people.uid) for record in page.records]
    return {str(record["meta/rootUuid"]).removeprefix("uuid:"): dict(record) for record in records}
