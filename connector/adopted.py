"""Knows one adopted form: a project that is read by its XLSForm alone, and the tables that its records fill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, MetaData, Select, delete, func, insert, select

from connector.adopted_content import Content
from connector.adopted_keys import LevelKeys
from connector.adopted_records import RecordReader, described
from connector.adopted_split import Splitter
from connector.adopted_tables import Choices, Level, build_level
from connector.adopted_union import Union, unite
from connector.answer import MEDIA_KINDS
from connector.bulk import chunks, delete_keys, insert_tuples
from connector.fact_schema import problem
from connector.layout import SYSTEM_KEYS
from connector.precious_schema import submission
from connector.problem import problem_rows
from connector.stored_record import Parted, RecordKey, StoredRecord
from connector.submission import Submission

Json = Mapping[str, Any]


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
    keys: LevelKeys = field(init=False, repr=False, compare=False)
    _splitter: Splitter = field(init=False, repr=False, compare=False)
    _reader: RecordReader = field(init=False, repr=False, compare=False)
    _highest: Select[tuple[Any]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        union = unite(self.versions)
        level = build_level(self.form_id, union, self.choices, MetaData())
        keys = LevelKeys(level, SYSTEM_KEYS)
        object.__setattr__(self, "union", union)
        object.__setattr__(self, "level", level)
        object.__setattr__(self, "media_keys", _media_keys(union))
        object.__setattr__(self, "_highest", select(func.max(level.parts[0].table.c.server_id)))
        object.__setattr__(self, "keys", keys)
        object.__setattr__(self, "_splitter", Splitter(level))
        object.__setattr__(self, "_reader", RecordReader(self.form_id, keys, union))

    def part(self, record: Json, item: Submission) -> Parted:
        """Part a record by what its form says of its questions; what the form does not know names somebody.

        The rows are read on the way where its keys are those of the newest version and nothing in it is odd.
        """
        rows = self.keys.rows_of(record, described(item))
        body, identity = self._splitter.split(record, is_plain=rows is not None)
        return Parted(body, identity, None if self.union.moves else rows)

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
        for table, rows in tables.items():
            insert_tuples(connection, table, rows)
        if problems:
            connection.execute(insert(problem), problem_rows(problems))


def _media_keys(union: Union) -> frozenset[str]:
    asked = [each for question in union.questions for each in question.seen.values()]
    return frozenset(each.path for each in asked if each.kind in MEDIA_KINDS)
