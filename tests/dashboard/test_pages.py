"""Knows that This week, Cascade, Outcomes and Data show the known programme, and that an alert is handled."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import insert, update
from streamlit.testing.v1 import AppTest

from connector.alert_handling import add_handling
from connector.database import open_database
from connector.fact_schema import alert, assessment
from connector.precious_schema import quarantine
from dashboard.queries_alerts import handling_history
from dashboard.show import key_for
from forms.library import INSTRUMENTS
from tests.dashboard.known_programme import NOW, code
from tests.dashboard.pages import APP, metrics, open_page, readable

pytestmark = pytest.mark.usefixtures("fixed_day")


def test_this_week_shows_who_needs_care(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "this_week")
    alerts = app.dataframe[0].value
    assert list(alerts.columns) == ["Level", "Client", "Open for", "State"]
    assert list(alerts["Client"]) == [code("a1"), code("b3"), code("c1"), code("d1")]
    assert list(alerts["State"]) == ["Overdue", "Overdue · acknowledged", "Contacted", "Open"]
    assert list(alerts["Open for"]) == ["16 h", "31 h", "37 h", "2 d"]


def test_this_week_shows_sessions_and_absences(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    shown = metrics(open_page(monkeypatch, known_url, "this_week"))
    assert shown["Held"] == ("1", "33 % of 3 due")
    assert shown["Not reported"] == ("1", "33 % of 3 due")
    assert shown["To visit"] == ("2", "18 % of 11")
    assert shown["Imminent, open"] == ("1", "1 overdue")


def test_this_week_follows_the_filters_in_the_address(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "this_week", sector=["Runda"])
    assert list(app.dataframe[0].value["Client"]) == [code("b3"), code("c1")]
    assert "Runda" in app.caption[0].value


def test_a_filter_chosen_by_hand_holds_on_the_next_page(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "this_week")
    app.multiselect(key="sex").set_value(["female"]).run()
    app.switch_page("app_pages/cascade.py").run()
    assert app.multiselect(key="sex").value == ["female"]
    assert "92 % (12 of 13)" in app.subheader[0].value


def choose_alert(monkeypatch: pytest.MonkeyPatch, url: str, row: int) -> AppTest:
    """This week with one row of the alerts x1, x2, x5, x3 chosen."""
    monkeypatch.setenv("DATABASE_URL", url)
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.session_state[key_for("alerts", ["x1", "x2", "x5", "x3"])] = {
        "selection": {"rows": [row], "columns": [], "cells": []}
    }
    return app.run()


def record(app: AppTest) -> None:
    """Press the button that records what was done."""
    next(button for button in app.button if button.label == "Record").click().run()


def test_an_alert_leads_to_its_person(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = choose_alert(monkeypatch, known_url, 1)
    app.button(key="open-x2").click().run()
    assert not app.exception
    assert app.title[0].value == "Healing groups"
    assert (app.selectbox(key="group").value, app.selectbox(key="client").value) == ("2812-01", code("b3"))


def test_an_alert_that_is_chosen_shows_what_was_done(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    text = readable(choose_alert(monkeypatch, known_url, 2))
    assert f"**{code('c1')}** · Moderate" in text
    assert "Acknowledged by JN, 15 Apr 2026, 12:00" in text and "Contacted by JN" in text


def test_an_alert_that_became_more_serious_says_as_what_it_was_closed(
    monkeypatch: pytest.MonkeyPatch, own_url: str
) -> None:
    with open_database(own_url).begin() as connection:
        for level in ("low", "imminent"):
            connection.execute(update(alert).where(alert.c.alert_id == "x1").values(level=level))
            if level == "low":
                add_handling(connection, "x1", "closed", "UM", NOW)
    assert "Closed as low by UM" in readable(choose_alert(monkeypatch, own_url, 0))


def test_an_alert_of_somebody_without_intake_names_no_client_and_leads_nowhere(
    monkeypatch: pytest.MonkeyPatch, own_url: str
) -> None:
    engine = open_database(own_url)
    people = {"x1": ("visitor", None), "x2": ("unknown", None), "x5": ("newcomer", "N4AC7-HK9P")}
    with engine.begin() as connection:
        for alert_id, (person, client_code) in people.items():
            told = {"person": person, "client_code": client_code, "actions": "stayed_with"}
            connection.execute(update(alert).where(alert.c.alert_id == alert_id).values(**told))
    engine.dispose()
    app = choose_alert(monkeypatch, own_url, 2)
    assert not app.exception
    assert list(app.dataframe[0].value["Client"]) == ["Visitor", "Not named", "N4AC7-HK9P", code("d1")]
    assert "**Newcomer N4AC7-HK9P, no intake yet** · Moderate" in readable(app)
    assert "Done at once: I stayed with the person." in readable(app)
    assert not [button.key for button in app.button if (button.key or "").startswith("open-")]


def test_an_alert_is_closed_on_the_page(monkeypatch: pytest.MonkeyPatch, own_url: str) -> None:
    app = choose_alert(monkeypatch, own_url, 0)
    app.button_group[0].set_value("closed")
    app.text_input[0].set_value("UM")
    record(app)
    assert not app.exception and not app.error
    assert list(app.dataframe[0].value["Client"]) == [code("b3"), code("c1"), code("d1")]
    with open_database(own_url, read_only=True).connect() as connection:
        assert list(handling_history(connection, "x1")["handled_by"]) == ["UM"]


def test_after_an_alert_is_closed_none_is_chosen(monkeypatch: pytest.MonkeyPatch, own_url: str) -> None:
    app = choose_alert(monkeypatch, own_url, 0)
    app.button_group[0].set_value("closed")
    app.text_input[0].set_value("UM")
    record(app)
    assert not app.text_input and "Choose a row" in readable(app)


def test_an_alert_without_initials_is_not_recorded(monkeypatch: pytest.MonkeyPatch, own_url: str) -> None:
    app = choose_alert(monkeypatch, own_url, 0)
    record(app)
    assert "Who acted is missing" in app.error[0].value
    with open_database(own_url, read_only=True).connect() as connection:
        assert handling_history(connection, "x1").empty


def test_the_cascade_counts_as_worked_out_by_hand(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    steps = open_page(monkeypatch, known_url, "cascade").table[0].value.set_index("Step")
    assert steps.loc["Week 8"].tolist() == ["10 (+7 not due)", "89 % (8 of 9)", "67 % (10 of 15)"]
    assert steps.loc["Screened"].tolist() == ["22", "100 % (22 of 22)", "100 % (22 of 22)"]


def test_the_cascade_of_few_people_is_not_shown(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "cascade", healing_group=["2812-02"])
    assert "Fewer than 5 people" in readable(app)
    assert not app.table


def test_outcomes_lead_with_the_finding_and_its_limits(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "outcomes")
    assert app.subheader[0].value == (
        "PHQ-9: 60 % (3 of 5) are in a milder band after than before, 20 % (1 of 5) in a worse one."
    )
    assert "no control group" in app.info[0].value and "regression to the mean" in app.info[0].value
    shown = metrics(app)
    assert (shown["Improved"], shown["Worse"]) == (("60 %", "3 of 5"), ("20 %", "1 of 5"))
    assert shown["Mean change"] == ("−5.0", "no interval")
    assert shown["New after"] == ("25 %", "1 of 4")
    assert shown["Not due yet"] == ("63 %", "12 of 19")


@pytest.mark.parametrize("instrument", [name for name in INSTRUMENTS if name != "phq9"])
def test_outcomes_of_few_people_show_only_who_is_missing(
    monkeypatch: pytest.MonkeyPatch, known_url: str, instrument: str
) -> None:
    app = open_page(monkeypatch, known_url, "outcomes", instrument=INSTRUMENTS[instrument].title)
    assert not app.exception
    assert app.subheader[0].value.startswith(INSTRUMENTS[instrument].title)
    assert "Improved" not in metrics(app)


def test_every_cut_off_names_its_source(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    text = readable(open_page(monkeypatch, known_url, "outcomes"))
    assert all(cut_off.source in text for cut_off in INSTRUMENTS["phq9"].cut_offs)


def test_problems_say_where_and_what_to_do(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "data")
    assert app.subheader[0].value == "3 problems to look at"
    message = "The answer is not in its list. Correct the record."
    assert app.table[0].value.iloc[0].tolist() == ["outcome 103 · visit/wave", message]
    app.selectbox(key="kind").set_value("session_reported_twice").run()
    assert app.table[0].value["Record"].tolist() == ["attendance 102 · 2801-01"]


def test_a_problem_filtered_away_is_gone(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "data", healing_group=["2801-02"])
    assert app.subheader[0].value == "0 problems to look at"
    assert not app.exception


def test_no_download_offers_the_table_of_names(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "data")
    assert "client" in app.selectbox(key="table").options
    assert "client_identity" not in app.selectbox(key="table").options


def test_an_interview_that_stopped_is_told_beside_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, own_url: str
) -> None:
    engine = open_database(own_url)
    with engine.begin() as connection:
        stopped = {"score": None, "band": None, "answered": 3, "stopped": True}
        connection.execute(update(assessment).where(assessment.c.root_uuid == "after-b1").values(**stopped))
    engine.dispose()
    app = open_page(monkeypatch, own_url, "outcomes")
    assert "17 % (1 of 6) of the interviews at the end stopped before their end" in readable(app)
    app = open_page(monkeypatch, own_url, "healing_groups", group="2812-01")
    app.selectbox(key="client").set_value(code("b1")).run()
    assert "no score: 3 of 9 answered, the interview stopped" in list(app.table[-1].value["Score and band"])


def test_records_that_could_not_be_read_are_on_the_data_page(own_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime(2026, 4, 15)
    row = {"asset_uid": "x", "body_hash": "1", "server_id": 7, "reason": "nested too deep", "body": "sentinel-answer"}
    with open_database(own_url).begin() as connection:
        connection.execute(insert(quarantine).values(row | {"first_seen_at": at, "last_seen_at": at}))
    app = open_page(monkeypatch, own_url, "data")
    assert "1 record could not be read" in [heading.value for heading in app.subheader]
    tables = [table.value for table in app.table]
    (found,) = [table for table in tables if "Why" in table.columns]
    assert found["Why"].tolist() == ["Nested too deep"]
    assert not any("sentinel-answer" in table.to_string() for table in tables)
