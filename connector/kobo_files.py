"""Knows how a file that came with a record is fetched: whole or not at all, and without the token from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import quote, urljoin, urlsplit

from connector.errors import BadAnswerError, HealingError, NotKoboError, ServerFailedError
from connector.kobo_answer import Answer, error_of, not_kobo, require_good
from connector.kobo_caller import Caller
from connector.kobo_wire import Call

REDIRECTS = (301, 302, 303, 307, 308)
ANY = "*/*"


@dataclass(frozen=True, slots=True)
class _StorageCall(Call):
    """A request to where the server keeps its files; the path names an account and a phone's file, and is not told."""

    @property
    def where(self) -> str:
        """The request as messages name it."""
        return f"{self.method} a file on {self.base}"


class FileCalls(Caller):
    """Calls that fetch files of records. Each may also raise the errors of `Wire.send` and `error_of`."""

    def attachment(self, uid: str, server_id: int, attachment_uid: str, mimetype: str = "") -> bytes:
        """The bytes of one file of the record with this `_id`; `mimetype` is what the record says of it.

        Where the server points to its storage, that is followed once, and the token stays behind.
        Raises MissingAssetError when it is gone, BadAnswerError when it is cut short or empty, NotKoboError for a web
        page in its place, ServerFailedError when the storage refuses.
        """
        path = f"/api/v2/assets/{quote(uid, safe='')}/data/{server_id}/attachments/{quote(attachment_uid, safe='')}/"
        answer = self._send("GET", path, accept=ANY)
        if answer.status in REDIRECTS:
            answer = self._from_storage(answer, self.server + path)
        require_good(answer)
        _require_whole(answer, mimetype)
        return answer.body

    def _from_storage(self, answer: Answer, asked: str) -> Answer:
        """What lies where a redirect points to, which is no second redirect and not less safe than the server."""
        location = urlsplit(urljoin(asked, answer.headers.get("Location", "")))
        is_safe = location.scheme == "https" or location.scheme == urlsplit(self.server).scheme == "http"
        if not is_safe or not location.hostname or "@" in location.netloc:
            raise not_kobo(answer, "a redirect to somewhere unsafe")
        target = f"{location.path}?{location.query}" if location.query else location.path
        call = _StorageCall("GET", f"{location.scheme}://{location.netloc}", target, accept=ANY)
        found = self._wire.send(call)
        if found.status in REDIRECTS:
            raise not_kobo(replace(found, headers={}), "one redirect after another")
        if not 200 <= found.status < 300:
            raise _storage_error(found)
        return found


def _storage_error(answer: Answer) -> HealingError:
    """A file that is missing there is missing; any other refusal is the storage's failure, not one of our token."""
    if answer.status == 404:
        return error_of(answer)
    advice = "The server points there for its files; try again later."
    return ServerFailedError(f"{answer.where}: refused (status {answer.status}).", advice=advice)


def _require_whole(answer: Answer, mimetype: str) -> None:
    """Raises BadAnswerError for an empty, partial or short file, NotKoboError for something that stands in for it."""
    told = answer.headers.get("Content-Length", "")
    is_packed = answer.headers.get("Content-Encoding", "").strip().lower() not in ("", "identity")
    if answer.status != 200 or (told.isdigit() and not is_packed and int(told) != len(answer.body)):
        raise BadAnswerError(f"{answer.where}: the file was cut short.", advice="Nothing was kept of it. Try again.")
    if not answer.body:
        raise BadAnswerError(f"{answer.where}: the file is empty.", advice="Nothing was kept of it. Try again.")
    stands_in = "html" if answer.is_html else "json" if answer.content_type == "application/json" else ""
    if stands_in and stands_in not in mimetype:
        raise NotKoboError(f"{answer.where}: {stands_in.upper()} instead of the file.", advice="Try again later.")
