"""Knows the least that a first load can be: requests, orjson, plain rows, the driver's masses of rows; no checks."""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import requests

LARGEST_PAGE = 1000
Row = list[Any]
CASTS: dict[str, Callable[[str], Any]] = {"integer": int, "decimal": float, "calculate": float}
SYSTEM = ("_id", "_uuid", "meta/rootUuid", "_submission_time", "__version__", "_submitted_by")
NAMES = ("floor_record", "floor_row")
SQL = {"integer": "INTEGER", "decimal": "DOUBLE PRECISION", "calculate": "DOUBLE PRECISION"}


class Plan:
    """The columns of a survey: questions (key, type) outside and inside its repeat."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.outside, self.inside, self.repeat = list[tuple[str, str]](), list[tuple[str, str]](), ""
        into, skipped = self.outside, ("begin_group", "end_group", "note")
        for row in content["survey"]:
            if row["type"] in ("begin_repeat", "end_repeat"):
                into = self.inside if row["type"] == "begin_repeat" else self.outside
                self.repeat = self.repeat or row["$xpath"]
            elif row["type"] not in skipped:
                into.append((row["$xpath"], row["type"]))
        self.casts = [(key, CASTS.get(kind)) for key, kind in self.outside]
        self.casts_inside = [(key, CASTS.get(kind)) for key, kind in self.inside]
        self.place = next((key for key, kind in self.outside if kind == "geopoint"), "")

    def columns(self) -> tuple[list[str], list[str]]:
        """The types of the columns of the two tables."""
        outside = [SQL.get(kind, "TEXT") for _, kind in self.outside]
        inside = [SQL.get(kind, "TEXT") for _, kind in self.inside]
        place = ["DOUBLE PRECISION"] * 2
        return ["BIGINT", *["TEXT"] * 5, *outside, *place, "TEXT", "TEXT"], ["BIGINT", "INTEGER", *inside]

    def flat(self, record: dict[str, Any]) -> tuple[Row, list[Row]]:
        """The row of a record and those of its repeat."""
        row = [record.get(key) for key in SYSTEM]
        row += _cast(record, self.casts)
        place = record.get(self.place)
        row += map(float, place.split()[:2]) if place else (None, None)
        row += ((record.get("_validation_status") or {}).get("uid"), orjson.dumps(record).decode())
        rows = record.get(self.repeat) or ()
        return row, [[record["_id"], at, *_cast(each, self.casts_inside)] for at, each in enumerate(rows)]


def _cast(record: dict[str, Any], casts: list[tuple[str, Callable[[str], Any] | None]]) -> Row:
    row = []
    for key, cast in casts:
        value = record.get(key)
        if cast is not None and value is not None:
            try:
                value = cast(value)
            except ValueError:
                value = None
        row.append(value)
    return row


def pages(url: str) -> Iterator[list[dict[str, Any]]]:
    """The records, a page at a time, by `_id`."""
    session, last = requests.Session(), 0
    while True:
        params = {"limit": str(LARGEST_PAGE), "query": f'{{"_id":{{"$gt":{last}}}}}', "sort": '{"_id":1}'}
        records = orjson.loads(session.get(url, params=params).content)["results"]
        if not records:
            return
        last = records[-1]["_id"]
        yield records


def into_sqlite(plan: Plan, path: str) -> Callable[[list[Row], list[Row]], None]:
    """What writes two lists of rows into a new SQLite file, in one transaction."""
    database = sqlite3.connect(path, isolation_level=None)
    for statement in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=NORMAL",
        *_tables(plan, "INTEGER", " WITHOUT ROWID"),
    ):
        database.execute(statement)
    marks = [",".join("?" * len(types)) for types in plan.columns()]
    statements = [f"INSERT INTO {name} VALUES ({each})" for name, each in zip(NAMES, marks, strict=True)]  # noqa: S608

    def write(*tables: list[Row]) -> None:
        database.execute("BEGIN")
        for statement, rows in zip(statements, tables, strict=True):
            database.executemany(statement, rows)
        database.execute("COMMIT")

    return write


def into_postgresql(plan: Plan, address: str) -> Callable[[list[Row], list[Row]], None]:
    """What copies two lists of rows into PostgreSQL, in one transaction."""
    import psycopg

    database = psycopg.connect(address)
    for statement in _tables(plan, "BIGINT", ""):
        database.execute(statement.encode())
    database.commit()

    def write(*tables: list[Row]) -> None:
        for name, rows in zip(NAMES, tables, strict=True):
            with database.cursor().copy(f"COPY {name} FROM STDIN".encode()) as copy:
                copy.write("".join("\t".join(map(_escaped, row)) + "\n" for row in rows))
        database.commit()

    return write


def _escaped(value: Any) -> str:
    if value is None:
        return "\\N"
    if type(value) is not str:
        return str(value)
    if "\\" not in value and "\t" not in value and "\n" not in value and "\r" not in value:
        return value
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _tables(plan: Plan, key: str, ending: str) -> tuple[str, str]:
    """The two statements that make the tables; columns are numbered."""
    outside, inside = (", ".join(f"c{at} {kind}" for at, kind in enumerate(types)) for types in plan.columns())
    record = outside.replace("c0 BIGINT", f"c0 {key} PRIMARY KEY", 1)
    return f"CREATE TABLE {NAMES[0]} ({record})", f"CREATE TABLE {NAMES[1]} ({inside}, PRIMARY KEY (c0, c1)){ending}"


def main() -> None:
    """Load every record of a project into a database."""
    parser = argparse.ArgumentParser()
    parser.add_argument("server")
    parser.add_argument("uid")
    parser.add_argument("database", help="a path, or postgresql://…")
    parser.add_argument("--content", type=Path, required=True, help="JSON file: survey of the project")
    asked = parser.parse_args()
    plan = Plan(orjson.loads(asked.content.read_bytes()))
    is_postgresql = asked.database.startswith("postgresql")
    write = (into_postgresql if is_postgresql else into_sqlite)(plan, asked.database)
    for records in pages(f"{asked.server}/api/v2/assets/{asked.uid}/data/"):
        rows, inside = list[Row](), list[Row]()
        for record in records:
            row, more = plan.flat(record)
            rows.append(row)
            inside += more
        write(rows, inside)


if __name__ == "__main__":
    main()
