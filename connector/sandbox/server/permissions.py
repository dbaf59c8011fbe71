"""Knows what each permission on an asset implies and excludes, and who holds which."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from connector.sandbox.server.accounts import ANONYMOUS, Account
from connector.sandbox.server.answer import forbidden, not_found
from connector.sandbox.server.call import Call
from connector.sandbox.server.tables import assignment
from connector.sandbox.server.uid import new_uid


@dataclass(frozen=True, slots=True)
class Permission:
    """One thing that an account may be allowed to do with an asset."""

    codename: str
    name: str
    label: str
    implied: tuple[str, ...] = ()
    contradictory: tuple[str, ...] = ()


_PARTIAL = ("partial_submissions",)
_VIEW = ("view_submissions", "view_asset")
_WHOLE = ("view_submissions", "change_submissions", "delete_submissions", "validate_submissions", "manage_asset")
_MANAGED = (
    "change_asset",
    "add_submissions",
    "validate_submissions",
    "view_asset",
    "discover_asset",
    "delete_submissions",
    "view_submissions",
    "change_submissions",
)

CATALOGUE = {
    permission.codename: permission
    for permission in (
        Permission("add_submissions", "Can submit data to asset", "Add submissions"),
        Permission("change_asset", "Can change asset", "Edit form", ("view_asset",)),
        Permission(
            "change_submissions",
            "Can modify submitted data for asset",
            "Edit submissions",
            ("add_submissions", *_VIEW),
            _PARTIAL,
        ),
        Permission("delete_submissions", "Can delete submitted data for asset", "Delete submissions", _VIEW, _PARTIAL),
        Permission("discover_asset", "Can discover asset in public lists", "Discover asset", ("view_asset",)),
        Permission("manage_asset", "Can manage all aspects of asset", "Manage project", _MANAGED),
        Permission(
            "partial_submissions",
            "Can make partial actions on submitted data for asset for specific users",
            "Act on submissions only from specific users",
            ("view_asset",),
            _WHOLE,
        ),
        Permission(
            "validate_submissions", "Can validate submitted data asset", "Validate submissions", _VIEW, _PARTIAL
        ),
        Permission("view_asset", "Can view asset", "View form"),
        Permission(
            "view_submissions", "Can view submitted data for asset", "View submissions", ("view_asset",), _PARTIAL
        ),
    )
}
OWNED = (
    "add_submissions",
    "change_asset",
    "change_submissions",
    "delete_submissions",
    "manage_asset",
    "validate_submissions",
    "view_asset",
    "view_submissions",
)
ASSIGNABLE = (
    "view_asset",
    "change_asset",
    "manage_asset",
    "add_submissions",
    "view_submissions",
    "partial_submissions",
    "change_submissions",
    "delete_submissions",
    "validate_submissions",
)
_NEVER_STORED = {"discover_asset"}
_HELD = select(assignment.c.permission).where(
    assignment.c.asset_uid == bindparam("asset_uid"), assignment.c.username.in_((ANONYMOUS, bindparam("name")))
)


def held(db: Connection, asset_uid: str, account: Account | None) -> frozenset[str]:
    """Return the codenames that the caller holds on an asset, with those given to everybody."""
    if account is not None and account.is_superuser:
        return frozenset(CATALOGUE)
    username = ANONYMOUS if account is None else account.username
    return frozenset(db.execute(_HELD, {"asset_uid": asset_uid, "name": username}).scalars())


def require(call: Call, asset_uid: str, permission: str, *, seen_with: str = "view_asset") -> None:
    """Return when the caller holds `permission`.

    Raises Refusal(404) for those who do not even hold `seen_with`, Refusal(403) for the others.
    """
    codenames = held(call.db, asset_uid, call.account)
    if permission in codenames:
        return
    raise forbidden() if seen_with in codenames else not_found()


def grant(db: Connection, asset_uid: str, username: str, permission: str, partial: Any = None) -> None:
    """Give a permission with all it implies, and take away what it excludes; giving it again changes nothing."""
    entry = CATALOGUE[permission]
    excluded = [name for name in entry.contradictory if name not in entry.implied]
    _remove(db, asset_uid, username, excluded)
    for codename in (permission, *entry.implied):
        if codename not in _NEVER_STORED:
            row = {"uid": new_uid("p"), "asset_uid": asset_uid, "username": username, "permission": codename}
            db.execute(insert(assignment).values(**row, partial=None).on_conflict_do_nothing())
    if partial is not None:
        own = (assignment.c.asset_uid == asset_uid) & (assignment.c.username == username)
        db.execute(assignment.update().where(own, assignment.c.permission == permission).values(partial=partial))


def revoke(db: Connection, asset_uid: str, username: str, permission: str) -> None:
    """Take away a permission and every other that implies it."""
    implying = [name for name, entry in CATALOGUE.items() if permission in entry.implied]
    _remove(db, asset_uid, username, [permission, *implying])


def revoke_all(db: Connection, asset_uid: str, username: str) -> None:
    """Take away everything that an account may do with an asset."""
    db.execute(delete(assignment).where(assignment.c.asset_uid == asset_uid, assignment.c.username == username))


def list_assignments(db: Connection, asset_uid: str) -> Sequence[RowMapping]:
    """Return an asset's assignments, by account, then by permission."""
    order = (assignment.c.username, assignment.c.permission)
    return db.execute(select(assignment).where(assignment.c.asset_uid == asset_uid).order_by(*order)).mappings().all()


def _remove(db: Connection, asset_uid: str, username: str, permissions: Iterable[str]) -> None:
    own = (assignment.c.asset_uid == asset_uid) & (assignment.c.username == username)
    db.execute(delete(assignment).where(own, assignment.c.permission.in_(list(permissions))))
