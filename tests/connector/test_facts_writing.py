"""Problems are deleted by what they hang on, however many of the same kind there are."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, Engine, create_engine, event

from connector.fact_schema import problem
from connector.facts_writing import delete_problems, insert_problems
from connector.many_keys import FEW
from connector.problem import CLIENT, GROUP, RECORD, Problem

KEYS = [f"key-{number}" for number in range(FEW + 1)]


@pytest.fixture
def engine() -> Engine:
    engine = create_engine("sqlite://")
    problem.create(engine)
    return engine


def plan_of(connection: Connection, hangs_on: str, column: str) -> str:
    """How the database finds the problems that it is to delete."""
    found: list[str] = []

    def explain(_connection: object, cursor: object, statement: str, parameters: object, *_more: object) -> None:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[attr-defined]
        found.extend(row[3] for row in cursor.fetchall())  # type: ignore[attr-defined]

    event.listen(connection, "before_cursor_execute", explain)
    delete_problems(connection, hangs_on, column, KEYS)
    event.remove(connection, "before_cursor_execute", explain)
    return found[0]


@pytest.mark.parametrize(
    ("hangs_on", "column", "index"),
    [
        (RECORD, "root_uuid", "problem_by_record"),
        (CLIENT, "client_code", "problem_by_client"),
        (GROUP, "healing_group", "problem_by_group (kind=? AND healing_group=?)"),
    ],
)
def test_they_are_found_by_their_keys(engine: Engine, hangs_on: str, column: str, index: str) -> None:
    with engine.begin() as connection:
        assert index in plan_of(connection, hangs_on, column)


def test_those_that_hang_on_something_else_stay(engine: Engine) -> None:
    gone = Problem("unknown_client", "outcome", "r1", 1, "client_code", client_code="key-1")
    others = [gone._replace(kind="missing_answer"), gone._replace(client_code="somebody else")]
    with engine.begin() as connection:
        insert_problems(connection, [gone, *others])
        delete_problems(connection, CLIENT, "client_code", KEYS)
        left = {row.problem_id for row in connection.execute(problem.select())}
    assert left == {each.problem_id for each in others}
