"""Knows the addresses under which assets are listed, read, created, changed and removed."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from connector.sandbox.server.answer import Fault, Refusal, forbidden, json_answer, no_content, not_found
from connector.sandbox.server.asset_view import (
    asset_path,
    deployment_status,
    view_asset,
    view_listed_asset,
    view_version,
)
from connector.sandbox.server.assets import (
    Asset,
    change_asset,
    create_asset,
    find_asset,
    get_asset,
    get_version,
    get_visible_asset,
    list_versions,
    list_visible_assets,
    trash_asset,
)
from connector.sandbox.server.call import Call
from connector.sandbox.server.content import standardise
from connector.sandbox.server.history import remember
from connector.sandbox.server.paging import envelope, page_links, read_page
from connector.sandbox.server.permissions import held, require
from connector.sandbox.server.terms import Either, Every, Search, Term, Without, parse_search

_FIELDS: dict[str, Callable[[Asset], str]] = {
    "asset_type": lambda found: str(found["asset_type"]),
    "name": lambda found: str(found["name"]),
    "uid": lambda found: str(found["uid"]),
    "owner__username": lambda found: str(found["owner"]),
    "_deployment_status": deployment_status,
    "settings__description": lambda found: str(found["settings"].get("description", "")),
}


def list_assets(call: Call) -> Response:
    """Answer `GET /api/v2/assets/`: what the caller may see, searched by `q`."""
    text = call.query.get("q", "").strip()
    search = parse_search(text) if text else None
    found = [row for row in list_visible_assets(call) if search is None or _matches(row, search)]
    page = read_page(call)
    shown = found[page.start : page.start + page.limit]
    return json_answer(envelope(call, len(found), [view_listed_asset(call, row) for row in shown], page))


def list_minimal(call: Call) -> Response:
    """Answer `GET /api/v2/assets/minimal-list/`: uid, name and state only."""
    found, page = list_visible_assets(call), read_page(call)
    shown = [
        {"uid": row["uid"], "name": row["name"], "deployment_status": deployment_status(row)}
        for row in found[page.start : page.start + page.limit]
    ]
    return json_answer({**page_links(call, len(found), page), "results": shown})


def read_asset_hash(call: Call) -> Response:
    """Answer `GET /api/v2/assets/hash/`: it changes when one of the caller's assets does."""
    call.signed_in()
    state = "".join(f"{row['uid']}{row['modified_at']}" for row in list_visible_assets(call))
    return json_answer({"hash": hashlib.md5(state.encode()).hexdigest()})


def read_asset(call: Call) -> Response:
    """Answer `GET /api/v2/assets/{uid}/`."""
    return json_answer(view_asset(call, get_visible_asset(call)))


def post_asset(call: Call) -> Response:
    """Answer `POST /api/v2/assets/`: from content, or a clone of another asset."""
    owner = call.signed_in().username
    given = call.body.data
    if "clone_from" in given:
        source = find_asset(call.db, str(given["clone_from"]))
        if source is None or "view_asset" not in held(call.db, source["uid"], call.account):
            raise not_found()
        given = {**source, "content": get_version(call.db, source["version_uid"])["content"], **given}
    if "asset_type" not in given:
        raise Refusal(400, {"asset_type": ["This field is required."]})
    uid = create_asset(
        call.db,
        owner=owner,
        name=str(given.get("name", "")),
        asset_type=str(given["asset_type"]),
        content=standardise(_content(given.get("content", {}))),
        settings=given.get("settings", {}),
        created_by=owner,
    )
    created = find_asset(call.db, uid)
    assert created is not None
    return json_answer(view_asset(call, created), 201, {"Location": call.url(asset_path(uid))})


def patch_asset(call: Call) -> Response:
    """Answer `PATCH /api/v2/assets/{uid}/`: name, content (object or JSON text) and settings, none of them checked."""
    found = get_visible_asset(call)
    require(call, found["uid"], "change_asset")
    given = call.body.data
    content = standardise(_content(given["content"])) if "content" in given else None
    name, settings = given.get("name"), given.get("settings")
    change_asset(call.db, found["uid"], str(call.username), name=name, content=content, settings=settings)
    actions = {"name": "update-name", "settings": "update-settings", "content": "update-content"}
    for field, action in actions.items():
        if field in given:
            remember(call, found, action)
    return read_asset(call)


def delete_asset(call: Call) -> Response:
    """Answer `DELETE /api/v2/assets/{uid}/`, for the owner only."""
    found = get_visible_asset(call)
    if found["owner"] != call.username:
        raise forbidden()
    trash_asset(call.db, found["uid"])
    return no_content()


def read_versions(call: Call) -> Response:
    """Answer `GET …/versions/`, newest first."""
    found, page = _visible(call), read_page(call)
    versions = [view_version(call, found["uid"], row) for row in list_versions(call.db, found["uid"])]
    return json_answer(envelope(call, len(versions), versions[page.start : page.start + page.limit], page))


def read_version(call: Call) -> Response:
    """Answer `GET …/versions/{version}/`, with the content."""
    found = _visible(call)
    for row in list_versions(call.db, found["uid"]):
        if row["uid"] == call.params["version"]:
            content = get_version(call.db, row["uid"])["content"]
            return json_answer({**view_version(call, found["uid"], row), "content": content})
    raise not_found()


def read_valid_content(call: Call) -> Response:
    """Answer `GET …/valid_content/`."""
    found = _visible(call)
    content = get_version(call.db, found["version_uid"])["content"]
    return json_answer({"kind": "asset.valid_content", "uid_asset": found["uid"], "data": content})


def _visible(call: Call) -> Asset:
    found = get_asset(call)
    require(call, found["uid"], "view_asset")
    return found


def _content(given: Any) -> dict[str, Any]:
    """Return content sent as an object or as JSON text. Raises Fault for anything else."""
    try:
        content = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        raise Fault from None
    if not isinstance(content, dict):
        raise Fault
    return content


def _matches(found: Asset, search: Search) -> bool:
    match search:
        case Every(parts):
            return all(_matches(found, part) for part in parts)
        case Either(parts):
            return any(_matches(found, part) for part in parts)
        case Without(part):
            return not _matches(found, part)
        case Term(field, value):
            return _holds(found, field, value)


def _holds(found: Asset, field: str, value: str) -> bool:
    """Compare one field; a bare word is looked for in name and description, an unknown field holds for nothing."""
    if not field:
        return any(value.lower() in _FIELDS[name](found).lower() for name in ("name", "settings__description"))
    name, containing = re.subn("__icontains$", "", field)
    if name not in _FIELDS:
        return False
    text = _FIELDS[name](found)
    return value.lower() in text.lower() if containing else text == value
