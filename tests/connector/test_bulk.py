"""What masses of rows promise: the same values as one by one, on both databases, and errors that hold none of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Engine,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    Time,
    func,
    insert,
    select,
)

from connector.bulk import KEYS_A_STATEMENT, ROWS_TOGETHER, chunks, delete_keys, insert_tuples, moment_writer
from connector.database import open_database
from connector.errors import StorageError

SENTINEL = "Uwase-sentinel"
COLUMNS = (
    ("id", BigInteger),
    ("narrow", Integer),
    ("score", Float),
    ("is_so", Boolean),
    ("on", Date),
    ("at", DateTime),
    ("hour", Time),
    ("code", String(8)),
    ("words", Text),
)


def made_table(name: str) -> Table:
    columns = [Column(each, kind, primary_key=each == "id", autoincrement=False) for each, kind in COLUMNS]
    return Table(name, MetaData(), *columns)


def narrow_table() -> Table:
    """A table whose rows go several at a time."""
    key = Column("id", BigInteger, primary_key=True, autoincrement=False)
    return Table("slim", MetaData(), key, Column("code", Text), Column("on", Date))


ROWS: list[tuple[Any, ...]] = [
    (1, 2**31 - 1, 0.1, True, dt.date(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999999), dt.time(6), "a", "é😀"),
    (2, -(2**31), -1e300, False, dt.date(2026, 2, 28), dt.datetime(2026, 1, 1), dt.time(23, 59, 59, 1), "", "\\N"),
    (2**63 - 1, 0, 5e-324, None, None, None, None, None, "tab\tline\nreturn\rslash\\quote'\"%s:name?"),
    (
        -(2**63),
        None,
        3,
        True,
        dt.date(2026, 1, 1),
        dt.datetime(2026, 1, 1, 0, 0, 0, 1),
        None,
        "\u00a0",
        "\x01\x7f\ufffe",
    ),
]


@pytest.fixture
def engine(any_empty_url: str) -> Iterator[Engine]:
    engine = open_database(any_empty_url)
    yield engine
    engine.dispose()


def filled(engine: Engine, name: str, rows: list[tuple[Any, ...]], *, in_bulk: bool) -> list[tuple[Any, ...]]:
    table = made_table(name)
    with engine.begin() as connection:
        table.create(connection)
        if in_bulk:
            insert_tuples(connection, table, rows)
        else:
            names = table.columns.keys()
            connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(table).order_by(table.c.id))]


def test_rows_are_the_same_in_bulk_and_one_by_one(engine: Engine) -> None:
    assert filled(engine, "bulk", ROWS, in_bulk=True) == filled(engine, "single", ROWS, in_bulk=False)


def test_what_is_stored_is_the_same_to_the_letter(engine: Engine) -> None:
    """Compared as text in the database itself, where what is read back might hide a difference."""
    for name, in_bulk in (("bulk", True), ("single", False)):
        filled(engine, name, ROWS, in_bulk=in_bulk)
    with engine.connect() as connection:
        bulk, single = (
            [tuple(row) for row in connection.execute(select(*(each.cast(Text) for each in t.c)).order_by(t.c.id))]
            for t in map(made_table, ("bulk", "single"))
        )
    assert bulk == single


def test_a_date_given_as_text_is_that_date(engine: Engine) -> None:
    texts = (1, None, None, None, "2026-11-22", "2026-11-22 06:00:00.000000", "06:00:00", None, None)
    (row,) = filled(engine, "texts", [texts], in_bulk=True)
    assert row[4:7] == (dt.date(2026, 11, 22), dt.datetime(2026, 11, 22, 6), dt.time(6))


def test_a_text_given_in_utf_8_is_that_text_to_the_letter(engine: Engine) -> None:
    table, rows = made_table("utf8"), [row for row in ROWS if row[-1] is not None]
    with engine.begin() as connection:
        table.create(connection)
        insert_tuples(connection, table, [(*row[:-1], row[-1].encode()) for row in rows], frozenset({"words"}))
    filled(engine, "single", rows, in_bulk=False)
    with engine.connect() as connection:
        given, plain = (
            list(connection.execute(select(t.c.words, func.length(t.c.words)).order_by(t.c.id)))
            for t in (table, made_table("single"))
        )
        assert given == plain
        if engine.dialect.name == "sqlite":
            assert {*connection.scalars(select(func.typeof(table.c.words)))} == {"text"}


@pytest.mark.parametrize("moment", [None, dt.datetime(2026, 11, 22, 6), dt.datetime(1, 1, 1, 0, 0, 0, 1)])
def test_a_moment_written_beforehand_is_stored_as_any_other(engine: Engine, moment: dt.datetime | None) -> None:
    with engine.connect() as connection:
        written = moment_writer(connection)(moment)
    rows = [(1, None, None, None, None, each, None, None, None) for each in (written, moment)]
    assert filled(engine, "before", rows[:1], in_bulk=True) == filled(engine, "single", rows[1:], in_bulk=False)


@pytest.mark.parametrize("number", [1, ROWS_TOGETHER - 1, ROWS_TOGETHER, 2 * ROWS_TOGETHER + 3])
def test_any_number_of_narrow_rows_is_stored_once_each(engine: Engine, number: int) -> None:
    table = narrow_table()
    rows = [(each, f"code {each}", None if each % 3 else dt.date(2026, 11, 1 + each % 28)) for each in range(number)]
    with engine.begin() as connection:
        table.create(connection)
        insert_tuples(connection, table, rows)
        assert [tuple(row) for row in connection.execute(select(table).order_by(table.c.id))] == rows


def test_a_narrow_row_that_is_refused_is_not_quoted_and_leaves_nothing(engine: Engine) -> None:
    table = narrow_table()
    rows = [(each, SENTINEL, None) for each in (*range(ROWS_TOGETHER - 1), 0)]
    with engine.begin() as connection:
        table.create(connection)
    with pytest.raises(StorageError) as caught, engine.begin() as connection:
        insert_tuples(connection, table, rows)
    assert SENTINEL not in str(caught.value)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(table)) == 0


def test_no_rows_are_fine(engine: Engine) -> None:
    assert filled(engine, "none", [], in_bulk=True) == []


def test_rows_go_with_the_transaction_that_they_came_in(engine: Engine) -> None:
    table = made_table("undone")
    with engine.begin() as connection:
        table.create(connection)
    with pytest.raises(RuntimeError), engine.begin() as connection:
        insert_tuples(connection, table, ROWS)
        raise RuntimeError
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(table)) == 0
        insert_tuples(connection, table, ROWS)
        connection.commit()
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(table)) == len(ROWS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": 1, "words": SENTINEL},
        {"id": 2**63, "words": SENTINEL},
        {"words": f"{SENTINEL}\ud800"},
    ],
    ids=["twice", "too long a number", "half a character"],
)
def test_a_refused_row_is_not_quoted_and_leaves_nothing(engine: Engine, wrong: dict[str, Any]) -> None:
    table = made_table("refused")
    row = tuple((dict.fromkeys(table.columns.keys()) | {"id": 7} | wrong).values())
    with engine.begin() as connection:
        table.create(connection)
    with pytest.raises(StorageError) as caught, engine.begin() as connection:
        insert_tuples(connection, table, [*ROWS, row])
    assert SENTINEL not in str(caught.value)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(table)) == 0


def test_a_number_that_its_column_cannot_hold_is_refused_and_not_cut(empty_postgres_url: str) -> None:
    engine, table = open_database(empty_postgres_url), made_table("narrow")
    with engine.begin() as connection:
        table.create(connection)
    for number in (2**31, -(2**31) - 1):
        with pytest.raises(StorageError, match="does not fit"), engine.begin() as connection:
            insert_tuples(connection, table, [(1, number, *[None] * 7)])
    engine.dispose()


def test_any_number_of_keys_can_be_deleted(engine: Engine) -> None:
    table = made_table("many")
    rows = [(number, number % 2, *[None] * 7) for number in range(2 * KEYS_A_STATEMENT + 5)]
    filled(engine, "many", rows, in_bulk=True)
    with engine.begin() as connection:
        delete_keys(connection, table, "id", [row[0] for row in rows], table.c.narrow == 1)
        assert connection.scalar(select(func.count()).select_from(table)) == KEYS_A_STATEMENT + 3
        delete_keys(connection, table, "id", [])
        delete_keys(connection, table, "id", [row[0] for row in rows])
        assert connection.scalar(select(func.count()).select_from(table)) == 0


def test_pieces_hold_everything_once() -> None:
    assert [list(piece) for piece in chunks([1, 2, 3, 4, 5], 2)] == [[1, 2], [3, 4], [5]]
    assert list(chunks([])) == []
