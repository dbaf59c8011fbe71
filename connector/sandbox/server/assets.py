"""Knows how assets and their versions are kept: a new version for new content or a new name, and for nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from connector.sandbox.server.answer import PageNotFound, not_found
from connector.sandbox.server.call import Call
from connector.sandbox.server.content import Content, content_hash
from connector.sandbox.server.permissions import OWNED, grant, held
from connector.sandbox.server.tables import asset, assignment, version
from connector.sandbox.server.times import now, precise
from connector.sandbox.server.uid import new_uid

Asset = RowMapping
Version = RowMapping

_SURVEY_SETTINGS = {"sector": {}, "country": [], "description": "", "organization": "", "country_codes": []}


def find_asset(db: Connection, uid: str) -> Asset | None:
    """Return an asset that is not in the trash, or None."""
    return db.execute(select(asset).where(asset.c.uid == uid, ~asset.c.is_trashed)).mappings().first()


def get_asset(call: Call) -> Asset:
    """Return the asset that the address names, whoever calls.

    Raises PageNotFound when there is none: below an asset's address the server then answers with a page.
    """
    found = find_asset(call.db, call.params["uid"])
    if found is None:
        raise PageNotFound
    return found


def get_visible_asset(call: Call) -> Asset:
    """Return the asset that the address names. Raises Refusal(404) when there is none or the caller may not see it."""
    found = find_asset(call.db, call.params["uid"])
    if found is None or "view_asset" not in held(call.db, found["uid"], call.account):
        raise not_found()
    return found


def list_visible_assets(call: Call) -> Sequence[Asset]:
    """Return the assets that the caller may see, last modified first; nobody sees none."""
    if call.account is None:
        return []
    query = select(asset).where(~asset.c.is_trashed).order_by(asset.c.modified_at.desc())
    if not call.account.is_superuser:
        seen = select(assignment.c.asset_uid).where(
            assignment.c.username == call.username, assignment.c.permission == "view_asset"
        )
        query = query.where(asset.c.uid.in_(seen))
    return call.db.execute(query).mappings().all()


def create_asset(
    db: Connection,
    *,
    owner: str,
    name: str,
    asset_type: str,
    content: Content,
    settings: Mapping[str, Any],
    created_by: str | None = None,
) -> str:
    """Create an asset with its first version, all permissions with its owner; return its uid.

    `created_by` is None for an import, as on the real server. Only a survey keeps the settings of its XLSForm.
    """
    uid, moment = new_uid("a"), precise(now())
    db.execute(
        insert(asset).values(
            uid=uid,
            owner=owner,
            name=name,
            asset_type=asset_type,
            settings=_whole_settings(asset_type, settings),
            created_at=moment,
            modified_at=moment,
            created_by=created_by,
            modified_by=created_by,
            is_trashed=False,
            is_active=False,
        )
    )
    _add_version(db, uid, content if asset_type == "survey" else {**content, "settings": {}}, name)
    for permission in OWNED:
        grant(db, uid, owner, permission)
    return uid


def change_asset(
    db: Connection,
    uid: str,
    by: str,
    *,
    name: str | None = None,
    content: Content | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Change what is given; new content or a new name makes a new version, which is not yet deployed."""
    before = db.execute(select(asset).where(asset.c.uid == uid)).mappings().one()
    values: dict[str, Any] = {"modified_at": precise(now()), "modified_by": by}
    if settings is not None:
        values["settings"] = _whole_settings(before["asset_type"], {**before["settings"], **settings})
    if name is not None:
        values["name"] = name
    db.execute(update(asset).where(asset.c.uid == uid).values(values))
    current = get_version(db, before["version_uid"])
    newest, title = content or current["content"], name or before["name"]
    if content_hash(newest, title) != content_hash(current["content"], before["name"]):
        _add_version(db, uid, newest, title)


def trash_asset(db: Connection, uid: str) -> None:
    """Move an asset to the trash: from now on it is as if it did not exist."""
    db.execute(update(asset).where(asset.c.uid == uid).values(is_trashed=True, is_active=False))


def touch_asset(db: Connection, uid: str, values: Mapping[str, Any]) -> None:
    """Write columns of an asset and date the change."""
    db.execute(update(asset).where(asset.c.uid == uid).values({"modified_at": precise(now()), **values}))


def get_version(db: Connection, uid: str) -> Version:
    """Return a version that is known to exist."""
    return db.execute(select(version).where(version.c.uid == uid)).mappings().one()


def list_versions(db: Connection, asset_uid: str) -> list[dict[str, Any]]:
    """Return an asset's versions without their content, newest first.

    `number` counts deployments: `2` was deployed second, `1.3` is the third change after the first deployment.
    """
    columns = (version.c.uid, version.c.content_hash, version.c.modified_at, version.c.deployed_at)
    query = select(*columns).where(version.c.asset_uid == asset_uid).order_by(version.c.sequence)
    major = minor = 0
    numbered = []
    for row in db.execute(query).mappings():
        major, minor = (major + 1, 0) if row["deployed_at"] else (major, minor + 1)
        numbered.append({**row, "number": f"{major}.{minor}" if minor else str(major)})
    return numbered[::-1]


def _add_version(db: Connection, asset_uid: str, content: Content, name: str) -> None:
    uid = new_uid("v")
    db.execute(
        insert(version).values(
            uid=uid,
            asset_uid=asset_uid,
            content=content,
            content_hash=content_hash(content, ""),
            modified_at=precise(now()),
        )
    )
    db.execute(update(asset).where(asset.c.uid == asset_uid).values(version_uid=uid, name=name))


def _whole_settings(asset_type: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    if asset_type != "survey":
        return dict(settings)
    whole = {**_SURVEY_SETTINGS, **settings}
    return {**whole, "country_codes": [country["value"] for country in whole["country"]]}
