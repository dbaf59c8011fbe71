"""Knows how a phone talks to the server: OpenRosa with Digest, lists of forms, forms with media, submissions."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

import requests
from requests.auth import HTTPDigestAuth

from connector.errors import (
    BadAnswerError,
    InvalidTokenError,
    MissingAssetError,
    RequestRefusedError,
    ServerFailedError,
    UnreachableServerError,
)
from connector.sandbox.phone import PhoneForm

SECONDS_TO_WAIT = 60
_DONE = (201, 202)


@dataclass(frozen=True, slots=True)
class ListedForm:
    """One entry of the server's list of forms."""

    form_uid: str
    hash: str
    form_url: str
    manifest_url: str


@dataclass(frozen=True, slots=True)
class HeldForm:
    """A form on a phone: which version it is, the parsed form, the healing group of each client on its lists."""

    hash: str
    form: PhoneForm
    members: Mapping[str, str]


@dataclass(slots=True)
class Shelf:
    """Downloads by their hash, so that phones with the same version share one copy and one parsed form."""

    files: dict[str, bytes] = field(default_factory=dict)
    forms: dict[str, HeldForm] = field(default_factory=dict)


class FieldPhone:
    """The phone of one account; `refresh` does what KoboCollect's "exactly match server" does in the background."""

    def __init__(self, server_url: str, username: str, password: str, shelf: Shelf) -> None:
        self.username = username
        self._server_url = server_url.rstrip("/")
        self._shelf = shelf
        self._held: dict[str, HeldForm] = {}
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["X-OpenRosa-Version"] = "1.0"
        self._session.auth = HTTPDigestAuth(username, password)

    def form(self, form_uid: str) -> HeldForm:
        """The form as it was at the last refresh; raises MissingAssetError when the server does not list it."""
        if form_uid not in self._held:
            self.refresh()
        if form_uid not in self._held:
            raise MissingAssetError(
                f"The phone of {self.username} is not offered the form {form_uid}.",
                advice="Deploy the form and let this account add submissions.",
            )
        return self._held[form_uid]

    def refresh(self) -> None:
        """Bring every form and list on the phone up to date; what has not changed is not downloaded again."""
        listed = self._list_forms()
        self._held = {form.form_uid: self._bring(form) for form in listed}

    def send(self, xml: str) -> int:
        """Send a filled form; 201 is new, 202 was there already, 409 was there already and has been edited since.

        Raises RequestRefusedError for any other answer.
        """
        part = {"xml_submission_file": ("submission.xml", xml.encode("utf-8"), "text/xml")}
        answer = self._call("POST", f"{self._server_url}/submission", files=part)
        if answer.status_code in _DONE or (answer.status_code == 409 and "instance ID already" in answer.text):
            return answer.status_code
        raise RequestRefusedError(f"The server refuses a submission of {self.username}: {_words(answer)}")

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _list_forms(self) -> list[ListedForm]:
        root = _xml(self._get(f"{self._server_url}/formList"))
        return [
            ListedForm(
                _text(item, "formID"), _text(item, "hash"), _text(item, "downloadUrl"), _text(item, "manifestUrl")
            )
            for item in root.iterfind("{*}xform")
        ]

    def _bring(self, listed: ListedForm) -> HeldForm:
        held = self._held.get(listed.form_uid)
        if held and held.hash == listed.hash:
            return held
        media = self._media(listed.manifest_url) if listed.manifest_url else {}
        key = " ".join([listed.form_uid, listed.hash, *(f"{name}={found[0]}" for name, found in sorted(media.items()))])
        if key not in self._shelf.forms:
            xform = self._get(listed.form_url).decode("utf-8")
            files = {name: content for name, (_, content) in media.items()}
            self._shelf.forms[key] = HeldForm(listed.hash, PhoneForm(xform, files), _members(files))
        return self._shelf.forms[key]

    def _media(self, manifest_url: str) -> dict[str, tuple[str, bytes]]:
        """File name -> (hash, content) of everything in a manifest."""
        found = {}
        for item in _xml(self._get(manifest_url)).iterfind("{*}mediaFile"):
            name, md5 = _text(item, "filename"), _text(item, "hash")
            if md5 not in self._shelf.files:
                self._shelf.files[md5] = self._get(_text(item, "downloadUrl"))
            found[name] = (md5, self._shelf.files[md5])
        return found

    def _get(self, url: str) -> bytes:
        answer = self._call("GET", url)
        if answer.status_code != 200:
            raise RequestRefusedError(f"The server refuses {url} to {self.username}: {_words(answer)}")
        return answer.content

    def _call(self, method: str, url: str, **options: object) -> requests.Response:
        try:
            answer = self._session.request(method, url, timeout=SECONDS_TO_WAIT, **options)  # type: ignore[arg-type]
        except requests.RequestException as error:
            raise UnreachableServerError(f"{self._server_url} does not answer ({type(error).__name__}).") from error
        if answer.status_code == 401:
            raise InvalidTokenError(f"The server refuses the password of {self.username}.")
        if answer.status_code >= 500:
            raise ServerFailedError(f"The server failed ({answer.status_code}) at {method} {url}.")
        return answer


def _members(files: Mapping[str, bytes]) -> dict[str, str]:
    rows = csv.DictReader(io.StringIO(files.get("members.csv", b"").decode("utf-8-sig")))
    return {row["name"]: row["healing_group"] for row in rows}


def _xml(content: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise BadAnswerError("The server's list of forms or of media is not XML.") from error


def _text(item: ElementTree.Element, name: str) -> str:
    return item.findtext(f"{{*}}{name}", default="")


def _words(answer: requests.Response) -> str:
    """The status and the server's message, which in OpenRosa holds no answers."""
    try:
        message = " ".join(ElementTree.fromstring(answer.content).itertext()).strip()
    except ElementTree.ParseError:
        message = ""
    return f"{answer.status_code} {message}".strip()
