"""Knows that whatever happened, in whatever order, a rebuild gives the same rows as keeping up did."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from sqlalchemy import Connection

from connector.derive import rebuild, refresh_all_facts
from connector.layout import layout_of
from connector.records import StoredRecord
from forms.distress import VISITOR
from forms.library import FORMS
from tests.connector.derived_database import CARDS, CODES, empty_database
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
    visit,
)

GROUPS = ("G1", "G2", "G9")  # the last one is not in the registry
NASTY = (
    *("x" * 300, "-1", "0", "2147483647", "-2147483648", "99999999999", "1.5", "nan", "1e400", "a b c", " ", "yes no"),
    *("0001-01-01", "9999-12-31", "9999-12-31T23:59:59.000+02:00", "0001-01-01T00:00:00.000+14:00", "24:00:00", "\x00"),
    *("\ud800", "refused", "é" * 20, ["x"], [{"a": "b"}], {"a": 1}, None, True, 3.7, -(2**70), float("inf")),
)
REASONS = ("sick", "work", "left_group")


def random_intake(rng: Random, server_id: int) -> StoredRecord:
    answers = {
        "short_name": rng.choice(["Aimée", "aimee", "Bosco"]),
        "sex": rng.choice(["female", "male", "?"]),
        "joined_on": rng.choice(["2026-03-02", "2026-03-09", "2026-03-16", "soon"]),
        "enrolled": rng.choice(["yes", "yes", "yes", "no"]),
        "phq9_9": rng.choice(["0", "1"]),
        "today": rng.choice(["2026-02-20", "2026-03-01"]),
        "newcomer_code": rng.choice(["", "", *CARDS[:3]]),
        "safety_2_plan": rng.choice(["", "", "yes"]),
        "spoke_of_harm": rng.choice(["", "no", "yes"]),
    }
    return intake(server_id, rng.choice(CODES[:5]), rng.choice([*GROUPS, ""]), **answers)


def random_report(rng: Random, server_id: int) -> StoredRecord:
    ticked = {reason: " ".join(rng.sample(CODES[:6], rng.randint(1, 2))) for reason in rng.sample(REASONS, 2)}
    answers = {f"absent_{reason}": codes for reason, codes in ticked.items()}
    answers |= {"anyone_absent": "yes", "absence_reasons": " ".join(ticked), "head_count": str(rng.randint(0, 4))}
    answers |= random_kind(rng) | random_distress(rng)
    newcomers = rng.sample(CARDS[:3], rng.choice([0, 0, 1, 2]))
    answers |= {"newcomer_count": str(len(newcomers)), "newcomer_codes": " ".join(newcomers), "newcomer_1": CARDS[0]}
    roster = rng.sample(CODES[:6], 4)
    return report(server_id, rng.choice([*GROUPS, ""]), rng.choice([1, 2, 3, 15, 16, 17]), roster, **answers)


def random_kind(rng: Random) -> dict[str, str]:
    """What the form asks today about the session, or what it asked before."""
    if rng.random() < 0.3:
        return {"session_kind": "", "was_held": rng.choice(["yes", "yes", "no", ""])}
    day = f"2026-03-{rng.randint(2, 28):02}"
    kind = rng.choice(["planned", "planned", "merged", "made_up", "not_held", ""])
    return {"session_kind": kind, "merged_week": rng.choice(["", "1", "2", "3", "16"]), "session_date": day}


def random_distress(rng: Random) -> dict[str, str]:
    """People in distress as the form names them today, or as it did before."""
    if rng.random() < 0.3:
        return {"distress_members": " ".join(rng.sample([*CODES[:3], VISITOR], rng.randint(0, 2)))}
    people = rng.sample([*CODES[:3], "newcomer_1", VISITOR, VISITOR], rng.choice([0, 1, 2, 3, 3]))
    told = ("nnnn", "yynn", "ny--", "----")
    actions = ("", "none_needed")
    found: dict[str, str] = {}
    for number, code in enumerate(people, start=1):
        found |= in_distress(number, code, rng.choice(told), actions=rng.choice(actions))
    return found


def random_visit(rng: Random, server_id: int) -> StoredRecord:
    answers = {f"phq9_{item}": rng.choice("0123") for item in range(1, 10)}
    answers |= {
        "contact_result": rng.choice(["interviewed", "died", "moved_away"]),
        "phq9_score": rng.choice(["", "5"]),
    }
    answers |= {"today": rng.choice(["2026-03-10", "2026-06-30"]), "safety_level": rng.choice(["", "low", "imminent"])}
    wave = rng.choice(["baseline", "endline"])
    return visit(server_id, rng.choice([*CODES[:5], "4AC7-HK9X"]), wave, **answers)


MAKERS: tuple[Callable[[Random, int], StoredRecord], ...] = (random_intake, random_report, random_visit)


def late(record: StoredRecord) -> StoredRecord:
    """The record as it arrives a while after the others with smaller numbers."""
    return replace(record, submitted_at=MOMENT + dt.timedelta(days=record.server_id % 40))


def play(connection: Connection, rng: Random, steps: int) -> None:
    """New records, edits, deletions, re-sent ones and moves, in pages of several records."""
    live: dict[int, StoredRecord] = {}
    for step in range(steps):
        page = []
        for number in range(rng.randint(1, 4)):
            server_id = rng.choice(sorted(live)) if live and rng.random() < 0.4 else 10 * step + number + 1
            maker = MAKERS[server_id % len(MAKERS)]
            page.append(late(maker(rng, server_id)))
        page = list({each.server_id: each for each in page}.values())
        live |= {each.server_id: each for each in page}
        keep(connection, *page)
        if rng.random() < 0.3:
            gone = rng.sample(sorted(live), min(2, len(live)))
            remove(connection, *(live.pop(server_id) for server_id in gone))
        if rng.random() < 0.15:
            move(
                connection, rng.choice(CODES[:5]), rng.choice(GROUPS), f"2026-{rng.randint(3, 6):02}-{step % 28 + 1:02}"
            )
            refresh_all_facts(connection)


def differing(connection: Connection) -> list[str]:
    """Names of the tables in which a rebuild gives other rows than those that are there."""
    before = dump(connection)
    rebuild(connection)
    after = dump(connection)
    assert before.keys() == after.keys()
    return [name for name in before if before[name] != after[name]]


@pytest.mark.parametrize("seed", range(8))
def test_a_rebuild_changes_no_row(seed: int) -> None:
    with empty_database() as connection:
        register(connection, GROUPS[:2], weeks=15)
        play(connection, Random(seed), 9)
        assert differing(connection) == []


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 160))
def test_a_rebuild_changes_no_row_after_long_histories(seed: int) -> None:
    with empty_database() as connection:
        register(connection, GROUPS[:2], weeks=15)
        play(connection, Random(seed), 28)
        assert differing(connection) == []


def test_the_histories_reach_every_kind_of_fact() -> None:
    with empty_database() as connection:
        register(connection, GROUPS[:2], weeks=15)
        play(connection, Random(3), 30)
        found = dump(connection)
        never = {"attendance_components", "attendance_follow_up_members", "attendance_absent_travel"}
        never |= {"attendance_absent_family", "attendance_absent_unknown", "told_code"}
        never |= {f"{form}_{prefix}_actions" for form in ("intake", "outcome") for prefix in ("safety", "safety_2")}
        assert {name for name, rows in found.items() if not rows} == never


def test_a_rebuild_on_postgresql_changes_no_row(lasting_postgres_url: str) -> None:
    with empty_database(lasting_postgres_url) as connection:
        register(connection, GROUPS[:2], weeks=15)
        play(connection, Random(7), 8)
        assert differing(connection) == []


def test_both_databases_hold_the_same_rows(lasting_postgres_url: str) -> None:
    dumps = []
    for url in ("sqlite://", lasting_postgres_url):
        with empty_database(url) as connection:
            register(connection, GROUPS[:2], weeks=15)
            play(connection, Random(8), 7)
            dumps.append(dump(connection))
    assert dumps[0] == dumps[1]


def junk_record(rng: Random, server_id: int) -> StoredRecord:
    """A record in which many answers are what no phone sends."""
    made = MAKERS[server_id % len(MAKERS)](rng, server_id)
    damaged = {key: rng.choice(NASTY) for key in rng.sample(sorted(layout_of(FORMS[made.form_id]).questions), 12)}
    return replace(made, record={**made.record, **damaged, f"unknown_{server_id}": "x"})


def test_nothing_that_a_record_holds_stops_the_others(lasting_postgres_url: str) -> None:
    rng, number_of_records = Random(11), 120
    with empty_database(lasting_postgres_url) as connection:
        register(connection, GROUPS[:2], weeks=15)
        keep(connection, *(junk_record(rng, number) for number in range(1, number_of_records + 1)))
        found = dump(connection)
        assert sum(len(found[form_id]) for form_id in FORMS) == number_of_records
        assert not [row for row in found["problem"] if "unreadable_record" in row]
        assert differing(connection) == []


def test_the_order_in_which_records_arrive_does_not_matter() -> None:
    rng = Random(5)
    records = [MAKERS[number % 3](rng, number) for number in range(1, 40)]
    dumps = []
    for _ in range(3):
        with empty_database() as connection:
            register(connection, GROUPS[:2], weeks=15)
            for start in range(0, len(records), 6):
                keep(connection, *records[start : start + 6])
            dumps.append(dump(connection))
        rng.shuffle(records)
    assert dumps[0] == dumps[1] == dumps[2]


def test_a_rebuild_of_an_empty_database_leaves_it_empty() -> None:
    with empty_database() as connection:
        rebuild(connection)
        assert set(map(len, dump(connection).values())) == {0}
