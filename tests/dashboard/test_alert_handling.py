"""Knows that what a person does about an alert is recorded once, with initials, and that nonsense is refused."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, func, select, update

from connector.alert_handling import STATES, HandlingRefusedError, record_handling
from connector.database import open_database
from connector.fact_schema import alert
from connector.precious_schema import alert_handling
from dashboard.filters import ALL
from dashboard.queries_alerts import handling_history, open_alerts
from tests.dashboard.known_programme import NOW


@pytest.fixture
def engine(own_url: str) -> Engine:
    return open_database(own_url)


def entries(engine: Engine) -> int:
    """How many entries there are in all."""
    with engine.connect() as connection:
        return int(connection.scalar(select(func.count()).select_from(alert_handling)) or 0)


@pytest.mark.parametrize("state", STATES)
def test_what_was_done_becomes_the_state_of_the_alert(engine: Engine, state: str) -> None:
    record_handling(engine, "x1", state, "  UM ", NOW)
    with engine.connect() as connection:
        history = handling_history(connection, "x1")
        states = open_alerts(connection, ALL, NOW).set_index("alert_id")["state"].to_dict()
    assert list(zip(history["state"], history["handled_by"], strict=True)) == [(state, "UM")]
    assert states.get("x1", "closed") == state


def test_later_entries_leave_earlier_ones(engine: Engine) -> None:
    for state in STATES:
        record_handling(engine, "x1", state, "psychologist", NOW)
    with engine.connect() as connection:
        assert list(handling_history(connection, "x1")["state"]) == list(STATES)


@pytest.mark.parametrize(
    ("alert_id", "state", "initials"),
    [
        ("x1", "open", "UM"),
        ("x1", "closed", "   "),
        ("x1", "closed", "0788000000"),
        ("x1", "closed", "a" * 25),
        ("x4", "contacted", "UM"),
        ("unknown", "closed", "UM"),
    ],
    ids=["no state", "nobody", "a number", "too long", "closed already", "no such alert"],
)
def test_nonsense_is_refused_and_nothing_is_written(engine: Engine, alert_id: str, state: str, initials: str) -> None:
    before = entries(engine)
    with pytest.raises(HandlingRefusedError) as refused:
        record_handling(engine, alert_id, state, initials, NOW)
    assert refused.value.advice
    assert entries(engine) == before


def set_level(engine: Engine, level: str) -> None:
    """A record was edited, or another report of the session has come: the alert has another level."""
    with engine.begin() as connection:
        connection.execute(update(alert).where(alert.c.alert_id == "x1").values(level=level))


def state_of(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(open_alerts(connection, ALL, NOW).set_index("alert_id")["state"].get("x1", "closed"))


@pytest.mark.parametrize("state", STATES)
def test_an_alert_that_becomes_more_serious_is_open_again(engine: Engine, state: str) -> None:
    set_level(engine, "low")
    record_handling(engine, "x1", state, "UM", NOW)
    assert state_of(engine) == state
    set_level(engine, "imminent")
    assert state_of(engine) == "open"
    record_handling(engine, "x1", "closed", "UM", NOW)
    assert state_of(engine) == "closed"


def test_an_alert_that_becomes_less_serious_stays_as_it_was_handled(engine: Engine) -> None:
    set_level(engine, "imminent")
    record_handling(engine, "x1", "closed", "UM", NOW)
    set_level(engine, "moderate")
    assert state_of(engine) == "closed"
    with pytest.raises(HandlingRefusedError):
        record_handling(engine, "x1", "closed", "UM", NOW)


def test_what_was_done_before_levels_were_kept_counts_for_every_level(engine: Engine) -> None:
    record_handling(engine, "x1", "closed", "UM", NOW)
    with engine.begin() as connection:
        connection.execute(update(alert_handling).values(level=None))
    set_level(engine, "imminent")
    assert state_of(engine) == "closed"
