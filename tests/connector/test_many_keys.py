"""Knows that a statement asks for any number of keys of any characters, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, Connection, Index, MetaData, String, Table, delete, func, insert, select

from connector.many_keys import FEW, is_one_named, is_one_of

TABLE = Table("word", MetaData(), Column("code", String(40)), Column("number", String(8)), Index("by_code", "code"))
MANY = [f"no-{number}" for number in range(FEW + 1)]
"""Keys that no row has, enough to be sent together with whatever else."""
ODD = ("", "é😀", "quote'", 'double"', "slash\\", "%s", ":name", "{}", "null", "1", "tab\tline\n")


@pytest.fixture
def connection(any_current: Connection) -> Connection:
    TABLE.create(any_current)
    rows = [{"code": code, "number": str(number)} for number, code in enumerate((*ODD, None, "other"))]
    any_current.execute(insert(TABLE), rows)
    return any_current


def found(connection: Connection, keys: list[str]) -> set[str]:
    return set(connection.scalars(select(TABLE.c.code).where(is_one_of(connection, TABLE.c.code, keys))))


@pytest.mark.parametrize("others", [[], MANY], ids=["few", "many"])
def test_keys_of_any_characters_are_found_and_no_others(connection: Connection, others: list[str]) -> None:
    assert found(connection, [*ODD, *others]) == {*ODD}
    assert [found(connection, [code, *others]) for code in ODD] == [{code} for code in ODD]


def test_keys_can_be_the_parameter_of_a_statement_that_is_made_once(connection: Connection) -> None:
    statement = select(TABLE.c.code).where(is_one_named(connection.dialect.name, TABLE.c.code, "keys"))
    assert set(connection.scalars(statement, {"keys": [*ODD, *MANY]})) == {*ODD}
    assert [set(connection.scalars(statement, {"keys": [code]})) for code in ODD] == [{code} for code in ODD]
    assert set(connection.scalars(statement, {"keys": []})) == set()


def test_no_keys_find_nothing(connection: Connection) -> None:
    assert found(connection, []) == set()


def test_very_many_keys_are_one_statement(connection: Connection) -> None:
    keys = [*map(str, range(29_999)), "other"]
    assert found(connection, keys) == {"1", "other"}


def test_rows_can_be_deleted_so(connection: Connection) -> None:
    connection.execute(delete(TABLE).where(is_one_of(connection, TABLE.c.code, [*ODD, *MANY])))
    assert connection.scalar(select(func.count()).select_from(TABLE)) == 2
