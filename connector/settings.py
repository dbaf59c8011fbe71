"""Knows where the server, the token and the database are written down: flags, the environment, or one TOML file."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connector.errors import SettingsError

DEFAULT_DATABASE_URL = "sqlite:///healing.db"
DEFAULT_CONFIG_FILE = Path("healing.toml")
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
TOKEN_PATTERN = re.compile(r"[A-Za-z0-9._-]+")
TRUE_WORDS, FALSE_WORDS = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")

VARIABLES = {
    "server": "KOBO_SERVER",
    "kc_server": "KOBO_KC_SERVER",
    "token": "KOBO_TOKEN",
    "token_file": "KOBO_TOKEN_FILE",
    "database_url": "DATABASE_URL",
    "allow_http": "KOBO_ALLOW_HTTP",
    "log": "HEALING_LOG",
}
"""Each key of healing.toml and the environment variable that overrules it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What every command needs to know; secrets stay out of its text form.

    `server` and `token` may be absent (a dashboard needs neither); ask `connection()` where they are needed.
    `kc_server` is the address that phones use when it differs from `server`. `log` is where lines for machines go: a
    file, "-" for standard error, or None.
    """

    server: str | None = None
    token: str | None = field(default=None, repr=False)
    database_url: str = field(default=DEFAULT_DATABASE_URL, repr=False)
    kc_server: str | None = None
    log: str | None = None
    config_file: Path | None = None

    def connection(self) -> tuple[str, str]:
        """Return (server, token). Raises SettingsError naming what is missing and where to write it."""
        return _required("server", self.server), _required("token", self.token)


def load_settings(
    flags: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] | None = None,
    config_file: Path | None = None,
) -> Settings:
    """Read settings: a flag wins over the environment, the environment over the file, the file over defaults.

    `flags` has the keys of `VARIABLES`, None meaning "not given"; `environ` is usually `os.environ`;
    `config_file` is what `--config` names, else healing.toml in the current folder is read if it exists.
    Raises SettingsError naming the source and the fix.
    """
    path = _config_path(config_file)
    found = _merge(_from_flags(flags or {}), _from_environment(environ or {}), _from_file(path))
    allow_http = _yes_or_no(found.get("allow_http"))
    return Settings(
        server=_address(found.get("server"), allow_http),
        token=_token(found.get("token") or _from_token_file(found.get("token_file"))),
        database_url=_database_url(found.get("database_url")),
        kc_server=_address(found.get("kc_server"), allow_http),
        log=found["log"].value.strip() if "log" in found else None,
        config_file=path,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """A raw value and the source that a message must name."""

    value: str = field(repr=False)
    source: str


def _from_flags(flags: Mapping[str, str | None]) -> dict[str, _Found]:
    return {key: _Found(value, "--" + key.replace("_", "-")) for key, value in flags.items() if value is not None}


def _from_environment(environ: Mapping[str, str]) -> dict[str, _Found]:
    return {
        key: _Found(environ[variable], f"the environment variable {variable}")
        for key, variable in VARIABLES.items()
        if environ.get(variable, "").strip()
    }


def _from_file(path: Path | None) -> dict[str, _Found]:
    return {} if path is None else {key: _Found(value, f"'{key}' in {path}") for key, value in _read_toml(path).items()}


def _config_path(named: Path | None) -> Path | None:
    if named is None:
        return DEFAULT_CONFIG_FILE if DEFAULT_CONFIG_FILE.is_file() else None
    if not named.is_file():
        raise SettingsError(f"--config: there is no file {named}.", advice="Check the path, or leave --config out.")
    return named


def _read_toml(path: Path) -> dict[str, str]:
    """Top-level keys as text; tables are left to other programs. A key that nobody knows is an error: a typing slip."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        place = re.search(r"\(at .*\)$", str(error))
        where = f" {place.group()}" if place else ""
        advice = 'Each line is key = "value", in UTF-8.'
        raise SettingsError(f"{path} is not valid TOML{where}.", advice=advice) from None
    except OSError as error:
        advice = "Check who may read the file."
        raise SettingsError(f"{path} cannot be read: {error.strerror}.", advice=advice) from None
    return {key: _text(key, value, path) for key, value in content.items() if not isinstance(value, dict)}


def _text(key: str, value: Any, path: Path) -> str:
    if key not in VARIABLES:
        known = ", ".join(VARIABLES)
        raise SettingsError(f"{path}: the key '{key}' is unknown.", advice=f"The keys are: {known}.")
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        raise SettingsError(f"{path}: '{key}' must be text.", advice=f'Write it in quotes: {key} = "…".')
    return value


def _merge(*sources: Mapping[str, _Found]) -> dict[str, _Found]:
    """Join the sources, the first one winning."""
    merged: dict[str, _Found] = {}
    for source in reversed(sources):
        merged.update(source)
    return merged


def _required(key: str, value: str | None) -> str:
    if value is None:
        flag, variable = "--" + key.replace("_", "-"), VARIABLES[key]
        raise SettingsError(
            f"The {key} is not set.",
            advice=f'Give {flag}, or set {variable}, or write {key} = "…" in {DEFAULT_CONFIG_FILE}.',
        )
    return value


def _address(found: _Found | None, allow_http: bool) -> str | None:
    """`https://host[:port]`; a path or `#/projects` copied from a browser is dropped.

    Never echoes what was given: it may hold a password.
    """
    if found is None:
        return None
    try:
        parts = urlsplit(found.value.strip())
        _ = parts.port
    except ValueError:
        raise _bad_address(found) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _bad_address(found)
    if "@" in parts.netloc:
        raise SettingsError(
            f"{found.source} holds a name or password inside the address.",
            advice="Give the bare address, such as https://kf.kobotoolbox.org, and the token apart from it.",
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS and not allow_http:
        raise SettingsError(
            f"{found.source} starts with http://: the token would travel unencrypted.",
            advice="Use https://. On a closed network of your own, set KOBO_ALLOW_HTTP=1.",
        )
    return f"{parts.scheme}://{parts.netloc}"


def _bad_address(found: _Found) -> SettingsError:
    advice = "Write the whole address, such as https://kf.kobotoolbox.org."
    return SettingsError(f"{found.source} is not a server address.", advice=advice)


def _token(found: _Found | None) -> str | None:
    if found is None:
        return None
    token = found.value.strip()
    if not TOKEN_PATTERN.fullmatch(token):
        raise SettingsError(
            f"{found.source} is not a token.",
            advice="A token is one word of letters and digits, without 'Token' before it or spaces in it; "
            "KoboToolbox shows it under Account settings, Security, API key.",
        )
    return token


def _from_token_file(found: _Found | None) -> _Found | None:
    """The content of a file that holds the token alone, as systemd and containers hand one over."""
    if found is None:
        return None
    path = Path(found.value.strip()).expanduser()
    try:
        is_open = path.stat().st_mode & 0o004
        text = path.read_text(encoding="ascii")
    except OSError as error:
        raise SettingsError(
            f"{found.source} names {path}, which cannot be read: {error.strerror}.",
            advice="Check the path, and that the file belongs to the user who runs this.",
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} does not hold a token.", advice="Write the token alone into it.") from None
    if is_open:
        advice = f"Make it yours alone: chmod 600 {path}"
        raise SettingsError(f"{path} holds the token and everybody on this machine may read it.", advice=advice)
    return _Found(text, str(path))


def _database_url(found: _Found | None) -> str:
    if found is None:
        return DEFAULT_DATABASE_URL
    url = found.value.strip()
    if not re.match(r"(sqlite|postgresql)(\+\w+)?://", url):
        raise SettingsError(
            f"{found.source} is not a database address of a kind we use.",
            advice="Write sqlite:///healing.db, or postgresql+psycopg://user:password@host/database.",
        )
    return url


def _yes_or_no(found: _Found | None) -> bool:
    word = found.value.strip().lower() if found else ""
    if found and word not in TRUE_WORDS + FALSE_WORDS:
        raise SettingsError(f"{found.source} is neither yes nor no.", advice="Write 1 or 0.")
    return word in TRUE_WORDS
