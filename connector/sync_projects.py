"""Knows which projects a run reads: every one deployed for the programme, then those adopted beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Engine

from connector.adopted_sync import adopted_projects
from connector.errors import NeedsPersonError
from connector.kobo import Asset, KoboClient
from connector.project import Project
from connector.renamed_sync import programme_projects
from connector.sync_state import deployed_forms

ProjectsOf = Callable[[Engine, KoboClient, Sequence[Asset]], Sequence[Project]]
"""Says which projects to read, given those that the account sees."""


def known_projects(engine: Engine, client: KoboClient, assets: Sequence[Asset]) -> Sequence[Project]:
    """The projects that this database knows of on the client's server.

    Raises NeedsPersonError if there are none, the client's errors and StorageError.
    """
    with engine.connect() as connection:
        deployed = deployed_forms(connection, client.server)
    programme = programme_projects(engine, client, deployed, assets)
    projects: list[Project] = [*programme, *adopted_projects(engine, client, assets)]
    if not projects and not deployed:
        advice = "Run `healing deploy` first; it finds projects that are already on the server."
        raise NeedsPersonError(f"This database knows of no form deployed to {client.server}.", advice=advice)
    return projects


def learn_versions(engine: Engine, client: KoboClient, assets: Sequence[Asset]) -> None:
    """Ask for the versions of which records of the programme's own forms came that nobody knew, and read those anew.

    Costs no request where there are none. Raises the client's errors and StorageError.
    """
    with engine.connect() as connection:
        deployed = deployed_forms(connection, client.server)
    if deployed:
        programme_projects(engine, client, deployed, assets)
