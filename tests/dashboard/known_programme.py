"""A programme so small that every total can be worked out by hand: four healing groups, 22 people, on 15 April 2026.

Sessions are written as one letter a week: H held, N not held, R no report. Marks: P present, A absent, N, R, and - for
not a member. Group 2801-01 is in week 15, 2812-01 has finished, 2812-02 has never reported, 2801-02 was rained off.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert

from connector.fact_schema import (
    alert,
    assessment,
    attendance_mark,
    change,
    client,
    client_identity,
    membership,
    problem,
    session,
)
from connector.precious_schema import alert_handling, cha, healing_group, submission, sync_cursor, sync_run
from forms.client_code import with_check

TODAY = date(2026, 4, 15)
NOW = datetime(2026, 4, 15, 22, 0)
SENTINEL_NAME = "Nyirasentinel"
SENTINEL_PHONE = "0788000000"

GROUPS = {
    "2801-01": ("Urumuri", "C01", "2026-1", date(2026, 1, 5), "HHHNHHHHRHHHHHHR"),
    "2812-01": ("Amahoro", "C02", "2025-2", date(2025, 11, 3), "HHHHHHHHHHHHHHHH"),
    "2812-02": ("Ubumwe", "C03", "2026-1", date(2026, 4, 6), "RRRRRRRRRRRRRRRR"),
    "2801-02": ("Icyizere", "C01", "2026-1", date(2026, 3, 2), "HHHHHHNRRRRRRRRR"),
}
# person: sex, healing group, marks, PHQ-9 before and after (None: not asked)
PEOPLE: dict[str, tuple[str, str, str, int | None, int | None]] = {
    "a1": ("female", "2801-01", "PPPNPPPPRPPPPPPR", 11, None),
    "a2": ("female", "2801-01", "PPPNPPPPRPPPPAAR", 9, None),
    "a3": ("male", "2801-01", "PPPNP-----------", 16, None),
    "a4": ("male", "2801-01", "--PNPAPPRPPPPPPR", 5, None),
    "a5": ("female", "2801-01", "APPNPPPARPPPAPPR", 20, None),
    "b1": ("female", "2812-01", "PPPPPPPPPPPPPPPP", 15, 8),
    "b2": ("female", "2812-01", "PPPPPPPPPPPPPPPA", 12, 10),
    "b3": ("male", "2812-01", "PPPPPPPPPPPPAAAA", 7, 14),
    "b4": ("female", "2812-01", "PPPPPPPPPPPPPPPP", 21, 4),
    "b5": ("male", "2812-01", "PPPPAPPPPPPPPPPP", 10, None),
    "b6": ("female", "2812-01", "APPPPPPPPPPPPPPP", None, 5),
    "b7": ("female", "2812-01", "PPPPPPPPPPPPPPPP", 18, 12),
    "c1": ("female", "2812-02", "RRRRRRRRRRRRRRRR", 8, None),
    "c2": ("male", "2812-02", "RRRRRRRRRRRRRRRR", 13, None),
    "c3": ("female", "2812-02", "RRRRRRRRRRRRRRRR", 18, None),
    "d1": ("female", "2801-02", "PPPPPPNRRRRRRRRR", 6, None),
    "d2": ("female", "2801-02", "PPPAAANRRRRRRRRR", 10, None),
    "d3": ("male", "2801-02", "PPPPPANRRRRRRRRR", 14, None),
    "d4": ("male", "2801-02", "PAPPPPNRRRRRRRRR", 19, None),
}
ATTENDED = {"a1": 13, "a2": 11, "a3": 4, "a4": 10, "a5": 10, "b1": 16, "b2": 15, "b3": 12, "b4": 16, "b5": 15, "b6": 15}
ATTENDED |= {"b7": 16, "c1": 0, "c2": 0, "c3": 0, "d1": 6, "d2": 3, "d3": 5, "d4": 5}
MISSED_IN_ROW = {"a2": 2, "b2": 1, "b3": 4, "d2": 3, "d3": 1}
ITEM_9 = {"b1": (2, 0), "b2": (0, 0), "b3": (0, 1), "b4": (1, 1)}
STATES = {"P": "present", "A": "absent", "N": "not_held", "R": "no_report", "-": "not_member", "H": "held"}


def code(person: str) -> str:
    """The client code of a person, with a right check character."""
    return with_check("AAAAA" + person.upper().translate(str.maketrans("S1234567", "XHJKMNPR")))


def band(score: int | None) -> str | None:
    """The PHQ-9 band of a score."""
    limits = ((4, "minimal"), (9, "mild"), (14, "moderate"), (19, "moderately_severe"), (27, "severe"))
    return None if score is None else next(name for limit, name in limits if score <= limit)


def write(engine: Engine) -> None:
    """Fill a database that has all tables and no rows."""
    with engine.begin() as connection:
        for table, rows in _tables():
            connection.execute(insert(table), rows)


def write_registry(connection: Connection) -> None:
    """Fill in the registry alone: healing groups and CHAs without any record."""
    connection.execute(insert(healing_group), list(_registry()))


def _tables() -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    yield healing_group, list(_registry())
    yield (
        cha,
        [{"cha_code": f"C0{n}", "username": f"cha{n}", "sector_code": "2801", "is_active": True} for n in (1, 2, 3)],
    )
    yield session, list(_sessions())
    yield client, [*_clients(), *_not_enrolled()]
    yield client_identity, [_identity(person) for person in PEOPLE]
    yield membership, [_membership(person) for person in PEOPLE]
    yield attendance_mark, list(_marks())
    yield change, [*(_change(person) for person in PEOPLE), *_gad7_changes()]
    yield assessment, list(_assessments())
    yield alert, _alerts()
    yield alert_handling, _handlings()
    yield problem, _problems()
    yield sync_cursor, _cursors()
    yield sync_run, _runs()
    yield submission, _submissions()


def _registry() -> Iterator[dict[str, Any]]:
    for name, (label, cha_code, cohort, started_on, plan) in GROUPS.items():
        yield {
            "code": name,
            "label": label,
            "district_code": "28",
            "sector_code": name[:4],
            "cha_code": cha_code,
            "cohort": cohort,
            "started_on": started_on,
            "weeks": len(plan),
        }


def _due_on(group: str, week: int) -> date:
    return GROUPS[group][3] + timedelta(days=7 * (week - 1))


def _sessions() -> Iterator[dict[str, Any]]:
    for group, (_, cha_code, cohort, _, plan) in GROUPS.items():
        for week, letter in enumerate(plan, start=1):
            marks = [marks[week - 1] for _, of, marks, *_ in PEOPLE.values() if of == group]
            held = letter == "H"
            due_on = _due_on(group, week)
            present, absent = marks.count("P"), marks.count("A")
            yield {
                "healing_group": group,
                "week": week,
                "cohort": cohort,
                "district_code": "28",
                "sector_code": group[:4],
                "cha_code": cha_code,
                "due_on": due_on,
                "status": STATES[letter],
                "kind": {"H": "planned", "N": "not_held"}.get(letter),
                "not_held_reason": "rain" if letter == "N" else None,
                "held_on": due_on if held else None,
                "root_uuid": None if letter == "R" else f"session-{group}-{week}",
                "expected": present + absent if held else None,
                "present": present if held else None,
                "absent": absent if held else None,
                "newcomers": 0 if held else None,
                "head_count": present + (week == 6) if held else None,
                "head_count_difference": int(week == 6) if held else None,
                "minutes": 120 if held else None,
                "reported_at": None if letter == "R" else datetime(due_on.year, due_on.month, due_on.day, 15),
                "people_in_distress": 0 if held else None,
                "people_to_follow_up": 0 if held else None,
            }


def _joined_on(person: str) -> date:
    return date(2026, 1, 19) if person == "a4" else GROUPS[PEOPLE[person][1]][3]


def _left(person: str) -> dict[str, Any]:
    return {"left_on": date(2026, 2, 4), "left_reason": "moved_away"} if person == "a3" else {}


def _clients() -> Iterator[dict[str, Any]]:
    for person, (sex, group, marks, _, after) in PEOPLE.items():
        yield _client(person, sex, group[:4]) | {
            "healing_group": group,
            "cohort": GROUPS[group][2],
            "cha_code": GROUPS[group][1],
            "has_consented": True,
            "is_enrolled": True,
            "joined_on": _joined_on(person),
            **({"left_on": None, "left_reason": None} | _left(person)),
            "sessions_attended": ATTENDED[person],
            "sessions_held": marks.count("P") + marks.count("A"),
            "last_attended_on": _due_on(group, marks.rindex("P") + 1) if "P" in marks else None,
            "missed_in_row": MISSED_IN_ROW.get(person, 0),
            "attended_week_1": marks[0] == "P",
            "attended_week_8": marks[7] == "P",
            "has_completed": ATTENDED[person] >= 13,
            "has_endline": after is not None,
        }


def _client(person: str, sex: str, sector: str) -> dict[str, Any]:
    empty = {column.name: None for column in client.columns}
    return empty | {
        "client_code": code(person),
        "root_uuid": f"intake-{person}",
        "sex": sex,
        "birth_year": 1985,
        "age_band": "40-44",
        "district_code": "28",
        "sector_code": sector,
        "screened_on": date(2025, 10, 20) if person[0] == "b" else date(2025, 12, 20),
        "is_eligible": True,
        "has_consented": False,
        "is_enrolled": False,
    }


def _not_enrolled() -> Iterator[dict[str, Any]]:
    yield _client("s1", "male", "2801") | {"is_eligible": False, "ineligible_reason": "under_age"}
    yield _client("s2", "female", "2812")
    yield _client("s3", "male", "2801") | {"has_consented": True, "not_enrolled_reason": "too_far"}


def _identity(person: str) -> dict[str, Any]:
    return {"client_code": code(person), "short_name": f"{SENTINEL_NAME} {person}", "phone": SENTINEL_PHONE}


def _membership(person: str) -> dict[str, Any]:
    base = {"client_code": code(person), "healing_group": PEOPLE[person][1], "joined_on": _joined_on(person)}
    return base | {"left_on": None, "left_reason": None} | _left(person)


def _marks() -> Iterator[dict[str, Any]]:
    for person, (_, group, marks, *_) in PEOPLE.items():
        for week, letter in enumerate(marks, start=1):
            yield {
                "healing_group": group,
                "week": week,
                "client_code": code(person),
                "state": STATES[letter],
                "reason": "sick" if letter == "A" else None,
                "due_on": _due_on(group, week),
            }


def _verdict(difference: int | None) -> str:
    if difference is None:
        return "unknown"
    return "improved" if difference <= -6 else "worse" if difference >= 6 else "no_change"


def _change(person: str) -> dict[str, Any]:
    before, after = PEOPLE[person][3:]
    difference = None if before is None or after is None else after - before
    return {
        "client_code": code(person),
        "instrument": "phq9",
        "before_wave": None if before is None else "baseline" if person == "b1" else "screening",
        "before_on": None if before is None else date(2025, 11, 1) if person == "b1" else date(2025, 10, 20),
        "before_score": before,
        "before_band": band(before),
        "after_on": None if after is None else date(2026, 2, 20),
        "after_score": after,
        "after_band": band(after),
        "difference": difference,
        "verdict": _verdict(difference),
    }


def _gad7_changes() -> Iterator[dict[str, Any]]:
    for person, before, after, verdict in (("b1", 9, 3, "improved"), ("b2", 6, 6, "no_change")):
        bands = {"before_band": "mild", "after_band": "minimal" if after < 5 else "mild"}
        scores = {"before_score": before, "after_score": after, "difference": after - before, "verdict": verdict}
        yield _change(person) | {"instrument": "gad7"} | scores | bands


def _assessments() -> Iterator[dict[str, Any]]:
    """Everybody's scores, and for b1 an earlier screening that the baseline replaces."""
    for person, (*_, before, after) in PEOPLE.items():
        row = _change(person)
        if before is not None:
            yield _assessment(person, "before", row["before_wave"], row["before_on"], before)
        if after is not None:
            yield _assessment(person, "after", "endline", row["after_on"], after)
    yield _assessment("b1", "first", "screening", date(2025, 10, 20), 16)


def _assessment(person: str, side: str, wave: str, assessed_on: date, score: int) -> dict[str, Any]:
    return {
        "root_uuid": f"{side}-{person}",
        "instrument": "phq9",
        "client_code": code(person),
        "wave": wave,
        "assessed_on": assessed_on,
        "assessed_month": f"{assessed_on:%Y-%m}",
        "answered": 9,
        "score": score,
        "band": band(score),
        "score_on_device": float(score),
        "asked_by": "supervisor",
        "answers": json.dumps(_item_9(person, side)),
    }


def _item_9(person: str, side: str) -> dict[str, int]:
    before, after = ITEM_9.get(person, (None, None))
    found = {"before": before, "after": after, "first": 3}[side]
    return {} if found is None else {"phq9_9": found}


def _alert(name: str, kind: str, level: str, person: str, opened_at: datetime, hours: int) -> dict[str, Any]:
    group = PEOPLE[person][1]
    return {
        "alert_id": name,
        "kind": kind,
        "level": level,
        "person": "client",
        "client_code": code(person),
        "healing_group": group,
        "district_code": "28",
        "sector_code": group[:4],
        "cha_code": GROUPS[group][1],
        "form_id": "outcome",
        "root_uuid": f"after-{person}",
        "opened_at": opened_at,
        "due_at": opened_at + timedelta(hours=hours),
        "actions": None,
    }


def _alerts() -> list[dict[str, Any]]:
    return [
        _alert("x1", "safety", "imminent", "a1", datetime(2026, 4, 15, 6), 2),
        _alert("x2", "safety", "moderate", "b3", datetime(2026, 4, 14, 15), 24),
        _alert("x3", "safety", "low", "d1", datetime(2026, 4, 13, 8), 168),
        _alert("x4", "follow_up", "follow_up", "d2", datetime(2026, 4, 6, 8), 168),
        _alert("x5", "safety", "moderate", "c1", datetime(2026, 4, 14, 9), 24),
    ]


def _handlings() -> list[dict[str, Any]]:
    moments = [("x2", "acknowledged", 8), ("x4", "closed", 9), ("x5", "acknowledged", 10), ("x5", "contacted", 11)]
    return [
        {"alert_id": name, "state": state, "handled_at": datetime(2026, 4, 15, hour), "handled_by": "JN"}
        for name, state, hour in moments
    ]


def _problem(name: str, kind: str, form_id: str, path: str | None, message: str) -> dict[str, Any]:
    return {
        "problem_id": name,
        "kind": kind,
        "form_id": form_id,
        "root_uuid": f"record-{name}",
        "server_id": 100 + int(name[1:]),
        "path": path,
        "healing_group": "2801-01" if form_id == "attendance" else None,
        "client_code": None,
        "message": message,
    }


def _problems() -> list[dict[str, Any]]:
    return [
        _problem("p1", "not_in_list", "intake", "about/sex", "The answer is not in its list. Correct the record."),
        _problem("p2", "session_reported_twice", "attendance", None, "Week 5 was reported twice. Delete one record."),
        _problem("p3", "not_in_list", "outcome", "visit/wave", "The answer is not in its list. Correct the record."),
    ]


def _cursors() -> list[dict[str, Any]]:
    counts = {"intake": (2, 15), "attendance": (1, 15), "outcome": (1, 14)}
    return [
        {
            "asset_uid": f"a{form_id}",
            "form_id": form_id,
            "last_id": 110,
            "complete_as_of": datetime(2026, 4, day, 5),
            "server_count": count,
        }
        for form_id, (count, day) in counts.items()
    ]


def _runs() -> list[dict[str, Any]]:
    base = {"exit_code": 0, "revalidated": 0, "problems": 0}
    first = {"started_at": datetime(2026, 4, 14, 5), "finished_at": datetime(2026, 4, 14, 5, 1), "status": "ok"}
    second = {"started_at": datetime(2026, 4, 15, 5), "finished_at": datetime(2026, 4, 15, 5, 1), "status": "ok"}
    return [
        base | first | {"new": 40, "edited": 0, "deleted": 0, "message": "40 new, 0 edited, 0 deleted, 0 problems"},
        base | second | {"new": 3, "edited": 1, "deleted": 1, "problems": 2, "message": "3 new, 1 edited, 1 deleted"},
    ]


def _submissions() -> list[dict[str, Any]]:
    kept = [
        ("intake", 101, None),
        ("intake", 102, None),
        ("intake", 103, datetime(2026, 4, 15, 5)),
        ("attendance", 104, None),
    ]
    return [
        {
            "asset_uid": f"a{form_id}",
            "root_uuid": f"record-{server_id}",
            "form_id": form_id,
            "server_id": server_id,
            "version_uuid": f"version-{server_id}",
            "submitted_at": datetime(2026, 4, 15, 4, server_id - 100),
            "body": "{}",
            "body_hash": "0" * 64,
            "first_seen_at": datetime(2026, 4, 15, 5),
            "deleted_at": deleted_at,
        }
        for form_id, server_id, deleted_at in kept
    ]
