"""Whatever a record holds, the quick reading of an adopted form gives what the careful one gives, or nothing."""

from random import Random
from typing import Any

import pytest
from sqlalchemy import MetaData

from connector.adopted_care import Note, rows_with_care
from connector.adopted_content import read_content
from connector.adopted_keys import ABOUT, LevelKeys
from connector.adopted_split import Splitter
from connector.adopted_tables import Choices, Level, build_level
from connector.adopted_union import unite
from connector.identity import join_record
from connector.layout import SYSTEM_KEYS
from tests.connector.made_adopted import NASTY, MadeForm

NUMBER = 7
BEGIN = (NUMBER, "root", "2026-11-26 08:00:00.000000", "cha001", "v1", None)
KINDS = (
    "integer",
    "decimal",
    "text",
    "date",
    "time",
    "dateTime",
    "select_one",
    "select_multiple",
    "geopoint",
    "calculate",
)
USUAL: tuple[Any, ...] = (
    *("7", "-12", "007", " 8 ", "12.0", "1.50", "1e3", ".5", "5.", "+5", "a", "b a", "a  b ", "é è", "line\nline", "½"),
    *("2026-11-22", "2026-11-22T00:00:00.000+02:00", "09:30:00.000+02:00", "2026-11-22T10:00"),
    *("2026-11-22T09:00:00.000+03:00", "2026-11-22T09:00:00.000+05:45", "2026-11-22T24:00:00.000+02:00"),
    *("2026-11-22T24:30:00.000+02:00", "2026-02-29", "2028-02-29", "0000-01-01", "2026-1-01", "２026-11-22"),
    *("2026-11-22T09:60:00.000+03:00", "2026-11-22T09:00:00.00²+03:00", "2026-11-22T09:00:00.000-00:00"),
    *(
        "-1.95 30.06",
        "-1.95 30.06 1800 4.5",
        "-1.95 30.06 nan 4.5",
        "-1.95\t30.06",
        "-1.95  30.06 1_0",
        "1e1 2e1 inf 0",
    ),
)


def one_of_each() -> Level:
    """The tables of a form with a question of each kind outside and inside a repeat, some of them kept apart."""
    asked = [{"type": kind, "name": f"q_{kind}", "select_from_list_name": "ab"} for kind in KINDS]
    inside = [{"type": kind, "name": f"r_{kind}", "select_from_list_name": "ab"} for kind in KINDS]
    survey = [*asked, {"type": "begin_repeat", "name": "r"}, *inside, {"type": "end_repeat"}]
    choices = [{"list_name": "ab", "name": name, "label": [name]} for name in ("a", "b", "\ud800", "a\0")]
    return level_of([("v1", {"survey": survey, "choices": choices})])


def level_of(contents: list[tuple[str, Any]]) -> Level:
    """The tables of a form."""
    union = unite([(uid, read_content(content)) for uid, content in contents])
    return build_level("made", union, Choices(), MetaData())


def compare(level: Level, keys: LevelKeys, record: dict[str, Any]) -> bool:
    """Read and part a record both ways, say whether it was read quickly, and fail where that is not the same."""
    notes: list[Note] = []
    quick = keys.rows_of(record, BEGIN)
    careful = rows_with_care(LevelKeys(level, SYSTEM_KEYS), record, BEGIN, notes)
    if quick is not None:
        assert [list(map(typed, rows)) for rows in quick] == [list(map(typed, rows)) for rows in careful], record
        assert not notes, record
    for is_plain in {False, quick is not None}:
        assert join_record(*Splitter(level).split(record, is_plain)) == record
    if quick is not None:
        (_, apart), (_, cautious) = (Splitter(level).split(record, is_plain) for is_plain in (True, False))
        assert apart.items() <= cautious.items()  # more, where a key was a repeat's in an earlier version
    return quick is not None


def typed(row: tuple[Any, ...]) -> list[tuple[type, Any]]:
    """A row in which 1, 1.0 and True are three things."""
    return [(type(value), value) for value in row]


@pytest.mark.parametrize("kind", KINDS)
def test_any_answer_is_read_quickly_as_with_care(kind: str) -> None:
    level = one_of_each()
    keys = LevelKeys(level, SYSTEM_KEYS)
    inner = level.repeats[0].path
    for value in (*USUAL, *NASTY):
        compare(level, keys, {"_id": NUMBER, f"q_{kind}": value})
        compare(level, keys, {"_id": NUMBER, inner: [{}, {f"{inner}/r_{kind}": value}]})


@pytest.mark.parametrize("value", [[], [{}], [7], {"a": 1}, "x", "", 0, False, [[{}]], [{"more": "x"}]])
def test_what_stands_for_a_repeat_is_read_quickly_as_with_care(value: Any) -> None:
    level = one_of_each()
    compare(level, LevelKeys(level, SYSTEM_KEYS), {"_id": NUMBER, level.repeats[0].path: value})


@pytest.mark.parametrize("seed", range(40))
def test_records_of_made_forms_are_read_quickly_as_with_care(seed: int) -> None:
    form = MadeForm(Random(seed))
    for _ in range(seed % 3):
        form.change()
    level = level_of(form.contents)
    keys = LevelKeys(level, SYSTEM_KEYS)
    for number in range(1, 26):
        compare(level, keys, form.record(number))


def test_a_usual_record_is_read_quickly_and_an_odd_one_is_not() -> None:
    level = one_of_each()
    keys = LevelKeys(level, SYSTEM_KEYS)
    usual = {
        "q_integer": "7",
        "q_decimal": "1.5",
        "q_date": "2026-11-22",
        "q_select_one": "a",
        "q_text": "é",
        "_tags": [],
    }
    assert compare(level, keys, {"_id": NUMBER, **usual})
    assert not compare(level, keys, {"_id": NUMBER, **usual, "surprise": "x"})
    assert not compare(level, keys, {"_id": NUMBER, **usual, "q_select_one": "zz"})


def test_what_describes_a_record_is_as_many_as_a_row_begins_with() -> None:
    assert len(BEGIN) == len(ABOUT)
