"""That the benchmark itself works: a few hundred records through every case; how long they take is not looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.cases import Bench, Line
from tests.bench.databases import Databases
from tests.bench.report import BEGIN, END, as_table, write_page
from tests.postgres import PostgresServer

SIZE = 300


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(SIZE, 1, tmp_path_factory.mktemp("corpus"))


def test_a_first_load_of_interviews_is_measured(bench: Bench) -> None:
    with bench.server("outcome") as server, Databases("SQLite").new() as target:
        bench.prepare("outcome", target, server)
        cost, said = bench.sync(target, server)
    assert f"{SIZE} new, 0 edited, 0 deleted" in said
    assert cost.cpu > 0 and cost.memory > 10**6


def test_the_floor_loads_into_both_databases(bench: Bench, postgres_server: PostgresServer) -> None:
    for databases in (Databases("SQLite"), Databases("PostgreSQL", postgres_server)):
        with bench.server("survey") as server, databases.new() as target:
            assert bench.floor("survey", target, server).cpu > 0


def test_changes_are_all_found_and_leave_nothing_wrong(bench: Bench) -> None:
    quiet, _, changed, _ = bench.later_runs(Databases("SQLite"), has_history=True)
    assert changed.note.endswith("; nothing left wrong")
    assert int(quiet.found) <= int(changed.found)


def test_what_was_measured_stands_between_the_marks_of_the_page(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    write_page([Line("a load", "1.2", "≤ 1.3", "note")], ["parts"], "make bench", page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    assert "| a load | 1.2 | ≤ 1.3 | note |" in text and "* parts" in text
    assert as_table([]).count("\n") == 1
