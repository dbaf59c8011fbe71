"""A small project on a running sandbox, and short ways to ask for things there."""

import itertools
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from connector.sandbox.server import SandboxUser, prepare, running_sandbox
from forms.xlsform import write_workbook

OWNER = SandboxUser("coordinator", "the owner's password", "c" * 40)
CHA = SandboxUser("cha001", "the CHA's password", "a" * 40)
STRANGER = SandboxUser("stranger", "the stranger's password", "f" * 40)
USERS = (OWNER, CHA, STRANGER)

SHEETS = {
    "survey": [
        {"type": "start", "name": "start"},
        {"type": "text", "name": "note", "label::English (en)": "Note", "label::Kinyarwanda (rw)": "Icyitonderwa"},
        {"type": "begin_group", "name": "person", "label::English (en)": "Person"},
        {"type": "integer", "name": "age", "label::English (en)": "Age"},
        {"type": "end_group"},
        {"type": "begin_repeat", "name": "visit", "label::English (en)": "Visit"},
        {"type": "text", "name": "place", "label::English (en)": "Place"},
        {"type": "end_repeat"},
        {"type": "select_one_from_file members.csv", "name": "member", "label::English (en)": "Member"},
    ],
    "settings": [{"form_title": "Visits", "form_id": "visits", "default_language": "Kinyarwanda (rw)"}],
}


@dataclass(frozen=True, slots=True)
class Project:
    """A deployed form on a sandbox; requests are made as its owner unless said otherwise."""

    url: str
    uid: str = ""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def api(self, method: str, path: str, user: SandboxUser | None = OWNER, **more: Any) -> requests.Response:
        """Any request, as `user` or as nobody; `path` is below the asset unless it begins with a slash."""
        whole = path if path.startswith("/") else f"/api/v2/assets/{self.uid}/{path}"
        headers = {"Accept": "application/json"} | ({"Authorization": f"Token {user.token}"} if user else {})
        return requests.request(method, self.url + whole, headers=headers, timeout=60, allow_redirects=False, **more)

    def import_form(self, sheets: Any = SHEETS, **form: str) -> dict[str, Any]:
        """Import a workbook; the task as it reads afterwards."""
        file = {"file": ("form.xlsx", write_workbook(sheets))}
        form = {"name": "form.xlsx", "library": "false", **form}
        task = self.api("POST", "/api/v2/imports/", data=form, files=file).json()
        return dict(self.api("GET", f"/api/v2/imports/{task['uid']}/").json())

    def grant(self, user: SandboxUser, permission: str) -> None:
        """Give a permission."""
        body = {"user": f"/api/v2/users/{user.username}/", "permission": f"/api/v2/permissions/{permission}/"}
        assert self.api("POST", "permission-assignments/", json=body).status_code == 201

    def submit(
        self,
        answers: str = "",
        *,
        instance: str | None = None,
        edits: str | None = None,
        user: SandboxUser = OWNER,
        date: str = "",
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> requests.Response:
        """Send a submission: `answers` is XML below the root."""
        instance = instance or new_instance()
        deprecated = f"<deprecatedID>uuid:{edits}</deprecatedID>" if edits else ""
        attribute = f' submissionDate="{date}"' if date else ""
        meta = f"<meta><instanceID>uuid:{instance}</instanceID>{deprecated}</meta>"
        xml = f'<{self.uid} id="{self.uid}"{attribute}>{answers}{meta}</{self.uid}>'
        form = ("s.xml", xml, "text/xml")
        return self.api("POST", "/submission", user, files={"xml_submission_file": form, **(files or {})})

    def records(self, **query: Any) -> list[dict[str, Any]]:
        """The records of a data query."""
        response = self.api("GET", "data/", params=query)
        assert response.status_code == 200, response.text
        return list(response.json()["results"])

    def record(self, root: str) -> dict[str, Any]:
        """One record by its root UUID."""
        return dict(self.api("GET", f"data/{root}/").json())

    def redeploy(self) -> requests.Response:
        """Put the current version and files in force."""
        return self.api("PATCH", "deployment/", json={})

    def upload(self, filename: str, content: bytes) -> requests.Response:
        """Attach a media file."""
        form = {"file_type": "form_media", "description": "default", "metadata": f'{{"filename": "{filename}"}}'}
        return self.api("POST", "files/", data=form, files={"content": (filename, content, "text/csv")})

    def history(self, q: str = "") -> list[dict[str, Any]]:
        """The project history, newest first."""
        return list(self.api("GET", "history/", params={"q": q} if q else {}).json()["results"])


def new_instance() -> str:
    """A new instance ID without prefix."""
    return str(uuid.uuid4())


@contextmanager
def running_project(folder: Path, users: Sequence[SandboxUser] = USERS) -> Iterator[Project]:
    """A sandbox with one deployed form, to which the CHA may submit."""
    data_file = folder / "sandbox.sqlite"
    prepare(data_file, users)
    with running_sandbox(data_file) as sandbox:
        uid = Project(sandbox.url).import_form()["messages"]["created"][0]["uid"]
        project = Project(sandbox.url, uid)
        assert project.api("POST", "deployment/", json={"active": True}).status_code == 200
        project.grant(CHA, "add_submissions")
        yield project
