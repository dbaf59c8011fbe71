"""Knows the addresses under which records are read and removed."""

import json
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from sqlalchemy import select, update
from starlette.responses import Response

from connector.sandbox.server.answer import (
    Refusal,
    file_answer,
    json_answer,
    no_content,
    not_found,
    raw_xml,
)
from connector.sandbox.server.assets import Asset, get_asset
from connector.sandbox.server.call import Call
from connector.sandbox.server.history import remember
from connector.sandbox.server.mongo import Query
from connector.sandbox.server.paging import Page, envelope, page_links, read_strict_page
from connector.sandbox.server.permissions import require
from connector.sandbox.server.records import find_record, find_records, only_fields, require_records, show_record
from connector.sandbox.server.submission import remove_records
from connector.sandbox.server.tables import attachment, record
from connector.sandbox.server.uid import bare_uuid

_INVALID_JSON = "Value must be valid JSON."
_NO_COUNT = "This param is not implemented. Use `count` property of the response instead."
_NOT_IN_XML = "This is not supported in `XML` format"
_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
_DEFAULT_SORT = {"_id": 1}


def list_records(call: Call) -> Response:
    """Answer `GET …/data/`: filtered by `query`, ordered by `sort`, cut to `fields`; noted in the history."""
    found, bound = _seen(call)
    if "count" in call.query:
        raise Refusal(400, {"count": _NO_COUNT})
    page = read_strict_page(call)
    query = _bind(_read(call, "query", {}), bound)
    as_xml = call.params.get("format", call.query.get("format", "json"))
    if as_xml == "xml":
        return _list_xml(call, found, query, page)
    if as_xml != "json":
        raise not_found()
    fields = _read(call, "fields", [])
    count, records = find_records(call, found, query, sort=_read(call, "sort", _DEFAULT_SORT), page=page)
    remember(call, found, "view-data")
    shown = [only_fields(document, fields) for document in records] if fields else records
    return json_answer(envelope(call, count, shown, page))


def read_record(call: Call) -> Response:
    """Answer `GET …/data/{id}/`, by `_id` or root UUID; as XML under `{id}.xml`."""
    found, bound = _seen(call)
    row = find_record(call, found, call.params["record"], bound)
    if call.params.get("format") == "xml":
        return raw_xml(row["xml"])
    return json_answer(show_record(call, found, row))


def delete_record(call: Call) -> Response:
    """Answer `DELETE …/data/{id}/`."""
    found = get_asset(call)
    bound = require_records(call, found, "delete_submissions")
    row = find_record(call, found, call.params["record"], bound)
    remove_records(call, found, [row["id"]])
    return no_content()


def read_attachment(call: Call) -> Response:
    """Answer `GET …/data/{id}/attachments/{attachment}/`, in any size (always the original)."""
    found, bound = _seen(call)
    row = find_record(call, found, call.params["record"], bound)
    wanted = select(attachment).where(
        attachment.c.record_id == row["id"],
        attachment.c.uid == call.params["attachment"],
        ~attachment.c.is_deleted,
    )
    item = call.db.execute(wanted).mappings().first()
    if item is None:
        raise not_found()
    return file_answer(item["content"], item["mimetype"], f"inline; filename={item['filename']}")


def delete_attachments(call: Call) -> Response:
    """Answer `DELETE …/attachments/bulk/`: the records keep their names and mark them deleted."""
    found = get_asset(call)
    require(call, found["uid"], "delete_submissions", seen_with="view_submissions")
    roots = [bare_uuid(root) for root in call.body.data.get("submission_root_uuids", [])]
    ids = select(record.c.id).where(record.c.asset_uid == found["uid"], record.c.root_uuid.in_(roots))
    condition = attachment.c.record_id.in_(ids) & ~attachment.c.is_deleted
    rows = call.db.execute(select(attachment.c.uid, attachment.c.filename).where(condition)).mappings().all()
    call.db.execute(update(attachment).where(condition).values(is_deleted=True))
    for row in rows:
        remember(call, found, "in-trash", attachment_uid=row["uid"], attachment_basename=row["filename"])
    return json_answer({"message": f"{len(rows)} attachments deleted"}, 202)


def _seen(call: Call) -> tuple[Asset, Query]:
    """Return the asset and the caller's row filter. Raises Refusal: 404 unseen, 400 never deployed."""
    found = get_asset(call)
    bound = require_records(call, found, "view_submissions")
    if found["form_number"] is None:
        raise Refusal(400, {"detail": "The specified asset has not been deployed"})
    return found, bound


def _read(call: Call, name: str, default: Any) -> Any:
    if name not in call.query:
        return default
    try:
        value = json.loads(call.query[name])
    except ValueError:
        raise Refusal(400, {name: _INVALID_JSON}) from None
    if not isinstance(value, type(default)):
        raise Refusal(400, {name: _INVALID_JSON})
    return value


def _bind(query: Mapping[str, Any], bound: Query) -> Query:
    return {"$and": [query, bound]} if bound else query


def _list_xml(call: Call, found: Asset, query: Query, page: Page) -> Response:
    for name in ("sort", "fields"):
        if name in call.query:
            return raw_xml(f"{_DECLARATION}<root><{name}>{_NOT_IN_XML}</{name}></root>", 400)
    count, records = find_records(call, found, query, sort=_DEFAULT_SORT, page=page)
    ids = [document["_id"] for document in records]
    texts = call.db.execute(select(record.c.xml).where(record.c.id.in_(ids)).order_by(record.c.id)).scalars()
    links = "".join(f"<{name}>{escape(str(link))}</{name}>" for name, link in page_links(call, count, page).items())
    body = f"<count>{count}</count>{links}<results>{''.join(map(_without_declaration, texts))}</results>"
    remember(call, found, "view-data")
    return raw_xml(f"{_DECLARATION}<root>{body}</root>")


def _without_declaration(xml: str) -> str:
    return xml.partition("?>")[2].lstrip() if xml.startswith("<?xml") else xml
