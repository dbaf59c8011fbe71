"""Knows when an asset is deployed, redeployed, archived or switched on, and what each does to the phones' form."""

import datetime as dt
import hashlib
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.sqlite import insert
from starlette.responses import Response

from connector.sandbox.server.answer import Fault, Refusal, json_answer, not_found
from connector.sandbox.server.asset_view import list_files, view_asset
from connector.sandbox.server.assets import Asset, find_asset, get_asset, get_version, list_versions, touch_asset
from connector.sandbox.server.call import Call
from connector.sandbox.server.content import Content, geopoint_paths, repeat_paths
from connector.sandbox.server.history import remember
from connector.sandbox.server.permissions import require
from connector.sandbox.server.tables import asset, form, form_media, version
from connector.sandbox.server.times import now, precise, read_moment
from connector.sandbox.server.uid import new_uuid
from connector.sandbox.server.xform import FormRefusal, build_xform


def read_deployment(call: Call) -> Response:
    """Answer `GET …/deployment/`; 404 before the first deployment."""
    found = get_asset(call)
    require(call, found["uid"], "view_asset")
    if found["form_number"] is None:
        raise not_found()
    return _view(call, found)


def post_deployment(call: Call) -> Response:
    """Answer `POST …/deployment/`: the first deployment, archived unless `active` is true."""
    found = _changeable(call)
    if found["form_number"] is not None:
        raise Refusal(405, {"detail": "Use PATCH to update an existing deployment"})
    given = call.body.data
    _check_version(found, given)
    number = (call.db.execute(select(func.max(asset.c.form_number))).scalar() or 0) + 1
    values = {"form_number": number, "form_uuid": new_uuid().replace("-", ""), "first_title": found["name"]}
    _deploy(call, found, {**values, "is_active": given.get("active") is True})
    remember(call, found, "deploy", latest_version_uid=found["version_uid"])
    return _view(call, found)


def patch_deployment(call: Call) -> Response:
    """Answer `PATCH …/deployment/`.

    A body with nothing but `active` only archives or unarchives; one with `version_id`, or an empty one, redeploys.
    """
    found = _changeable(call)
    if found["form_number"] is None:
        raise Refusal(405, {"detail": "Use POST to create a new deployment"})
    given = call.body.data
    if given.get("backend", "openrosa") != "openrosa":
        raise Refusal(400, {"backend": "This field cannot be modified after the initial deployment."})
    if "active" in given and "version_id" not in given:
        _switch(call, found, given["active"] is True)
    else:
        _check_version(found, given)
        _deploy(call, found, {"is_active": bool(given.get("active", found["is_active"]))})
        remember(call, found, "redeploy", latest_version_uid=found["version_uid"])
    return _view(call, found)


def _changeable(call: Call) -> Asset:
    call.signed_in()
    found = get_asset(call)
    require(call, found["uid"], "change_asset")
    return found


def _check_version(found: Asset, given: dict[str, Any]) -> None:
    if given.get("version_id", found["version_uid"]) != found["version_uid"]:
        raise Fault


def _switch(call: Call, found: Asset, is_active: bool) -> None:
    touch_asset(call.db, found["uid"], {"is_active": is_active})
    remember(call, found, "unarchive" if is_active else "archive")


def _deploy(call: Call, found: Asset, values: dict[str, Any]) -> None:
    """Convert the current content and put it in force. Raises Refusal(400) and changes nothing when it is invalid."""
    whole = {**found, **values}
    current = get_version(call.db, found["version_uid"])
    label = _version_label(call, found, is_new=current["deployed_at"] is None)
    xform = _convert(whole, current["content"], label)
    moment = precise(now())
    _mark_deployed(call, current["uid"], moment)
    call.db.execute(
        insert(form)
        .values(number=whole["form_number"], xform=xform)
        .on_conflict_do_update(index_elements=["number"], set_={"xform": xform})
    )
    _publish_media(call, found["uid"], whole["form_number"])
    deployed = {
        "deployed_at": moment,
        "deployed_version_uid": current["uid"],
        "form_title": found["name"],
        "form_version": label,
        "form_hash": hashlib.md5(xform.encode()).hexdigest(),
        "repeat_paths": repeat_paths(current["content"]),
        "geopoint_paths": geopoint_paths(current["content"]),
    }
    touch_asset(call.db, found["uid"], {**values, **deployed})


def _convert(found: dict[str, Any], content: Content, label: str) -> str:
    try:
        return build_xform(
            content,
            uid=found["uid"],
            title=found["name"],
            version=label,
            version_uid=found["version_uid"],
            form_uuid=found["form_uuid"],
        )
    except FormRefusal as refusal:
        raise Refusal(400, {"error": str(refusal)}) from refusal


def _version_label(call: Call, found: Asset, *, is_new: bool) -> str:
    """Return `2 (2026-11-23 03:30:26)`: how many versions were deployed, and when the asset was last changed.

    Two deployments within one second would carry the same label here, which a real server is too slow for: the later
    one is then dated one second on, so that phones see every redeployment as an update.
    """
    count = sum(1 for row in list_versions(call.db, found["uid"]) if row["deployed_at"]) + is_new
    moment = read_moment(found["modified_at"]).replace(microsecond=0)
    if found["form_version"]:
        before = read_moment(found["form_version"].partition("(")[2].rstrip(")"))
        moment = max(moment, before + dt.timedelta(seconds=1))
    return f"{count} ({moment:%Y-%m-%d %H:%M:%S})"


def _mark_deployed(call: Call, version_uid: str, moment: str) -> None:
    values = {"deployed_at": moment, "modified_at": moment}
    first = (version.c.uid == version_uid) & version.c.deployed_at.is_(None)
    call.db.execute(update(version).where(first).values(values))


def _publish_media(call: Call, asset_uid: str, number: int) -> None:
    """Bring what phones download in line with the asset's files: only a redeployment does that."""
    wanted = {row["filename"]: row for row in list_files(call, asset_uid) if row["content"] is not None}
    for row in call.db.execute(select(form_media).where(form_media.c.form_number == number)).mappings().all():
        known = wanted.get(row["filename"])
        if known is not None and known["hash"] == f"md5:{row['md5']}":
            del wanted[row["filename"]]
        else:
            call.db.execute(form_media.delete().where(form_media.c.id == row["id"]))
    for filename, row in wanted.items():
        md5 = row["hash"].removeprefix("md5:")
        values = {"form_number": number, "filename": filename, "mimetype": row["mimetype"], "md5": md5}
        call.db.execute(insert(form_media).values(**values, content=row["content"]))


def _view(call: Call, found: Asset) -> Response:
    current = find_asset(call.db, found["uid"])
    assert current is not None
    return json_answer(
        {
            "backend": "openrosa",
            "active": current["is_active"],
            "version_id": current["deployed_version_uid"],
            "asset": view_asset(call, current),
        }
    )
