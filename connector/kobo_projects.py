"""Knows the calls about projects: account, forms, deployments, files and permissions."""

import hashlib
import json
import mimetypes
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from connector.errors import AccessError, BadAnswerError, FormRefusedError, RequestRefusedError, ServerFailedError
from connector.kobo_answer import Answer, error_of, read_json, read_object, require_good, require_object, words_of
from connector.kobo_caller import Caller
from connector.kobo_patience import waits
from connector.kobo_values import Account, Asset, AssetVersion, Assignment, Deployment, MediaFile

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
IMPORT_SECONDS = 180.0
"""An import takes about a second; a stuck background worker leaves it "processing" for ever."""


class ProjectCalls(Caller):
    """Calls that build and change projects. Each may also raise the errors of `Wire.send` and `error_of`."""

    def me(self) -> Account:
        """The account of the token. Raises InvalidTokenError."""
        answer = self._send("GET", "/me/")
        return Account.from_json(read_object(answer), answer.where)

    def find_assets(self, name: str) -> tuple[Asset, ...]:
        """The survey projects that this account sees and whose name contains `name` (at least 3 letters)."""
        plain = name.replace('"', " ").replace("\\", " ")
        query = f'asset_type:survey AND name__icontains:"{plain}"'
        found = self._list("/api/v2/assets/", {"q": query, "limit": 100})
        return tuple(Asset.from_json(item, f"assets named like {plain!r}") for item in found)

    def list_assets(self) -> tuple[Asset, ...]:
        """Every survey project that this account sees, with its own count of records.

        To somebody who is not signed in the server shows an empty list, not a refusal: ask `me` first.
        """
        path = "/api/v2/assets/"
        found = self._list(path, {"q": "asset_type:survey", "limit": 1000})
        return tuple(Asset.from_json(item, path) for item in found)

    def asset(self, uid: str) -> Asset:
        """One project. Raises MissingAssetError if it is gone or not shared with us."""
        answer = self._send("GET", _asset(uid))
        return Asset.from_json(read_object(answer), answer.where)

    def describe(self, uid: str, description: str) -> Asset:
        """Replace the project's description; its other settings stay, and no new version comes about."""
        settings = {**self.asset(uid).settings, "description": description}
        answer = self._send("PATCH", _asset(uid), json={"settings": settings})
        return Asset.from_json(read_object(answer), answer.where)

    def import_form(self, content: bytes, name: str, destination: str | None = None) -> str:
        """Send an XLSForm; make a new project, or replace the content of `destination` (a uid). Return the uid.

        Nothing is deployed. The workbook's own form title wins over `name`. Raises FormRefusedError with the
        server's words, AccessError, or ServerFailedError if the import does not end in `IMPORT_SECONDS`.
        """
        form = {"name": f"{name}.xlsx", "library": "false"}
        if destination is not None:
            form["destination"] = _asset(destination)
        files = {"file": (f"{name}.xlsx", content, XLSX)}
        answer = self._send("POST", "/api/v2/imports/", form=form, files=files, repeatable=destination is not None)
        task = read_object(answer, "uid")["uid"]
        return self._finished_import(task, name)

    def _finished_import(self, task: str, name: str) -> str:
        path = f"/api/v2/imports/{task}/"
        for pause in waits(IMPORT_SECONDS):
            answer = self._send("GET", path)
            state = read_object(answer, "status")
            if state["status"] == "complete":
                return _imported_uid(state.get("messages"), answer.where)
            if state["status"] == "error":
                raise _import_error(state.get("messages") or {}, name)
            self._wire.sleep(pause)
        advice = "The server's background workers may be stuck. Wait some minutes and try again."
        raise ServerFailedError(f"The import of '{name}' did not end in {IMPORT_SECONDS:g} s.", advice=advice)

    def deploy(self, uid: str) -> Deployment:
        """Offer phones what the project now holds, also when only its media changed.

        Raises FormRefusedError with the server's words; the earlier deployment then stays in force.
        """
        asset = self.asset(uid)
        answer = self._send_deployment(asset)
        if answer.status in (405, 500) and (fresh := self.asset(uid)) != asset:
            answer = self._send_deployment(fresh)
        if answer.status == 400:
            advice = "Correct the form and deploy again. Phones keep what they had."
            raise FormRefusedError(f"The server refuses to deploy {uid}: {words_of(answer)}", advice=advice)
        value = read_object(answer, "version_id", "active")
        return Deployment(uid, value["version_id"], bool(value["active"]))

    def _send_deployment(self, asset: Asset) -> Answer:
        """A first deployment is a POST, a later one a PATCH with the version just read.

        Sent to a project that was deployed meanwhile, POST gets 405; a version that is no longer current gets 500:
        both are put right by reading the project again. So neither call does harm when it is sent twice.
        """
        path = f"{_asset(asset.uid)}deployment/"
        if asset.has_deployment:
            return self._send("PATCH", path, json={"active": True, "version_id": asset.version_id})
        return self._send("POST", path, json={"active": True})

    def files(self, uid: str) -> tuple[MediaFile, ...]:
        """The media files of a project (what the next deployment will offer, not what phones have)."""
        path = f"{_asset(uid)}files/"
        return tuple(MediaFile.from_json(item, path) for item in self._list(path, {"file_type": "form_media"}))

    def upload_file(self, uid: str, filename: str, content: bytes) -> MediaFile:
        """Add a media file. A file of that name with the same bytes is success; with others, RequestRefusedError."""
        form = {
            "file_type": "form_media",
            "description": "default",
            "metadata": json.dumps({"filename": filename}),
        }
        media_type = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        parts = {"content": (filename, content, media_type)}
        answer = self._send("POST", f"{_asset(uid)}files/", form=form, files=parts)
        if answer.status == 400:
            return self._same_file(uid, filename, content, answer)
        return MediaFile.from_json(read_object(answer), answer.where)

    def _same_file(self, uid: str, filename: str, content: bytes, refusal: Answer) -> MediaFile:
        """The file that is already there, if an upload whose answer was lost put it there; else the refusal."""
        for file in self.files(uid):
            if file.filename == filename and file.md5 == md5(content):
                return file
        raise error_of(refusal)

    def delete_file(self, uid: str, file_uid: str) -> None:
        """Remove a media file; one that is gone already is success."""
        answer = self._send("DELETE", f"{_asset(uid)}files/{file_uid}/")
        if answer.status != 404:
            require_good(answer)

    def replace_file_if_changed(self, uid: str, filename: str, content: bytes) -> bool:
        """Make `filename` hold `content`; return whether anything had to be sent. Phones see it after `deploy`.

        The server cannot overwrite: a changed file is removed and sent anew. If that breaks off in between,
        phones keep the old file, and the next call sends the missing one.
        """
        present = [file for file in self.files(uid) if file.filename == filename]
        if [file.md5 for file in present] == [md5(content)]:
            return False
        for file in present:
            self.delete_file(uid, file.uid)
        self.upload_file(uid, filename, content)
        return True

    def assignments(self, uid: str) -> tuple[Assignment, ...]:
        """Who may do what on a project. Raises MissingAssetError without the right to see it."""
        path = f"{_asset(uid)}permission-assignments/"
        value = self._get(path)
        if not isinstance(value, list):
            raise BadAnswerError(f"GET {path}: a list of permissions was expected.")
        return tuple(Assignment.from_json(item, path) for item in value)

    def grant(self, uid: str, username: str, permission: str = "add_submissions") -> None:
        """Give one account one permission; everybody else's stay. Granting twice does no harm.

        Raises RequestRefusedError naming the account if the server does not know it.
        """
        account = f"/api/v2/users/{quote(username, safe='')}/"
        body = {"user": account, "permission": f"/api/v2/permissions/{permission}/"}
        answer = self._send("POST", f"{_asset(uid)}permission-assignments/", json=body)
        if answer.status == 400:
            advice = "Check the spelling of the username; accounts are made on the KoboToolbox website."
            message = f"The server does not grant {permission} on {uid} to the account '{username}': {words_of(answer)}"
            raise RequestRefusedError(message, advice=advice)
        read_json(answer)

    def versions(self, uid: str) -> tuple[AssetVersion, ...]:
        """The versions of a project that were ever deployed, oldest first: records name theirs in `__version__`."""
        path = f"{_asset(uid)}versions/"
        found = [AssetVersion.from_json(item, path) for item in self._list(path, {"limit": 1000})]
        return tuple(version for version in reversed(found) if version.is_deployed)

    def version_content(self, uid: str, version_uid: str) -> Mapping[str, Any]:
        """What one version asks: `survey`, `choices`, `translations`, `settings`, as the server keeps them."""
        answer = self._send("GET", f"{_asset(uid)}versions/{quote(version_uid, safe='')}/")
        return require_object(read_object(answer, "content")["content"], answer.where, "survey")


def md5(content: bytes) -> str:
    """The digest by which the server compares files; it protects nothing."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _asset(uid: str) -> str:
    return f"/api/v2/assets/{uid}/"


def _imported_uid(messages: Any, where: str) -> str:
    """The project that an import made or changed."""
    require_object(messages, where)
    for kind in ("updated", "created"):
        for item in messages.get(kind) or ():
            return str(require_object(item, where, "uid")["uid"])
    raise BadAnswerError(f"{where}: the import names no project.")


def _import_error(messages: Mapping[str, Any], name: str) -> AccessError | FormRefusedError:
    words, kind = messages.get("error", "no reason given"), messages.get("error_type", "")
    if kind in ("PermissionDenied", "Resolver404", "Http404"):
        advice = "Ask the project's owner for permission to edit it, or deploy to a project of your own."
        return AccessError(f"The import of '{name}' may not change the project: {words}", advice=advice)
    advice = "Correct the workbook and try again. Nothing was deployed."
    return FormRefusedError(f"The server does not accept the form '{name}': {words} ({kind})", advice=advice)
