"""Knows the command that makes the papers for phones: a card with a settings code for each CHA, and the guide."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, select

from connector.commands.command import Command, Context
from connector.database import open_database
from connector.errors import SchemaTooNewError, SettingsError, StorageError
from connector.guide import guide_page
from connector.guide_text import LANGUAGES
from connector.migration import schema_state
from connector.phone_card import INDEX, Account, card_file, card_page, index_page
from connector.precious_schema import cha
from connector.settings import LOOPBACK_HOSTS, Settings
from forms.programme import PROGRAMME, Programme


def active_accounts(connection: Connection) -> list[Account]:
    """Return the active CHAs of the registry by code, without name and telephone."""
    query = select(cha.c.cha_code, cha.c.username).where(cha.c.is_active).order_by(cha.c.cha_code)
    return [Account(row.cha_code, row.username) for row in connection.execute(query)]


def phone_papers(accounts: Iterable[Account], server: str, language: str, programme: Programme) -> dict[str, str]:
    """Return every paper by file name: one card for each account, their index, and the guide in each language."""
    known = list(accounts)
    cards = {card_file(account): card_page(account, server, language) for account in known}
    guides = {f"guide.{code}.html": guide_page(code, programme) for code in LANGUAGES}
    return {**cards, INDEX: index_page(known, language), **guides}


def _phones(context: Context) -> Iterable[str]:
    folder, language = context.arguments.out, context.arguments.language
    server = phone_server(context.settings)
    engine = open_database(context.settings.database_url, read_only=True)
    refuse_without_registry(engine)
    with engine.connect() as connection:
        accounts = active_accounts(connection)
    try:
        papers = phone_papers(accounts, server, language, PROGRAMME)
    except ValueError as error:
        advice = "Use a shorter server address or username."
        raise SettingsError(f"A card cannot be made: {error}.", advice=advice) from None
    _write(folder, papers)
    return [*_warnings(accounts, server), f"{len(accounts)} cards, their index and the guide in {folder}"]


def refuse_without_registry(engine: Engine) -> None:
    """Raise StorageError when a database has no tables yet, SchemaTooNewError when a newer version wrote it."""
    state = schema_state(engine)
    if state == "newer":
        raise SchemaTooNewError("The database was written by a newer version of this program.", advice="Update it.")
    if state == "empty":
        raise StorageError("The database has no registry yet.", advice="Run `healing registry import` first.")


def phone_server(settings: Settings) -> str:
    """Return the address that phones use. Raises SettingsError when none is set."""
    server = settings.kc_server or settings.server
    if server is None:
        advice = "Give --server or --kc-server, or set KOBO_SERVER, or write server in healing.toml."
        raise SettingsError("The address of the server for phones is not set.", advice=advice)
    return server


def _warnings(accounts: list[Account], server: str) -> list[str]:
    found = []
    if not accounts:
        found.append("The registry has no active CHA: healing registry import chas.csv")
    if urlsplit(server).hostname in LOOPBACK_HOSTS:
        found.append(f"No phone can reach {server}: it is this machine. Give --kc-server the address that phones use.")
    return found


def _write(folder: Path, papers: Mapping[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in papers.items():
            (folder / name).write_text(content, encoding="utf-8", newline="\n")
    except OSError as error:
        advice = "Choose another folder with --out, or check who may write in it."
        raise SettingsError(f"{folder} cannot be written: {error.strerror}.", advice=advice) from None


def _add_phones(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path("phones"), metavar="FOLDER", help="where to (default: phones)")
    text = "language of the cards and of KoboCollect's buttons (default: rw)"
    parser.add_argument("--language", choices=sorted(LANGUAGES), default="rw", help=text)


PHONES = Command(
    "phones",
    "make a card with a QR code for the phone of each active CHA, and the guide, to print",
    ("healing phones", "healing phones --out cards --language en"),
    _phones,
    _add_phones,
    """\
A card is scanned in KoboCollect: it sets server, account and settings. It holds no password, because whoever finds or
photographs a printed code would have it. Tell each CHA the password in person; it is typed once.""",
)
