"""Knows what storing a page costs: raw, typed, scored, turned into facts, against merely keeping the JSON."""

import datetime as dt
import json
import sqlite3
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.database import open_database
from connector.derive import rebuild
from connector.migration import migrate
from connector.project import ProgrammeProject
from connector.store import store_page
from forms.client_code import with_check
from forms.library import FORMS
from tests.bench.stopwatch import compare
from tests.connector.made_records import register, served

pytestmark = pytest.mark.bench

PAGE, PAGES = 500, 2
NOW = dt.datetime(2026, 3, 3)
OUTCOME = FORMS["outcome"]


def made_page(first: int) -> list[dict[str, Any]]:
    """One page of outcome interviews with all three instruments, as the server gives it."""
    codes = [with_check(f"3467{a}{b}{c}") for a in "ACDEFHJK" for b in "ACDEFHJK" for c in "ACDEFHJK"]
    answers = {f"phq9_{n}": "2" for n in range(1, 10)} | {f"gad7_{n}": "1" for n in range(1, 8)}
    answers |= {f"pcl5_{n}": "3" for n in range(1, 21)}
    visit = {"wave": "endline", "asked_by": "other_cha", "contact_result": "interviewed", "client_on_list": "yes"}
    return [
        served(OUTCOME, first + n, answers | visit | {"client_code": codes[n % len(codes)], "healing_group": "G1"})
        for n in range(PAGE)
    ]


PAGES_AS_TEXT = [json.dumps({"results": made_page(1 + page * PAGE)}) for page in range(PAGES)]


def store_all(engine: Engine) -> None:
    """Everything that a sync does with pages once they have arrived."""
    for text in PAGES_AS_TEXT:
        with engine.begin() as connection:
            store_page(connection, ProgrammeProject(OUTCOME, "asset"), json.loads(text)["results"], NOW)


def new_database(folder: Path, name: str) -> Engine:
    """An empty database file with all tables and a registry."""
    engine = open_database(f"sqlite:///{folder / name}")
    migrate(engine)
    with engine.begin() as connection:
        register(connection)
    return engine


def keep_json(path: Path) -> None:
    """The floor: parse each page, write each record's JSON with sqlite3 itself, commit a page at a time."""
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    database.execute("create table raw (id integer primary key, body text)")
    for text in PAGES_AS_TEXT:
        rows = [(record["_id"], json.dumps(record)) for record in json.loads(text)["results"]]
        database.executemany("insert into raw values (?, ?)", rows)
        database.commit()
    database.close()


def test_a_first_load_against_keeping_the_json_only(tmp_path: Path) -> None:
    counter = iter(range(100))
    found = compare(
        f"first load of {PAGE * PAGES} interviews, typed, scored, with facts",
        lambda: store_all(new_database(tmp_path, f"whole-{next(counter)}.db")),
        lambda: keep_json(tmp_path / "floor.db"),
        against="parsing and keeping the JSON only",
    )
    assert found.middle > 1


def test_storing_again_what_has_not_changed_costs_a_fraction(tmp_path: Path) -> None:
    counter = iter(range(100))
    kept = new_database(tmp_path, "kept.db")
    store_all(kept)
    found = compare(
        "storing the same pages again",
        lambda: store_all(kept),
        lambda: store_all(new_database(tmp_path, f"first-{next(counter)}.db")),
        against="the first load",
    )
    assert found.middle < 1


def test_one_edited_record_costs_what_it_touches(tmp_path: Path) -> None:
    engine = new_database(tmp_path, "edited.db")
    store_all(engine)
    record = made_page(1)[0]
    days = iter(range(1, 100))

    def edit() -> None:
        changed = record | {"interview/livelihood/work_days_lost": str(next(days)), "_uuid": f"v{next(days)}"}
        with engine.begin() as connection:
            store_page(connection, ProgrammeProject(OUTCOME, "asset"), [changed], NOW)

    def remake() -> None:
        with engine.begin() as connection:
            rebuild(connection)

    found = compare("one edited record", edit, remake, against=f"a rebuild of {PAGE * PAGES} records")
    assert found.middle < 0.5


def test_memory_follows_the_page_and_not_the_load(tmp_path: Path) -> None:
    counter = iter(range(100))

    def peak(pages: int) -> float:
        engine = new_database(tmp_path, f"memory-{next(counter)}.db")
        tracemalloc.start()
        for text in PAGES_AS_TEXT[:pages]:
            with engine.begin() as connection:
                store_page(connection, ProgrammeProject(OUTCOME, "asset"), json.loads(text)["results"], NOW)
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest / 1e6

    peak(1)
    one, all_pages = peak(1), peak(PAGES)
    print(f"\n  peak of Python's memory: {one:.0f} MB for one page, {all_pages:.0f} MB for {PAGES}", end="")
    assert all_pages < 1.5 * one
