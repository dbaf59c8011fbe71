"""Knows the smallest project that has all that a sync can get wrong: answers, a name kept apart, and a repeat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, MetaData, String, Table, bindparam, delete, insert

from connector.stored_record import Parted, RecordKey, StoredRecord
from connector.submission import Submission

light = MetaData()
light_answer = Table(
    "light_answer",
    light,
    Column("asset_uid", String(32), primary_key=True),
    Column("root_uuid", String(64), primary_key=True),
    Column("place", String(64), primary_key=True),
    Column("value", String(255)),
)
_ADD = insert(light_answer)
_DROP = delete(light_answer).where(
    light_answer.c.asset_uid == bindparam("uid"), light_answer.c.root_uuid.in_(bindparam("roots", expanding=True))
)
SYSTEM_KEYS = ("_", "meta/", "name")


@dataclass(frozen=True, slots=True)
class LightProject:
    """A project whose records become one row for each answer; an answer inside a repeat has its row's number."""

    asset_uid: str
    form_id: str

    @property
    def media_keys(self) -> frozenset[str]:
        """One question asks for a photo."""
        return frozenset({"photo"})

    def part(self, record: Mapping[str, Any], item: Submission) -> Parted:
        """The name of a person is kept apart."""
        return Parted(*_parted(record))

    def derive(self, connection: Connection, changed: Sequence[StoredRecord], removed: Sequence[RecordKey]) -> None:
        """Replace the rows of these records."""
        roots = [item.root_uuid for item in changed] + [key.root_uuid for key in removed]
        connection.execute(_DROP, {"uid": self.asset_uid, "roots": roots})
        rows = [self._row(item.root_uuid, *answer) for item in changed for answer in answers_of(item.record)]
        if rows:
            connection.execute(_ADD, rows)

    def _row(self, root: str, place: str, value: str) -> dict[str, str]:
        return {"asset_uid": self.asset_uid, "root_uuid": root, "place": place, "value": value}


def answers_of(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(place, value) of every answer of a record."""
    found = []
    for key, value in record.items():
        if isinstance(value, list) and not key.startswith("_"):
            found += [(f"{path}[{at}]", text) for at, row in enumerate(value) for path, text in answers_of(row)]
        elif not key.startswith(SYSTEM_KEYS):
            found.append((key, str(value)))
    return found


def light_record(number: int, **answers: Any) -> dict[str, Any]:
    """The answers of one made-up visit: a name, a colour, a photo that is not there yet, and two rows of a repeat."""
    rows = [{"visit/place": f"place {number}.{at}", "visit/age": str(number + at)} for at in range(2)]
    return {"name": f"Sentinel{number}", "colour": ("red", "blue")[number % 2], "visit": rows, **answers}


def _parted(record: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    if record.get("name") is None:
        return dict(record), {}
    return {**record, "name": None}, {"name": record["name"]}
