"""Knows that Healing groups leads from the list to one group, one session and one person, and names on request only."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, update

from connector.database import open_database
from connector.fact_schema import client_identity, session
from forms.client_code import with_check
from tests.dashboard.known_programme import SENTINEL_NAME, SENTINEL_PHONE, code
from tests.dashboard.pages import metrics, open_page, readable, words

pytestmark = pytest.mark.usefixtures("fixed_day")


def test_healing_groups_are_listed_worst_first(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "healing_groups")
    assert app.subheader[0].value.startswith("0 of 2 healing groups fell below 60 %")
    assert app.subheader[0].value.endswith("no register yet from 1.")
    assert list(app.dataframe[0].value["Present"]) == ["no register", "8 of 12", "9 of 12"]
    assert metrics(app)["Attendance"] == ("71 %", "17 of 24")


def test_finished_healing_groups_are_shown_when_asked(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "healing_groups")
    app.toggle(key="finished").set_value(True).run()
    assert list(app.dataframe[0].value["Present"]) == ["no register", "8 of 12", "9 of 12", "17 of 21"]
    assert metrics(app)["Attendance"] == ("76 %", "34 of 45")


def test_finished_healing_groups_are_shown_where_no_other_runs(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "healing_groups", cohort=["2025-2"])
    assert list(app.dataframe[0].value["Present"]) == ["17 of 21"]


def test_a_healing_group_that_has_not_started_owes_no_register(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    monkeypatch.setenv("HEALING_TODAY", "2026-04-05")  # 2812-02 starts on the 6th
    app = open_page(monkeypatch, known_url, "healing_groups")
    assert app.dataframe[0].value["Present"].iloc[0] == "not started"
    assert metrics(app)["No register"][0] == "0"


def test_one_healing_group_opens_from_the_address(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "healing_groups", group="2801-01")
    assert app.selectbox(key="group").value == "2801-01"
    assert app.subheader[0].value == "Healing group 2801-01 Urumuri"
    assert metrics(app)["Held"] == ("13", "87 % (13 of 15)")


def test_a_healing_group_that_the_filters_leave_out_is_closed(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "healing_groups", group="2801-01")
    app.multiselect(key="sector").set_value(["2812"]).run()
    assert not app.exception
    assert app.selectbox(key="group").value is None
    assert list(app.dataframe[0].value["Present"]) == ["no register"]


def test_head_counts_are_reconciled_week_by_week(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "healing_groups", group="2801-01")
    weeks = app.table[0].value.set_index("Week")
    assert weeks.loc["6"].tolist() == ["4 − 1 = 3", "4", "+1"]
    assert weeks.loc["15"].tolist() == ["4 − 1 = 3", "3", "0"]


def test_two_weeks_in_one_meeting_are_counted_once_and_say_so(monkeypatch: pytest.MonkeyPatch, own_url: str) -> None:
    engine = open_database(own_url)
    in_group = session.c.healing_group == "2801-01"
    nothing = dict.fromkeys(("head_count", "head_count_difference", "minutes", "people_in_distress"))
    with engine.begin() as connection:
        merged = {"kind": "merged", "merged_into": 15, **nothing}
        connection.execute(update(session).where(in_group, session.c.week == 14).values(**merged))
        carrier = {"kind": "merged", "newcomers": 2, "head_count": 5}
        connection.execute(update(session).where(in_group, session.c.week == 15).values(**carrier))
        connection.execute(update(session).where(in_group, session.c.week == 13).values(kind="made_up"))
    engine.dispose()
    app = open_page(monkeypatch, own_url, "healing_groups", group="2801-01")
    weeks = app.table[0].value.set_index("Week")
    assert (weeks.loc["15"]["Counted"], weeks.loc["14"]["Counted"]) == ("5 (2 new)", "with week 15")
    assert "two weeks in one meeting" in readable(app)
    app.selectbox(key="week").set_value(14).run()
    assert "in one meeting with week 15, where it is counted" in readable(app)
    assert "Minutes" not in metrics(app)
    app.selectbox(key="week").set_value(13).run()
    assert "made up for on another day" in readable(app) and "Minutes" in metrics(app)


def test_one_session_shows_who_was_absent_and_why(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "healing_groups", group="2801-01")
    marks = app.table[1].value.set_index("Client")
    assert marks.loc[code("a2")].tolist() == ["✕ Absent", "Sick, or caring for somebody sick"]
    assert code("a3") not in marks.index
    app.selectbox(key="week").set_value(4).run()
    assert "Not held" in readable(app)


def test_one_person_is_shown_by_code(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "healing_groups", group="2812-01")
    app.selectbox(key="client").set_value(code("b1")).run()
    assert not app.exception
    assert metrics(app)["Attended"] == ("100 %", "16 of 16 held")
    assert list(app.table[-1].value["Score and band"])[-1] == "8, Mild (5–9)"
    assert code("b1") not in str(dict(app.query_params))


def test_a_client_is_found_by_code(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "healing_groups")
    app.text_input(key="find").set_value(code("a2").lower()).run()
    app.button[0].click().run()
    assert app.selectbox(key="group").value == "2801-01"
    assert app.selectbox(key="client").value == code("a2")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [("AAAA-AAJ9", "typing error"), (with_check("9999999"), "No intake record"), (code("s1"), "in no healing group")],
)
def test_a_client_who_is_not_found_is_told_why(
    monkeypatch: pytest.MonkeyPatch, known_url: str, typed: str, answer: str
) -> None:
    app = open_page(monkeypatch, known_url, "healing_groups")
    app.text_input(key="find").set_value(typed).run()
    assert answer in "\n".join(element.value for kind in (app.warning, app.info) for element in kind)


def test_names_are_shown_only_with_the_toggle_and_announced(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "healing_groups", group="2801-01")
    assert SENTINEL_NAME not in words(app)
    app.toggle(key="show_names").set_value(True).run()
    assert f"{SENTINEL_NAME} a1" in words(app)
    assert "Names are shown" in app.warning[0].value
    assert SENTINEL_PHONE not in words(app)
    app.toggle(key="show_names").set_value(False).run()
    assert SENTINEL_NAME not in words(app)


def test_names_are_remembered_nowhere(monkeypatch: pytest.MonkeyPatch, own_url: str) -> None:
    app = open_page(monkeypatch, own_url, "healing_groups", group="2801-01")
    app.toggle(key="show_names").set_value(True).run()
    with open_database(own_url).begin() as connection:
        connection.execute(delete(client_identity))
    app.run()
    assert SENTINEL_NAME not in words(app)
