"""Knows the OpenRosa addresses that phones use: the form list, forms, their media, and submissions."""

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from sqlalchemy import select
from starlette.responses import Response

from connector.sandbox.server.accounts import ANONYMOUS
from connector.sandbox.server.answer import (
    OPENROSA_HEADERS,
    Fault,
    file_answer,
    json_answer,
    not_found,
    openrosa_message,
    openrosa_xml,
    unauthenticated,
)
from connector.sandbox.server.assets import Asset
from connector.sandbox.server.call import Call
from connector.sandbox.server.permissions import held
from connector.sandbox.server.submission import Accepted, accept
from connector.sandbox.server.submission_xml import Submission, read_submission, xml_of_json
from connector.sandbox.server.tables import asset, asset_file, assignment, form, form_media
from connector.sandbox.server.times import now, read_moment

_NO_FORM = "No XForm matches the given query."
_LIST = "http://openrosa.org/xforms/xformsList"
_MANIFEST = "http://openrosa.org/xforms/xformsManifest"
_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'


def list_forms(call: Call) -> Response:
    """Answer `/formList`: the active forms that the caller may submit to, or one by `formID`."""
    _check_caller(call)
    names = (ANONYMOUS, call.username or ANONYMOUS)
    shared = select(assignment.c.asset_uid).where(
        assignment.c.username.in_(names), assignment.c.permission == "add_submissions"
    )
    wanted = select(asset).where(~asset.c.is_trashed, asset.c.is_active, asset.c.uid.in_(shared))
    if "owner" in call.params:
        wanted = wanted.where(asset.c.owner == call.params["owner"])
    if "formID" in call.query:
        wanted = wanted.where(asset.c.uid == call.query["formID"])
    rows = call.db.execute(wanted.order_by(asset.c.form_number)).mappings().all()
    items = "".join(_view_form(call, row) for row in rows)
    return openrosa_xml(f'{_DECLARATION}<xforms xmlns="{_LIST}">{items}</xforms>')


def head_forms(call: Call) -> Response:
    """Answer `HEAD /formList`."""
    _check_caller(call)
    return openrosa_xml("", 204)


def read_form(call: Call) -> Response:
    """Answer `/forms/{number}/form.xml`."""
    found = _find(call)
    xform = call.db.execute(select(form.c.xform).where(form.c.number == found["form_number"])).scalar_one()
    return openrosa_xml(_DECLARATION + xform.partition("?>")[2].lstrip() if xform.startswith("<?xml") else xform)


def read_manifest(call: Call) -> Response:
    """Answer `/xformsManifest/{number}`: the media files of the last deployment."""
    found = _find(call)
    items = "".join(_view_media(call, found, row) for row in _media(call, found["form_number"]))
    return openrosa_xml(f'{_DECLARATION}<manifest xmlns="{_MANIFEST}">{items}</manifest>')


def read_media(call: Call) -> Response:
    """Answer `/xformsMedia/{number}/{id}.{suffix}` with the file's bytes."""
    found = _find(call)
    for row in _media(call, found["form_number"]):
        if row["id"] == int(call.params["media"]):
            content = call.db.execute(select(form_media.c.content).where(form_media.c.id == row["id"])).scalar_one()
            return file_answer(content, row["mimetype"], f"attachment; filename={row['filename']}")
    raise not_found("Not found.")


def head_submission(call: Call) -> Response:
    """Answer `HEAD /submission`."""
    call.signed_in()
    return openrosa_xml("", 204, {"Location": _location(call)})


def post_submission(call: Call) -> Response:
    """Answer `POST /submission`: multipart from a phone, or JSON."""
    if "owner" not in call.params:
        call.signed_in()
    if call.body.json is not None:
        return _post_json(call)
    if "xml_submission_file" not in call.body.files:
        raise Fault
    files = {name: file for name, file in call.body.files.items() if name != "xml_submission_file"}
    submission = read_submission(call.body.files["xml_submission_file"].content)
    named = {file.filename or name: file for name, file in files.items()}
    accepted = accept(call, submission, named, call.params.get("owner"))
    if accepted.is_duplicate:
        return openrosa_message(202, "Duplicate Instance", {"Location": _location(call)})
    return openrosa_xml(_receipt(accepted, submission), 201, {"Location": _location(call)})


def _post_json(call: Call) -> Response:
    given = call.body.data
    xml = xml_of_json(str(given.get("id", "")), given.get("submission") or {})
    submission = read_submission(xml.encode())
    accepted = accept(call, submission, {}, call.params.get("owner"))
    body = {
        "message": "Successful submission.",
        "formid": accepted.found["uid"],
        "encrypted": False,
        "instanceID": f"uuid:{submission.instance_uuid}",
        "submissionDate": read_moment(accepted.submitted_at).isoformat(),
        "markedAsCompleteDate": now().isoformat(),
    }
    return json_answer(body, 201, {"Location": _location(call), **OPENROSA_HEADERS})


def _receipt(accepted: Accepted, submission: Submission) -> str:
    form_id, instance_id = quoteattr(accepted.found["uid"]), quoteattr(f"uuid:{submission.instance_uuid}")
    submitted = read_moment(accepted.submitted_at).isoformat()
    return (
        '<OpenRosaResponse xmlns="http://openrosa.org/http/response">\n'
        "    <message>Successful submission.</message>\n"
        f'    <submissionMetadata xmlns="http://www.opendatakit.org/xforms" id={form_id}  instanceID={instance_id} '
        f'submissionDate="{submitted}" isComplete="true" markedAsCompleteDate="{now().isoformat()}"/>\n'
        "</OpenRosaResponse>\n"
    )


def _check_caller(call: Call) -> None:
    """Anybody may ask below an owner's name, and sees what is open to everybody."""
    if call.account is None and "owner" not in call.params:
        raise unauthenticated()


def _find(call: Call) -> Asset:
    """Return the form that the address names. Raises Refusal(404) when the caller may not submit to it."""
    _check_caller(call)
    by_number = select(asset).where(asset.c.form_number == int(call.params["number"]), ~asset.c.is_trashed)
    found = call.db.execute(by_number).mappings().first()
    if found is None or "add_submissions" not in held(call.db, found["uid"], call.account):
        raise not_found(_NO_FORM)
    return found


def _media(call: Call, number: int) -> Sequence[Any]:
    columns = [column for column in form_media.c if column.name != "content"]
    query = select(*columns).where(form_media.c.form_number == number).order_by(form_media.c.id)
    return call.db.execute(query).mappings().all()


def _view_form(call: Call, found: Asset) -> str:
    number = found["form_number"]
    published = select(form_media.c.id).where(form_media.c.form_number == number)
    attached = select(asset_file.c.uid).where(asset_file.c.asset_uid == found["uid"])
    texts = {
        "formID": found["uid"],
        "name": found["form_title"],
        "majorMinorVersion": found["form_version"],
        "version": found["form_version"],
        "hash": f"md5:{found['form_hash']}",
        "descriptionText": found["first_title"],
        "downloadUrl": call.url(f"{_prefix(call)}/forms/{number}/form.xml"),
    }
    if call.db.execute(published).first() or call.db.execute(attached).first():
        texts["manifestUrl"] = call.url(f"{_prefix(call)}/xformsManifest/{number}")
    return f"<xform>{''.join(f'<{tag}>{escape(text)}</{tag}>' for tag, text in texts.items())}</xform>"


def _view_media(call: Call, found: Asset, row: Any) -> str:
    suffix = row["filename"].rpartition(".")[2]
    url = call.url(f"{_prefix(call)}/xformsMedia/{found['form_number']}/{row['id']}.{suffix}")
    return (
        f"<mediaFile><filename>{escape(row['filename'])}</filename><hash>md5:{row['md5']}</hash>"
        f"<downloadUrl>{escape(url)}</downloadUrl></mediaFile>"
    )


def _prefix(call: Call) -> str:
    return f"/{call.params['owner']}" if "owner" in call.params else ""


def _location(call: Call) -> str:
    return call.url(f"{_prefix(call)}/submission")
