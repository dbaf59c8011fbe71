"""What the lists on the phones hold, and that KoboCollect's own engine can read them, also when they are empty."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import pytest
from sqlalchemy import Engine, exists, insert, select, update

from connector.fact_schema import client_identity, membership
from connector.precious_schema import cha, healing_group
from connector.rosters import clean, media_of, rosters_of, write_rosters
from connector.sandbox.phone import Filling, PhoneForm
from forms.library import FORMS
from forms.programme import PROGRAMME
from forms.questions import GROUPS, MEMBERS
from forms.roster_lint import lint_roster
from forms.xlsform import convert_workbook, form_sheets
from tests.connector.sync_scenes import empty_database

DAY = dt.date(2026, 3, 2)
COLUMNS = {roster.filename: roster.columns for roster in (GROUPS, MEMBERS)}


@pytest.fixture
def engine() -> Engine:
    return empty_database()


def add_group(
    engine: Engine, code: str = "g1", label: str = "Ejo Heza", username: str = "cha001", sector: str = "2801"
) -> None:
    group = {"district_code": "28", "sector_code": sector, "cha_code": f"C-{username}"[:16], "cohort": "2026-03"}
    with engine.begin() as connection:
        if not connection.scalar(select(exists().where(cha.c.username == username))):
            connection.execute(insert(cha).values(cha_code=group["cha_code"], username=username, is_active=True))
        connection.execute(insert(healing_group).values(code=code, label=label, started_on=DAY, weeks=16, **group))


def add_member(engine: Engine, code: str, name: str | None, group: str = "g1", **interval: Any) -> None:
    with engine.begin() as connection:
        values = {"joined_on": DAY, **interval}
        connection.execute(insert(membership).values(client_code=code, healing_group=group, **values))
        if name is not None:
            connection.execute(insert(client_identity).values(client_code=code, short_name=name))


def rows(engine: Engine, name: str, area: str = "", today: dt.date | None = None) -> list[dict[str, str]]:
    with engine.connect() as connection:
        return list(csv.DictReader(io.StringIO(write_rosters(connection, area, today)[name].decode())))


def members(engine: Engine, area: str = "", today: dt.date | None = None) -> list[tuple[str, ...]]:
    return [tuple(row.values()) for row in rows(engine, "members.csv", area, today)]


def groups(engine: Engine, area: str = "") -> list[tuple[str, ...]]:
    return [tuple(row.values()) for row in rows(engine, "groups.csv", area)]


def test_a_group_is_listed_with_the_account_of_its_cha(engine: Engine) -> None:
    add_group(engine)
    assert rows(engine, "groups.csv") == [{"name": "g1", "label": "Ejo Heza", "sector": "2801", "cha": "cha001"}]


def test_members_are_listed_by_group_with_their_short_name(engine: Engine) -> None:
    add_member(engine, "B", "Keza", "g2")
    add_member(engine, "A", "Mugisha", "g2", left_on=DAY)
    add_member(engine, "C", "Uwera", "g1")
    assert members(engine) == [("C", "Uwera", "g1", "1"), ("A", "Mugisha", "g2", "0"), ("B", "Keza", "g2", "1")]


def test_a_member_without_a_name_is_shown_by_code(engine: Engine) -> None:
    add_member(engine, "ABCD-EFGH", None)
    assert members(engine) == [("ABCD-EFGH", "ABCD-EFGH", "g1", "1")]


def test_a_transferred_member_is_listed_once_where_they_are_now(engine: Engine) -> None:
    add_member(engine, "A", "Keza", "g2", left_on=DAY + dt.timedelta(days=30))
    add_member(engine, "A", None, "g1", joined_on=DAY + dt.timedelta(days=30))
    assert members(engine) == [("A", "Keza", "g1", "1")]


def test_a_member_who_left_two_groups_is_listed_in_the_later(engine: Engine) -> None:
    add_member(engine, "A", "Keza", "g1", left_on=DAY + dt.timedelta(days=1))
    add_member(engine, "A", None, "g2", joined_on=DAY + dt.timedelta(days=2), left_on=DAY + dt.timedelta(days=9))
    assert members(engine) == [("A", "Keza", "g2", "0")]


def test_a_transfer_to_come_moves_nobody_before_its_day(engine: Engine) -> None:
    monday = DAY + dt.timedelta(days=30)
    add_member(engine, "A", "Keza", "g2", left_on=monday)
    add_member(engine, "A", None, "g1", joined_on=monday)
    assert members(engine, today=monday - dt.timedelta(days=1)) == [("A", "Keza", "g2", "1")]
    assert members(engine, today=monday) == [("A", "Keza", "g1", "1")]


def test_a_leave_to_come_takes_nobody_off_the_list_before_its_day(engine: Engine) -> None:
    monday = DAY + dt.timedelta(days=30)
    add_member(engine, "A", "Keza", left_on=monday)
    assert members(engine, today=monday - dt.timedelta(days=1)) == [("A", "Keza", "g1", "1")]
    assert members(engine, today=monday) == [("A", "Keza", "g1", "0")]


def test_who_joins_on_a_day_to_come_is_on_the_list_for_the_first_session(engine: Engine) -> None:
    add_member(engine, "A", "Keza", left_on=DAY + dt.timedelta(days=1))
    add_member(engine, "A", None, "g2", joined_on=DAY + dt.timedelta(days=9))
    assert members(engine, today=DAY + dt.timedelta(days=5)) == [("A", "Keza", "g2", "1")]


def test_namesakes_of_one_group_are_told_apart(engine: Engine) -> None:
    add_member(engine, "AAAA-1111", "Keza")
    add_member(engine, "BBBB-2222", "Keza")
    add_member(engine, "CCCC-3333", "Keza", "g2")
    assert [row[1] for row in members(engine)] == ["Keza (1111)", "Keza (2222)", "Keza"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('Ann "Nana", the 2nd; \u2013', 'Ann "Nana", the 2nd, \u2013'),
        ("two\nlines\0", "two lines"),
        ("\u202eKeza\u200b\ud800\x7f", "Keza"),
        ("  Keza\t\u00a0 ", "Keza"),
        ("x" * 90, "x" * 40),
        ("x" * 39 + " yy", "x" * 39),
        (" ", ""),
    ],
)
def test_a_label_is_one_short_line(name: str, shown: str) -> None:
    assert clean(name) == shown


HOSTILE = [
    *(
        "Ejo; Heza",
        '"',
        '""',
        ",",
        ";;;",
        "\n",
        "\r\n",
        "\0",
        "=1+1",
        "'",
        "name",
        "name;label",
        "\ufeffKeza",
        " x ",
        "\x85",
    ),
    *("x" * 200, "é" * 41, "a" * 39 + " b", "<b>Keza</b>", "${username}", "\u2028", "#", "|", "\t"),
]


def test_no_cell_of_a_roster_holds_what_a_reader_stumbles_over(engine: Engine) -> None:
    for number, text in enumerate(HOSTILE):
        add_group(engine, f"g{number}", text)
        add_member(engine, f"C{number}", text, f"g{number}")
    with engine.connect() as connection:
        files = write_rosters(connection)
    for name, content in files.items():
        assert lint_roster(name, content, COLUMNS[name]) == ()
        text = content.decode("utf-8")
        assert ";" not in text and "\r" not in text and text.endswith("\n")
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert [cell for cell in cells if cell != cell.strip() or not cell.isprintable()] == []
        names = [row[0] for row in csv.reader(io.StringIO(text))][1:]
        assert len(names) == len(set(names)) == len(HOSTILE)
    shown = [row[1] for row in [*groups(engine), *members(engine)]]
    assert all(0 < len(label) <= 40 for label in shown)


def test_a_code_that_cannot_be_ticked_is_left_off(engine: Engine) -> None:
    for code in ("g 1", "g;1", "", " g1", "g1"):
        add_group(engine, code)
    for code in ("A B", "A;B", "A\n", "A"):
        add_member(engine, code, "Keza")
    assert [row[0] for row in groups(engine)] == ["g1"]
    assert [row[0] for row in members(engine)] == ["A"]


def test_namesakes_with_the_same_ending_show_their_whole_code(engine: Engine) -> None:
    add_member(engine, "AAAA-1111", "Keza")
    add_member(engine, "BBBB-1111", "Keza")
    assert [row[1] for row in members(engine)] == ["Keza (AAAA-1111)", "Keza (BBBB-1111)"]


def test_names_that_are_cut_to_the_same_are_told_apart(engine: Engine) -> None:
    add_member(engine, "AAAA-1111", "x" * 50)
    add_member(engine, "BBBB-2222", "x" * 60)
    assert [row[1] for row in members(engine)] == ["x" * 33 + " (1111)", "x" * 33 + " (2222)"]


def test_groups_of_one_cha_with_the_same_label_are_told_apart(engine: Engine) -> None:
    add_group(engine, "KAM-1")
    add_group(engine, "KAM-2")
    add_group(engine, "KAM-3", username="cha002")
    assert [row[1] for row in groups(engine)] == ["Ejo Heza (AM-1)", "Ejo Heza (AM-2)", "Ejo Heza"]


def test_a_roster_of_a_sector_holds_its_own_groups_and_members(engine: Engine) -> None:
    add_group(engine, "g1", sector="2801")
    add_group(engine, "g2", sector="2808", username="cha002")
    add_member(engine, "A", "Keza", "g1")
    add_member(engine, "B", "Uwera", "g2")
    add_member(engine, "C", "Mugisha", "g9")
    assert ([row[0] for row in groups(engine, "2801")], members(engine, "2801")) == (["g1"], [("A", "Keza", "g1", "1")])
    assert [row[0] for row in members(engine, "2808")] == ["B"]
    assert [row[0] for row in members(engine)] == ["A", "B", "C"]


def test_a_member_who_moved_to_another_sector_is_listed_there_alone(engine: Engine) -> None:
    add_group(engine, "g1", sector="2801")
    add_group(engine, "g2", sector="2808", username="cha002")
    add_member(engine, "A", "Keza", "g1", left_on=DAY + dt.timedelta(days=9))
    add_member(engine, "A", None, "g2", joined_on=DAY + dt.timedelta(days=9))
    assert members(engine, "2801") == []
    assert members(engine, "2808") == [("A", "Keza", "g2", "1")]


def test_a_sector_without_groups_has_empty_lists(engine: Engine) -> None:
    add_group(engine)
    with engine.connect() as connection:
        assert [content.count(b"\n") for content in write_rosters(connection, "2812").values()] == [1, 1]


def test_a_list_of_members_holds_codes_and_short_names_alone(engine: Engine) -> None:
    add_group(engine)
    with engine.begin() as connection:
        person = {"client_code": "A", "short_name": "Keza", "phone": "0788000000", "village_code": "28010101"}
        connection.execute(insert(client_identity).values(**person))
        connection.execute(insert(membership).values(client_code="A", healing_group="g1", joined_on=DAY))
    assert rows(engine, "members.csv") == [{"name": "A", "label": "Keza", "healing_group": "g1", "active": "1"}]


def test_the_same_content_is_the_same_bytes(engine: Engine) -> None:
    add_group(engine)
    for code in "ABC":
        add_member(engine, code, "Keza")
    with engine.connect() as connection:
        assert write_rosters(connection) == write_rosters(connection)


def test_empty_lists_are_headers_alone(engine: Engine) -> None:
    with engine.connect() as connection:
        assert write_rosters(connection) == {
            "groups.csv": b"name,label,sector,cha\n",
            "members.csv": b"name,label,healing_group,active\n",
        }


@pytest.mark.parametrize("form_id", sorted(FORMS))
def test_every_form_opens_on_a_phone_with_empty_lists(engine: Engine, form_id: str) -> None:
    with engine.connect() as connection:
        media = media_of(form_id, write_rosters(connection))
    form = PhoneForm(convert_workbook(form_sheets(FORMS[form_id])), media)
    assert Filling(form).languages


def test_a_phone_shows_hostile_names(engine: Engine) -> None:
    add_group(engine, label='Ejo "Heza"; ya, mbere')
    add_member(engine, "AAAA-1111", 'Ann; "Nana", é\n=1+1')
    with engine.connect() as connection:
        media = media_of("attendance", write_rosters(connection))
    form = PhoneForm(convert_workbook(form_sheets(FORMS["attendance"])), media, username="cha001")
    filling = Filling(form)
    group = filling.prompt("healing_group")
    assert dict(group.choices) == {"g1": 'Ejo "Heza", ya, mbere'}
    filling.fill(
        {"healing_group": "g1", "session_kind": "planned", "anyone_absent": "yes", "absence_reasons": ["sick"]}
    )
    assert dict(filling.prompt("absent_sick").choices) == {"AAAA-1111": 'Ann, "Nana", é =1+1'}


DAY_AFTER = DAY + dt.timedelta(days=30)
WITHIN = dt.timedelta(hours=PROGRAMME.report_within_hours)


def close_group(engine: Engine, code: str, ended_on: dt.date) -> None:
    with engine.begin() as connection:
        there = healing_group.c.code == code
        connection.execute(update(healing_group).where(there).values(ended_on=ended_on, end_reason="broke_up"))


def lists(engine: Engine, form_id: str, today: dt.date = DAY_AFTER) -> dict[str, list[str]]:
    """The codes in the lists of a form by file."""
    with engine.connect() as connection:
        found = rosters_of(connection, form_id, "", today)
    return {
        name: [row["name"] for row in csv.DictReader(io.StringIO(content.decode()))] for name, content in found.items()
    }


@pytest.fixture
def closed(engine: Engine) -> Engine:
    """Two healing groups of one member each, the first closed; a third one who left the first for the second."""
    for code in ("g1", "g2"):
        add_group(engine, code)
    add_member(engine, "c1", "Ana", "g1")
    add_member(engine, "c2", "Bea", "g2")
    add_member(engine, "c3", "Clea", "g1", left_on=DAY_AFTER)
    add_member(engine, "c3", None, "g2", joined_on=DAY_AFTER)
    close_group(engine, "g1", DAY_AFTER - WITHIN - dt.timedelta(days=1))
    return engine


def test_a_closed_group_leaves_the_lists_of_sessions_and_enrolment_with_its_members(closed: Engine) -> None:
    assert lists(closed, "attendance") == {"groups.csv": ["g2"], "members.csv": ["c2", "c3"]}
    assert lists(closed, "intake") == {"groups.csv": ["g2"]}


def test_who_goes_from_a_closed_group_to_another_is_on_its_list_before_the_day(closed: Engine) -> None:
    with closed.begin() as connection:
        connection.execute(update(membership).where(membership.c.client_code == "c1").values(left_on=dt.date.max))
    add_member(closed, "c1", None, "g2", joined_on=dt.date.max)
    assert lists(closed, "attendance") == {"groups.csv": ["g2"], "members.csv": ["c1", "c2", "c3"]}


def test_whoever_was_in_a_closed_group_can_still_be_interviewed(closed: Engine) -> None:
    assert lists(closed, "outcome") == {"groups.csv": ["g1", "g2"], "members.csv": ["c1", "c2", "c3"]}


@pytest.mark.parametrize(("days", "shown"), [(-1, ["g1", "g2"]), (0, ["g1", "g2"]), (2, ["g1", "g2"]), (3, ["g2"])])
def test_the_last_session_can_be_reported_as_long_as_a_report_is_in_time(
    closed: Engine, days: int, shown: list[str]
) -> None:
    close_group(closed, "g1", DAY_AFTER)
    assert lists(closed, "attendance", DAY_AFTER + dt.timedelta(days=days))["groups.csv"] == shown


def test_an_open_group_stays_on_the_lists_for_years(closed: Engine) -> None:
    assert lists(closed, "attendance", dt.date(2036, 1, 1))["groups.csv"] == ["g2"]
