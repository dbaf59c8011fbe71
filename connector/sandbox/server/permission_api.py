"""Knows the addresses under which permissions on an asset are listed, given and taken away."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping
from starlette.responses import Response

from connector.sandbox.server.accounts import ANONYMOUS, find_by_username
from connector.sandbox.server.answer import Refusal, json_answer, no_content, not_found
from connector.sandbox.server.asset_view import view_assignment, view_assignments
from connector.sandbox.server.assets import Asset, find_asset, get_asset
from connector.sandbox.server.call import Call, path_of
from connector.sandbox.server.history import remember
from connector.sandbox.server.permissions import (
    CATALOGUE,
    Permission,
    grant,
    list_assignments,
    require,
    revoke,
    revoke_all,
)

_NO_URL = "Invalid hyperlink - No URL match."
_NO_OBJECT = "Invalid hyperlink - Object does not exist."


def list_catalogue(call: Call) -> Response:
    """Answer `GET /api/v2/permissions/`."""
    results = [_view_permission(call, permission) for permission in CATALOGUE.values()]
    return json_answer({"count": len(results), "next": None, "previous": None, "results": results})


def list_permissions(call: Call) -> Response:
    """Answer `GET …/permission-assignments/`: a plain list, not a page."""
    found = get_asset(call)
    require(call, found["uid"], "view_asset")
    return json_answer(view_assignments(call, found))


def post_permission(call: Call) -> Response:
    """Answer `POST …/permission-assignments/`; giving the same permission again changes nothing."""
    found = _managed(call)
    username, codename, partial = _read_assignment(call, call.body.data)
    grant(call.db, found["uid"], username, codename, partial)
    remember(call, found, "modify-user-permissions", permissions={"username": username, "added": [codename]})
    view = view_assignment(call, _find(call, found, username, codename))
    return json_answer(view, 201, {"Location": view["url"]})


def delete_permission(call: Call) -> Response:
    """Answer `DELETE …/permission-assignments/{assignment}/`; the owner's cannot be taken away (409)."""
    found = _managed(call)
    for row in list_assignments(call.db, found["uid"]):
        if row["uid"] == call.params["assignment"]:
            _refuse_owner(found, row["username"])
            revoke(call.db, found["uid"], row["username"], row["permission"])
            removed = {"username": row["username"], "removed": [row["permission"]]}
            remember(call, found, "modify-user-permissions", permissions=removed)
            return no_content()
    raise not_found()


def replace_permissions(call: Call) -> Response:
    """Answer `POST …/permission-assignments/bulk/`: the list replaces everybody's permissions but the owner's."""
    found = _managed(call)
    given = [_read_assignment(call, entry) for entry in _entries(call.body.json)]
    _remove_others(call, found)
    for username, codename, partial in given:
        if username != found["owner"]:
            grant(call.db, found["uid"], username, codename, partial)
    remember(call, found, "modify-user-permissions", permissions={"replaced": len(given)})
    return json_answer(view_assignments(call, found))


def remove_user(call: Call) -> Response:
    """Answer `DELETE …/permission-assignments/bulk/` with `{"username": …}`."""
    found = _managed(call)
    username = str(call.body.data.get("username", ""))
    _refuse_owner(found, username)
    revoke_all(call.db, found["uid"], username)
    remember(call, found, "modify-user-permissions", permissions={"username": username, "removed": "all"})
    return no_content()


def clone_permissions(call: Call) -> Response:
    """Answer `PATCH …/permission-assignments/clone/`: another asset's list replaces this one's."""
    found = _managed(call)
    source = find_asset(call.db, str(call.body.data.get("clone_from", "")))
    if source is None:
        raise not_found()
    require(call, source["uid"], "view_asset")
    _remove_others(call, found)
    for row in list_assignments(call.db, source["uid"]):
        if row["username"] != source["owner"] and row["username"] != found["owner"]:
            grant(call.db, found["uid"], row["username"], row["permission"], row["partial"])
    remember(call, found, "clone-permissions", cloned_from=source["uid"])
    return json_answer(view_assignments(call, found))


def _managed(call: Call) -> Asset:
    found = get_asset(call)
    require(call, found["uid"], "manage_asset")
    return found


def _find(call: Call, found: Asset, username: str, codename: str) -> RowMapping:
    rows = list_assignments(call.db, found["uid"])
    return next(row for row in rows if row["username"] == username and row["permission"] == codename)


def _remove_others(call: Call, found: Asset) -> None:
    for username in {row["username"] for row in list_assignments(call.db, found["uid"])} - {found["owner"]}:
        revoke_all(call.db, found["uid"], username)


def _refuse_owner(found: Asset, username: str) -> None:
    if username == found["owner"]:
        raise Refusal(409, {"detail": "Owner's permissions cannot be deleted"})


def _entries(given: Any) -> list[Mapping[str, Any]]:
    if not isinstance(given, list):
        raise Refusal(400, {"non_field_errors": ["Expected a list of items."]})
    return given


def _read_assignment(call: Call, entry: Mapping[str, Any]) -> tuple[str, str, Any]:
    """Return username, codename and row filters. Raises Refusal(400) naming every field that is no known address."""
    username, user_error = _read_link(entry.get("user"), r"/api/v2/users/([^/]+)/")
    codename, permission_error = _read_link(entry.get("permission"), r"/api/v2/permissions/([^/]+)/")
    if username and username != ANONYMOUS and find_by_username(call.db, username) is None:
        user_error = _NO_OBJECT
    if codename and codename not in CATALOGUE:
        permission_error = _NO_OBJECT
    errors = {"user": user_error, "permission": permission_error}
    if any(errors.values()):
        raise Refusal(400, {field: [message] for field, message in errors.items() if message})
    return username, codename, entry.get("partial_permissions")


def _read_link(address: Any, pattern: str) -> tuple[str, str]:
    if address is None:
        return "", "This field is required."
    match = re.fullmatch(pattern, path_of(str(address)))
    return (match[1], "") if match else ("", _NO_URL)


def _view_permission(call: Call, permission: Permission) -> dict[str, Any]:
    def link(codename: str) -> str:
        return call.url(f"/api/v2/permissions/{codename}/")

    return {
        "url": link(permission.codename),
        "codename": permission.codename,
        "implied": [link(name) for name in permission.implied],
        "contradictory": [link(name) for name in permission.contradictory],
        "name": permission.name,
    }
