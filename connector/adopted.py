"""Knows one adopted form: a project that is read by its XLSForm alone, and the tables that its records fill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, MetaData, Select, delete, func, insert, select

from connector.adopted_content import Content
from connector.adopted_records import RecordReader
from connector.adopted_split import Splitter
from connector.adopted_tables import Choices, Level, build_level
from connector.adopted_taking import SYSTEM_KEYS, LevelKeys, Memory
from connector.adopted_union import Union, unite
from connector.answer import MEDIA_KINDS
from connector.bulk import chunks, delete_keys, insert_columns
from connector.fact_schema import problem
from connector.precious_schema import submission
from connector.problem import problem_rows
from connector.stored_record import RecordKey, StoredRecord

Json = Mapping[str, Any]
RECORDS_AT_ONCE = 125


@dataclass(frozen=True, slots=True)
class AdoptedProject:
    """A project of the account that is none of the programme's: a `Project` for store and sync.

    `form_id` is the name of its first table. `versions` are those that records may have been filled in with, oldest
    first; `choices` what the person who adopted it said of single questions. `media_keys` are the keys, in records, of
    questions that ask for a file.
    """

    asset_uid: str
    form_id: str
    versions: tuple[tuple[str, Content], ...] = field(repr=False)
    choices: Choices = field(default=Choices(), repr=False)
    media_keys: frozenset[str] = field(init=False, repr=False, compare=False)
    union: Union = field(init=False, repr=False, compare=False)
    level: Level = field(init=False, repr=False, compare=False)
    _splitter: Splitter = field(init=False, repr=False, compare=False)
    _reader: RecordReader = field(init=False, repr=False, compare=False)
    _highest: Select[tuple[Any]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        union = unite(self.versions)
        level = build_level(self.form_id, union, self.choices, MetaData())
        keys = LevelKeys(level, SYSTEM_KEYS)
        memory = Memory(keys)
        object.__setattr__(self, "union", union)
        object.__setattr__(self, "level", level)
        object.__setattr__(self, "media_keys", _media_keys(union))
        object.__setattr__(self, "_highest", select(func.max(level.parts[0].table.c.server_id)))
        object.__setattr__(self, "_splitter", Splitter(level, keys, memory))
        object.__setattr__(self, "_reader", RecordReader(self.form_id, keys, memory, union))

    @property
    def at_once(self) -> int:
        """As many records as stay in the processor's cache on the whole way from their texts to their rows."""
        return RECORDS_AT_ONCE

    def split_all(self, records: Sequence[Json]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Part records by what their form says of its questions; what the form does not know names somebody."""
        return self._splitter.split(records)

    def derive(self, connection: Connection, changed: Sequence[StoredRecord], removed: Sequence[RecordKey]) -> None:
        """Replace the rows of these records in the form's own tables, and what is told of them in `problem`."""
        roots = {each.root_uuid for each in changed} | {each.root_uuid for each in removed}
        known = [each.replaces for each in changed if each.replaces is not None]
        if removed:
            known += self._numbers_of(connection, [each.root_uuid for each in removed])
        numbers = self._numbers_here(connection, {each.server_id for each in changed}, known, roots)
        if numbers:
            for table in self.level.tables():
                delete_keys(connection, table, "server_id", numbers)
            self._forget_problems(connection, sorted(roots))
        self.write(connection, sorted(changed, key=attrgetter("server_id")))

    def _numbers_of(self, connection: Connection, roots: Sequence[str]) -> list[int]:
        """The server's numbers of records, as the store has them."""
        number, is_of_this = submission.c.server_id, submission.c.asset_uid == self.asset_uid
        return [
            found
            for batch in chunks(roots)
            for found in connection.scalars(select(number).where(is_of_this, submission.c.root_uuid.in_(batch)))
        ]

    def _numbers_here(
        self, connection: Connection, coming: set[int], known: Sequence[int], roots: set[str]
    ) -> list[int]:
        """Which rows of the first table have to go: those of these records, and those whose number is wanted anew.

        Records that come for the first time have higher numbers than all that are here, which spares the question.
        """
        table = self.level.parts[0].table
        highest = connection.scalar(self._highest) or 0
        asked = sorted({*known, *(number for number in coming if number <= highest)})
        query = select(table.c.server_id, table.c.root_uuid)
        rows = [row for batch in chunks(asked) for row in connection.execute(query.where(table.c.server_id.in_(batch)))]
        return [row.server_id for row in rows if row.root_uuid in roots or row.server_id in coming]

    def _forget_problems(self, connection: Connection, roots: Sequence[str]) -> None:
        for batch in chunks(roots):
            is_theirs = (problem.c.form_id == self.form_id) & problem.c.root_uuid.in_(batch)
            connection.execute(delete(problem).where(is_theirs))

    def write(self, connection: Connection, records: Sequence[StoredRecord]) -> None:
        """Add the rows of records that have none yet."""
        tables, problems = self._reader.read(records)
        for table, columns in tables:
            insert_columns(connection, table, columns)
        if problems:
            connection.execute(insert(problem), problem_rows(problems))


def _media_keys(union: Union) -> frozenset[str]:
    asked = [each for question in union.questions for each in question.seen.values()]
    return frozenset(each.path for each in asked if each.kind in MEDIA_KINDS)
