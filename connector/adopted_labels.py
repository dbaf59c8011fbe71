"""Knows the catalogue of adopted forms: what every column was asked as, and what every code means."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Integer, MetaData, String, Table, Text, delete, insert, select

from connector.adopted_content import Content, Option
from connector.adopted_tables import Level, Variable
from connector.adopted_values import storable

catalogue = MetaData()

asset_shape = Table(
    "asset_shape",
    catalogue,
    Column("asset_uid", String(32), primary_key=True),
    Column("fingerprint", String(64), nullable=False, comment="of everything that decides what is in the tables"),
    Column("tables", Text, nullable=False, comment="JSON: their names"),
    comment="Derived: which tables an adopted form has now",
)
asset_question = Table(
    "asset_question",
    catalogue,
    Column("asset_uid", String(32), primary_key=True),
    Column("table_name", String(63), primary_key=True),
    Column("column_name", String(63), primary_key=True),
    Column("sequence", Integer, nullable=False, comment="order of the questions in the form"),
    Column("path", Text, nullable=False, comment="groups and question, as in the newest version that has it"),
    Column("kind", String(64), nullable=False, comment="type in the XLSForm"),
    Column("storage", String(12), nullable=False),
    Column("is_apart", Boolean, nullable=False, comment="may name or locate a person"),
    Column("list_name", Text),
    Column("labels", Text, nullable=False, comment="JSON by language"),
    Column("versions", Text, nullable=False, comment="JSON: path in every version that asks it, by its number"),
    comment="Derived: every column of the tables of adopted forms",
)
asset_choice = Table(
    "asset_choice",
    catalogue,
    Column("asset_uid", String(32), primary_key=True),
    Column("list_name", String(255), primary_key=True),
    Column("code", String(255), primary_key=True),
    Column("language", String(64), primary_key=True),
    Column("sequence", Integer, nullable=False, comment="order in the list; codes of earlier versions come last"),
    Column("label", Text),
    Column(
        "current_code", String(255), comment="the code that this one has become; empty when it is no longer offered"
    ),
    comment="Derived: every code that an adopted form offers or once offered",
)


def write_catalogue(
    connection: Connection, asset_uid: str, level: Level, versions: Sequence[tuple[str, Content]]
) -> None:
    """Make the catalogue say of a form what its versions, oldest first, say; where it does, nothing is written."""
    numbers = {uid: number for number, (uid, _) in enumerate(versions, start=1)}
    _replace(connection, asset_question, asset_uid, _questions(level, numbers))
    _replace(connection, asset_choice, asset_uid, _choices([content for _, content in versions]))


def _replace(connection: Connection, table: Table, asset_uid: str, told: Iterable[dict[str, Any]]) -> None:
    found = ({"asset_uid": asset_uid, **row} for row in told)
    rows = list({tuple(row[each.name] for each in table.primary_key): row for row in found}.values())
    is_of_form = table.c.asset_uid == asset_uid
    wanted = {tuple(map(row.get, table.columns.keys())) for row in rows}
    if wanted == {tuple(row) for row in connection.execute(select(table).where(is_of_form))}:
        return
    connection.execute(delete(table).where(is_of_form))
    if rows:
        connection.execute(insert(table), rows)


def _questions(level: Level, numbers: dict[str, int]) -> Iterator[dict[str, Any]]:
    for each in level.levels():
        for part in each.parts:
            for sequence, variable in enumerate(part.variables, start=1):
                row = {"table_name": part.table.name, "sequence": sequence, **_question(variable, numbers)}
                yield from ({**row, "column_name": column} for column in variable.columns)


def _question(variable: Variable, numbers: dict[str, int]) -> dict[str, Any]:
    newest = variable.question.newest
    paths = {numbers[uid]: storable(asked.path) for uid, asked in variable.question.seen.items()}
    return {
        "path": storable(newest.path),
        "kind": storable(newest.kind)[:64],
        "storage": variable.storage,
        "is_apart": variable.is_apart,
        "list_name": storable(newest.list_name) or None,
        "labels": json.dumps(dict(newest.labels)),
        "versions": json.dumps(dict(sorted(paths.items()))),
    }


def _choices(versions: Sequence[Content]) -> Iterator[dict[str, Any]]:
    """Yield the codes of every list as the newest version that has them says it."""
    for name in dict.fromkeys(name for content in reversed(versions) for name in content.lists):
        lists = [content.lists[name] for content in reversed(versions) if name in content.lists]
        offered = {option.code: option for options in reversed(lists) for option in options}
        current = current_codes(lists)
        order = dict.fromkeys(option.code for options in lists for option in options)
        for sequence, code in enumerate(order, start=1):
            row = {"list_name": _key(name), "code": _key(code), "sequence": sequence}
            labels: Mapping[str, str | None] = {**offered[code].labels} or {"": None}
            now = current.get(code)
            for language, label in labels.items():
                text = None if label is None else storable(label)
                told = {"language": _key(language, 64), "label": text, "current_code": now and _key(now)}
                yield row | told


def _key(text: str, longest: int = 255) -> str:
    """A text that fits a key; a longer one ends in a digest, so that two never become one."""
    if len(text) <= longest:
        return storable(text)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return storable(f"{text[: longest - len(digest)]}{digest}")


def current_codes(lists: Sequence[Sequence[Option]]) -> dict[str, str]:
    """Return, for every code that a list has or had, the code that it has become; `lists` newest first.

    A code that is no longer offered has become the one with the same `$kuid`, else the only one with the same labels
    that was not offered beside it.
    """
    newest = lists[0] if lists else ()
    found = {option.code: option.code for option in newest}
    for options in lists[1:]:
        beside = {option.code for option in options}
        for option in options:
            if option.code not in found and (heir := _heir(option, newest, beside)):
                found[option.code] = heir
    return found


def _heir(option: Option, newest: Sequence[Option], beside: set[str]) -> str | None:
    by_kuid = [each.code for each in newest if option.kuid and each.kuid == option.kuid]
    same_words = [each.code for each in newest if each.labels == option.labels and option.labels]
    by_words = [code for code in same_words if code not in beside]
    for heirs in (by_kuid, by_words):
        if len(heirs) == 1:
            return heirs[0]
    return None
