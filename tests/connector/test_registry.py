"""Knows how the registry is imported from CSV files, and what becomes of rows that are wrong."""

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from connector import fact_schema as fact
from connector.errors import SettingsError
from connector.precious_schema import cha, cha_identity, healing_group, membership_move
from connector.registry import Imported, import_registry
from tests.connector.derived_database import ANA, empty_database
from tests.connector.made_records import dump, intake, keep, rows

CHAS = """\
cha_code,username,sector_code,is_active,full_name,phone
C1,cha001,2801,yes,Sentinel Name,0788000000
C2,cha002,,no,,
"""
GROUPS = """\
code,label,sector_code,cha_code,cohort,started_on,weeks
G1,Urumuri,2801,C1,2026-A,2026-03-02,15
G2,Icyizere,2805,C2,2026-A,2026-03-03,
"""
MOVES = f"client_code,joined_on,healing_group,reason\n{ANA},2026-04-06,G2,closer\n"
ALL = {"chas.csv": CHAS, "healing_groups.csv": GROUPS, "moves.csv": MOVES}


@pytest.fixture
def connection() -> Iterator[Connection]:
    """An empty database."""
    with empty_database() as opened:
        yield opened


def run(connection: Connection, **texts: str) -> dict[str, Imported]:
    return import_registry(connection, {name.replace("_csv", ".csv"): text.encode() for name, text in texts.items()})


def whole(connection: Connection) -> dict[str, Imported]:
    return import_registry(connection, {name: text.encode() for name, text in ALL.items()})


def refusals(imported: Imported) -> list[tuple[int, str]]:
    return [(each.line, each.reason) for each in imported.refused]


def test_the_whole_registry_is_imported(connection: Connection) -> None:
    counts = {
        name: (each.added, each.changed, each.unchanged, each.refused) for name, each in whole(connection).items()
    }
    assert counts == {"chas.csv": (2, 0, 0, ()), "healing_groups.csv": (2, 0, 0, ()), "moves.csv": (1, 0, 0, ())}


def test_a_cell_gets_the_type_of_its_column(connection: Connection) -> None:
    whole(connection)
    first, second = rows(connection, healing_group)
    assert (first["started_on"], first["weeks"], first["district_code"]) == (dt.date(2026, 3, 2), 15, "28")
    assert second["weeks"] == 16
    assert [row["is_active"] for row in rows(connection, cha)] == [True, False]
    assert rows(connection, membership_move)[0]["reason"] == "closer"


def test_names_and_phones_of_chas_are_kept_apart(connection: Connection) -> None:
    whole(connection)
    assert rows(connection, cha_identity, cha_code="C1")[0]["full_name"] == "Sentinel Name"
    assert "Sentinel Name" not in repr(rows(connection, cha))


def test_importing_again_changes_nothing(connection: Connection) -> None:
    whole(connection)
    before = dump(connection)
    counts = [(each.added, each.changed, each.unchanged) for each in whole(connection).values()]
    assert (counts, dump(connection)) == ([(0, 0, 2), (0, 0, 2), (0, 0, 1)], before)


def test_a_changed_row_replaces_the_one_before(connection: Connection) -> None:
    whole(connection)
    found = run(connection, chas_csv=CHAS.replace("0788000000", "0788999999"))["chas.csv"]
    assert (found.added, found.changed, found.unchanged) == (0, 1, 1)
    assert rows(connection, cha_identity, cha_code="C1")[0]["phone"] == "0788999999"


def test_a_row_that_is_no_longer_in_the_file_stays(connection: Connection) -> None:
    whole(connection)
    run(connection, chas_csv="cha_code,username\nC1,cha001\n")
    assert len(rows(connection, cha)) == 2


def test_the_facts_follow_the_registry(connection: Connection) -> None:
    keep(connection, intake(1, ANA))
    whole(connection)
    assert len(rows(connection, fact.session)) == 15 + 16
    assert rows(connection, fact.client)[0]["healing_group"] == "G2"
    run(connection, healing_groups_csv=GROUPS.replace(",15\n", ",12\n"))
    assert len(rows(connection, fact.session)) == 12 + 16


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",cha009,,,", "cha_code is empty"),
        ("C 9,cha009,,,", "cha_code may hold only letters, digits, _, . and -"),
        ("C9,,,,", "username is empty"),
        ("C9,Cha 009,,,", "username is not a KoboToolbox username: small letters, digits and _"),
        ("C9,cha001,,,", "username belongs to another CHA"),
        ("C9,cha009,9999,,", "sector_code is not the official code of a sector"),
        ("C9,cha009,28,,", "sector_code is not the official code of a sector"),
        ("C9,cha009,,perhaps,", "is_active is neither yes nor no"),
        ("C9,cha009,,,name,phone,more", "the row has more cells than the header"),
        (f"{'C' * 17},cha009,,,", "cha_code has more than 16 characters"),
        ("C1,cha001,,,", "an earlier line has the same key"),
    ],
)
def test_a_bad_row_of_a_cha_is_refused_and_the_others_are_not(connection: Connection, row: str, reason: str) -> None:
    text = f"{CHAS}{row}\nC7,cha007,,,,\n"
    found = run(connection, chas_csv=text)["chas.csv"]
    assert (found.added, refusals(found)) == (3, [(4, reason)])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("G9,Label,2801,C9,2026-A,2026-03-02,16", "cha_code is not in the registry: import the CHA first"),
        ("G9,,2801,C1,2026-A,2026-03-02,16", "label is empty"),
        ("G9,Label,2801,C1,2026-A,02/03/2026,16", "started_on is not a day like 2026-03-02"),
        ("G9,Label,2801,C1,2026-A,9999-12-31,16", "started_on is not in this century"),
        ("G9,Label,2801,C1,2026-A,2026-02-30,16", "started_on is not a day of the calendar"),
        (
            "G9,Label,2801,C1,2026-A,2026-03-02,17",
            "weeks is not a number from 1 to 16, which is what the form can record",
        ),
        (
            "G9,Label,2801,C1,2026-A,2026-03-02,x",
            "weeks is not a number from 1 to 16, which is what the form can record",
        ),
    ],
)
def test_a_bad_row_of_a_healing_group_is_refused(connection: Connection, row: str, reason: str) -> None:
    found = run(connection, chas_csv=CHAS, healing_groups_csv=f"{GROUPS}{row}\n")["healing_groups.csv"]
    assert (found.added, refusals(found)) == (2, [(4, reason)])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("4AC7-HK9X,2026-04-06,G2,", "client_code has a typing error"),
        (f"{ANA},2026-04-06,G9,", "healing_group is not in the registry: import the group first"),
        (f"{ANA},,G2,", "joined_on is empty"),
    ],
)
def test_a_bad_move_is_refused(connection: Connection, row: str, reason: str) -> None:
    whole(connection)
    found = run(connection, moves_csv=f"client_code,joined_on,healing_group,reason\n{row}\n")["moves.csv"]
    assert refusals(found) == [(2, reason)]


def test_no_refusal_repeats_what_the_row_holds(connection: Connection) -> None:
    found = run(connection, chas_csv="cha_code,username,full_name\nC 1,Sentinel User,Sentinel Name\n")["chas.csv"]
    assert "Sentinel" not in repr(found)


def test_semicolons_a_byte_order_mark_and_empty_lines_are_fine(connection: Connection) -> None:
    text = "\ufeffcha_code;username;sector_code\r\nC1;cha001;2801\r\n;;\r\n\r\nC2;cha002;\r\n"
    found = run(connection, chas_csv=text)["chas.csv"]
    assert (found.added, found.refused) == (2, ())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("people.csv", b"a,b\n", "people.csv is no file of the registry."),
        ("chas.csv", b"cha_code,user\nC1,x\n", "chas.csv has no column username."),
        ("chas.csv", b"", "chas.csv has no column cha_code, username."),
        ("chas.csv", "cha_code,username\nC1,é".encode("latin-1"), "chas.csv is not in UTF-8."),
        ("chas.csv", b'cha_code,username\n"C1"x,cha001\n', "chas.csv is damaged near line 2."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(
    connection: Connection, name: str, content: bytes, message: str
) -> None:
    with pytest.raises(SettingsError) as error:
        import_registry(connection, {name: content})
    assert error.value.message == message
