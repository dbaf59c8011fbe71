"""Knows the story of `scenario` once more with two of the programme's own forms and all that follows from them."""

from __future__ import annotations

from sqlalchemy import Engine

from tests.connector.fake_kobo import FakeKobo
from tests.connector.sync_scenes import ATTENDANCE, INTAKE, dump, fill, intake


def programme_server(history: int = 200) -> FakeKobo:
    """A server with small pages, so that a run takes many steps."""
    kobo = FakeKobo()
    kobo.history_status, kobo.page_cap = history, 3
    fill(kobo, people=6, sessions=1)
    return kobo


def change_programme(kobo: FakeKobo) -> None:
    """New, edited, cleared, re-validated, deleted, sent again: one of each."""
    numbers = {record["meta/rootUuid"][5:]: number for number, record in kobo.projects[INTAKE].records.items()}
    kobo.add(INTAKE, intake(20), "root-20")
    kobo.add(ATTENDANCE, {"session/week": "17"}, "session-20")
    kobo.edit(INTAKE, numbers["root-1"], "v2", **{"about/birth_year": "1971", "person/short_name": "Other"})
    kobo.edit(INTAKE, numbers["root-2"], "v3", **{"about/birth_year": None})
    kobo.validate(INTAKE, numbers["root-3"], "validation_status_on_hold")
    kobo.delete(INTAKE, numbers["root-4"])
    kobo.resend(INTAKE, kobo.delete(INTAKE, numbers["root-5"]))


def contents(engine: Engine) -> dict[str, object]:
    """What a database holds, without cursors (they also tell how often runs were ended)."""
    return {name: rows for name, rows in dump(engine).items() if name != "sync_cursor"}
