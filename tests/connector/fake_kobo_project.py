"""Knows what people do to a project on the fake server, and what its records and its history look like afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.connector.fake_kobo_query import Record

MOMENT = "2026-11-23T08:00:00"


@dataclass
class Clock:
    """The server's clock: `tick` seconds pass with everything that happens, perhaps none."""

    now: datetime = field(default_factory=lambda: datetime.fromisoformat(MOMENT))
    tick: float = 1

    def moment(self) -> str:
        """The time now as the server writes it, in whole seconds and without zone."""
        return self.now.isoformat(timespec="seconds")

    def move(self, seconds: float | None = None) -> str:
        """Let time pass; return the new time."""
        self.now += timedelta(seconds=self.tick if seconds is None else seconds)
        return self.moment()


@dataclass
class Project:
    """One deployed form.

    `hidden` are records that the list does not show, late ones or those of a partial permission; the other counter
    counts them, unless `is_partial`: then the account was given some records only, and an older server counts no other.
    `count` overrules that counter, `is_count_seen` False makes it null. `nameless` are records that are shown with
    their identity and not found by it, as the server's upgrade leaves them for a while. With `dates_modified` the
    records tell of their last edit, as a newer server may.
    """

    uid: str = ""
    records: dict[int, Record] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    nameless: set[int] = field(default_factory=set)
    is_partial: bool = False
    count: int | None = None
    is_count_seen: bool = True
    version: str = "v1"
    is_active: bool = True
    content: dict[str, Any] = field(default_factory=lambda: {"survey": [], "choices": [], "settings": {}})
    versions: dict[str, dict[str, Any]] = field(default_factory=dict)
    dates_modified: bool = False
    clock: Clock = field(default_factory=Clock)

    def listed(self) -> list[Record]:
        """The records that the list shows, by number."""
        return [self.records[key] for key in sorted(self.records) if key not in self.hidden]

    def searched(self, number: int) -> Record:
        """A record as queries see it."""
        record = self.records[number]
        return {**record, "meta/rootUuid": None} if number in self.nameless else record

    def permissions(self) -> list[dict[str, str]]:
        """What the account may do, as the project's own address tells and the list of projects does not."""
        sees = "partial_submissions" if self.is_partial else "view_submissions"
        return [{"codename": "view_asset"}, {"codename": sees}]

    def number_of(self, root: str) -> int | None:
        """The number of a record by its identity without prefix; None when it is not there."""
        return next((number for number, record in self.records.items() if root_of(record) == root), None)

    def log(self, action: str, root: str | None, status: str | None = None, **metadata: Any) -> None:
        """A row of the history, the newest; one about a record names its identity."""
        about = {"root_uuid": root, "submitted_by": "cha001"} | ({"status": status} if status else {})
        entry = {"action": action, "date_created": f"{self.clock.moment()}Z", "username": "coordinator"}
        submission = {"submission": about} if root is not None else {}
        self.history.insert(0, {**entry, "metadata": {"log_subtype": "project", **submission, **metadata}})

    def add(self, number: int, answers: Record, root: str, submitted_at: str | None = None) -> None:
        """A phone sends a record; its date may be the phone's own (`submitted_at`)."""
        now = self.clock.move()
        instance = f"uuid:{root}"
        record = {"_id": number, "meta/instanceID": instance, "meta/rootUuid": instance, "__version__": self.version}
        record |= {"_uuid": root, "_submission_time": submitted_at or now, "_submitted_by": "cha001"}
        record |= {"_status": "submitted_via_web", "_xform_id_string": self.uid}
        record |= {"_validation_status": {}, "_attachments": [], **answers}
        self.records[number] = record
        self._touch(record)
        self.log("add-submission", root)

    def edit(self, number: int, version: str, answers: Record) -> None:
        """Somebody edits a record; an answer given as None is cleared."""
        self.clock.move()
        record = self.records[number]
        for key, value in answers.items():
            record.pop(key, None)
            if value is not None:
                record[key] = value
        record["meta/deprecatedID"] = record["meta/instanceID"]
        record |= {"_uuid": version, "meta/instanceID": f"uuid:{version}"}
        self._touch(record)
        self.log("modify-submission", root_of(record))

    def validate(self, number: int, status: str | None, at: int) -> None:
        """A supervisor sets a validation status, or takes it away."""
        self.clock.move()
        record = self.records[number]
        record["_validation_status"] = (
            {"uid": status, "label": "x", "by_whom": "s", "timestamp": at} if status is not None else {}
        )
        self.log("modify-submission", root_of(record), status=status or "None")

    def delete(self, number: int) -> Record:
        """Somebody deletes a record; it just vanishes."""
        self.clock.move()
        record = self.records.pop(number)
        self.hidden.discard(number)
        self.log("delete-submission", root_of(record))
        return record

    def resend(self, number: int, record: Record) -> None:
        """A phone sends a deleted record again, as it first was: a new number, the same identity."""
        self.clock.move()
        self.records[number] = {**record, "_id": number}
        self._touch(self.records[number])
        self.log("add-submission", root_of(record))

    def attach(self, number: int, name: str, question: str) -> None:
        """A late file arrives: nothing else tells of it."""
        self.clock.move()
        file = {"uid": f"att{name}{number}", "filename": name, "media_file_basename": name, "is_deleted": False}
        self.records[number]["_attachments"].append({**file, "mimetype": "image/jpeg", "question_xpath": question})

    def delete_files(self, number: int) -> None:
        """Somebody deletes the files of a record; the history does not say whose."""
        self.clock.move()
        for file in self.records[number]["_attachments"]:
            file["is_deleted"] = True
            self.log("in-trash", None, attachment_uid=file["uid"], attachment_basename=file["filename"])

    def redeploy(self, version: str, content: dict[str, Any] | None = None) -> None:
        """The form changes: records carry another version from now on."""
        self.clock.move()
        self.versions[self.version] = self.content
        self.version, self.content = version, content or self.content
        self.log("redeploy", None)

    def as_asset(self, uid: str) -> dict[str, Any]:
        """The project as its own address and the list of projects show it."""
        shown = self.listed() if self.is_partial else self.records
        count = len(shown) if self.count is None else self.count
        last = max((record["_submission_time"] for record in self.records.values()), default=None)
        return {
            "uid": uid,
            "name": uid,
            "asset_type": "survey",
            "version_id": self.version,
            "deployed_version_id": self.version,
            "has_deployment": True,
            "deployment__active": self.is_active,
            "deployment_status": "deployed" if self.is_active else "archived",
            "deployment__submission_count": count if self.is_count_seen else None,
            "deployment__last_submission_time": f"{last}Z" if last and self.is_count_seen else None,
            "date_modified": f"{MOMENT}Z",
            "settings": {},
        }

    def version_contents(self) -> dict[str, dict[str, Any]]:
        """What the form was in each version, oldest first."""
        return {**self.versions, self.version: self.content}

    def _touch(self, record: Record) -> None:
        if self.dates_modified:
            record["_date_modified"] = self.clock.moment()


def root_of(record: Record) -> str:
    """The identity of a record, without prefix."""
    return str(record["meta/rootUuid"]).removeprefix("uuid:")


def all_listed(projects: Iterable[Project]) -> list[Record]:
    """Every record that a server shows."""
    return [record for project in projects for record in project.listed()]
