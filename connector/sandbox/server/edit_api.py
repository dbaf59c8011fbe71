"""Knows the addresses under which records are changed without a phone: edits, copies, statuses, deletions."""

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from starlette.responses import Response

from connector.sandbox.server.answer import Refusal, json_answer, no_content
from connector.sandbox.server.assets import Asset, get_asset
from connector.sandbox.server.call import Call, Upload
from connector.sandbox.server.history import remember_submission
from connector.sandbox.server.mongo import Query
from connector.sandbox.server.records import Record, find_record, find_records, require_records, show_record
from connector.sandbox.server.submission import remove_records, store_edit, store_new
from connector.sandbox.server.submission_xml import read_submission, rename, rewrite
from connector.sandbox.server.tables import attachment, record
from connector.sandbox.server.times import now
from connector.sandbox.server.uid import new_uuid

STATUSES = {
    "validation_status_approved": "Approved",
    "validation_status_not_approved": "Not Approved",
    "validation_status_on_hold": "On Hold",
}
_UNKNOWN_IDS = "One or more submission ids are invalid"


def read_status(call: Call) -> Response:
    """Answer `GET …/data/{id}/validation_status/`."""
    _, row = _one(call, "view_submissions")
    return json_answer(row["validation_status"])


def patch_status(call: Call) -> Response:
    """Answer `PATCH …/data/{id}/validation_status/`."""
    found, row = _one(call, "validate_submissions")
    status = _read_status(call, call.body.data)
    _set_status(call, found, [row], status)
    return json_answer(status)


def delete_status(call: Call) -> Response:
    """Answer `DELETE …/data/{id}/validation_status/`."""
    found, row = _one(call, "validate_submissions")
    _set_status(call, found, [row], {})
    return no_content()


def patch_statuses(call: Call) -> Response:
    """Answer `PATCH …/data/validation_statuses/`, for ids, a query, or everything with `confirm`."""
    found, payload, bound = _bulk(call, "validate_submissions")
    rows = _chosen(call, found, payload, bound)
    _set_status(call, found, rows, _read_status(call, payload))
    return json_answer({"detail": f"{len(rows)} submissions have been updated"})


def delete_statuses(call: Call) -> Response:
    """Answer `DELETE …/data/validation_statuses/`."""
    found, payload, bound = _bulk(call, "validate_submissions")
    rows = _chosen(call, found, payload, bound)
    _set_status(call, found, rows, {})
    return json_answer({"detail": f"{len(rows)} submissions have been updated"})


def delete_records(call: Call) -> Response:
    """Answer `DELETE …/data/bulk/`: all or nothing."""
    found, payload, bound = _bulk(call, "delete_submissions")
    rows = _chosen(call, found, payload, bound)
    remove_records(call, found, [row["id"] for row in rows])
    return json_answer({"detail": f"{len(rows)} submissions have been deleted"})


def patch_records(call: Call) -> Response:
    """Answer `PATCH …/data/bulk/`: an edit of each record, with a new instance ID."""
    found, payload, bound = _bulk(call, "change_submissions")
    if not payload.get("data"):
        raise Refusal(400, {"payload": ["`data` is required"]})
    try:
        rows = _chosen(call, found, payload, bound)
    except Refusal as refusal:
        if refusal.body == {"detail": _UNKNOWN_IDS}:
            raise Refusal(400, ["No submissions match the given `submission_ids`"]) from refusal
        raise
    results = [_edit(call, found, row, payload["data"]) for row in rows]
    return json_answer({"count": len(results), "successes": len(results), "failures": 0, "results": results})


def duplicate_record(call: Call) -> Response:
    """Answer `POST …/data/{id}/duplicate/`: a new record, submitted by the caller now."""
    found, row = _one(call, "change_submissions")
    moment = now().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+00:00"
    times = {name: moment for name in ("start", "end") if name in row["answers"]}
    xml = rename(rewrite(row["xml"], times), instance_uuid=new_uuid())
    held = select(attachment).where(attachment.c.record_id == row["id"], ~attachment.c.is_deleted)
    files = {
        item["filename"]: Upload(item["filename"], item["mimetype"], item["content"])
        for item in call.db.execute(held).mappings()
    }
    accepted = store_new(call, found, read_submission(xml.encode()), files)
    return json_answer(show_record(call, found, find_record(call, found, str(accepted.record_id), {})), 201)


def _one(call: Call, permission: str) -> tuple[Asset, Record]:
    found = get_asset(call)
    bound = require_records(call, found, permission)
    return found, find_record(call, found, call.params["record"], bound)


def _bulk(call: Call, permission: str) -> tuple[Asset, Mapping[str, Any], Query]:
    found = get_asset(call)
    bound = require_records(call, found, permission)
    payload = call.body.data.get("payload")
    if not isinstance(payload, dict):
        raise Refusal(400, {"payload": ["This field is required."]})
    return found, payload, bound


def _chosen(call: Call, found: Asset, payload: Mapping[str, Any], bound: Query) -> list[Record]:
    """Return the records that a bulk action names. Raises Refusal(400): none named, or an unknown id among them."""
    ids = payload.get("submission_ids")
    query = payload.get("query")
    if ids:
        wanted = [int(number) for number in ids]
        chosen = _find_all(call, found, {"_id": {"$in": wanted}}, bound)
        if len(chosen) != len(set(wanted)):
            raise Refusal(400, {"detail": _UNKNOWN_IDS})
        return chosen
    if not query and payload.get("confirm") is not True:
        raise Refusal(400, {"payload": ["Confirmation is required"]})
    return _find_all(call, found, query or {}, bound)


def _find_all(call: Call, found: Asset, query: Query, bound: Query) -> list[Record]:
    _, documents = find_records(call, found, {"$and": [query, bound]} if bound else query)
    ids = [document["_id"] for document in documents]
    return list(call.db.execute(select(record).where(record.c.id.in_(ids)).order_by(record.c.id)).mappings())


def _read_status(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    uid = given.get("validation_status.uid")
    if uid not in STATUSES:
        raise Refusal(400, {"detail": f"Invalid validation status: `{uid}`"})
    by = call.signed_in().username
    return {"timestamp": int(time.time()), "uid": uid, "by_whom": by, "label": STATUSES[uid]}


def _set_status(call: Call, found: Asset, rows: list[Record], status: Mapping[str, Any]) -> None:
    ids = [row["id"] for row in rows]
    call.db.execute(update(record).where(record.c.id.in_(ids)).values(validation_status=status))
    for row in rows:
        label = status.get("label", "None")
        remember_submission(call, found, "modify-submission", row["root_uuid"], row["submitted_by"], label)


def _edit(call: Call, found: Asset, row: Record, changes: Mapping[str, Any]) -> dict[str, Any]:
    uuid = new_uuid()
    xml = rename(
        rewrite(row["xml"], changes),
        instance_uuid=uuid,
        deprecated_uuid=row["uuid"],
        root_uuid=row["root_uuid"],
    )
    store_edit(call, found, row, read_submission(xml.encode()), {})
    return {
        "uuid": uuid,
        "root_uuid": row["root_uuid"],
        "status_code": 201,
        "message": "Successful submission",
    }
