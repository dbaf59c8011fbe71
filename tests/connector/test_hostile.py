"""What a record holds never stops the others: it is stored or waits in quarantine, and every change to it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, select

from connector.kobo_values import Page
from connector.layout import is_system_key, layout_of
from connector.precious_schema import quarantine
from connector.project import ProgrammeProject
from connector.schema import derived
from connector.submission import root_uuid_of
from forms.expression_value import text as as_text
from forms.library import FORMS
from tests.connector.hostile_payloads import Payload, generated, payloads
from tests.connector.hostile_storing import Served, lost, problems, read, served, store
from tests.connector.sync_scenes import differences, empty_database, new_database

KEYS = {
    "intake": {
        "text": "about/newcomer_code",
        "name": "interview/person/card/short_name",
        "code": "client_code",
        "integer": "about/birth_year",
        "decimal": "about/age_told",
        "date": "interview/enrolment/joined_on",
        "moment": "start",
        "one": "about/sex",
        "many": "interview/phq9/safety/safety_actions",
    },
    "attendance": {
        "text": "session/healing_group",
        "integer": "roster/head_count",
        "date": "session/session_date",
        "time": "practice/times/start_time",
        "moment": "end",
        "one": "session/was_held",
        "many": "practice/components",
        "inner": "roster/absent_sick",
    },
}
"""Which question of a form plays which role; a role without one is a question that the form does not know."""


@pytest.fixture
def sqlite() -> Engine:
    return empty_database()


@pytest.fixture
def postgres(current_postgres_url: str) -> Iterator[Engine]:
    engine = new_database(current_postgres_url)
    yield engine
    engine.dispose()


def untold(engine: Engine, form_id: str, records: Served, pages: Sequence[Page]) -> list[str]:
    """Answers that the form's tables do not hold as they were sent, and that no problem names by path."""
    told: Counter[tuple[str, str]] = Counter()
    for row in problems(engine):
        told[row.root_uuid, (row.path or "").partition("[")[0]] += 1
    rows, names = typed_rows(engine, form_id), {number: each.name for number, (each, _) in enumerate(records, start=1)}
    return [
        f"{names[record['_id']]}: {key[:40]!r}"
        for page in pages
        for record in page.records
        for root in [root_uuid_of(record)]
        for key, value in record.items()
        if not is_held(form_id, rows[root], key, value) and not told[root, printable(key)]
    ]


def printable(key: str) -> str:
    """A key as the table of problems writes it."""
    return key.encode("ascii", "backslashreplace").decode().replace("\0", "\\x00")[:200].partition("[")[0]


def typed_rows(engine: Engine, form_id: str) -> dict[str, dict[str, Any]]:
    """The rows of a form's main table by identity; the choices of a question of many as a set."""
    with engine.connect() as connection:
        main = {row.root_uuid: row._asdict() for row in connection.execute(select(derived.tables[form_id]))}
        for question in layout_of(FORMS[form_id]).questions.values():
            if question.is_select_multiple and not question.identifying:
                table = derived.tables[f"{form_id}_{question.name}"]
                for answers in main.values():
                    answers[question.name] = set()
                for root, choice in connection.execute(select(table.c.root_uuid, table.c.choice)):
                    main[root][question.name].add(choice)
    return main


def is_held(form_id: str, row: Mapping[str, Any], key: str, value: Any) -> bool:
    """Whether a value is in a typed row, or need not be: the server's own, blank, or kept apart because it names."""
    question = layout_of(FORMS[form_id]).find(key)
    if question is None:
        return is_system_key(key)
    if value is None or (isinstance(value, str) and not value.strip()) or isinstance(value, list | dict):
        return not isinstance(value, list | dict)
    if question.identifying:
        return True
    found, text = row.get(question.name), str(value).strip() if isinstance(value, str | int) else as_text(value)
    text = text.lower() if isinstance(value, bool) else text
    if question.is_select_multiple:
        return bool(found == set(text.split()))
    return found is not None and (not isinstance(found, str) or found == text)


def check(engines: Sequence[Engine], form_id: str, records: Served) -> None:
    """Store the records as one project of a form in each database, and see that every promise is kept."""
    project, pages = ProgrammeProject(FORMS[form_id], f"a{form_id}"), read(records)
    for engine in engines:
        store(engine, project, pages)
        assert lost(engine, project, records) == []
        assert [row for row in problems(engine) if row.kind == "unreadable_record"] == []
        assert untold(engine, form_id, records, pages) == []
        assert store(engine, project, pages).new == 0
    assert differences(*engines) == {}


def concerned(form_id: str) -> list[Payload]:
    """All payloads for the first form; for another, those that bear on its own questions or on the text of a record."""
    roles = set(KEYS[form_id])
    is_first = form_id == next(iter(KEYS))
    return [each for each in payloads() if is_first or each.members or roles & set(each.answers)]


@pytest.mark.parametrize("form_id", KEYS)
def test_no_payload_is_lost_and_every_change_is_told(form_id: str, sqlite: Engine, postgres: Engine) -> None:
    records = served(concerned(form_id), KEYS[form_id])
    assert len(records) > 2 * 150
    check((sqlite, postgres), form_id, records)


def test_no_generated_payload_is_lost_and_every_change_is_told(sqlite: Engine, postgres: Engine) -> None:
    records = served(list(generated(500, seed=1)), KEYS["intake"])
    check((sqlite, postgres), "intake", records)


@pytest.mark.soak
@pytest.mark.parametrize("form_id", KEYS)
@pytest.mark.parametrize("seed", range(2, 12))
def test_no_generated_payload_of_many_is_lost(seed: int, form_id: str, sqlite: Engine, postgres: Engine) -> None:
    records = served(list(generated(1_000, seed)), KEYS[form_id])
    check((sqlite, postgres), form_id, records)


def test_no_problem_repeats_what_a_record_holds(sqlite: Engine) -> None:
    answers = dict.fromkeys(set(KEYS["intake"]) - {"text", "code"}, "SENTINEL") | {
        "unknown": "SENTINEL",
        "rows": [{"x": "SENTINEL"}],
    }
    shapes = {role: [{"SENTINEL": "SENTINEL"}] for role in KEYS["intake"]}
    bad = Payload("unreadable", members=b'"SENTINEL":NaN')
    records = served([Payload("values", answers), Payload("shapes", shapes), bad], KEYS["intake"])
    project = ProgrammeProject(FORMS["intake"], "aintake")
    store(sqlite, project, read(records))
    with sqlite.connect() as connection:
        reasons = list(connection.scalars(select(quarantine.c.reason)))
    assert len(problems(sqlite)) > 10 and len(reasons) == 1
    assert "SENTINEL" not in repr(problems(sqlite)) + repr(reasons)


def test_a_record_that_could_not_be_read_is_read_once_it_is_mended(sqlite: Engine) -> None:
    project = ProgrammeProject(FORMS["intake"], "aintake")
    payload = Payload("mended", {"integer": "1980"})
    bad = payload.served(1, KEYS["intake"])[:-1] + b',"x":1,"x":2}'
    store(sqlite, project, read([(payload, bad)]))
    assert typed_rows(sqlite, "intake") == {}
    store(sqlite, project, read([(payload, payload.served(1, KEYS["intake"]))]))
    assert typed_rows(sqlite, "intake")["hostile-1"]["birth_year"] == 1980
