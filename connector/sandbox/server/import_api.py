"""Knows how an XLSForm file becomes an asset: a task is taken on at once and its outcome is read by polling."""

import base64
import binascii
import re
from typing import Any

from sqlalchemy import insert, select
from starlette.responses import Response

from connector.sandbox.server.answer import Fault, json_answer, not_found
from connector.sandbox.server.assets import change_asset, create_asset, find_asset, get_version
from connector.sandbox.server.call import Call, path_of
from connector.sandbox.server.content import Content, ImportFailure, content_of_sheets, summarise
from connector.sandbox.server.history import remember
from connector.sandbox.server.permissions import held
from connector.sandbox.server.tables import import_task
from connector.sandbox.server.times import now, precise
from connector.sandbox.server.uid import new_uid
from forms.xlsform import XlsFormError, read_workbook

_UNREADABLE = ("XlsFormatException", "Unsupported format, or corrupt file")


def post_import(call: Call) -> Response:
    """Answer `POST /api/v2/imports/`: always 201 and `processing`; what went wrong shows only when polling."""
    username = call.signed_in().username
    try:
        status, messages = "complete", _run(call, username)
    except ImportFailure as failure:
        status, messages = "error", {"error": failure.message, "error_type": failure.kind}
    uid = new_uid("i")
    call.db.execute(
        insert(import_task).values(
            uid=uid, username=username, status=status, messages=messages, created_at=precise(now())
        )
    )
    view = {"uid": uid, "url": call.url(f"/api/v2/imports/{uid}/"), "status": "processing"}
    return json_answer(view, 201)


def read_import(call: Call) -> Response:
    """Answer `GET /api/v2/imports/{task}/`; somebody else's task is not found."""
    username = call.signed_in().username
    mine = select(import_task).where(import_task.c.uid == call.params["task"], import_task.c.username == username)
    task = call.db.execute(mine).mappings().first()
    if task is None:
        raise not_found("No ImportTask matches the given query.")
    return json_answer(
        {
            "status": task["status"],
            "uid": task["uid"],
            "messages": task["messages"],
            "date_created": task["created_at"],
        }
    )


def list_imports(call: Call) -> Response:
    """Answer `GET /api/v2/imports/`, on which the real server breaks."""
    raise Fault


def _run(call: Call, username: str) -> dict[str, Any]:
    content, title = _read_content(call)
    destination = call.body.data.get("destination")
    if destination:
        return _update(call, username, str(destination), content, title)
    library = str(call.body.data.get("library", "true")).lower() != "false"
    name = title or re.sub(r"\.[^.]*$", "", str(call.body.data.get("name", "")))
    uid = create_asset(
        call.db,
        owner=username,
        name=name,
        asset_type="block" if library else "survey",
        content=content,
        settings={},
    )
    return {"created": [_view_outcome(call, uid)]}


def _update(call: Call, username: str, destination: str, content: Content, title: str | None) -> dict[str, Any]:
    """Replace an asset's content; it is not deployed by that. Raises ImportFailure."""
    match = re.fullmatch(r"/api/v2/assets/([^/]+)/", path_of(destination))
    if match is None:
        raise ImportFailure("Resolver404", f"{{'path': '{destination}'}}")
    before = find_asset(call.db, match[1])
    if before is None or "change_asset" not in held(call.db, before["uid"], call.account):
        raise ImportFailure("PermissionDenied", "user cannot update asset")
    change_asset(call.db, before["uid"], username, name=title, content=content)
    after = find_asset(call.db, before["uid"])
    assert after is not None
    log = {"old_name": before["name"], "new_name": after["name"], "latest_version_uid": after["version_uid"]}
    remember(call, after, "update-content", latest_version_uid=after["version_uid"])
    about = {"asset_uid": after["uid"], "project_owner": after["owner"], "ip_address": call.client_ip}
    return {"updated": [_view_outcome(call, after["uid"])], "audit_logs": [{**log, **about}]}


def _view_outcome(call: Call, uid: str) -> dict[str, Any]:
    found = find_asset(call.db, uid)
    assert found is not None
    summary = summarise(get_version(call.db, found["version_uid"])["content"])
    return {"uid": uid, "kind": "asset", "summary": summary, "owner__username": found["owner"]}


def _read_content(call: Call) -> tuple[Content, str | None]:
    try:
        return content_of_sheets(read_workbook(_read_file(call)))
    except XlsFormError:
        raise ImportFailure(*_UNREADABLE) from None


def _read_file(call: Call) -> bytes:
    if "file" in call.body.files:
        return call.body.files["file"].content
    encoded = call.body.data.get("base64Encoded")
    if not encoded:
        message = "ImportTask data must contain `base64Encoded`, `url`, or `single_xls_url`"
        raise ImportFailure("Exception", message)
    try:
        return base64.b64decode(str(encoded).partition("base64,")[2], validate=True)
    except binascii.Error:
        raise ImportFailure(*_UNREADABLE) from None
