"""Knows what the coordinator does on the server with records that have arrived: correct, review and delete them."""

from __future__ import annotations

import json
import uuid
from random import Random
from typing import Any

import requests

from connector.errors import BadAnswerError, InvalidTokenError, MissingAssetError, UnreachableServerError

SECONDS_TO_WAIT = 60


class Office:
    """The coordinator's account over the API; passwords are exchanged for a token once."""

    def __init__(self, server_url: str, username: str, password: str) -> None:
        self._server_url = server_url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Accept"] = "application/json"
        answer = self._call("GET", "/token/", auth=(username, password))
        if answer.status_code != 200:
            raise InvalidTokenError(f"The server refuses the password of {username}.")
        self._session.headers["Authorization"] = f"Token {answer.json()['token']}"

    def review(self, asset_uid: str, root_uuid: str, status: str) -> None:
        """Give a record a validation status, such as `validation_status_approved`."""
        server_id = self._find(asset_uid, root_uuid)
        if server_id is None:
            raise MissingAssetError(f"{asset_uid} has no record {root_uuid}.")
        path = f"/api/v2/assets/{asset_uid}/data/{server_id}/validation_status/"
        self._expect(200, self._call("PATCH", path, json={"validation_status.uid": status}))

    def delete(self, asset_uid: str, root_uuid: str) -> None:
        """Delete a record; one that is gone already is no error."""
        server_id = self._find(asset_uid, root_uuid)
        if server_id is not None:
            self._expect(204, self._call("DELETE", f"/api/v2/assets/{asset_uid}/data/{server_id}/"))

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _find(self, asset_uid: str, root_uuid: str) -> int | None:
        """The `_id` of a record on the server, or None."""
        query = json.dumps({"meta/rootUuid": root_uuid})
        parameters = {"query": query, "fields": json.dumps(["_id"]), "limit": "1"}
        answer = self._call("GET", f"/api/v2/assets/{asset_uid}/data/", params=parameters)
        self._expect(200, answer)
        found = answer.json()["results"]
        return int(found[0]["_id"]) if found else None

    def _expect(self, status: int, answer: requests.Response) -> None:
        if answer.status_code != status:
            raise BadAnswerError(f"The server answers {answer.status_code} instead of {status} to the coordinator.")

    def _call(self, method: str, path: str, **options: Any) -> requests.Response:
        try:
            return self._session.request(method, self._server_url + path, timeout=SECONDS_TO_WAIT, **options)
        except requests.RequestException as error:
            raise UnreachableServerError(f"{self._server_url} does not answer ({type(error).__name__}).") from error


def as_edit(xml: str, instance_id: str, rng: Random) -> str:
    """The corrected version of a submission: a new instance ID, and the one that it replaces as `deprecatedID`."""
    new = f"uuid:{uuid.UUID(int=rng.getrandbits(128), version=4)}"
    old = f"<instanceID>{instance_id}</instanceID>"
    return xml.replace(old, f"<instanceID>{new}</instanceID><deprecatedID>{instance_id}</deprecatedID>")
