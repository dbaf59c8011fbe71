"""Knows how media files are attached to an asset; phones get them only after the next redeployment."""

import base64
import binascii
import hashlib
import json
import mimetypes
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import RowMapping, delete, insert
from starlette.responses import Response

from connector.sandbox.server.answer import Fault, Refusal, file_answer, json_answer, no_content, not_found
from connector.sandbox.server.asset_view import list_files, view_file
from connector.sandbox.server.assets import Asset, get_asset
from connector.sandbox.server.call import Body, Call, path_of
from connector.sandbox.server.history import remember
from connector.sandbox.server.paging import envelope, read_page
from connector.sandbox.server.permissions import require
from connector.sandbox.server.tables import asset_file
from connector.sandbox.server.times import now, precise
from connector.sandbox.server.uid import new_uid

_ALLOWED = ("image/", "audio/", "video/", "text/csv", "application/xml", "application/zip", "application/geo+json")
_NOT_ALLOWED = (
    "Only `image`, `audio`, `video`, `text/csv`, `application/xml`, `application/zip`, `application/geo+json` "
    "MIME types are allowed"
)
_KNOWN_SUFFIXES = {".csv": "text/csv", ".xml": "application/xml", ".geojson": "application/geo+json"}


@dataclass(frozen=True, slots=True)
class _Offer:
    filename: str
    hash: str
    content: bytes | None = field(repr=False)
    redirect_url: str | None = None


def list_asset_files(call: Call) -> Response:
    """Answer `GET …/files/`, of one `file_type` when given."""
    found = _seen(call)
    kind = call.query.get("file_type")
    rows = [row for row in list_files(call, found["uid"]) if kind in (None, row["file_type"])]
    page = read_page(call)
    shown = [view_file(call, row) for row in rows[page.start : page.start + page.limit]]
    return json_answer(envelope(call, len(rows), shown, page))


def read_file(call: Call) -> Response:
    """Answer `GET …/files/{file}/`."""
    return json_answer(view_file(call, _find(call, _seen(call))))


def read_file_content(call: Call) -> Response:
    """Answer `GET …/files/{file}/content/` with the bytes."""
    row = _find(call, _seen(call))
    if row["content"] is None:
        return Response(status_code=302, headers={"Location": row["redirect_url"]})
    answer = file_answer(row["content"], row["mimetype"], f"attachment; filename*=UTF-8''{row['filename']}")
    answer.headers["Cache-Control"] = "max-age=0, no-cache, must-revalidate, proxy-revalidate"
    return answer


def post_file(call: Call) -> Response:
    """Answer `POST …/files/`: multipart with `content`, or `base64Encoded`; an existing name is refused (400)."""
    found = get_asset(call)
    require(call, found["uid"], "change_asset")
    offer = _read_offer(call.body)
    mimetype = _mimetype(offer.filename)
    if not mimetype.startswith(_ALLOWED):
        raise Refusal(400, {"content": [_NOT_ALLOWED]})
    if any(row["filename"] == offer.filename for row in list_files(call, found["uid"])):
        raise Refusal(400, {"content": ["File already exists"]})
    uid = new_uid("af")
    call.db.execute(
        insert(asset_file).values(
            uid=uid,
            asset_uid=found["uid"],
            username=call.username,
            file_type=call.body.data.get("file_type", "form_media"),
            description=call.body.data["description"],
            created_at=precise(now()),
            filename=offer.filename,
            mimetype=mimetype,
            hash=offer.hash,
            redirect_url=offer.redirect_url,
            content=offer.content,
        )
    )
    view = view_file(call, _find(call, found, uid))
    _remember(call, found, "add-media", view)
    return json_answer(view, 201, {"Location": view["url"]})


def delete_file(call: Call) -> Response:
    """Answer `DELETE …/files/{file}/`."""
    found = get_asset(call)
    require(call, found["uid"], "change_asset")
    row = _find(call, found)
    call.db.execute(delete(asset_file).where(asset_file.c.uid == row["uid"]))
    _remember(call, found, "delete-media", view_file(call, row))
    return no_content()


def change_file(call: Call) -> Response:
    """Answer `PUT` and `PATCH …/files/{file}/`, on which the real server breaks: replace by DELETE and POST."""
    raise Fault


def _seen(call: Call) -> Asset:
    found = get_asset(call)
    require(call, found["uid"], "view_asset")
    return found


def _find(call: Call, found: Asset, uid: str | None = None) -> RowMapping:
    for row in list_files(call, found["uid"]):
        if row["uid"] == (uid or call.params["file"]):
            return row
    raise not_found()


def _remember(call: Call, found: Asset, action: str, view: dict[str, Any]) -> None:
    about = {"uid": view["uid"], "filename": view["metadata"]["filename"], "md5_hash": view["metadata"]["hash"]}
    remember(call, found, action, **{"asset-file": about})


def _read_offer(body: Body) -> _Offer:
    """Return what is offered. Raises Refusal(400) as the real server does, Fault for multipart without metadata."""
    if not body.data.get("description"):
        raise Refusal(400, {"description": ["This field is required."]})
    metadata = _read_metadata(body)
    redirect_url = metadata.get("redirect_url")
    if redirect_url:
        filename = metadata.get("filename") or PurePosixPath(path_of(redirect_url)).name
        return _Offer(filename, f"md5:{_md5(redirect_url.encode())}-url", None, redirect_url)
    content = _read_content(body)
    return _Offer(str(metadata.get("filename", "")), f"md5:{_md5(content)}", content)


def _read_metadata(body: Body) -> dict[str, Any]:
    given = body.data.get("metadata")
    if given is None and body.is_multipart:
        raise Fault
    if given is None:
        raise Refusal(400, {"metadata": ["This field is required"]})
    try:
        metadata = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        raise Refusal(400, {"metadata": ["JSON is invalid"]}) from None
    return dict(metadata)


def _read_content(body: Body) -> bytes:
    if "content" in body.files:
        return body.files["content"].content
    encoded = body.data.get("base64Encoded")
    if not encoded:
        raise Refusal(400, {"content": ["No files have been submitted"]})
    _, prefix, text = str(encoded).partition("base64,")
    try:
        if prefix:
            return base64.b64decode(text, validate=True)
    except binascii.Error:
        pass
    raise Refusal(400, {"base64Encoded": ["Invalid content"]})


def _mimetype(filename: str) -> str:
    suffix = PurePosixPath(filename).suffix.lower()
    return _KNOWN_SUFFIXES.get(suffix) or mimetypes.guess_type(filename)[0] or "application/octet-stream"


def _md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()
