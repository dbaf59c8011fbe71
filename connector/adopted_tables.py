"""Knows which tables and columns an adopted form gets: for answers, for what is kept apart, and for each repeat."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, Date, DateTime, Float, Integer, MetaData, String, Table, Text, Time

from connector.adopted_kinds import storage_of, used_by, widest
from connector.adopted_union import Kept, Union

COLUMNS_A_TABLE = 280
"""PostgreSQL refuses a row of more than some 390 filled text columns; what is more goes into a further table."""
LONGEST_NAME = 63
_CUT = 50
ENDING = "_apart"
"""What the names of tables end in that may name or locate a person: rights are given by it."""
POINT_PARTS = ("lat", "lon", "alt", "acc")
RECORD_COLUMNS = ("root_uuid", "submitted_at", "submitted_by", "form_version", "validation_status")
_OF_POSTGRESQL = ("cmax", "cmin", "ctid", "tableoid", "xmax", "xmin")
"""Columns that every table of PostgreSQL has already."""
_WHOLE = BigInteger().with_variant(Integer, "sqlite")
"""SQLite keeps rows in the order of an INTEGER key without an index of its own."""
_TYPES: Mapping[str, Any] = {"integer": _WHOLE, "decimal": Float, "date": Date, "time": Time, "datetime": DateTime}


@dataclass(frozen=True, slots=True)
class Choices:
    """Which questions the person who adopted a form wants among the answers, and which apart, whatever their kind."""

    answers: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()

    def keeps_apart(self, question: Kept) -> bool:
        """Whether answers may name or locate a person: the person's word first, else as soon as one version says so."""
        names = {asked.name for asked in question.seen.values()}
        if names & self.apart:
            return True
        return not names & self.answers and any(asked.may_name for asked in question.seen.values())


@dataclass(frozen=True, slots=True)
class Variable:
    """A question with its columns: one, or four for a point.

    `codes` are those of all versions, and "" for a blank answer; None where they are not known.
    """

    question: Kept
    columns: tuple[str, ...]
    storage: str
    is_apart: bool
    codes: frozenset[str] | None

    @property
    def path(self) -> str:
        """Its key in records whose keys are brought to those of the newest version."""
        return self.question.key


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a level, with the variables in it in the order of its columns, points last."""

    table: Table
    variables: tuple[Variable, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """The tables of the records of a form, or of the rows of a repeat, and the repeats inside.

    `path` is the key of its rows in a record ("" for the records themselves), `repeat` the repeat.
    """

    path: str
    repeat: Kept | None
    parts: tuple[Part, ...]
    repeats: tuple[Level, ...]

    def levels(self) -> Iterator[Level]:
        """Yield this level and all inside it, the outer before the inner."""
        yield self
        for repeat in self.repeats:
            yield from repeat.levels()

    def tables(self) -> tuple[Table, ...]:
        """Return all tables of this level and of those inside it."""
        return tuple(part.table for level in self.levels() for part in level.parts)


def build_level(name: str, union: Union, choices: Choices, metadata: MetaData) -> Level:
    """Return the tables of a form, in `metadata`: `name` for its records, `name_repeat` for the rows of a repeat.

    What is kept apart is in `name_apart`; more columns than a table holds are in `name_2` (`name_2_apart`) and so on.
    """
    return _Building(name, union, _followed(choices, union), metadata).level(None, name)


def _followed(choices: Choices, union: Union) -> Choices:
    """The choices, with what formulas make of answers that are wanted apart: that is apart unless it is wanted too."""
    asked = [each for question in union.questions for each in question.seen.values() if each.calculation]
    apart = choices.apart
    while more := {each.name for each in asked if used_by(each.calculation) & apart}.difference(apart, choices.answers):
        apart |= more
    return Choices(choices.answers, apart)


def clean_name(text: str, taken: Iterable[str] = (), ending: str = "") -> str:
    """Return a name for a column or table that both databases take as it is, and that is none of `taken`.

    It ends in `ending`, however long the text is.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    name = name if name[:1].isalpha() else f"q_{name}".rstrip("_")
    if len(name) + len(ending) > _CUT:
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:6]
        name = f"{name[: _CUT - len(ending)]}_{digest}"
    number, found = 1, f"{name}{ending}"
    while found in taken:
        number += 1
        found = f"{name}_{number}{ending}"
    return found


@dataclass(slots=True)
class _Building:
    name: str
    union: Union
    choices: Choices
    metadata: MetaData

    def level(self, repeat: Kept | None, name: str) -> Level:
        variables = self._variables(repeat)
        parts = [*self._parts(repeat, name, [each for each in variables if not each.is_apart])]
        parts += self._parts(repeat, name, [each for each in variables if each.is_apart], is_apart=True)
        inside = [each for each in self.union.repeats if each.inside is repeat]
        repeats = [self.level(each, self._table_name(f"{self.name}_{each.newest.name}")) for each in inside]
        return Level(repeat.key if repeat else "", repeat, tuple(parts), tuple(repeats))

    def _variables(self, repeat: Kept | None) -> list[Variable]:
        taken = {"server_id", "position", *RECORD_COLUMNS, *_OF_POSTGRESQL}
        found = []
        for question in self.union.questions:
            if question.inside is repeat:
                found.append(_variable(question, self.choices.keeps_apart(question), taken))
                taken |= set(found[-1].columns)
        return found

    def _parts(
        self, repeat: Kept | None, name: str, variables: Sequence[Variable], is_apart: bool = False
    ) -> Iterator[Part]:
        """Points come last, so that a row is what was answered as it is, and then what is made of the points."""
        ordered = sorted(variables, key=lambda each: each.storage == "point")
        pieces = list(_pieces(ordered)) or ([] if is_apart else [()])
        for number, piece in enumerate(pieces, start=1):
            table_name = self._table_name(name if number == 1 else f"{name}_{number}", ENDING if is_apart else "")
            is_record = number == 1 and not is_apart and repeat is None
            columns = [column for each in piece for column in _columns(each)]
            keys = _record_columns() if is_record else _key_columns(repeat is not None)
            yield Part(Table(table_name, self.metadata, *keys, *columns, sqlite_with_rowid=repeat is None), piece)

    def _table_name(self, name: str, ending: str = "") -> str:
        """No other table's, nor that of the index that PostgreSQL keeps for the key of one."""
        return clean_name(name, {*self.metadata.tables, *(f"{each}_pkey" for each in self.metadata.tables)}, ending)


def _pieces(variables: Iterable[Variable]) -> Iterator[tuple[Variable, ...]]:
    """Cut variables into pieces that fit into one table each."""
    piece: list[Variable] = []
    width = 0
    for variable in variables:
        if width + len(variable.columns) > COLUMNS_A_TABLE:
            yield tuple(piece)
            piece, width = [], 0
        piece.append(variable)
        width += len(variable.columns)
    if piece:
        yield tuple(piece)


def _variable(question: Kept, is_apart: bool, taken: set[str]) -> Variable:
    storage = widest(storage_of(asked.kind, asked.calculation) for asked in question.seen.values())
    name = clean_name(question.newest.name, taken)
    columns = [name]
    if storage == "point":
        columns = []
        for part in POINT_PARTS:
            columns.append(clean_name(f"{name}_{part}", {*taken, *columns}))
    lists = [asked.codes for asked in question.seen.values()]
    known = [codes for codes in lists if codes is not None]
    are_known = bool(known) and len(known) == len(lists) and storage in ("code", "codes")
    codes = frozenset({""}).union(*known) if are_known else None
    return Variable(question, tuple(columns), storage, is_apart, codes)


def _columns(variable: Variable) -> Iterator[Column[Any]]:
    if variable.storage == "point":
        yield from (Column(name, Float) for name in variable.columns)
    else:
        yield Column(variable.columns[0], _TYPES.get(variable.storage, Text))


def _key_columns(is_repeat: bool) -> list[Column[Any]]:
    key = Column("server_id", _WHOLE, primary_key=True, autoincrement=False, comment="_id on the server")
    place = Column("position", String(64), primary_key=True, comment="of the row in its repeat: 2, or 2.1 inside a 2")
    return [key, place] if is_repeat else [key]


def _record_columns() -> list[Column[Any]]:
    return [
        *_key_columns(is_repeat=False),
        Column("root_uuid", String(64), nullable=False, comment="meta/rootUuid: one record for life"),
        Column("submitted_at", DateTime, comment="UTC, when the server received it"),
        Column("submitted_by", Text, comment="KoboToolbox account that sent it"),
        Column("form_version", Text, comment="__version__ as the phone sent it"),
        Column("validation_status", Text, comment="uid of the review on the server"),
    ]
