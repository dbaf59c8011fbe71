"""Knows that every page shows the known programme, guides through an empty one, and shows a name only when asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import delete, insert
from streamlit.testing.v1 import AppTest

from connector.database import open_database
from connector.fact_schema import client_identity, derived
from connector.precious_schema import sync_run
from dashboard.queries_alerts import handling_history
from dashboard.show import key_for
from dashboard.source import forget
from forms.client_code import with_check
from forms.library import INSTRUMENTS
from tests.dashboard.known_programme import NOW, SENTINEL_NAME, code, write_registry

APP = Path(__file__).parents[2] / "dashboard" / "streamlit_app.py"
PAGES = ("this_week", "healing_groups", "cascade", "outcomes", "data")
SENTINEL_PHONE = "0788000000"


@pytest.fixture(autouse=True)
def fixed_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages believe that it is the day of the known programme, and remember nothing of other tests."""
    monkeypatch.setenv("HEALING_TODAY", "2026-04-15")
    forget()


def open_page(monkeypatch: pytest.MonkeyPatch, url: str, page: str, **address: str | list[str]) -> AppTest:
    """A page of the dashboard as it is after its first run."""
    monkeypatch.setenv("DATABASE_URL", url)
    app = AppTest.from_file(str(APP), default_timeout=60)
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    return app if page == PAGES[0] else app.switch_page(f"app_pages/{page}.py").run()


def words(app: AppTest) -> str:
    """Everything that the page sends to the browser, tables and charts included."""
    return "\n".join(str(node.proto) for part in (app.main, app.sidebar) for node in part if hasattr(node, "proto"))


def readable(app: AppTest) -> str:
    """The texts of a page, without tables and charts."""
    kinds = (app.title, app.subheader, app.markdown, app.caption, app.info, app.warning, app.error)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def metrics(app: AppTest) -> dict[str, tuple[str, str]]:
    """The figures of a page: name → value and the counts behind it."""
    return {metric.label: (metric.value, metric.delta) for metric in app.metric}


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_the_known_programme(monkeypatch: pytest.MonkeyPatch, known_url: str, page: str) -> None:
    app = open_page(monkeypatch, known_url, page)
    assert not app.exception and not app.error
    assert app.title[0].value == page.replace("_", " ").capitalize()
    assert "Complete as of 14 Apr 2026, 07:00" in readable(app)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_shows_a_name_or_phone_unasked(monkeypatch: pytest.MonkeyPatch, known_url: str, page: str) -> None:
    app = open_page(monkeypatch, known_url, page, group="2801-01")
    assert not app.exception
    assert SENTINEL_NAME not in words(app) and SENTINEL_PHONE not in words(app)


@pytest.mark.parametrize("page", PAGES)
def test_every_figure_says_its_definition_and_day(monkeypatch: pytest.MonkeyPatch, known_url: str, page: str) -> None:
    app = open_page(monkeypatch, known_url, page)
    for metric in app.metric:
        assert metric.help.endswith("On 15 Apr 2026."), metric.label
        assert len(metric.help) > 40


@pytest.mark.parametrize("page", PAGES)
def test_no_page_says_diagnosis_of_a_person_or_names_the_danger(
    monkeypatch: pytest.MonkeyPatch, known_url: str, page: str
) -> None:
    app = open_page(monkeypatch, known_url, page)
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


def test_tables_have_at_most_four_columns(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    for page in PAGES:
        app = open_page(monkeypatch, known_url, page, group="2801-01")
        assert all(len(table.value.columns) <= 4 for table in (*app.table, *app.dataframe)), page


def test_no_download_offers_the_table_of_names(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "data")
    assert "client" in app.selectbox(key="table").options
    assert "client_identity" not in app.selectbox(key="table").options
