"""Knows how a database is made ready for a first load: tables, a registry, a project that is deployed or adopted."""

from __future__ import annotations

import datetime as dt
import sys

from sqlalchemy import insert

from connector.adopted_account import Wishes, adopt
from connector.database import open_database
from connector.kobo import KoboClient
from connector.migration import migrate
from connector.precious_schema import deployment, healing_group
from tests.bench.corpus import KINDS, PEOPLE_A_GROUP

TOKEN = "0" * 40


def prepare(kind: str, url: str, server: str, size: int) -> None:
    """Bring tables, and what a first sync of `size` records needs to know, into an empty database."""
    engine = open_database(url)
    migrate(engine)
    if kind == "survey":
        adopt(engine, KoboClient(server, TOKEN), KINDS[kind].uid, Wishes("screening", (), ()))
        return
    with engine.begin() as connection:
        connection.execute(insert(deployment), [_deployed(kind, server)])
        groups = [_group(number) for number in range(size // PEOPLE_A_GROUP + 1)]
        connection.execute(insert(healing_group), groups)


def _deployed(kind: str, server: str) -> dict[str, object]:
    version = {"workbook_hash": "0" * 64, "version_uid": "v1", "deployed_at": dt.datetime(2026, 1, 1)}
    return {"server": server, "form_id": kind, "asset_uid": KINDS[kind].uid, **version}


def _group(number: int) -> dict[str, object]:
    place = {"district_code": "28", "sector_code": "2801", "cha_code": "CHA001", "cohort": "2026a"}
    return {"code": f"G{number}", "label": f"Group {number}", **place, "started_on": dt.date(2026, 1, 5), "weeks": 12}


if __name__ == "__main__":
    prepare(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
