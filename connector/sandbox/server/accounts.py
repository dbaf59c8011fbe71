"""Knows who may sign in to the sandbox, and by which secret."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, RowMapping, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from connector.sandbox.server.store import Store
from connector.sandbox.server.tables import account
from connector.sandbox.server.times import now, precise
from connector.sandbox.server.uid import new_uid

REALM = "DJANGO"
ANONYMOUS = "AnonymousUser"

_BY_TOKEN = select(account).where(account.c.token == bindparam("wanted"))
_BY_USERNAME = select(account).where(account.c.username == bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class SandboxUser:
    """An account to be made: KoboToolbox has no API for that. `token` is 40 hexadecimal digits."""

    username: str
    password: str = field(repr=False)
    token: str = field(repr=False)
    is_superuser: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who has signed in; `uid` is the user's identifier in the project history."""

    username: str
    uid: str
    joined_at: str
    is_superuser: bool
    digest_secret: str = field(repr=False)
    token: str = field(repr=False)

    def has_password(self, password: str) -> bool:
        """Tell whether `password` is this account's."""
        return hmac.compare_digest(self.digest_secret, _digest_secret(self.username, password))


def prepare(data_file: Path, users: Iterable[SandboxUser]) -> None:
    """Create the accounts, or give existing ones the password and token named here; running it again changes nothing.

    Other data in `data_file` stays as it is.
    """
    store = Store(data_file)
    with store.transaction() as db:
        for user in users:
            _save(db, user)
    store.close()


def find_by_token(db: Connection, token: str) -> Account | None:
    """Return the account that holds `token`, or None."""
    return _account(db.execute(_BY_TOKEN, {"wanted": token}).mappings().first())


def find_by_username(db: Connection, username: str) -> Account | None:
    """Return the account of that name, or None."""
    return _account(db.execute(_BY_USERNAME, {"wanted": username}).mappings().first())


def _save(db: Connection, user: SandboxUser) -> None:
    secrets = {
        "digest_secret": _digest_secret(user.username, user.password),
        "token": user.token,
        "is_superuser": user.is_superuser,
    }
    row = {"username": user.username, "uid": new_uid("u"), "joined_at": precise(now()), **secrets}
    db.execute(insert(account).values(row).on_conflict_do_update(index_elements=["username"], set_=secrets))


def _digest_secret(username: str, password: str) -> str:
    """Return HA1 of RFC 2617: enough for Digest and Basic, and not the password itself."""
    return hashlib.md5(f"{username}:{REALM}:{password}".encode()).hexdigest()


def _account(row: RowMapping | None) -> Account | None:
    return None if row is None else Account(**row)
