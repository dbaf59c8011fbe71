"""Knows what the project history remembers, and how it is searched."""

import re
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, false, func, insert, not_, or_, select
from starlette.responses import Response

from connector.sandbox.server.accounts import ANONYMOUS
from connector.sandbox.server.answer import forbidden, json_answer
from connector.sandbox.server.assets import Asset, get_asset
from connector.sandbox.server.call import Call
from connector.sandbox.server.paging import envelope, read_page
from connector.sandbox.server.permissions import held
from connector.sandbox.server.tables import history
from connector.sandbox.server.terms import Either, Every, Search, Term, Without, parse_search
from connector.sandbox.server.times import now, whole_seconds

ACTIONS = (
    "modify-user-permissions",
    "update-content",
    "register-service",
    "update-settings",
    "modify-submission",
    "deploy",
    "archive",
    "modify-service",
    "delete-submission",
    "enable-sharing",
    "redeploy",
    "add-media",
    "export",
    "unarchive",
    "delete-media",
    "add-submission",
    "clone-permissions",
    "update-name",
    "delete-service",
    "view-data",
)
_COMPARISONS = {"gt": "__gt__", "gte": "__ge__", "lt": "__lt__", "lte": "__le__"}
_COLUMNS = {
    "action": history.c.action,
    "username": history.c.username,
    "date_created": history.c.created_at,
    "metadata__submission__root_uuid": history.c.root_uuid,
}

_ADD = insert(history)


def remember(call: Call, found: Asset, action: str, **extra: Any) -> None:
    """Add a row to an asset's history; `extra` joins its metadata."""
    submission = extra.get("submission")
    about = {
        "source": _source(call.user_agent),
        "asset_uid": found["uid"],
        "ip_address": call.client_ip,
        "log_subtype": "project",
        "project_owner": found["owner"],
    }
    row = {
        "asset_uid": found["uid"],
        "action": action,
        "username": call.username or ANONYMOUS,
        "user_uid": call.account.uid if call.account else "",
        "root_uuid": submission["root_uuid"] if submission else None,
        "metadata": {**about, **extra},
        "created_at": whole_seconds(now()),
    }
    call.db.execute(_ADD, row)


def remember_submission(
    call: Call, found: Asset, action: str, root_uuid: str, submitted_by: str | None, status: str | None = None
) -> None:
    """Add the row of one submission; `status` is the label of a validation status."""
    about = {"root_uuid": root_uuid, "submitted_by": submitted_by}
    remember(call, found, action, submission={"status": status, **about} if status else about)


def list_history(call: Call) -> Response:
    """Answer `GET …/history/`, newest first; for those who manage the asset only."""
    found = _managed(call)
    where = and_(history.c.asset_uid == found["uid"], _condition(call.query.get("q", "")))
    page = read_page(call)
    count = call.db.execute(select(func.count()).select_from(history).where(where)).scalar_one()
    rows = call.db.execute(
        select(history).where(where).order_by(history.c.id.desc()).limit(page.limit).offset(page.start)
    )
    return json_answer(envelope(call, count, [_view(call, row) for row in rows.mappings()], page))


def list_actions(call: Call) -> Response:
    """Answer `GET …/history/actions/`."""
    _managed(call)
    return json_answer({"actions": list(ACTIONS)})


def _managed(call: Call) -> Asset:
    account = call.signed_in()
    found = get_asset(call)
    if "manage_asset" not in held(call.db, found["uid"], account):
        raise forbidden()
    return found


def _view(call: Call, row: RowMapping) -> dict[str, Any]:
    return {
        "user": call.user_url(row["username"]),
        "user_uid": row["user_uid"],
        "username": row["username"],
        "action": row["action"],
        "metadata": row["metadata"],
        "date_created": row["created_at"],
    }


def _condition(text: str) -> ColumnElement[bool]:
    return _clause(parse_search(text)) if text.strip() else and_(True)


def _clause(search: Search) -> ColumnElement[bool]:
    match search:
        case Every(parts):
            return and_(*(_clause(part) for part in parts))
        case Either(parts):
            return or_(*(_clause(part) for part in parts))
        case Without(part):
            return not_(_clause(part))
        case Term(field, value):
            return _term(field, value)


def _term(field: str, value: str) -> ColumnElement[bool]:
    """Compare one column; an unknown field is true of no row."""
    name, _, lookup = field.rpartition("__")
    if field in _COLUMNS:
        return _COLUMNS[field] == value
    if name in _COLUMNS and lookup in _COMPARISONS:
        return getattr(_COLUMNS[name], _COMPARISONS[lookup])(value)
    return false()


def _source(user_agent: str) -> str:
    """Return how the history names the caller's program."""
    collect = re.search(r"collect\S*/(v?[\d.]+)", user_agent, re.IGNORECASE)
    if collect:
        android = re.search(r"Android ([\d.]+)", user_agent)
        return f"Kobo Collect {collect[1]} (Android {android[1]})" if android else f"Kobo Collect {collect[1]} (Other)"
    program = user_agent.partition("/")[0].replace("-", " ").title()
    return f"{program or 'Unknown'} (Other)"
