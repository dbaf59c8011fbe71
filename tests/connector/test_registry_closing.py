"""What a coordinator can write in the sheet of healing groups to close one, what is refused, and what is told first."""

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import Connection

from connector import fact_schema as fact
from connector.cli import main
from connector.commands.tables import registry_lines
from connector.precious_schema import healing_group, precious
from connector.registry import Change, Imported, import_registry
from tests.connector.closed_group_scenes import HEADER, TODAY, close, group_row, three_weeks
from tests.connector.derived_database import ANA, BEA, CLEA
from tests.connector.made_records import dump, intake, keep, report, rows
from tests.connector.made_workbooks import made_workbook

PLAIN = HEADER.replace(",ended_on,end_reason", "")


@pytest.fixture
def connection(any_current: Connection) -> Connection:
    """A healing group of three members in its fourth week, and another one."""
    three_weeks(any_current)
    return any_current


def sheet(connection: Connection, text: str, preview: bool = False) -> Imported:
    files = {"healing_groups.csv": text.encode()}
    return import_registry(connection, files, preview=preview, today=TODAY)["healing_groups.csv"]


def closing(connection: Connection, code: str = "G1") -> tuple[dt.date | None, str | None]:
    (found,) = rows(connection, healing_group, code=code)
    return found["ended_on"], found["end_reason"]


def meaning(imported: Imported) -> tuple[str, ...]:
    (change,) = imported.changes
    return change.meaning


CLOSED = (dt.date(2026, 3, 20), "broke_up")


@pytest.mark.parametrize("reason", ["broke_up", "Broke up", " BROKE-UP "])
def test_a_healing_group_is_closed_by_two_cells(connection: Connection, reason: str) -> None:
    found = close(connection, "2026-03-20", reason)
    assert (found.changed, closing(connection)) == (1, CLOSED)
    assert closing(connection, "G2") == (None, None)


def test_a_workbook_closes_with_a_real_date(connection: Connection) -> None:
    header = HEADER.strip().split(",")
    row = ["G1", "G1", "2801", "C1", "2026-A", dt.date(2026, 3, 2), dt.date(2026, 3, 20), "broke_up"]
    import_registry(connection, {"registry.xlsx": made_workbook({"healing_groups": [header, row]})}, today=TODAY)
    assert closing(connection) == CLOSED


@pytest.mark.parametrize(
    ("ended_on", "end_reason", "reason"),
    [
        ("2026-03-20", "", "end_reason is empty"),
        ("", "broke_up", "ended_on is empty"),
        ("20/03/2026", "broke_up", "ended_on is not a day like 2026-03-02"),
        ("2026-02-30", "broke_up", "ended_on is not a day of the calendar"),
        ("2026-03-20", "dissolved", "end_reason is none of completed, broke_up, merged, never_started"),
        (
            "2025-03-20",
            "broke_up",
            "ended_on is before started_on: only a group that is never_started can end so",
        ),
    ],
)
def test_a_closing_that_cannot_be_is_refused_and_changes_nothing(
    connection: Connection, ended_on: str, end_reason: str, reason: str
) -> None:
    before = dump(connection)
    found = close(connection, ended_on, end_reason)
    assert [(each.line, each.reason) for each in found.refused] == [(2, reason)]
    assert (found.changes, closing(connection), dump(connection)) == ((), (None, None), before)


def test_a_group_that_never_began_may_end_before_its_first_day(connection: Connection) -> None:
    assert close(connection, "2026-02-20", "never_started", code="G2").changed == 1


def test_closing_twice_changes_nothing(connection: Connection) -> None:
    close(connection, "2026-03-20", "broke_up")
    before = dump(connection)
    again = close(connection, "2026-03-20", "broke_up")
    assert (again.changes, again.unchanged, dump(connection)) == ((), 1, before)


def test_a_sheet_without_the_two_columns_opens_nothing(connection: Connection) -> None:
    close(connection, "2026-03-20", "broke_up")
    assert sheet(connection, PLAIN + "G1,G1,2801,C1,2026-A,2026-03-02\n").changes == ()
    assert closing(connection) == CLOSED
    with_reason = PLAIN.strip() + ",end_reason\nG1,G1,2801,C1,2026-A,2026-03-02,\n"
    assert (sheet(connection, with_reason).changes, closing(connection)) == ((), CLOSED)


@pytest.mark.parametrize("with_reason", [False, True])
@pytest.mark.parametrize("preview", [True, False])
def test_a_first_day_moved_past_the_last_one_is_refused_when_the_sheet_has_no_column_of_last_days(
    connection: Connection, preview: bool, with_reason: bool
) -> None:
    close(connection, "2026-03-20", "broke_up")
    before = dump(connection), rows(connection, healing_group)
    lines = ["G2,Renamed,2801,C1,2026-A,2026-03-02", "G1,G1,2801,C1,2026-A,2026-03-21"]
    header = PLAIN.strip() + ",end_reason" * with_reason
    text = "\n".join([header, *(line + "," * with_reason for line in lines)])
    found = sheet(connection, text, preview=preview)
    assert [(each.line, each.reason) for each in found.refused] == [
        (
            3,
            "started_on is after 2026-03-20, on which the registry closed this healing group: "
            "add the columns ended_on and end_reason, and correct or empty them",
        )
    ]
    assert [each.key for each in found.changes] == ["G2"]
    assert closing(connection) == CLOSED
    if preview:
        assert (dump(connection), rows(connection, healing_group)) == before


def test_a_first_day_moved_up_to_the_last_one_is_no_contradiction(connection: Connection) -> None:
    close(connection, "2026-03-20", "broke_up")
    assert sheet(connection, PLAIN + "G1,G1,2801,C1,2026-A,2026-03-20\n").changed == 1


def test_a_group_that_never_began_may_be_given_any_first_day(connection: Connection) -> None:
    close(connection, "2026-02-20", "never_started", code="G2")
    assert sheet(connection, PLAIN + "G2,G2,2801,C1,2026-A,2026-04-06\n").changed == 1


def test_an_emptied_day_opens_the_group_again_whether_or_not_there_is_a_column_of_reasons(
    connection: Connection,
) -> None:
    close(connection, "2026-03-20", "broke_up")
    found = sheet(connection, PLAIN.strip() + ",ended_on\nG1,G1,2801,C1,2026-A,2026-03-02,\n")
    assert (found.changed, closing(connection)) == (1, (None, None))


def test_a_reason_without_a_column_of_days_is_refused(connection: Connection) -> None:
    text = PLAIN.strip() + ",ended,end_reason\nG1,G1,2801,C1,2026-A,2026-03-02,2026-03-20,broke_up\n"
    found = sheet(connection, text)
    assert ([each.reason for each in found.refused], found.notes) == (
        ["ended_on is empty"],
        ("columns that are not read: ended",),
    )


def test_a_preview_tells_what_a_closing_means_and_writes_nothing(connection: Connection) -> None:
    keep(connection, report(20, "G1", 6, (ANA,)), report(21, "G1", 8, (ANA,), session_kind="merged", merged_week="7"))
    before = dump(connection), [rows(connection, table) for table in precious.tables.values()]
    preview = close(connection, "2026-03-20", "broke_up", preview=True)
    assert preview.changes == (
        Change(
            2,
            "changed",
            "G1",
            {"ended_on": (None, dt.date(2026, 3, 20)), "end_reason": (None, "broke_up")},
            (
                "13 of 16 sessions are after its end and expected no more",
                "2 sessions after its end held all the same: counted, and listed on the page Data",
                "still members: 3; enter a transfer or a leave in moves for each",
            ),
        ),
    )
    assert (dump(connection), [rows(connection, table) for table in precious.tables.values()]) == before
    assert close(connection, "2026-03-20", "broke_up") == preview


def test_a_preview_of_another_day_tells_the_same_again(connection: Connection) -> None:
    close(connection, "2026-03-20", "broke_up")
    assert meaning(close(connection, "2026-03-27", "broke_up", preview=True))[0].startswith("12 of 16 sessions")


def test_a_preview_tells_what_opening_again_means(connection: Connection) -> None:
    close(connection, "2026-03-20", "broke_up")
    assert meaning(close(connection, preview=True)) == (
        "opened again: back on the phones' lists with the next rosters",
        "13 of 16 sessions are expected again",
    )


def test_a_change_of_something_else_tells_nothing_of_the_closing(connection: Connection) -> None:
    close(connection, "2026-03-20", "broke_up")
    text = HEADER + group_row("2026-03-20", "broke_up").replace("G1,G1", "G1,Other name")
    assert meaning(sheet(connection, text)) == ()


def test_members_brought_elsewhere_by_the_same_import_are_not_counted(connection: Connection) -> None:
    moves = "client_code,joined_on,healing_group,kind\n"
    moves += f"{ANA},2026-03-21,G2,transfer\n{BEA},2026-03-21,G1,leave\n{CLEA},2026-03-21,G1,transfer\n"
    files = {"healing_groups.csv": HEADER + group_row("2026-03-20", "merged"), "moves.csv": moves}
    encoded = {name: text.encode() for name, text in files.items()}
    told = meaning(import_registry(connection, encoded, today=TODAY)["healing_groups.csv"])
    assert told[-1] == "still members: 1; enter a transfer or a leave in moves for each"
    assert "1 person" in rows(connection, fact.problem, kind="members_of_closed_group")[0]["message"]


def test_a_day_to_come_is_told_and_accepted(connection: Connection) -> None:
    assert meaning(close(connection, "2026-07-01", "completed"))[:2] == (
        "this day is to come: until then phones and pages show it as before",
        "0 of 16 sessions are after its end and expected no more",
    )
    assert "this day is to come" not in " ".join(meaning(close(connection, "2026-06-30", "completed")))


def test_a_typing_error_in_the_code_is_told_as_a_new_group(connection: Connection) -> None:
    told = meaning(close(connection, "2026-03-20", "broke_up", code="GI", preview=True))
    assert told[0] == "a new healing group that is closed already: is the code right?"


def test_members_of_a_group_that_finished_have_nothing_to_do(connection: Connection) -> None:
    told = meaning(close(connection, "2026-06-20", "completed"))
    assert told[-1] == "still members: 3; they finished together, nothing is to be done"


def test_a_group_that_never_began_counts_every_session_as_a_contradiction(connection: Connection) -> None:
    keep(connection, intake(30, CLEA))
    assert meaning(close(connection, "2026-06-20", "never_started"))[:2] == (
        "16 of 16 sessions are after its end and expected no more",
        "3 sessions after its end held all the same: counted, and listed on the page Data",
    )


def test_the_command_tells_it_below_the_row(connection: Connection) -> None:
    lines = registry_lines({"healing_groups.csv": close(connection, "2026-03-20", "broke_up", preview=True)})
    assert lines[0].endswith("G1 changed: ended_on nothing → 2026-03-20, end_reason nothing → broke_up")
    assert lines[1] == "    13 of 16 sessions are after its end and expected no more"


def test_the_first_sheet_of_all_can_be_previewed_with_closed_groups(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/healing.db")
    Path("chas.csv").write_text("cha_code,username\nC1,cha001\n", encoding="utf-8")
    Path("healing_groups.csv").write_text(HEADER + group_row("2026-03-20", "broke_up"), encoding="utf-8")
    assert main(["registry", "import", "chas.csv", "healing_groups.csv", "--preview"]) == 0
    assert "closed already: is the code right?" in capsys.readouterr().out
