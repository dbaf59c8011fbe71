"""Knows how the registry is imported from files, and what becomes of rows that are wrong."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from connector import fact_schema as fact
from connector.errors import SettingsError
from connector.precious_schema import cha, cha_identity, healing_group, membership_move, precious
from connector.registry import Change, Imported, import_registry
from tests.connector.derived_database import ANA, BEA, empty_database
from tests.connector.made_records import dump, intake, keep, rows
from tests.connector.made_workbooks import made_workbook

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


@pytest.mark.parametrize(
    ("phone", "kept"),
    [
        ("788123456", "0788123456"),
        ("+250 788 123 456", "0788123456"),
        ("00250788123456", "0788123456"),
        ("0788-123-456", "0788123456"),
        ("+32475123456", "+32475123456"),
    ],
)
def test_a_phone_number_gets_back_what_a_spreadsheet_took(connection: Connection, phone: str, kept: str) -> None:
    run(connection, chas_csv=f"cha_code,username,phone\nC1,cha001,{phone}\n")
    assert rows(connection, cha_identity, cha_code="C1")[0]["phone"] == kept


@pytest.mark.parametrize("phone", ["7.88E+08", "788", "ask the CHA", "=A1", "#N/A"])
def test_what_is_no_phone_number_is_refused(connection: Connection, phone: str) -> None:
    found = run(connection, chas_csv=f"cha_code,username,phone\nC1,cha001,{phone}\n")["chas.csv"]
    assert [each.reason.split()[0] for each in found.refused] == ["phone"]


def test_a_workbook_is_imported_like_files(connection: Connection) -> None:
    tables: dict[str, list[tuple[Any, ...]]] = {
        "CHAs": [("CHA code", "Username", "Sector code", "Phone"), ("C1", "cha001", 2801, 788000000)],
        "Healing groups": [
            ("code", "label", "sector_code", "cha_code", "cohort", "started_on", "weeks"),
            ("G1", "Urumuri", 2801, "C1", "2026-A", dt.datetime(2026, 3, 2), 15),
            (dt.datetime(2026, 5, 1), "Ineza", 2801, "C1", "2026-A", "2026-03-02", None),
            ("G3", "Ineza", 2801, "C1", dt.datetime(2026, 3, 1), "2026-03-02", None),
        ],
        "moves": [("client_code", "joined_on", "healing_group"), (ANA, dt.date(2026, 4, 6), "G1")],
    }
    found = import_registry(connection, {"registry.xlsx": made_workbook(tables)})
    assert [(name, each.added) for name, each in found.items()] == [
        ("registry.xlsx sheet CHAs", 1),
        ("registry.xlsx sheet Healing groups", 1),
        ("registry.xlsx sheet moves", 1),
    ]
    reason = "was made a date by the spreadsheet: format the column as text"
    expected = [(3, f"code {reason}"), (4, f"cohort {reason}")]
    assert refusals(found["registry.xlsx sheet Healing groups"]) == expected
    assert rows(connection, healing_group)[0]["started_on"] == dt.date(2026, 3, 2)
    assert rows(connection, cha_identity)[0]["phone"] == "0788000000"
    again = import_registry(connection, {"registry.xlsx": made_workbook(tables)})
    assert [each.changes for each in again.values()] == [(), (), ()]


def test_a_row_with_a_merged_cell_is_refused_because_nobody_can_say_what_it_means(connection: Connection) -> None:
    """Read as empty, `leave` over two rows would be a leave and a transfer."""
    whole(connection)
    table: list[tuple[Any, ...]] = [("client_code", "joined_on", "healing_group", "kind", "note")]
    table += [(ANA, "2026-05-04", "G2", "leave", "x"), (BEA, "2026-05-04", "G2"), (ANA, "2026-05-11", "G1", "join")]

    def merge(workbook: Any) -> None:
        workbook["moves"].merge_cells("D2:D3")
        workbook["moves"].merge_cells("E2:E4")

    (found,) = import_registry(connection, {"moves.xlsx": made_workbook({"moves": table}, merge)}).values()
    assert refusals(found) == [(3, "merged cells in kind: separate them and fill in each row")]
    assert found.added == 2


def test_a_preview_says_what_an_import_would_do_and_writes_nothing(connection: Connection) -> None:
    whole(connection)
    before = [rows(connection, table) for table in precious.tables.values()], dump(connection)
    changed = {
        "chas.csv": CHAS.replace("0788000000", "0788999999").replace("2801", "2803") + "C3,cha003,,,,\n",
        "healing_groups.csv": GROUPS.replace("Urumuri", "Ejo Heza")
        + "G3,New,2801,C3,2026-A,2026-03-02,\nG4,,2801,C3,x,x,\n",
        "moves.csv": MOVES.replace("closer", "closer,leave").replace("reason", "reason,kind"),
    }
    files = {name: text.encode() for name, text in changed.items()}
    preview = import_registry(connection, files, preview=True)
    assert ([rows(connection, table) for table in precious.tables.values()], dump(connection)) == before
    assert preview == import_registry(connection, files)
    assert preview["chas.csv"].changes == (
        Change(2, "changed", "C1", {"sector_code": ("2801", "2803"), "phone": None}),
        Change(4, "added", "C3"),
    )
    assert preview["healing_groups.csv"].changes[0].columns == {"label": ("Urumuri", "Ejo Heza")}
    assert [each.line for each in preview["healing_groups.csv"].refused] == [5]
    assert preview["moves.csv"].changes[0].columns == {"kind": ("transfer", "leave")}
    assert "Sentinel" not in repr(preview) and "0788" not in repr(preview)


def test_what_a_file_has_no_column_for_stays_as_it_is(connection: Connection) -> None:
    whole(connection)
    found = run(connection, chas_csv="cha_code,username\nC1,cha001\nC2,cha002\n")["chas.csv"]
    assert (found.unchanged, found.changes) == (2, ())
    found = run(connection, chas_csv="cha_code,username,phone\nC1,cha001,\n")["chas.csv"]
    assert rows(connection, cha_identity, cha_code="C1") == [
        {"cha_code": "C1", "full_name": "Sentinel Name", "phone": None}
    ]
    assert found.changes[0].columns == {"phone": None}


def test_columns_that_are_not_read_are_said(connection: Connection) -> None:
    found = run(connection, chas_csv="cha_code,username,notes\nC1,cha001,x\n")["chas.csv"]
    assert found.notes == ("columns that are not read: notes",)


def test_a_cha_can_be_made_inactive(connection: Connection) -> None:
    whole(connection)
    run(connection, chas_csv=CHAS.replace("2801,yes", "2801,no"))
    assert [row["is_active"] for row in rows(connection, cha)] == [False, False]


def test_joins_and_leaves_are_entered_and_a_wrong_row_is_withdrawn(connection: Connection) -> None:
    keep(connection, intake(1, ANA))
    whole(connection)
    header = "client_code,joined_on,healing_group,kind,reason\n"
    run(connection, moves_csv=f"{header}{ANA},2026-05-04,G2,leave,moved_away\n")
    assert rows(connection, fact.membership)[-1]["left_reason"] == "moved_away"
    found = run(connection, moves_csv=f"{header}{ANA},2026-05-04,G2,withdraw,\n")["moves.csv"]
    assert (found.count("withdrawn"), rows(connection, fact.membership)[-1]["left_on"]) == (1, None)
    again = run(connection, moves_csv=f"{header}{ANA},2026-05-04,G2,withdraw,\n")["moves.csv"]
    assert (again.changes, again.unchanged) == ((), 1)
    assert len(rows(connection, membership_move)) == 1


def test_a_kind_of_move_that_there_is_not_is_refused(connection: Connection) -> None:
    whole(connection)
    text = f"client_code,joined_on,healing_group,kind\n{ANA},2026-05-04,G2,left\n"
    assert refusals(run(connection, moves_csv=text)["moves.csv"]) == [
        (2, "kind is none of join, transfer, leave, withdraw")
    ]


def test_moves_that_contradict_each_other_are_problems(connection: Connection) -> None:
    keep(connection, intake(1, ANA))
    run(connection, chas_csv=CHAS, healing_groups_csv=GROUPS)
    header = "client_code,joined_on,healing_group,kind\n"
    run(
        connection, moves_csv=f"{header}{ANA},2026-03-01,G1,leave\n{BEA},2026-04-01,G1,join\n{ANA},2026-04-06,G2,join\n"
    )
    found = {
        (row["kind"], row["client_code"], row["path"]) for row in rows(connection, fact.problem, form_id="registry")
    }
    assert found == {
        ("leave_without_membership", ANA, "moves.csv 2026-03-01"),
        ("move_of_unknown_client", BEA, "moves.csv 2026-04-01"),
        ("member_of_two_groups", ANA, "moves.csv 2026-04-06"),
    }


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
