"""A closed healing group is late no more, all that was before its end counts, and nobody in it is hidden."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, make_url

from connector.database import open_database
from dashboard.filters import ALL, Filters
from dashboard.queries_alerts import open_alerts
from dashboard.queries_cascade import cascade
from dashboard.queries_closed import closed_groups, left_behind
from dashboard.queries_groups import group_rates, group_weeks
from dashboard.queries_outcomes import coverage
from dashboard.queries_sessions import members_now, people_missing, sessions_due, sessions_to_chase, silent_chas
from tests.connector.closed_group_scenes import close, three_weeks
from tests.connector.derived_database import ANA, BEA, CLEA, CODES, DEA
from tests.connector.made_records import in_distress, intake, keep, move, remove, report
from tests.dashboard.conftest import make_tables
from tests.dashboard.pages import metrics, open_page, readable
from tests.postgres import PostgresServer, new_database

pytestmark = pytest.mark.usefixtures("fixed_day")
TODAY, NOW = date(2026, 4, 15), datetime(2026, 4, 15, 22)


def write_programme(url: str) -> None:
    """In week 7: G1 (Ana absent twice, Bea in distress, Clea) met for three weeks, G2 (Dea) for five."""
    make_tables(url)
    engine = open_database(url)
    with engine.begin() as connection:
        three_weeks(connection)
        absent = {"anyone_absent": "yes", "absence_reasons": "sick", "absent_sick": ANA}
        members = (ANA, BEA, CLEA)
        keep(connection, report(12, "G1", 2, members, **absent))
        keep(connection, report(13, "G1", 3, members, **absent, **in_distress(1, BEA, "yyyn")))
        keep(connection, intake(5, DEA, "G2"), *(report(20 + week, "G2", week, (DEA,)) for week in range(1, 7)))
    engine.dispose()


@pytest.fixture(scope="module")
def written_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The programme as a SQLite database, to be copied."""
    path = tmp_path_factory.mktemp("closed") / "healing.db"
    write_programme(f"sqlite:///{path}")
    return path.read_bytes()


@pytest.fixture(scope="module")
def written_database(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of a PostgreSQL database with the programme, to be copied."""
    with new_database(postgres_server) as url:
        write_programme(url)
        yield str(make_url(url).database)


@contextmanager
def copied(request: pytest.FixtureRequest, folder: Path) -> Iterator[Engine]:
    """A copy of the programme in the kind of database that the fixture asks for."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            (folder / "healing.db").write_bytes(request.getfixturevalue("written_file"))
            engine = open_database(f"sqlite:///{folder}/healing.db")
        else:
            server, template = (request.getfixturevalue(name) for name in ("postgres_server", "written_database"))
            engine = open_database(stack.enter_context(new_database(server, template)))
        yield engine
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database with the programme that one test may change."""
    with copied(request, tmp_path) as found:
        yield found


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lasting_engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database with the programme in which nobody may commit anything."""
    with copied(request, tmp_path_factory.mktemp("lasting")) as found:
        yield found


@pytest.fixture
def connection(lasting_engine: Engine) -> Iterator[Connection]:
    """The programme, and nothing of what a test does stays."""
    with lasting_engine.connect() as opened:
        yield opened
        opened.rollback()


def due(connection: Connection) -> dict[str, int]:
    found = sessions_due(connection, ALL, TODAY).set_index("status")["sessions"]
    return {str(status): int(count) for status, count in found.items()}


def rates(connection: Connection, group: str = "G1") -> dict[str, object]:
    return dict(group_rates(connection, ALL, TODAY).set_index("healing_group").loc[group])


def test_before_its_closing_the_group_is_late(connection: Connection) -> None:
    assert due(connection) == {"held": 0, "not_held": 0, "no_report": 2, "awaited": 0}
    assert rates(connection)["not_reported"] == 4
    assert list(people_missing(connection, ALL, TODAY)["client_code"]) == [ANA]


def test_after_its_closing_it_is_late_no_more_and_the_other_one_is(connection: Connection) -> None:
    close(connection, "2026-03-20", "broke_up")
    assert due(connection) == {"held": 0, "not_held": 0, "no_report": 1, "awaited": 0}
    assert list(sessions_to_chase(connection, ALL, TODAY)["healing_group"]) == ["G2"]
    assert set(group_weeks(connection, Filters(healing_group=("G1",)), TODAY)["week"]) == {1, 2, 3}
    assert int(members_now(connection, ALL, TODAY)["members"].iloc[0]) == 1


def test_its_cha_is_not_silent(connection: Connection) -> None:
    only = Filters(healing_group=("G1",))
    assert list(silent_chas(connection, only, TODAY)["cha_code"]) == ["C1"]
    close(connection, "2026-03-20", "broke_up")
    assert silent_chas(connection, only, TODAY).empty


def test_all_that_was_before_its_end_counts(connection: Connection) -> None:
    before = rates(connection)
    close(connection, "2026-03-27", "broke_up")
    after = rates(connection)
    for name in ("present", "expected", "rate", "held", "members"):
        assert after[name] == before[name]
    assert (after["due"], after["not_reported"]) == (4, 1)
    assert (before["is_running"], after["is_running"], after["is_closed"]) == (True, False, True)


def test_until_its_last_day_is_past_it_runs(connection: Connection) -> None:
    close(connection, "2026-04-15", "broke_up")
    assert (rates(connection)["is_running"], rates(connection)["is_closed"]) == (True, False)
    assert closed_groups(connection, ALL, TODAY).empty and left_behind(connection, ALL, TODAY).empty
    assert list(people_missing(connection, ALL, TODAY)["client_code"]) == [ANA]
    assert closed_groups(connection, ALL, date(2026, 4, 16))["groups"].sum() == 1


def test_no_alert_is_hidden(connection: Connection) -> None:
    before = open_alerts(connection, ALL, NOW)
    assert list(before["client_code"]) == [BEA]
    for day, reason in (("2026-03-03", "broke_up"), ("2026-03-20", "never_started")):
        close(connection, day, reason)
        assert open_alerts(connection, ALL, NOW).equals(before)


def test_who_is_still_a_member_is_listed_with_what_was_missed(connection: Connection) -> None:
    close(connection, "2026-03-20", "broke_up")
    found = left_behind(connection, ALL, TODAY)
    assert dict(zip(found["client_code"], found["missed_in_row"], strict=True)) == {ANA: 2, BEA: 0, CLEA: 0}
    move(connection, ANA, "G2", "2026-03-23")
    close(connection, "2026-03-21", "broke_up")
    assert list(left_behind(connection, ALL, TODAY)["client_code"]) == sorted([BEA, CLEA])
    assert left_behind(connection, Filters(healing_group=("G2",)), TODAY).empty


@pytest.mark.parametrize("reason", ["broke_up", "completed"])
def test_who_was_to_be_visited_stays_on_one_of_the_two_lists(connection: Connection, reason: str) -> None:
    close(connection, "2026-04-14", reason)
    visited = list(people_missing(connection, ALL, TODAY)["client_code"])
    behind = list(left_behind(connection, ALL, TODAY)["client_code"])
    assert (visited, ANA in behind) == (([ANA], False) if reason == "completed" else ([], True))
    assert int(members_now(connection, ALL, TODAY)["members"].iloc[0]) == (4 if reason == "completed" else 1)


def test_members_of_a_group_that_finished_are_not_listed(connection: Connection) -> None:
    close(connection, "2026-03-20", "completed")
    assert left_behind(connection, ALL, TODAY).empty


def test_closed_groups_are_counted_by_reason(connection: Connection) -> None:
    close(connection, "2026-03-20", "broke_up")
    close(connection, "2026-03-20", "merged", code="G2")
    found = closed_groups(connection, ALL, TODAY)
    assert list(zip(found["end_reason"], found["groups"], strict=True)) == [("broke_up", 1), ("merged", 1)]
    assert closed_groups(connection, Filters(sector_code=("2812",)), TODAY).empty


def test_closing_takes_nobody_out_of_a_share_and_counts_nobody_as_having_completed(connection: Connection) -> None:
    before = cascade(connection, ALL, TODAY).set_index("step")
    close(connection, "2026-03-20", "broke_up")
    after = cascade(connection, ALL, TODAY).set_index("step")
    assert (before.loc["completed", "waiting"], after.loc["completed", "waiting"]) == (4, 1)
    assert after.loc["week_8", "waiting"] == 4
    assert list(after["n"]) == list(before["n"])
    unchanged = [step for step in after.index if step != "completed"]
    assert after.loc[unchanged].to_dict() == before.loc[unchanged].to_dict()


def test_an_endline_is_due_to_people_of_a_closed_group_as_to_others(connection: Connection) -> None:
    later = date(2026, 9, 1)
    before = cascade(connection, ALL, later).set_index("step"), coverage(connection, ALL, "phq9", later)
    close(connection, "2026-03-20", "broke_up")
    after = cascade(connection, ALL, later).set_index("step"), coverage(connection, ALL, "phq9", later)
    assert after[0].loc["endline"].to_dict() == before[0].loc["endline"].to_dict()
    assert after[1].equals(before[1])


def test_a_group_that_never_began_owes_nothing(connection: Connection) -> None:
    never_began(connection)
    found = rates(connection, "G2")
    assert (found["due"], found["not_reported"], found["is_running"], found["members"]) == (0, 0, False, 1)
    assert list(left_behind(connection, ALL, TODAY)["client_code"]) == [DEA]


def never_began(connection: Connection) -> None:
    """G2 has no report of a session, and is closed."""
    remove(connection, *(report(20 + week, "G2", week, (DEA,)) for week in range(1, 7)))
    close(connection, "2026-04-10", "never_started", code="G2")


@pytest.fixture
def closed_url(engine: Engine) -> str:
    """The address of the database in which G1 broke up."""
    with engine.begin() as connection:
        close(connection, "2026-03-20", "broke_up")
    return engine.url.render_as_string(hide_password=False)


def test_this_week_says_what_is_closed_and_who_is_left(monkeypatch: pytest.MonkeyPatch, closed_url: str) -> None:
    app = open_page(monkeypatch, closed_url, "this_week")
    assert not app.exception
    assert "1 healing group is closed (1 broke up)." in readable(app)
    assert metrics(app)["Without sessions"] == ("3", "in 1 group")
    (found,) = [table.value for table in app.table if "Missed before" in table.value.columns]
    assert found["Client"].tolist() == sorted([ANA, BEA, CLEA])
    assert found["Last day"].tolist() == ["20 Mar 2026"] * 3
    assert list(app.dataframe[0].value["Client"]) == [BEA]


def test_the_groups_page_counts_the_closed_and_calls_none_of_them_late(
    monkeypatch: pytest.MonkeyPatch, closed_url: str
) -> None:
    app = open_page(monkeypatch, closed_url, "healing_groups")
    assert metrics(app)["Closed"] == ("1", "of 2 groups")
    assert list(app.dataframe[0].value["Group"]) == ["G2 G2"]
    app.toggle(key="finished").set_value(True).run()
    assert not app.exception
    shown = app.dataframe[0].value.set_index("Group")
    assert shown.loc["G1 G1 (closed)", "No report"] == "0 of 3"
    assert metrics(app)["No register"][0] == "0"
    assert metrics(app)["Unusual size"] == ("1", "of 2 groups")


def test_a_closed_group_opens_and_says_so(monkeypatch: pytest.MonkeyPatch, closed_url: str) -> None:
    app = open_page(monkeypatch, closed_url, "healing_groups", group="G1")
    assert not app.exception
    assert "is closed, last day 20 Mar 2026 (broke up)" in readable(app)
    assert (metrics(app)["Members"][0], metrics(app)["Held"]) == ("3", ("3", "100 % (3 of 3)"))
    app.selectbox(key="client").set_value(BEA).run()
    assert not app.exception
    assert "joined 2 Mar 2026 · healing group closed, last day 20 Mar 2026 (broke up)" in readable(app)


def test_a_group_that_never_began_opens_too(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    with engine.begin() as connection:
        never_began(connection)
    app = open_page(monkeypatch, engine.url.render_as_string(hide_password=False), "healing_groups", group="G2")
    assert not app.exception
    assert "closed, last day 10 Apr 2026 (never began)" in readable(app)
    assert "No session is planned." in readable(app)
    assert app.selectbox(key="client").options == [DEA]


def test_a_closing_to_come_is_announced(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    with engine.begin() as connection:
        close(connection, "2026-05-01", "merged")
    url = engine.url.render_as_string(hide_password=False)
    app = open_page(monkeypatch, url, "healing_groups", group="G1")
    assert "to be closed, last day 1 May 2026 (merged with another healing group)" in readable(app)


def test_the_cascade_says_how_many_are_closed(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    with engine.begin() as connection:
        keep(connection, *(intake(40 + number, code, "G2") for number, code in enumerate(CODES[4:])))
        close(connection, "2026-03-20", "broke_up")
    app = open_page(monkeypatch, engine.url.render_as_string(hide_password=False), "cascade")
    assert not app.exception
    assert "1 healing group is closed (1 broke up). Their people stay in every count" in readable(app)


def test_a_page_without_closed_groups_does_not_speak_of_them(monkeypatch: pytest.MonkeyPatch, known_url: str) -> None:
    app = open_page(monkeypatch, known_url, "this_week")
    assert "closed" not in readable(app).replace("nobody has closed", "").lower()
    assert "Without sessions" not in metrics(app)
