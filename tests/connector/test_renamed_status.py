"""Knows that a question about safety that is not understood is told to whoever watches over the machine."""

from datetime import datetime

from sqlalchemy import insert

from connector.fact_schema import problem
from connector.problem import KINDS, SERIOUS
from connector.status import read_status
from connector.status_report import concerns, status_lines
from tests.connector.derived_database import empty_database

NOW = datetime(2026, 11, 23, 9, 0)


def test_an_answer_about_safety_that_is_not_understood_needs_a_look() -> None:
    with empty_database() as connection:
        found = [{"problem_id": kind, "kind": kind, "form_id": "intake", "message": "x"} for kind in SERIOUS]
        connection.execute(insert(problem), found)
        status = read_status(connection)
    assert "safety" in [each.code for each in concerns(status, NOW)]
    told = "needs a look: 3 questions or answers about safety not understood: see the page Data today"
    assert told in status_lines(status, NOW)


def test_other_problems_of_a_changed_form_are_for_coordinators() -> None:
    with empty_database() as connection:
        found = {"problem_id": "p", "kind": "renamed_question", "form_id": "intake", "message": "x"}
        connection.execute(insert(problem), [found])
        assert "safety" not in [each.code for each in concerns(read_status(connection), NOW)]


def test_every_serious_kind_is_a_kind() -> None:
    assert set(SERIOUS) <= set(KINDS)
