"""Knows the shape of what a KoboToolbox server hands back, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from connector.errors import BadAnswerError
from connector.kobo_answer import require_object
from connector.submission import identity_in

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Account:
    """Whose token we use. `server_time` is UTC. A superuser can read, but may not submit."""

    username: str
    is_superuser: bool
    server_time: datetime

    @classmethod
    def from_json(cls, value: Json, where: str) -> Self:
        """Raises BadAnswerError if `value` is no account."""
        require_object(value, where, "username", "is_superuser", "server_time")
        return cls(value["username"], bool(value["is_superuser"]), moment(value["server_time"], where))


@dataclass(frozen=True, slots=True)
class Asset:
    """A project. `version_id` is what it holds, `deployed_version_id` what phones have; `is_active` false is archived.

    `settings` is the project's own settings as served (description, country …). `is_partial`: this account may see
    some of the records only, which the list of projects does not tell; older servers then count no others either.
    """

    uid: str
    name: str
    asset_type: str
    version_id: str | None
    deployed_version_id: str | None
    has_deployment: bool
    is_active: bool
    submission_count: int
    settings: Json = field(repr=False)
    is_partial: bool = False

    @classmethod
    def from_json(cls, value: Json, where: str) -> Self:
        """Raises BadAnswerError if `value` is no asset."""
        require_object(value, where, "uid", "name", "asset_type", "version_id", "has_deployment")
        settings = value.get("settings")
        return cls(
            uid=value["uid"],
            name=value["name"],
            asset_type=value["asset_type"],
            version_id=value["version_id"],
            deployed_version_id=value.get("deployed_version_id"),
            has_deployment=bool(value["has_deployment"]),
            is_active=bool(value.get("deployment__active")),
            submission_count=value.get("deployment__submission_count") or 0,
            settings=settings if isinstance(settings, dict) else {},
            is_partial=_sees_some_records_only(value.get("effective_permissions")),
        )

    @property
    def is_up_to_date(self) -> bool:
        """Whether phones are offered exactly what the project holds."""
        return self.has_deployment and self.is_active and self.deployed_version_id == self.version_id

    @property
    def description(self) -> str:
        """The description a person sees under the project's settings."""
        return str(self.settings.get("description") or "")


@dataclass(frozen=True, slots=True)
class AssetVersion:
    """A version of a project; `content_hash` is the same for versions that ask the same."""

    uid: str
    content_hash: str
    is_deployed: bool

    @classmethod
    def from_json(cls, value: Json, where: str) -> Self:
        """Raises BadAnswerError if `value` is no version."""
        require_object(value, where, "uid", "date_deployed")
        return cls(str(value["uid"]), str(value.get("content_hash") or value["uid"]), bool(value["date_deployed"]))


@dataclass(frozen=True, slots=True)
class Deployment:
    """What phones are offered from now on."""

    asset_uid: str
    version_id: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file that travels with a form; `md5` in hexadecimal, or None for a remote file."""

    uid: str
    filename: str
    md5: str | None

    @classmethod
    def from_json(cls, value: Json, where: str) -> Self:
        """Raises BadAnswerError if `value` is no file."""
        require_object(value, where, "uid", "metadata")
        metadata = require_object(value["metadata"], where, "filename")
        return cls(value["uid"], metadata["filename"], md5_of(str(metadata.get("hash", ""))))


@dataclass(frozen=True, slots=True)
class Assignment:
    """One permission of one account on a project, by the last part of their addresses."""

    username: str
    permission: str

    @classmethod
    def from_json(cls, value: Json, where: str) -> Self:
        """Raises BadAnswerError if `value` is no assignment."""
        require_object(value, where, "user", "permission")
        return cls(_last_part(value["user"]), _last_part(value["permission"]))


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that the server served in a good page and that cannot be read.

    `reason` holds no answer (64 characters at most); `text` is its JSON as served, in ASCII. `server_id` and
    `root_uuid` (as `root_uuid_of` would tell it) are None where they cannot be told either.
    """

    reason: str
    text: str = field(repr=False)
    server_id: int | None
    root_uuid: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some records, and `count`: how many match on the server, these and the `refused` ones included.

    The records are untouched; or what was kept of each (see `read_page`), which then tells its `server_id`.
    """

    count: int
    records: tuple[Any, ...] = field(repr=False)
    refused: tuple[Refused, ...] = ()

    @property
    def size(self) -> int:
        """How many records the server put into this page."""
        return len(self.records) + len(self.refused)

    @property
    def numbers(self) -> list[int]:
        """The numbers of the records on the server."""
        return [each["_id"] if isinstance(each, dict) else each.server_id for each in self.records]


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """One row of a project's history. `root_uuid` is that of `identity_in`, "" where the row names no record.

    `at` is UTC, in whole seconds, `status` the new validation status where the event changed one.
    """

    action: str
    root_uuid: str
    at: datetime
    status: str | None = None

    @classmethod
    def from_json(cls, value: Json, where: str) -> Self:
        """Raises BadAnswerError if `value` is no event."""
        require_object(value, where, "action", "date_created")
        at, metadata = moment(value["date_created"], where), value.get("metadata")
        submission = metadata.get("submission") if isinstance(metadata, dict) else None
        about = submission if isinstance(submission, dict) else {}
        named = about.get("root_uuid")
        root_uuid = identity_in(f"uuid:{bare_uuid(named)}") if isinstance(named, str) else ""
        return cls(value["action"], root_uuid, at, about.get("status"))


@dataclass(frozen=True, slots=True)
class PhoneForm:
    """A form as the list for phones offers it; `media` maps a file name to its md5."""

    form_id: str
    version: str
    md5: str | None
    media: Mapping[str, str | None]

    def has_media(self, wanted: Mapping[str, str]) -> bool:
        """Whether every wanted file (name to md5) is offered with exactly these bytes."""
        return all(self.media.get(name) == md5 for name, md5 in wanted.items())


def _sees_some_records_only(permissions: Any) -> bool:
    """Whether what an account may do is told, and seeing every record is not among it."""
    if not isinstance(permissions, list):
        return False
    return "view_submissions" not in [item.get("codename") for item in permissions if isinstance(item, dict)]


def moment(text: Any, where: str) -> datetime:
    """An ISO time of the server as an aware datetime in UTC. Raises BadAnswerError."""
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise BadAnswerError(f"{where}: a time that cannot be read.") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def md5_of(text: str) -> str | None:
    """The digest in `md5:<32 digits>`; None for anything else, such as the `md5:…-url` of a remote file."""
    digest = text.removeprefix("md5:")
    return digest if text.startswith("md5:") and len(digest) == 32 else None


def bare_uuid(text: str) -> str:
    """A root UUID without its `uuid:`."""
    return text.removeprefix("uuid:")


def _last_part(url: Any) -> str:
    return str(url).rstrip("/").rsplit("/", 1)[-1]
