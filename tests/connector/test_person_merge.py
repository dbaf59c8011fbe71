"""Two codes that are one person are read as one everywhere, nothing is lost by it, and undoing brings all back."""

import datetime as dt
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection

from connector import fact_schema as fact
from connector.alert_handling import add_handling
from connector.derive import rebuild, refresh_all_facts
from connector.person_merge import (
    Decision,
    PersonRefusedError,
    decisions,
    merge,
    set_distinct,
    unmerge,
    unset_distinct,
)
from connector.precious_schema import person_merge
from connector.rosters import write_rosters
from connector.schema import FORM_TABLES
from tests.connector.derived_database import ANA, BEA, CLEA, CODES, DEA, empty_database
from tests.connector.made_records import (
    MOMENT,
    dump,
    in_distress,
    intake,
    keep,
    move,
    register,
    remove,
    report,
    rows,
    visit,
)
from tests.connector.test_derive_rebuild import GROUPS, differing, play

LATER = MOMENT + dt.timedelta(days=1)


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A programme with two healing groups and nobody in them."""
    with empty_database() as opened:
        register(opened)
        yield opened


def join(connection: Connection, kept: str = ANA, merged: str = BEA) -> int:
    return merge(connection, kept, merged, reason="same card", by="MK", now=MOMENT)


def undo(connection: Connection, merged: str = BEA) -> int:
    return unmerge(connection, merged, by="MK", now=LATER)


def one(connection: Connection, table: Any, **values: Any) -> dict[str, Any]:
    (found,) = rows(connection, table, **values)
    return found


def kinds(connection: Connection) -> set[str]:
    return {row["kind"] for row in rows(connection, fact.problem)}


def enter_twice(connection: Connection) -> None:
    """One woman screened twice, with a session and a visit under each code."""
    keep(connection, intake(1, ANA, short_name="Keza"), intake(2, BEA, short_name="Keza", joined_on="2026-03-09"))
    keep(
        connection,
        report(3, "G1", 1, [ANA]),
        report(4, "G1", 2, [ANA, BEA], head_count="1"),
        visit(5, BEA),
        visit(6, CLEA),
    )


def test_two_codes_become_one_client_with_one_membership(connection: Connection) -> None:
    enter_twice(connection)
    assert join(connection) == 3
    assert one(connection, fact.client)["client_code"] == ANA
    assert one(connection, fact.membership)["joined_on"] == dt.date(2026, 3, 2)
    assert one(connection, fact.client)["has_endline"] is True
    assert {row["client_code"] for row in rows(connection, FORM_TABLES["outcome"].record)} == {ANA, CLEA}


def test_undoing_brings_back_every_row(connection: Connection) -> None:
    enter_twice(connection)
    before = dump(connection)
    join(connection)
    assert dump(connection) != before
    assert undo(connection) == 3
    assert dump(connection) == before


def test_a_second_intake_under_a_merged_code_is_no_problem(connection: Connection) -> None:
    enter_twice(connection)
    assert "likely_duplicate_person" in kinds(connection)
    join(connection)
    assert kinds(connection) == {"unknown_client"}


def test_the_record_with_the_kept_code_says_who_the_person_is(connection: Connection) -> None:
    keep(connection, intake(1, BEA, short_name="Kesa"), intake(2, ANA, short_name="Keza"))
    join(connection)
    assert one(connection, fact.client)["root_uuid"] == "root-2"
    assert one(connection, fact.client_identity)["short_name"] == "Keza"


def test_a_record_that_comes_later_under_the_merged_code_is_read_as_the_kept_one(connection: Connection) -> None:
    keep(connection, intake(1, ANA), intake(2, BEA))
    join(connection)
    keep(connection, visit(3, BEA))
    assert one(connection, fact.client)["has_endline"] is True


def test_who_is_on_the_list_twice_and_ticked_once_was_there(connection: Connection) -> None:
    keep(connection, intake(1, ANA), intake(2, BEA), intake(3, CLEA))
    ticked = {
        "anyone_absent": "yes",
        "absence_reasons": "sick left_group",
        "absent_sick": CLEA,
        "absent_left_group": BEA,
    }
    keep(connection, report(4, "G1", 1, [ANA, BEA, CLEA], head_count="1", **ticked))
    join(connection)
    marks = {row["client_code"]: row["state"] for row in rows(connection, fact.attendance_mark, week=1)}
    assert marks == {ANA: "present", CLEA: "absent"}
    held = one(connection, fact.session, healing_group="G1", week=1)
    assert (held["expected"], held["present"], held["head_count_difference"]) == (2, 1, 0)
    assert one(connection, fact.membership, client_code=ANA)["left_on"] is None


def test_who_is_on_the_list_twice_and_ticked_twice_was_absent(connection: Connection) -> None:
    keep(connection, intake(1, ANA), intake(2, BEA))
    ticked = {"anyone_absent": "yes", "absence_reasons": "sick", "absent_sick": f"{ANA} {BEA}"}
    keep(connection, report(4, "G1", 1, [ANA, BEA], **ticked))
    join(connection)
    assert one(connection, fact.attendance_mark, week=1)["state"] == "absent"
    assert [row["choice"] for row in rows(connection, FORM_TABLES["attendance"].children["absent_sick"])] == [ANA]
    assert one(connection, fact.session, healing_group="G1", week=1)["present"] == 0


def test_an_alert_keeps_its_id_and_what_was_done_about_it(connection: Connection) -> None:
    keep(connection, intake(1, ANA), intake(2, BEA, phq9_9="1"))
    named = {**in_distress(1, BEA, "yynn"), **in_distress(2, ANA, "nnnn")}
    keep(connection, report(3, "G1", 1, [ANA, BEA], anyone_to_follow_up="yes", follow_up_members=BEA, **named))
    before = {row["alert_id"]: row for row in rows(connection, fact.alert)}
    for alert_id in before:
        add_handling(connection, alert_id, "acknowledged", "MK", MOMENT)
    join(connection)
    after = {row["alert_id"]: row for row in rows(connection, fact.alert)}
    assert after.keys() == before.keys()
    assert {row["client_code"] for row in after.values()} == {ANA}
    assert {key: row["level"] for key, row in after.items()} == {key: row["level"] for key, row in before.items()}


def test_a_coordinators_move_of_the_merged_code_counts_for_the_kept_one(connection: Connection) -> None:
    keep(connection, intake(1, ANA), intake(2, BEA))
    move(connection, BEA, "G2", "2026-04-06")
    rebuild(connection)
    join(connection)
    assert [row["healing_group"] for row in rows(connection, fact.membership, client_code=ANA)] == ["G1", "G2"]
    undo(connection)
    assert [row["healing_group"] for row in rows(connection, fact.membership, client_code=ANA)] == ["G1"]


def moved_to_second_group(connection: Connection) -> None:
    """A coordinator entered a transfer for a code that is on a phone's list, and in a report, without an intake."""
    keep(connection, intake(1, ANA), report(3, "G1", 1, [ANA, BEA], anyone_to_follow_up="yes", follow_up_members=BEA))
    move(connection, BEA, "G2", "2026-04-06")
    refresh_all_facts(connection)


def test_a_move_counts_for_the_kept_code_also_when_only_sessions_name_the_merged_one(connection: Connection) -> None:
    moved_to_second_group(connection)
    before = dump(connection)
    join(connection)
    assert [row["healing_group"] for row in rows(connection, fact.membership, client_code=ANA)] == ["G1", "G2"]
    assert differing(connection) == []
    undo(connection)
    assert dump(connection) == before


def test_undoing_takes_a_move_back_also_when_no_record_names_the_merged_code_any_more(connection: Connection) -> None:
    keep(connection, intake(1, ANA), intake(2, BEA))
    move(connection, BEA, "G2", "2026-04-06")
    refresh_all_facts(connection)
    join(connection)
    remove(connection, intake(2, BEA))
    undo(connection)
    assert [row["healing_group"] for row in rows(connection, fact.membership, client_code=ANA)] == ["G1"]
    assert differing(connection) == []


def test_who_was_found_to_be_another_person_is_so_under_any_code(connection: Connection) -> None:
    keep(connection, *(intake(number, code, short_name="Keza") for number, code in enumerate((ANA, BEA), start=1)))
    keep(connection, intake(3, CLEA, short_name="Keza"), visit(4, BEA))
    set_distinct(connection, ANA, BEA, by="MK", now=MOMENT)
    remove(connection, intake(2, BEA))
    before = dump(connection)
    join(connection, CLEA, BEA)
    assert rows(connection, fact.person_pair) == []
    undo(connection)
    assert dump(connection) == before


def test_phones_get_one_line_for_the_person(connection: Connection) -> None:
    keep(connection, intake(1, ANA, short_name="Keza"), intake(2, BEA, "G2", short_name="Keza", joined_on="2026-03-09"))
    join(connection)
    assert write_rosters(connection)["members.csv"].decode().splitlines()[1:] == [f"{ANA},Keza,G2,1"]


def test_merges_follow_each_other_and_are_undone_in_any_order(connection: Connection) -> None:
    keep(connection, intake(1, ANA), intake(2, BEA), intake(3, CLEA))
    keep(connection, report(4, "G1", 1, [ANA, BEA, CLEA], anyone_to_follow_up="yes", follow_up_members=CLEA))
    first = dump(connection)
    join(connection, BEA, CLEA)
    second = dump(connection)
    join(connection, ANA, BEA)
    assert [row["client_code"] for row in rows(connection, fact.client)] == [ANA]
    undo(connection, CLEA)
    assert {row["client_code"] for row in rows(connection, fact.client)} == {ANA, CLEA}
    join(connection, ANA, CLEA)
    undo(connection, BEA)
    assert {row["client_code"] for row in rows(connection, fact.client)} == {ANA, BEA}
    undo(connection, CLEA)
    assert dump(connection) == first
    join(connection, BEA, CLEA)
    assert dump(connection) == second


@pytest.mark.parametrize("seed", range(2))
def test_in_any_programme_undoing_brings_back_every_row_and_a_rebuild_changes_none(seed: int) -> None:
    rng = Random(seed)
    with empty_database() as connection:
        register(connection, GROUPS[:2], weeks=15)
        play(connection, rng, 7)
        for code in CODES[:5]:
            keep(connection, intake(900 + CODES.index(code), code))
        before = dump(connection)
        alerts = {row["alert_id"] for row in rows(connection, fact.alert)}
        merged: list[str] = []
        for _ in range(3):
            kept, gone = rng.sample([code for code in CODES[:5] if code not in merged], 2)
            join(connection, kept, gone)
            merged.append(gone)
            assert {row["alert_id"] for row in rows(connection, fact.alert)} == alerts
        with_merges = dump(connection)
        rebuild(connection)
        assert dump(connection) == with_merges
        for code in rng.sample(merged, 3):
            undo(connection, code)
        assert dump(connection) == before


def test_both_decisions_are_kept_after_an_undo(connection: Connection) -> None:
    enter_twice(connection)
    join(connection)
    undo(connection)
    set_distinct(connection, ANA, BEA, by="psychologist", now=LATER + dt.timedelta(days=1))
    assert decisions(connection) == [
        Decision("merged", ANA, BEA, "same card", MOMENT, "MK"),
        Decision("undone", ANA, BEA, "same card", LATER, "MK"),
        Decision("distinct", ANA, BEA, "", LATER + dt.timedelta(days=1), "psychologist"),
    ]
    assert len(rows(connection, person_merge)) == 1


def test_two_people_who_look_alike_are_not_listed_again_unless_it_is_taken_back(connection: Connection) -> None:
    keep(connection, intake(1, ANA, short_name="Keza"), intake(2, BEA, short_name="Keza"))
    before = dump(connection)
    set_distinct(connection, BEA, ANA, by="MK", now=MOMENT)
    set_distinct(connection, ANA, BEA, by="MK", now=MOMENT)
    assert (rows(connection, fact.person_pair), kinds(connection)) == ([], set())
    keep(connection, intake(2, BEA, short_name="Keza"))
    rebuild(connection)
    assert (rows(connection, fact.person_pair), kinds(connection)) == ([], set())
    unset_distinct(connection, ANA, BEA)
    assert dump(connection) == before


def test_two_people_stay_two_whatever_else_is_merged_into_one_of_them(connection: Connection) -> None:
    keep(
        connection, *(intake(number, code, short_name="Keza") for number, code in enumerate((ANA, BEA, CLEA), start=1))
    )
    set_distinct(connection, ANA, BEA, by="MK", now=MOMENT)
    join(connection, CLEA, BEA)
    assert rows(connection, fact.person_pair) == []
    with pytest.raises(PersonRefusedError, match="two people"):
        join(connection, ANA, CLEA)


@pytest.mark.parametrize(
    ("kept", "merged", "words"),
    [
        (ANA, ANA, "same code"),
        (ANA, "4AC7-HK9X", "typing error"),
        (ANA, DEA, "No record names"),
        (DEA, ANA, "no client"),
        (ANA, CLEA, "already merged"),
        (CLEA, ANA, "already merged"),
    ],
)
def test_a_merge_that_makes_no_sense_is_refused(connection: Connection, kept: str, merged: str, words: str) -> None:
    keep(connection, intake(1, ANA), intake(2, BEA), intake(3, CLEA))
    join(connection, BEA, CLEA)
    before = dump(connection)
    with pytest.raises(PersonRefusedError, match=words):
        join(connection, kept, merged)
    assert (dump(connection), len(rows(connection, person_merge))) == (before, 1)


@pytest.mark.parametrize(("reason", "by"), [("", "MK"), ("x" * 65, "MK"), ("same card", ""), ("same card", "4")])
def test_a_decision_needs_a_reason_and_a_person(connection: Connection, reason: str, by: str) -> None:
    keep(connection, intake(1, ANA), intake(2, BEA))
    with pytest.raises(PersonRefusedError):
        merge(connection, ANA, BEA, reason=reason, by=by, now=MOMENT)
    assert rows(connection, person_merge) == []


def test_what_was_not_decided_cannot_be_taken_back(connection: Connection) -> None:
    for taking_back in (lambda: undo(connection), lambda: unset_distinct(connection, ANA, BEA)):
        with pytest.raises(PersonRefusedError):
            taking_back()


def test_both_databases_hold_the_same_rows_after_merging(lasting_postgres_url: str) -> None:
    dumps = []
    for url in ("sqlite://", lasting_postgres_url):
        with empty_database(url) as connection:
            register(connection)
            enter_twice(connection)
            before = dump(connection)
            join(connection)
            dumps.append(dump(connection))
            undo(connection)
            assert dump(connection) == before
    assert dumps[0] == dumps[1]
