"""Knows how a person adopts a project of their account, changes what is kept apart of it, lists it and lets it go."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, inspect, select, update

from connector.adopted import AdoptedProject
from connector.adopted_content import read_content
from connector.adopted_derive import drop_tables, ensure_tables, read_project
from connector.adopted_labels import asset_choice, asset_question, catalogue
from connector.adopted_sync import NewVersion, keep_versions, new_versions
from connector.adopted_tables import clean_name
from connector.errors import NeedsPersonError, SettingsError
from connector.fact_schema import derived
from connector.kobo import Asset, KoboClient
from connector.migration import migrate
from connector.precious_schema import adopted_asset, asset_version, deployment, precious, submission
from connector.sync_state import utc_now
from connector.writer_lock import single_writer
from forms.library import FORMS

NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person says at adoption: the name of the table, and which questions are answers or kept apart."""

    name: str | None = None
    answers: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()

    @property
    def settings(self) -> str:
        """As `adopted_asset.settings` keeps them."""
        return json.dumps({"answers": sorted(set(self.answers)), "apart": sorted(set(self.apart))})


@dataclass(frozen=True, slots=True)
class Listed:
    """A project of the account: `table_name` where it is adopted, `form_id` where it is the programme's own."""

    asset: Asset
    table_name: str | None
    form_id: str | None


def adopt(engine: Engine, client: KoboClient, asset_uid: str, wishes: Wishes) -> AdoptedProject:
    """Adopt a project, or follow new wishes about one that is; its tables are made, from raw records if any are here.

    Raises SettingsError, NeedsPersonError, the client's errors, BusyError and StorageError.
    """
    with single_writer(engine):
        migrate(engine)
        asset = client.asset(asset_uid)
        with engine.connect() as connection:
            _refuse_own(connection, asset)
            known = list(connection.scalars(select(asset_version.c.version_uid).where(_is_of(asset_uid))))
        versions = new_versions(client, asset_uid, known)
        if not versions and not known:
            advice = "Deploy it on the website first; a draft has no records."
            raise NeedsPersonError(f"The project '{asset.name}' ({asset_uid}) was never deployed.", advice=advice)
        with engine.begin() as connection:
            return _adopt(connection, client.server, asset, versions, wishes)


def _is_of(asset_uid: str) -> Any:
    return asset_version.c.asset_uid == asset_uid


def _adopt(
    connection: Connection, server: str, asset: Asset, versions: Sequence[NewVersion], wishes: Wishes
) -> AdoptedProject:
    catalogue.create_all(connection)
    keep_versions(connection, asset.uid, versions, utc_now())
    _refuse_unknown(connection, asset.uid, (*wishes.answers, *wishes.apart))
    before = _row(connection, adopted_asset.c.asset_uid == asset.uid)
    if before is None:
        values = {"title": asset.name, "settings": wishes.settings, "adopted_at": utc_now()}
        name = _name_for(connection, asset, wishes.name)
        row = {"asset_uid": asset.uid, "server": server, "table_name": name, **values}
        connection.execute(insert(adopted_asset), [row])
    else:
        _change(connection, before, wishes)
    project = read_project(connection, _row(connection, adopted_asset.c.asset_uid == asset.uid))
    ensure_tables(connection, project)
    return project


def _row(connection: Connection, where: Any) -> Any:
    return connection.execute(select(adopted_asset).where(where)).first()


def _change(connection: Connection, before: Row[Any], wishes: Wishes) -> None:
    """New wishes replace those of before; none leave them as they are."""
    if wishes.name not in (None, before.table_name):
        advice = f"Keep that name, or let it go first: healing adopt --forget {before.table_name}"
        raise SettingsError(f"{before.asset_uid} is adopted as {before.table_name} already.", advice=advice)
    if wishes.answers or wishes.apart:
        of_this = adopted_asset.c.asset_uid == before.asset_uid
        connection.execute(update(adopted_asset).where(of_this).values(settings=wishes.settings))


def _refuse_own(connection: Connection, asset: Asset) -> None:
    own = connection.scalar(select(deployment.c.form_id).where(deployment.c.asset_uid == asset.uid).limit(1))
    if own is not None:
        advice = "Its records are read already, with scores; nothing has to be adopted."
        raise SettingsError(f"{asset.uid} is the programme's own form {own}.", advice=advice)


def _refuse_unknown(connection: Connection, asset_uid: str, names: Iterable[str]) -> None:
    contents = connection.scalars(select(asset_version.c.content).where(_is_of(asset_uid)))
    asked = {each.name for content in contents for each in read_content(json.loads(content)).questions}
    if unknown := sorted(set(names) - asked):
        advice = "Write the names of questions as in the XLSForm's column `name`."
        raise SettingsError(f"No version of the form has a question {', '.join(unknown)}.", advice=advice)


def _name_for(connection: Connection, asset: Asset, wanted: str | None) -> str:
    """The name of the first table: as wished, else made from the title. Raises SettingsError for one that is taken."""
    taken = {*inspect(connection).get_table_names(), *derived.tables, *precious.tables, *catalogue.tables, *FORMS}
    adopted = set(connection.scalars(select(adopted_asset.c.table_name)))
    if wanted is None:
        return next(name for name in _proposals(asset.name) if not _collides(name, taken, adopted))
    if not NAME.fullmatch(wanted):
        advice = "Use small letters, digits and _, a letter first, 31 at most."
        raise SettingsError(f"'{wanted}' cannot be the name of a table.", advice=advice)
    if _collides(wanted, taken, adopted):
        raise SettingsError(f"The name {wanted} is taken by another table.", advice="Choose another with --as.")
    return wanted


def _proposals(title: str) -> Iterable[str]:
    """First the title, then with a number before it: one behind it may be a further table of another form."""
    name = clean_name(title)[:24].rstrip("_")
    yield name
    yield from (f"form{number}_{name}" for number in count(2))


def _collides(name: str, taken: Iterable[str], adopted: Iterable[str]) -> bool:
    """Whether a name, or that of a table for one of its repeats, could be another table's, or is for the database."""
    return (
        name.startswith(("sqlite_", "pg_"))
        or any(each == name or each.startswith(f"{name}_") for each in taken)
        or any(name.startswith(f"{each}_") for each in adopted)
    )


def list_account(engine: Engine, client: KoboClient) -> list[Listed]:
    """Return every survey project of the account, with what this database knows of it. Raises the client's errors."""
    client.me()  # to somebody who is not signed in, the list is empty
    assets = client.list_assets()
    with engine.connect() as connection:
        adopted = dict(connection.execute(select(adopted_asset.c.asset_uid, adopted_asset.c.table_name)).all())
        own = dict(connection.execute(select(deployment.c.asset_uid, deployment.c.form_id)).all())
    return [Listed(asset, adopted.get(asset.uid), own.get(asset.uid)) for asset in assets]


def forget(engine: Engine, name: str, is_sure: bool) -> tuple[str, ...]:
    """Drop the tables of an adopted form and read it no more; return their names. The raw records stay.

    Raises NeedsPersonError, having changed nothing, unless the person `is_sure`; SettingsError for an unknown name.
    """
    with single_writer(engine):
        migrate(engine)
        with engine.begin() as connection:
            asset = _row(connection, adopted_asset.c.table_name == name)
            if asset is None:
                raise SettingsError(f"No form is adopted as {name}.", advice="See them with: healing adopt --list")
            if not is_sure:
                raise _not_sure(connection, asset)
            return _forget(connection, asset)


def _not_sure(connection: Connection, asset: Row[Any]) -> NeedsPersonError:
    records = select(func.count()).select_from(submission).where(submission.c.asset_uid == asset.asset_uid)
    count = connection.scalar(records)
    return NeedsPersonError(
        f"The tables of {asset.table_name} would be dropped. The {count} raw records stay, and adopting "
        f"{asset.asset_uid} again makes the tables anew.",
        advice=f"If that is meant, run: healing adopt --forget {asset.table_name} --yes",
    )


def _forget(connection: Connection, asset: Row[Any]) -> tuple[str, ...]:
    catalogue.create_all(connection)
    names = drop_tables(connection, asset.asset_uid, asset.table_name)
    for table in (asset_question, asset_choice, adopted_asset):
        connection.execute(delete(table).where(table.c.asset_uid == asset.asset_uid))
    return names
