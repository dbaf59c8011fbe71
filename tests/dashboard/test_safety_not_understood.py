"""Knows that This week and Data show first that a question about safety was not understood, whatever is filtered."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from connector.database import open_database
from connector.fact_schema import problem
from tests.dashboard.pages import open_page

pytestmark = pytest.mark.usefixtures("fixed_day")


@pytest.fixture
def url(own_url: str) -> str:
    """The known programme, and one answer about safety that nobody understood."""
    about = {"problem_id": "s", "kind": "safety_answer_unread", "form_id": "intake", "root_uuid": "r", "server_id": 7}
    engine = open_database(own_url)
    with engine.begin() as connection:
        connection.execute(insert(problem).values(message="Look at this record today.", **about))
    engine.dispose()
    return own_url


def test_this_week_says_so_under_any_filter(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    app = open_page(monkeypatch, url, "this_week", sector=["Runda"])
    assert "1 question or answer about safety" in app.error[0].value


def test_nothing_is_said_when_all_is_understood(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    assert not open_page(monkeypatch, known_url, "this_week").error


def test_data_shows_it_before_all_other_problems(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    app = open_page(monkeypatch, url, "data")
    assert app.selectbox(key="kind").options[0].startswith("Safety answer unread")
