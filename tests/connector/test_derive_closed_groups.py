"""What follows when a healing group is closed, and that nothing of what was before it goes."""

import datetime as dt
from random import Random

import pytest
from sqlalchemy import Connection

from connector import fact_schema as fact
from tests.connector.closed_group_scenes import close, three_weeks
from tests.connector.derived_database import ANA, BEA, DEA, empty_database
from tests.connector.made_records import dump, in_distress, intake, keep, move, register, remove, report, rows, visit
from tests.connector.test_derive_rebuild import GROUPS, differing, play


@pytest.fixture
def connection(any_current: Connection) -> Connection:
    """A healing group in its fourth week, and another one."""
    three_weeks(any_current)
    return any_current


def weeks(connection: Connection, group: str = "G1") -> list[tuple[int, str]]:
    return sorted((row["week"], row["status"]) for row in rows(connection, fact.session, healing_group=group))


def problems(connection: Connection, *kinds: str) -> list[tuple[str, str | None, str | None]]:
    found = [row for kind in kinds for row in rows(connection, fact.problem, kind=kind)]
    return sorted(((row["kind"], row["root_uuid"], row["client_code"]) for row in found), key=repr)


CLOSING = ("session_after_end", "joined_closed_group", "members_of_closed_group")
HELD = [(1, "held"), (2, "held"), (3, "held")]


def test_no_session_is_expected_after_the_end_and_all_before_it_stay(connection: Connection) -> None:
    before = rows(connection, fact.session, healing_group="G1")[:3]
    close(connection, "2026-03-23", "broke_up")
    assert weeks(connection) == [*HELD, (4, "no_report")]
    assert rows(connection, fact.session, healing_group="G1")[:3] == before
    assert len(weeks(connection, "G2")) == 16
    assert {row["week"] for row in rows(connection, fact.attendance_mark, client_code=ANA)} == {1, 2, 3, 4}


def test_the_last_day_itself_still_counts(connection: Connection) -> None:
    close(connection, "2026-03-22", "broke_up")
    assert weeks(connection) == HELD
    close(connection, "2026-03-23", "broke_up")
    assert weeks(connection) == [*HELD, (4, "no_report")]


def test_members_stay_members_with_what_they_attended_and_somebody_is_told(connection: Connection) -> None:
    close(connection, "2026-03-20", "broke_up")
    ana = rows(connection, fact.client, client_code=ANA)[0]
    assert (ana["healing_group"], ana["left_on"], ana["sessions_attended"]) == ("G1", None, 3)
    assert (ana["group_ended_on"], ana["group_end_reason"]) == (dt.date(2026, 3, 20), "broke_up")
    (told,) = rows(connection, fact.problem, kind="members_of_closed_group")
    assert (told["healing_group"], told["form_id"]) == ("G1", "registry") and "3 people" in told["message"]


def test_who_was_brought_elsewhere_is_told_no_more(connection: Connection) -> None:
    close(connection, "2026-03-20", "merged")
    for code in (ANA, BEA):
        move(connection, code, "G2", "2026-03-23")
    close(connection, "2026-03-21", "merged")
    assert "1 person" in rows(connection, fact.problem, kind="members_of_closed_group")[0]["message"]
    assert rows(connection, fact.client, client_code=ANA)[0]["group_ended_on"] is None


def test_a_death_told_later_counts_the_members_anew(connection: Connection) -> None:
    close(connection, "2026-03-20", "broke_up")
    keep(connection, visit(30, ANA, contact_result="died", today="2026-04-01"))
    assert "2 people" in rows(connection, fact.problem, kind="members_of_closed_group")[0]["message"]
    assert differing(connection) == []


def test_members_of_a_group_that_finished_are_no_problem(connection: Connection) -> None:
    close(connection, "2026-06-20", "completed")
    assert len(weeks(connection)) == 16
    assert problems(connection, *CLOSING) == []


def test_a_group_that_never_began_owes_nothing_whatever_the_day(connection: Connection) -> None:
    keep(connection, intake(5, DEA, "G2"))
    close(connection, "2026-05-20", "never_started", code="G2")
    assert weeks(connection, "G2") == []
    assert problems(connection, *CLOSING) == [("members_of_closed_group", None, None)]


def test_a_session_after_the_end_counts_and_is_a_problem(connection: Connection) -> None:
    keep(connection, report(20, "G1", 6, (ANA,)))
    close(connection, "2026-03-20", "broke_up")
    assert weeks(connection) == [*HELD, (6, "held")]
    assert rows(connection, fact.client, client_code=ANA)[0]["sessions_attended"] == 4
    assert ("session_after_end", "root-20", None) in problems(connection, *CLOSING)


def test_a_report_that_arrives_after_the_closing_counts_and_goes_again_when_deleted(connection: Connection) -> None:
    close(connection, "2026-03-20", "broke_up")
    before = dump(connection)
    late = report(20, "G1", 6, (ANA,))
    keep(connection, late)
    assert weeks(connection) == [*HELD, (6, "held")]
    assert differing(connection) == []
    remove(connection, late)
    assert dump(connection) == before


def test_a_late_report_of_a_session_before_the_end_is_no_problem(connection: Connection) -> None:
    close(connection, "2026-03-23", "broke_up")
    keep(connection, report(20, "G1", 4, (ANA,)), report(21, "G1", 5, (ANA,), session_date="2026-03-21"))
    assert weeks(connection) == [*HELD, (4, "held"), (5, "held")]
    assert problems(connection, "session_after_end") == []


def test_that_it_no_longer_meets_is_no_session_and_no_problem(connection: Connection) -> None:
    keep(connection, report(20, "G1", 6, session_kind="not_held", not_held_reason="few_came"))
    close(connection, "2026-03-20", "broke_up")
    assert weeks(connection) == HELD
    assert problems(connection, "session_after_end") == []


def test_two_weeks_in_one_meeting_after_the_end_are_one_problem(connection: Connection) -> None:
    keep(connection, report(20, "G1", 6, (ANA,), session_kind="merged", merged_week="5"))
    close(connection, "2026-03-20", "broke_up")
    assert weeks(connection) == [*HELD, (5, "held"), (6, "held")]
    assert len(problems(connection, "session_after_end")) == 1
    assert differing(connection) == []


def test_a_session_of_a_group_that_never_began_is_a_problem(connection: Connection) -> None:
    close(connection, "2026-05-20", "never_started")
    assert weeks(connection) == HELD
    assert len(problems(connection, "session_after_end")) == 3


def test_joining_after_the_end_is_a_problem_by_intake_and_by_move(connection: Connection) -> None:
    keep(connection, intake(5, DEA, joined_on="2026-03-24"))
    move(connection, ANA, "G2", "2026-03-10")
    move(connection, ANA, "G1", "2026-03-25")
    close(connection, "2026-03-20", "broke_up")
    assert problems(connection, "joined_closed_group") == [
        ("joined_closed_group", "root-5", DEA),
        ("joined_closed_group", None, ANA),
    ]
    assert rows(connection, fact.client, client_code=DEA)[0]["healing_group"] == "G1"


def test_somebody_who_joined_on_the_last_day_is_no_problem(connection: Connection) -> None:
    keep(connection, intake(5, DEA, joined_on="2026-03-20"))
    close(connection, "2026-03-20", "broke_up")
    assert problems(connection, "joined_closed_group") == []


def test_an_intake_that_arrives_after_the_closing_is_told(connection: Connection) -> None:
    close(connection, "2026-03-20", "broke_up")
    keep(connection, intake(5, DEA, joined_on="2026-03-24"))
    assert problems(connection, "joined_closed_group") == [("joined_closed_group", "root-5", DEA)]
    assert "4 people" in rows(connection, fact.problem, kind="members_of_closed_group")[0]["message"]
    assert differing(connection) == []


def test_opening_it_again_brings_everything_back(connection: Connection) -> None:
    keep(connection, report(20, "G1", 6, (ANA,)), intake(5, DEA, joined_on="2026-03-24"))
    before = dump(connection)
    close(connection, "2026-03-20", "broke_up")
    closed = dump(connection)
    assert closed != before
    close(connection)
    assert dump(connection) == before
    close(connection, "2026-03-20", "broke_up")
    assert dump(connection) == closed


def test_no_alert_goes_or_changes(connection: Connection) -> None:
    distressed = in_distress(1, ANA, "yyyn")
    keep(connection, report(20, "G1", 3, (ANA, BEA), follow_up_members=BEA, **distressed))
    keep(connection, visit(21, BEA, phq9_9="2", safety_thoughts_now="yes"))
    before = rows(connection, fact.alert)
    assert len(before) >= 3
    for day, reason in (("2026-03-03", "broke_up"), ("2026-05-20", "never_started"), ("2026-03-16", "merged")):
        close(connection, day, reason)
        assert rows(connection, fact.alert) == before


def test_distress_told_after_the_end_raises_its_alert(connection: Connection) -> None:
    close(connection, "2026-03-16", "broke_up")
    keep(connection, report(20, "G1", 9, (ANA,), **in_distress(1, ANA, "yyyn")))
    keep(connection, report(21, "G1", 10, session_kind="not_held", **in_distress(1, BEA, "yyyn")))
    keep(connection, visit(22, BEA, phq9_9="2", safety_thoughts_now="yes"))
    assert {(row["root_uuid"], row["healing_group"]) for row in rows(connection, fact.alert)} == {
        ("root-20", "G1"),
        ("root-21", "G1"),
        ("root-22", "G1"),
    }


def test_a_rebuild_changes_no_row_while_groups_are_closed_and_opened() -> None:
    kinds = set()
    for seed in (1, 2):
        with empty_database() as connection:
            register(connection, GROUPS[:2], weeks=15)
            kinds |= play_closing(connection, Random(seed))
    assert set(CLOSING) <= kinds


def test_a_rebuild_on_postgresql_changes_no_row_while_groups_are_closed(lasting_postgres_url: str) -> None:
    with empty_database(lasting_postgres_url) as connection:
        register(connection, GROUPS[:2], weeks=15)
        assert play_closing(connection, Random(9)) & set(CLOSING)


def play_closing(connection: Connection, rng: Random) -> set[str]:
    """Records come, change and go while a healing group is open, closed, closed otherwise, and open again.

    Returns the kinds of problems that were there on the way.
    """
    kinds = set()
    for step in range(4):
        play(connection, rng, 3)
        day, reason = f"2026-03-{rng.randint(2, 28):02}", rng.choice(["broke_up", "merged", "never_started"])
        close(connection, *(("", "") if step == 2 else (day, reason)), code=GROUPS[step % 2])
        play(connection, rng, 2)
        kinds |= {row["kind"] for row in rows(connection, fact.problem)}
        assert differing(connection) == []
    return kinds
