"""Knows how records are kept, found and shown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, select

from connector.sandbox.server.answer import forbidden, not_found
from connector.sandbox.server.assets import Asset
from connector.sandbox.server.call import Call
from connector.sandbox.server.mongo import Query, matches, narrow, sort_clauses, sort_documents
from connector.sandbox.server.paging import Page
from connector.sandbox.server.permissions import held
from connector.sandbox.server.tables import assignment, attachment, record
from connector.sandbox.server.uid import bare_uuid

Record = RowMapping
Document = dict[str, Any]

ALWAYS_SHOWN = ("_id", "_uuid", "meta/rootUuid", "_validation_status")


def require_records(call: Call, found: Asset, permission: str) -> Query:
    """Return the row filter that binds the caller (`{}` for none).

    Raises Refusal(404) for those who may see no record, Refusal(403) for those who may see but not do it.
    """
    codenames = held(call.db, found["uid"], call.account)
    if permission in codenames:
        return {}
    own = _row_filter(call, found, permission) if "partial_submissions" in codenames else None
    if own is not None:
        return own
    raise not_found() if "view_submissions" not in codenames else forbidden()


def find_records(
    call: Call, found: Asset, query: Query, *, sort: Mapping[str, Any] | None = None, page: Page | None = None
) -> tuple[int, list[Document]]:
    """Return how many records answer `query`, and those on `page` (all when None) in the order of `sort`."""
    clauses, is_whole = narrow(query)
    where = [record.c.asset_uid == found["uid"], *clauses]
    order = sort_clauses(sort or {"_id": 1})
    if is_whole and order is not None:
        return _count(call, where), _load(call, found, where, order, page)
    candidates = _load(call, found, where, order or [record.c.id], None)
    fitting = [document for document in candidates if is_whole or matches(document, query)]
    ordered = fitting if order is not None else sort_documents(fitting, sort or {})
    shown = ordered[page.start : page.start + page.limit] if page else ordered
    return len(fitting), [dict(document) for document in shown]


def find_record(call: Call, found: Asset, key: str, query: Query) -> Record:
    """Return the record of that `_id` or root UUID (with or without prefix). Raises Refusal(404)."""
    column = record.c.id == int(key) if key.isdecimal() else record.c.root_uuid == bare_uuid(key)
    row = call.db.execute(select(record).where(record.c.asset_uid == found["uid"], column)).mappings().first()
    if row is None or (query and not matches(show_record(call, found, row), query)):
        raise not_found()
    return row


def show_record(call: Call, found: Asset, row: Record) -> Document:
    """Return one record as the data API shows it."""
    return _document(call, found, row, _attachments(call, [row["id"]]).get(row["id"], []))


def only_fields(document: Document, fields: Iterable[str]) -> Document:
    """Return a record with the wanted fields and those that the server always adds."""
    wanted = {*fields, *ALWAYS_SHOWN}
    return {key: value for key, value in document.items() if key in wanted}


def _document(call: Call, found: Asset, row: Record, attachments: Sequence[RowMapping]) -> Document:
    return {
        "_id": row["id"],
        **row["answers"],
        "_xform_id_string": row["form_id"],
        "_uuid": row["uuid"],
        "meta/rootUuid": f"uuid:{row['root_uuid']}",
        "_attachments": [_show_attachment(call, found, row, item) for item in attachments],
        "_status": "submitted_via_web",
        "_geolocation": row["geolocation"],
        "_submission_time": row["submission_time"],
        "_validation_status": row["validation_status"],
        "_submitted_by": row["submitted_by"],
    }


def _show_attachment(call: Call, found: Asset, row: Record, item: RowMapping) -> Document:
    url = call.url(f"/api/v2/assets/{found['uid']}/data/{row['id']}/attachments/{item['uid']}/")
    sizes = ("large", "medium", "small") if item["mimetype"].startswith("image/") else ()
    folder = f"{found['owner']}/attachments/{found['form_uuid']}/{row['root_uuid']}"
    return {
        "download_url": url,
        "mimetype": item["mimetype"],
        "filename": f"{folder}/{item['filename']}",
        "media_file_basename": item["filename"],
        "uid": item["uid"],
        "is_deleted": item["is_deleted"],
        **{f"download_{size}_url": f"{url}{size}/" for size in sizes},
        "question_xpath": item["question_xpath"],
    }


def _count(call: Call, where: Sequence[ColumnElement[bool]]) -> int:
    return call.db.execute(select(func.count()).select_from(record).where(*where)).scalar_one()


def _load(
    call: Call, found: Asset, where: Sequence[ColumnElement[bool]], order: Sequence[Any], page: Page | None
) -> list[Document]:
    columns = [column for column in record.c if column.name not in ("xml", "xml_hash")]
    query = select(*columns).where(*where).order_by(*order)
    if page is not None:
        query = query.limit(page.limit).offset(page.start)
    rows = call.db.execute(query).mappings().all()
    attachments = _attachments(call, [row["id"] for row in rows])
    return [_document(call, found, row, attachments.get(row["id"], [])) for row in rows]


def _attachments(call: Call, ids: Sequence[int]) -> dict[int, list[RowMapping]]:
    """Return the attachments of records, by record, without their bytes."""
    if not ids:
        return {}
    columns = [column for column in attachment.c if column.name != "content"]
    between = attachment.c.record_id.between(min(ids), max(ids))
    grouped: dict[int, list[RowMapping]] = {}
    for row in call.db.execute(select(*columns).where(between).order_by(attachment.c.sequence)).mappings():
        grouped.setdefault(row["record_id"], []).append(row)
    return grouped


def _row_filter(call: Call, found: Asset, permission: str) -> Query | None:
    own = select(assignment.c.partial).where(
        assignment.c.asset_uid == found["uid"],
        assignment.c.username == call.username,
        assignment.c.permission == "partial_submissions",
    )
    for partial in call.db.execute(own).scalar_one_or_none() or []:
        if partial["url"].rstrip("/").endswith(f"/{permission}"):
            return {"$or": partial["filters"]}
    return None
