"""Knows what an asset, its permissions, files and versions look like as JSON."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import RowMapping, func, select

from connector.sandbox.server.accounts import ANONYMOUS
from connector.sandbox.server.assets import Asset, get_version, list_versions
from connector.sandbox.server.call import Call
from connector.sandbox.server.content import Content, summarise
from connector.sandbox.server.permissions import ASSIGNABLE, CATALOGUE, held, list_assignments
from connector.sandbox.server.tables import asset_file, record

_PARTIAL_LABELS = {
    "default": "Act on submissions only from specific users",
    "view_submissions": "View submissions only from specific users",
    "change_submissions": "Edit submissions only from specific users",
    "delete_submissions": "Delete submissions only from specific users",
    "validate_submissions": "Validate submissions only from specific users",
}


def asset_path(uid: str, rest: str = "") -> str:
    """Return the path of an asset, or of something below it."""
    return f"/api/v2/assets/{uid}/{rest}"


def view_listed_asset(call: Call, found: Asset) -> dict[str, Any]:
    """Return an asset as lists show it: without content, versions and files."""
    uid = found["uid"]
    content = get_version(call.db, found["version_uid"])["content"]
    return {
        "url": call.url(asset_path(uid)),
        "date_created": found["created_at"],
        "date_modified": found["modified_at"],
        "date_deployed": found["deployed_at"],
        "owner": call.user_url(found["owner"]),
        "summary": summarise(content),
        "owner__username": found["owner"],
        "parent": None,
        "uid": uid,
        "tag_string": "",
        "settings": found["settings"],
        "kind": "asset",
        "name": found["name"],
        "asset_type": found["asset_type"],
        "version_id": found["version_uid"],
        **_view_deployment(call, found),
        "permissions": view_assignments(call, found),
        "export_settings": [],
        "downloads": [{"format": kind, "url": call.url(f"/api/v2/assets/{uid}.{kind}")} for kind in ("xls", "xml")],
        "data": call.url(asset_path(uid, "data/")),
        "subscribers_count": 0,
        "status": _status(call, found),
        "access_types": None,
        "children": {"count": 0},
        "data_sharing": {},
        "owner_label": found["owner"],
        "last_modified_by": found["modified_by"],
        "created_by": found["created_by"],
    }


def view_asset(call: Call, found: Asset) -> dict[str, Any]:
    """Return an asset as its own address shows it."""
    uid = found["uid"]
    current = get_version(call.db, found["version_uid"])
    versions = list_versions(call.db, uid)
    deployed = [view_version(call, uid, row) for row in versions if row["deployed_at"]]
    links = {name: call.url(asset_path(uid, f"{rest}/")) for name, rest in _LINKS.items()}
    return {
        **view_listed_asset(call, found),
        **links,
        "files": [view_file(call, row) for row in list_files(call, uid)],
        "version__content_hash": current["content_hash"],
        "version_count": len(versions),
        "deployed_versions": {"count": len(deployed), "next": None, "previous": None, "results": deployed},
        "deployment__links": {},
        "deployment__data_download_links": _download_links(call, found),
        "report_styles": _report_styles(current["content"]),
        "report_custom": {},
        "advanced_features": {"_version": "20250820"},
        "map_styles": {},
        "map_custom": {},
        "content": current["content"],
        "embeds": [{"format": kind, "url": call.url(asset_path(uid, f"{kind}/"))} for kind in ("xls", "xform")],
        "analysis_form_json": {"additional_fields": []},
        "assignable_permissions": [{"url": _permission_url(call, name), "label": _label(name)} for name in ASSIGNABLE],
        "effective_permissions": [{"codename": name} for name in _effective(call, found)],
        "project_ownership": None,
    }


_LINKS = {
    "xform_link": "xform",
    "hooks_link": "hooks",
    "xls_link": "xls",
    "exports": "exports",
    "paired_data": "paired-data",
}


def view_version(call: Call, asset_uid: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one version without its content."""
    return {
        "uid": row["uid"],
        "url": call.url(asset_path(asset_uid, f"versions/{row['uid']}/")),
        "content_hash": row["content_hash"],
        "date_deployed": row["deployed_at"] or False,
        "date_modified": row["modified_at"],
        "version_number": row["number"],
    }


def view_assignments(call: Call, found: Asset) -> list[dict[str, Any]]:
    """Return who may do what; those who do not manage the asset see the owner's rows and their own."""
    rows: Iterable[RowMapping] = list_assignments(call.db, found["uid"])
    if "manage_asset" not in held(call.db, found["uid"], call.account):
        rows = [row for row in rows if row["username"] in (found["owner"], call.username, ANONYMOUS)]
    return [view_assignment(call, row) for row in rows]


def view_assignment(call: Call, row: RowMapping) -> dict[str, Any]:
    """Return one permission of one account."""
    partial = {} if row["partial"] is None else {"partial_permissions": row["partial"]}
    return {
        "url": call.url(asset_path(row["asset_uid"], f"permission-assignments/{row['uid']}/")),
        "user": call.user_url(row["username"]),
        "permission": _permission_url(call, row["permission"]),
        **partial,
        "label": _label(row["permission"]),
    }


def list_files(call: Call, asset_uid: str) -> list[RowMapping]:
    """Return an asset's files, oldest first."""
    query = select(asset_file).where(asset_file.c.asset_uid == asset_uid).order_by(asset_file.c.created_at)
    return list(call.db.execute(query).mappings())


def view_file(call: Call, row: RowMapping) -> dict[str, Any]:
    """Return one file of an asset."""
    url = call.url(asset_path(row["asset_uid"], f"files/{row['uid']}/"))
    remote = {"redirect_url": row["redirect_url"]} if row["redirect_url"] else {}
    return {
        "uid": row["uid"],
        "url": url,
        "asset": call.url(asset_path(row["asset_uid"])),
        "user": call.user_url(row["username"]),
        "user__username": row["username"],
        "file_type": row["file_type"],
        "description": row["description"],
        "date_created": row["created_at"],
        "content": f"{url}content/",
        "metadata": {**remote, "filename": row["filename"], "hash": row["hash"], "mimetype": row["mimetype"]},
    }


def deployment_status(found: Asset) -> str:
    """Return `draft`, `deployed` or `archived`."""
    if found["form_number"] is None:
        return "draft"
    return "deployed" if found["is_active"] else "archived"


def _view_deployment(call: Call, found: Asset) -> dict[str, Any]:
    figures = select(func.count(), func.max(record.c.submitted_at)).where(record.c.asset_uid == found["uid"])
    seen = "view_submissions" in held(call.db, found["uid"], call.account)
    count, last_submission_at = call.db.execute(figures).one() if seen else (None, None)
    return {
        "has_deployment": found["form_number"] is not None,
        "deployed_version_id": found["deployed_version_uid"],
        "deployment__active": found["is_active"],
        "deployment__submission_count": count,
        "deployment__last_submission_time": last_submission_at,
        "deployment__encrypted": False,
        "deployment__uuid": found["form_uuid"],
        "deployment_status": deployment_status(found),
    }


def _download_links(call: Call, found: Asset) -> dict[str, str]:
    if found["form_number"] is None:
        return {}
    owner, uid = found["owner"], found["uid"]
    legacy = {f"{kind}_legacy": call.url(f"/{owner}/exports/{uid}/{kind}/") for kind in ("xls", "csv", "zip")}
    reports = {"xls": "xlsx", "csv": "csv"}
    return legacy | {kind: call.url(f"/{owner}/reports/{uid}/export.{suffix}") for kind, suffix in reports.items()}


def _report_styles(content: Content) -> dict[str, Any]:
    if not content["survey"]:
        return {"default": {}, "specified": {}, "kuid_names": {}}
    names = {row.get("name", row["$kuid"]): row["$kuid"] for row in content["survey"]}
    return {"default": {}, "specified": {name: {} for name in names}, "kuid_names": names}


def _effective(call: Call, found: Asset) -> list[str]:
    names = held(call.db, found["uid"], call.account) - {"discover_asset", "partial_submissions"}
    return sorted(names | ({"delete_asset"} if found["owner"] == call.username else set()))


def _status(call: Call, found: Asset) -> str:
    others = {row["username"] for row in list_assignments(call.db, found["uid"])} - {found["owner"]}
    return "shared" if others - {ANONYMOUS} else "private"


def _permission_url(call: Call, codename: str) -> str:
    return call.url(f"/api/v2/permissions/{codename}/")


def _label(codename: str) -> Any:
    return _PARTIAL_LABELS if codename == "partial_submissions" else CATALOGUE[codename].label
