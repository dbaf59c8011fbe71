"""Knows that every page says how old its data are, guides through an empty database, and keeps names to itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import insert

from connector.database import open_database
from connector.fact_schema import derived
from connector.precious_schema import sync_run
from tests.dashboard.known_programme import NOW, SENTINEL_NAME, SENTINEL_PHONE, write_registry
from tests.dashboard.pages import PAGES, open_page, readable, see_page, words

pytestmark = pytest.mark.usefixtures("fixed_day")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_the_known_programme(monkeypatch: pytest.MonkeyPatch, known_url: str, page: str) -> None:
    app = see_page(monkeypatch, known_url, page)
    assert not app.exception and not app.error
    assert app.title[0].value == page.replace("_", " ").capitalize()
    assert "Complete as of 14 Apr 2026, 07:00" in readable(app)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_a_name_or_phone_unasked(monkeypatch: pytest.MonkeyPatch, known_url: str, page: str) -> None:
    app = see_page(monkeypatch, known_url, page, group="2801-01")
    assert not app.exception
    assert SENTINEL_NAME not in words(app) and SENTINEL_PHONE not in words(app)


@pytest.mark.parametrize("page", PAGES)
def test_every_figure_says_its_definition_and_day(monkeypatch: pytest.MonkeyPatch, known_url: str, page: str) -> None:
    app = see_page(monkeypatch, known_url, page)
    for metric in app.metric:
        assert metric.help.endswith("On 15 Apr 2026."), metric.label
        assert len(metric.help) > 40


@pytest.mark.parametrize("page", PAGES)
def test_no_page_says_diagnosis_of_a_person_or_names_the_danger(
    monkeypatch: pytest.MonkeyPatch, known_url: str, page: str
) -> None:
    app = see_page(monkeypatch, known_url, page)
    text = words(app).lower()
    assert "suicid" not in text
    assert not re.search(r"(?<!never a )(?<!not a )diagnos", text)


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_database_says_what_to_do_next(monkeypatch: pytest.MonkeyPatch, empty_url: str, page: str) -> None:
    app = open_page(monkeypatch, empty_url, page)
    assert not app.exception and not app.error
    for command in ("healing registry import", "healing deploy", "healing sync", "healing demo"):
        assert command in app.info[0].value


def test_a_registry_without_records_is_recognised(
    monkeypatch: pytest.MonkeyPatch, empty_url: str, tmp_path: Path
) -> None:
    copy = tmp_path / "healing.db"
    copy.write_bytes(Path(empty_url.removeprefix("sqlite:///")).read_bytes())
    engine = open_database(f"sqlite:///{copy}")
    with engine.begin() as connection:
        write_registry(connection)
    app = open_page(monkeypatch, f"sqlite:///{copy}", "this_week")
    assert "(done: 4 healing groups)" in app.info[0].value


@pytest.mark.parametrize("page", PAGES)
def test_every_page_bears_a_choice_that_nobody_meets(
    monkeypatch: pytest.MonkeyPatch, known_url: str, page: str
) -> None:
    app = open_page(monkeypatch, known_url, page, cohort=["2025-2"], sector=["Gacurabwenge"], sex=["Male"])
    assert not app.exception and not app.error
    assert "Gacurabwenge · 2025-2 · Male" in readable(app)


def test_a_database_that_is_not_there_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = open_page(monkeypatch, f"sqlite:///{tmp_path}/none.db", "this_week")
    assert not app.exception
    assert "There is no database" in app.error[0].value and "healing sync" in app.error[0].value


def test_a_file_that_is_no_database_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "notes.db").write_text("not a database, but a long enough text to be taken for one\n" * 20)
    app = open_page(monkeypatch, f"sqlite:///{tmp_path}/notes.db", "outcomes")
    assert not app.exception
    assert "not a database" in app.error[0].value


def test_a_wrong_address_is_told_without_repeating_it(monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(monkeypatch, "mysql://user:secret@host/db", "this_week")
    assert not app.exception
    assert "DATABASE_URL" in app.error[0].value and "secret" not in words(app)


def test_a_database_of_an_older_version_is_told(monkeypatch: pytest.MonkeyPatch, own_url: str) -> None:
    engine = open_database(own_url)
    derived.tables["alert"].drop(engine)
    app = open_page(monkeypatch, own_url, "cascade")
    assert not app.exception
    assert "older version" in app.error[0].value and "healing sync" in app.error[0].value


def test_a_database_without_tables_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path}/new.db")
    app = open_page(monkeypatch, f"sqlite:///{tmp_path}/new.db", "data")
    assert not app.exception
    assert "no tables" in app.error[0].value


def test_a_sync_that_failed_is_told_with_its_message(monkeypatch: pytest.MonkeyPatch, own_url: str) -> None:
    failed = {"started_at": NOW, "status": "failed", "message": "The token is refused."}
    with open_database(own_url).begin() as connection:
        connection.execute(
            insert(sync_run), failed | dict.fromkeys(("new", "edited", "revalidated", "deleted", "problems"), 0)
        )
    app = open_page(monkeypatch, own_url, "this_week")
    assert "failed. The token is refused." in app.warning[0].value


def test_data_that_are_too_old_are_marked(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    monkeypatch.setenv("HEALING_TODAY", "2026-04-17")
    app = open_page(monkeypatch, known_url, "this_week")
    assert "more than two days old" in app.warning[0].value


def test_tables_have_at_most_four_columns(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    for page in PAGES:
        app = see_page(monkeypatch, known_url, page, group="2801-01")
        assert all(len(table.value.columns) <= 4 for table in (*app.table, *app.dataframe)), page
