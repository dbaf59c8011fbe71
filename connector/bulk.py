"""Knows how many rows at once get into a table or out of it: one behaviour, each database by its own fastest way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from types import NoneType
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Dialect,
    Float,
    Integer,
    String,
    Table,
    Text,
    Time,
    bindparam,
    cast,
    delete,
    insert,
)

from connector.database_errors import errors_of_driver
from connector.errors import StorageError

KEYS_A_STATEMENT = 500
"""Databases limit how many values one statement may carry."""
ROWS_TOGETHER = 16
FEW_COLUMNS = 8
"""Rows of so few columns are given to SQLite several at a time: a statement for each takes longer than the row."""
NARROW = (-(2**31), 2**31 - 1)
Values = tuple[Any, ...]
Piece = TypeVar("Piece")


def insert_tuples(
    connection: Connection, table: Table, rows: Sequence[Values], in_utf8: frozenset[str] = frozenset()
) -> None:
    """Insert rows whose values stand in the order of the table's columns; none is fine.

    Values become what SQLAlchemy's own types would make of them; moments may be texts in the database's own notation,
    and texts of the columns `in_utf8` are bytes, which spares a long one two translations. Rows sorted by primary key
    are written quickest. Runs in the caller's transaction. Raises StorageError, which holds no value.
    """
    if not rows:
        return
    way = _way(table, connection.dialect, in_utf8)
    if way.types:
        _refuse_wide(table, way, rows)
        _copy(connection, way, way.bind(rows))
    else:
        _execute(connection, way, way.bind(rows))


def delete_keys(
    connection: Connection, table: Table, column: str, keys: Sequence[Any], *where: ColumnElement[bool]
) -> None:
    """Delete the rows whose `column` is one of `keys`, however many, and that meet `where`. Raises StorageError."""
    for chunk in chunks(keys):
        connection.execute(delete(table).where(table.c[column].in_(chunk), *where))


def chunks(values: Sequence[Piece], size: int = KEYS_A_STATEMENT) -> Iterator[Sequence[Piece]]:
    """Cut values into pieces that a statement can carry."""
    return (values[start : start + size] for start in range(0, len(values), size))


@dataclass(frozen=True, slots=True)
class _Way:
    """How rows get into one table: the statement, and which values the driver cannot take as they are.

    `convert` holds (place in the row, function); it is for texts where `of_text`, else for what is no text: a text in
    a column of dates is one in the database's own notation. `together` takes `ROWS_TOGETHER` rows, where that is
    quicker. `types` and `narrow` are for a binary stream.
    """

    statement: str
    convert: tuple[tuple[int, Callable[[Any], Any]], ...]
    of_text: bool
    together: str = ""
    types: tuple[str, ...] = ()
    narrow: tuple[int, ...] = ()

    def bind(self, rows: Sequence[Values]) -> Sequence[Values]:
        """The rows as the driver takes them; often they are that already."""
        changes = [(place, found) for place, convert in self.convert if (found := self._changes(rows, place, convert))]
        if not changes:
            return rows
        bound = list(map(list, rows))
        for place, found in changes:
            for row in bound:
                value = row[place]
                row[place] = found.get(value, value)
        return list(map(tuple, bound))

    def _changes(self, rows: Sequence[Values], place: int, convert: Callable[[Any], Any]) -> dict[Any, Any]:
        """What becomes of the values in one place; moments and dates mostly come again and again."""
        of_text = self.of_text
        kinds = {type(row[place]) for row in rows} - {NoneType}
        if not any(issubclass(kind, str) is of_text for kind in kinds):
            return {}
        values = {row[place] for row in rows} - {None}
        return {value: convert(value) for value in values if isinstance(value, str) is of_text}


def _way(table: Table, dialect: Dialect, in_utf8: frozenset[str]) -> _Way:
    """What is worked out once for a table and a kind of database."""
    known: dict[Any, _Way] = table.info.setdefault("bulk", {})
    key = dialect.name, in_utf8
    if key not in known:
        known[key] = (_streamed if dialect.name == "postgresql" else _executed)(table, dialect, in_utf8)
    return known[key]


def _executed(table: Table, dialect: Dialect, in_utf8: frozenset[str]) -> _Way:
    """A statement for the driver's own loop over rows."""
    processors = (_processor(column.type, dialect) for column in table.columns)
    needed = tuple((place, convert) for place, convert in enumerate(processors) if convert is not None)
    statement = insert(table).values({column.name: _marked(column, in_utf8) for column in table.columns})
    text = str(statement.compile(dialect=dialect))
    head, values, marks = text.rpartition(" VALUES ")
    is_narrow = len(table.columns) <= FEW_COLUMNS and not in_utf8
    together = f"{head}{values}{', '.join([marks] * ROWS_TOGETHER)}" if is_narrow else ""
    return _Way(text, needed, of_text=False, together=together)


def _execute(connection: Connection, way: _Way, rows: Sequence[Values]) -> None:
    """Run the driver's own loop over rows, or over as many at a time as one statement takes."""
    single = rows
    if way.together:
        whole = len(rows) - len(rows) % ROWS_TOGETHER
        several = [tuple(chain.from_iterable(each)) for each in chunks(rows[:whole], ROWS_TOGETHER)]
        if several:
            connection.exec_driver_sql(way.together, several)
        single = rows[whole:]
    if single:
        connection.exec_driver_sql(way.statement, single)


def _marked(column: Column[Any], in_utf8: frozenset[str]) -> Any:
    mark = bindparam(column.name, type_=column.type)
    return cast(mark, Text) if column.name in in_utf8 else mark


def moment_writer(connection: Connection) -> Callable[[dt.datetime | None], Any]:
    """Return what makes of a moment the value that `insert_tuples` has least work with."""
    return _moment if connection.dialect.name == "sqlite" else _itself


def _moment(moment: dt.datetime | None) -> str | None:
    """A moment as SQLAlchemy writes it for SQLite, at a fifth of its cost."""
    if moment is None:
        return None
    return (moment if moment.tzinfo is None else moment.replace(tzinfo=None)).isoformat(" ", "microseconds")


def _itself(moment: dt.datetime | None) -> dt.datetime | None:
    return moment


def _processor(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    """What makes of a value what the driver takes; SQLAlchemy's own would also make a float of every float."""
    if isinstance(kind, DateTime):
        return _moment
    if isinstance(kind, Float):
        return None
    processor: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return processor


_STREAMED: tuple[tuple[type[Any], str], ...] = (
    (Boolean, "bool"),
    (BigInteger, "int8"),
    (Integer, "int4"),
    (Float, "float8"),
    (String, "text"),
    (DateTime, "timestamp"),
    (Date, "date"),
    (Time, "time"),
)
_READ = {"timestamp": dt.datetime.fromisoformat, "date": dt.date.fromisoformat, "time": dt.time.fromisoformat}


def _streamed(table: Table, dialect: Dialect, in_utf8: frozenset[str]) -> _Way:
    """A stream of binary rows: half the cost of text, and nothing to escape. A text in UTF-8 goes as it is."""
    types = tuple(
        "bytea" if column.name in in_utf8 else next(name for base, name in _STREAMED if isinstance(column.type, base))
        for column in table.columns
    )
    quote = dialect.identifier_preparer
    columns = ", ".join(quote.quote(column.name) for column in table.columns)
    return _Way(
        f"COPY {quote.format_table(table)} ({columns}) FROM STDIN (FORMAT BINARY)",
        tuple((place, _READ[name]) for place, name in enumerate(types) if name in _READ),
        of_text=True,
        types=types,
        narrow=tuple(place for place, name in enumerate(types) if name == "int4"),
    )


def _copy(connection: Connection, way: _Way, rows: Iterable[Values]) -> None:
    """The driver's own call, so the transaction is begun, and errors are translated, by hand."""
    if not connection.in_transaction():
        connection.begin()
    with errors_of_driver(connection) as driver, driver.cursor() as cursor, cursor.copy(way.statement) as copy:
        copy.set_types(way.types)
        for row in rows:
            copy.write_row(row)


def _refuse_wide(table: Table, way: _Way, rows: Sequence[Values]) -> None:
    """The driver would cut a number that its column cannot hold; the database refuses it when it is asked in SQL."""
    for place in way.narrow:
        numbers = [row[place] for row in rows if row[place] is not None]
        if numbers and not (NARROW[0] <= min(numbers) and max(numbers) <= NARROW[1]):
            raise StorageError(
                f"A number does not fit its column in the table {table.name}.",
                advice="This is a fault of the program: report it; nothing was changed.",
            )
