"""Knows how somebody who came without being on the list is joined to their intake record, whichever comes first."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

import pytest
from sqlalchemy import Connection

from connector import fact_schema as fact
from connector.derive import rebuild
from connector.records import StoredRecord
from connector.refresh_newcomers import DAYS_TO_INTAKE
from tests.connector.derived_database import ANA, BEA, CARDS, empty_database
from tests.connector.made_records import MOMENT, dump, in_distress, intake, keep, register, remove, report, rows

CARD, OTHER = CARDS[:2]


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A database with a registry of two healing groups."""
    with empty_database() as opened:
        register(opened)
        yield opened


def with_newcomers(server_id: int, week: int = 1, codes: tuple[str, ...] = (CARD,), **answers: str) -> StoredRecord:
    """A session to which people came who are not on the list, with nobody else."""
    made = {f"newcomer_{number}": code for number, code in enumerate((*codes, *CARDS[2:]), start=1)}
    told = {"newcomer_count": str(len(codes)), "newcomer_codes": " ".join(codes), "head_count": str(len(codes))}
    return report(server_id, "G1", week, **{**made, **told, **answers})


def joining(server_id: int, code: str, card: str = CARD, **answers: str) -> StoredRecord:
    """The intake of somebody who has a newcomer's card."""
    return intake(server_id, code, **{"has_newcomer_card": "yes", "newcomer_code": card, **answers})


def joined(connection: Connection) -> dict[str, str | None]:
    return {row["newcomer_code"]: row["client_code"] for row in rows(connection, fact.newcomer)}


def kinds(connection: Connection) -> set[str]:
    return {row["kind"] for row in rows(connection, fact.problem)}


def first_mark(connection: Connection, client_code: str) -> str:
    (row,) = rows(connection, fact.attendance_mark, client_code=client_code, week=1)
    return str(row["state"])


def arrived(record: StoredRecord, day: int) -> StoredRecord:
    """The record as it is when it reaches the server some days after the moment of all others."""
    return replace(record, submitted_at=MOMENT + dt.timedelta(days=day))


def test_a_newcomer_is_known_by_the_card_and_by_the_session(connection: Connection) -> None:
    keep(connection, with_newcomers(1, codes=(CARD, OTHER)))
    found = rows(connection, fact.newcomer)
    assert {row["newcomer_code"] for row in found} == {CARD, OTHER}
    where = {(row["root_uuid"], row["healing_group"], row["week"], row["seen_on"]) for row in found}
    assert where == {("root-1", "G1", 1, dt.date(2026, 3, 2))}
    assert joined(connection) == {CARD: None, OTHER: None}
    assert rows(connection, fact.session, healing_group="G1", week=1)[0]["newcomers"] == 2


def test_codes_that_nobody_got_are_no_newcomers(connection: Connection) -> None:
    keep(connection, with_newcomers(1, codes=(), newcomer_1=CARD))
    assert rows(connection, fact.newcomer) == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_newcomer_is_joined_by_the_code_in_any_order_of_arrival(connection: Connection, order: list[int]) -> None:
    records = [with_newcomers(1), joining(2, ANA), intake(3, BEA)]
    for position in order:
        keep(connection, records[position])
    assert joined(connection) == {CARD: ANA}
    assert (first_mark(connection, ANA), first_mark(connection, BEA)) == ("present", "no_report")
    assert rows(connection, fact.client, client_code=ANA)[0]["sessions_attended"] == 1


def test_a_newcomer_who_joined_is_not_missing_from_the_list(connection: Connection) -> None:
    keep(connection, with_newcomers(1), joining(2, ANA))
    assert "not_on_phone_roster" not in kinds(connection)


def test_a_membership_that_begins_after_the_session_leaves_the_mark_and_keeps_the_newcomer(
    connection: Connection,
) -> None:
    keep(connection, with_newcomers(1), joining(2, ANA, joined_on="2026-03-09"))
    assert first_mark(connection, ANA) == "not_member"
    assert joined(connection) == {CARD: ANA}


def test_a_newcomer_who_joins_another_group_is_joined_all_the_same(connection: Connection) -> None:
    keep(connection, with_newcomers(1), joining(2, ANA, healing_group="G2"))
    assert joined(connection) == {CARD: ANA}
    assert rows(connection, fact.attendance_mark, client_code=ANA, healing_group="G1") == []


def test_whoever_takes_the_code_back_or_goes_is_parted_again(connection: Connection) -> None:
    keep(connection, with_newcomers(1), joining(2, ANA))
    keep(connection, joining(2, ANA, OTHER))
    assert (joined(connection), first_mark(connection, ANA)) == ({CARD: None}, "no_report")
    keep(connection, joining(2, ANA))
    assert joined(connection) == {CARD: ANA}
    remove(connection, joining(2, ANA))
    assert joined(connection) == {CARD: None}


def test_a_session_that_goes_takes_its_newcomers_along(connection: Connection) -> None:
    keep(connection, with_newcomers(1), joining(2, ANA))
    remove(connection, with_newcomers(1))
    assert rows(connection, fact.newcomer) == []
    assert first_mark(connection, ANA) == "no_report"
    assert kinds(connection) == {"unknown_newcomer_code"}


def test_a_code_that_no_session_made_is_a_problem_until_the_report_arrives(connection: Connection) -> None:
    keep(connection, joining(1, ANA))
    (found,) = rows(connection, fact.problem, kind="unknown_newcomer_code")
    assert (found["root_uuid"], found["client_code"], found["path"]) == ("root-1", ANA, "newcomer_code")
    assert CARD not in found["message"]
    keep(connection, with_newcomers(2))
    assert kinds(connection) == set()


def test_one_code_in_two_intakes_joins_nobody_until_one_is_corrected(connection: Connection) -> None:
    keep(connection, with_newcomers(1), joining(2, ANA), joining(3, BEA))
    assert joined(connection) == {CARD: None}
    twice = {row["client_code"] for row in rows(connection, fact.problem, kind="newcomer_code_twice")}
    assert twice == {ANA, BEA}
    keep(connection, joining(3, BEA, "", has_newcomer_card="no"))
    assert (joined(connection), kinds(connection) - {"not_on_phone_roster"}) == ({CARD: ANA}, set())


def test_one_person_with_two_intake_records_and_one_client_code_is_joined(connection: Connection) -> None:
    keep(connection, with_newcomers(1), joining(2, ANA), joining(3, ANA))
    assert joined(connection) == {CARD: ANA}


@pytest.mark.parametrize(("days", "is_overdue"), [(DAYS_TO_INTAKE - 1, False), (DAYS_TO_INTAKE, True)])
def test_a_newcomer_without_intake_is_a_problem_after_two_weeks(
    connection: Connection, days: int, is_overdue: bool
) -> None:
    keep(connection, with_newcomers(1))
    assert kinds(connection) == set()
    keep(connection, arrived(intake(2, BEA, "G2"), days))
    found = rows(connection, fact.problem, kind="newcomer_without_intake")
    assert [(row["root_uuid"], row["server_id"], row["client_code"]) for row in found] == (
        [("root-1", 1, CARD)] if is_overdue else []
    )


def test_the_intake_of_an_overdue_newcomer_ends_the_problem(connection: Connection) -> None:
    keep(connection, with_newcomers(1, codes=(CARD, OTHER)), arrived(joining(2, ANA), 30))
    overdue = [row["client_code"] for row in rows(connection, fact.problem, kind="newcomer_without_intake")]
    assert overdue == [OTHER]


def test_a_latest_record_that_goes_takes_the_day_back(connection: Connection) -> None:
    late = arrived(intake(2, BEA, "G2"), 30)
    keep(connection, with_newcomers(1), late)
    assert "newcomer_without_intake" in kinds(connection)
    remove(connection, late)
    assert kinds(connection) == set()


def test_the_alert_of_a_newcomer_gets_the_clients_code_and_keeps_its_id(connection: Connection) -> None:
    keep(connection, with_newcomers(1, 1, (CARD,), **in_distress(1, "newcomer_1", "yynn")))
    (before,) = rows(connection, fact.alert)
    keep(connection, joining(2, ANA))
    (after,) = rows(connection, fact.alert)
    assert (before["person"], before["client_code"], before["level"]) == ("newcomer", CARD, "imminent")
    assert (after["person"], after["client_code"]) == ("client", ANA)
    assert before["alert_id"] == after["alert_id"] == f"distress:root-1:{CARD}"
    remove(connection, joining(2, ANA))
    assert rows(connection, fact.alert) == [before]


def test_a_newcomer_in_distress_is_joined_in_a_report_without_a_group_too(connection: Connection) -> None:
    keep(connection, with_newcomers(1, 1, (CARD,), healing_group="", **in_distress(1, "newcomer_1")))
    keep(connection, joining(2, ANA))
    assert [row["client_code"] for row in rows(connection, fact.alert)] == [ANA]


def test_a_newcomer_named_in_distress_but_lost_from_the_count_is_a_newcomer(connection: Connection) -> None:
    keep(
        connection, with_newcomers(1, 1, (CARD,), newcomer_codes="", newcomer_count="", **in_distress(1, "newcomer_1"))
    )
    assert joined(connection) == {CARD: None}


def test_a_lost_list_of_codes_is_made_again_from_the_count(connection: Connection) -> None:
    keep(connection, with_newcomers(1, codes=(CARD, OTHER), newcomer_codes=""))
    assert set(joined(connection)) == {CARD, OTHER}


def test_a_merged_session_marks_a_joined_newcomer_for_both_weeks(connection: Connection) -> None:
    keep(connection, with_newcomers(1, week=2, session_kind="merged", merged_week="1"), joining(2, ANA))
    found = {row["week"]: row["state"] for row in rows(connection, fact.attendance_mark, client_code=ANA)}
    assert (found[1], found[2]) == ("present", "present")


def test_a_rebuild_joins_the_same_people(connection: Connection) -> None:
    keep(connection, with_newcomers(1, codes=(CARD, OTHER)), joining(2, ANA), arrived(joining(3, BEA, CARDS[4]), 40))
    before = dump(connection)
    rebuild(connection)
    assert dump(connection) == before
    assert {"newcomer_without_intake", "unknown_newcomer_code"} <= kinds(connection)
