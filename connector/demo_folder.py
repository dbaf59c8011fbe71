"""Knows what a demonstration keeps in its folder: which story it tells, the secrets of its accounts, its registry."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import hmac
import io
import json
import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from connector.errors import SettingsError
from connector.sandbox.story import HealingGroup, Programme

COORDINATOR = "coordinator"
SEED = 2026


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """A folder with one demonstration: its story ends on the day `as_of`, and is small or of full size."""

    path: Path
    as_of: dt.date
    is_small: bool
    secret: str = field(repr=False)

    @property
    def today(self) -> dt.date:
        """The morning after the story, on which the dashboard is looked at."""
        return self.as_of + dt.timedelta(days=1)

    @property
    def server_file(self) -> Path:
        """Where the sandbox server keeps its data."""
        return self.path / "sandbox.db"

    @property
    def database_url(self) -> str:
        """The address of the demonstration's database."""
        return f"sqlite:///{self.path.absolute() / 'healing.db'}"

    @property
    def token(self) -> str:
        """The coordinator's API token."""
        return self._derive("token")

    def password_of(self, username: str) -> str:
        """The password of an account on the sandbox server."""
        return self._derive(f"password/{username}")[:16]

    def token_of(self, username: str) -> str:
        """The API token of an account on the sandbox server."""
        return self.token if username == COORDINATOR else self._derive(f"token/{username}")

    def write_settings(self, server: str) -> Path:
        """Write healing.toml, with which every command works on the demonstration; for its owner alone."""
        lines = {"server": server, "token": self.token, "database_url": self.database_url}
        text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items())
        return _write_private(self.path / "healing.toml", text)

    def write_accounts(self, usernames: Iterable[str]) -> Path:
        """Write accounts.csv, with the passwords of the accounts on the sandbox server; for its owner alone."""
        rows = [(name, self.password_of(name)) for name in usernames]
        return _write_private(self.path / "accounts.csv", _csv(("username", "password"), rows).decode())

    def _derive(self, purpose: str) -> str:
        return hmac.new(self.secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()[:40]


def open_folder(path: Path, as_of: dt.date | None, is_small: bool, today: dt.date) -> DemoFolder:
    """Open the demonstration in a folder, or begin one that ends on `as_of` (the day before `today` when not given).

    Raises SettingsError when the folder holds another story, or cannot be used.
    """
    file = path / "demo.json"
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            ends_on = as_of or today - dt.timedelta(days=1)
            begun = {"as_of": ends_on.isoformat(), "is_small": is_small, "secret": secrets.token_hex(16)}
            _write_private(file, json.dumps(begun))
        kept = json.loads(file.read_text(encoding="utf-8"))
        found = DemoFolder(path, dt.date.fromisoformat(kept["as_of"]), kept["is_small"], kept["secret"])
    except OSError as error:
        raise SettingsError(f"The folder {path} cannot be used: {error.strerror}.", advice=_OTHER_FOLDER) from None
    except (ValueError, KeyError, TypeError):
        raise SettingsError(f"{file} is damaged.", advice=f"Remove the folder {path} and begin again.") from None
    if as_of not in (None, found.as_of) or (is_small and not found.is_small):
        size = "small" if found.is_small else "full"
        message = f"{path} holds another demonstration: of {size} size, ending on {found.as_of}."
        raise SettingsError(message, advice=_OTHER_FOLDER)
    return found


_OTHER_FOLDER = "Choose another folder with --folder."


def registry_of(programme: Programme) -> dict[str, bytes]:
    """Return the registry of a simulated programme as the files that `healing registry import` reads."""
    chas = [(c.cha_code, c.username, c.sector, "yes", c.full_name, c.phone) for c in programme.chas]
    return {
        "chas.csv": _csv(("cha_code", "username", "sector_code", "is_active", "full_name", "phone"), chas),
        "healing_groups.csv": _csv(_GROUP, map(_row, programme.groups)),
    }


_GROUP = ("code", "label", "sector_code", "cha_code", "cohort", "started_on")


def _row(group: HealingGroup) -> tuple[str, ...]:
    """The row of a healing group, which says nothing of its end."""
    return group.code, group.label, group.sector, group.cha.cha_code, group.cohort, group.started_on.isoformat()


def closing_of(group: HealingGroup) -> dict[str, bytes]:
    """Return the end of a healing group as the file that `healing registry import` reads."""
    ended_on = group.ended_on.isoformat() if group.ended_on else ""
    return {
        "healing_groups.csv": _csv((*_GROUP, "ended_on", "end_reason"), [(*_row(group), ended_on, group.end_reason)])
    }


def move_of(client_code: str, group: str, day: dt.date) -> dict[str, bytes]:
    """Return one transfer as the file that `healing registry import` reads."""
    return {"moves.csv": _csv(("client_code", "joined_on", "healing_group"), [(client_code, day.isoformat(), group)])}


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([header, *rows])
    return text.getvalue().encode()


def _write_private(path: Path, text: str) -> Path:
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    return path
