"""Knows how somebody decides that two clients are one person, or two, and how such a decision is taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, insert, select, update

from connector.alert_handling import INITIALS
from connector.derive import reread
from connector.errors import HealingError
from connector.fact_schema import client
from connector.person_alias import codes_of, read_aliases, roots_naming
from connector.person_pairs import distinct_pairs, refresh_pairs
from connector.precious_schema import person_distinct, person_merge
from forms.client_code import is_valid

LONGEST_REASON = 64
_LOOK = "Look at `healing persons list` and `healing persons duplicates`."


class PersonRefusedError(HealingError):
    """What somebody wants to say about two clients makes no sense; nothing was written."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided about two clients: merged (`reason` says why), undone or distinct."""

    kind: str
    kept_code: str
    other_code: str
    reason: str
    decided_at: datetime
    decided_by: str


def merge(connection: Connection, kept: str, merged: str, *, reason: str, by: str, now: datetime) -> int:
    """Read one code as another from now on, in the caller's transaction; return how many records that concerns.

    Everything derived follows; no record, alert or handling of one is changed or lost. `now` is UTC without zone.
    Raises PersonRefusedError for a code that is unknown, merged already, or said to be another person; StorageError.
    """
    who, why = _who(by), _why(reason)
    _require_two(kept, merged)
    aliases = read_aliases(connection)
    for code in (kept, merged):
        if code in aliases:
            raise PersonRefusedError(f"{code} is already merged into {aliases[code]}.", advice=_LOOK)
    if (min(kept, merged), max(kept, merged)) in distinct_pairs(connection):
        advice = "Take that back first: `healing persons distinct … --undo`."
        raise PersonRefusedError(f"Somebody found {kept} and {merged} to be two people.", advice=advice)
    _require_client(connection, kept)
    roots = roots_naming(connection, {merged})
    if not roots:
        raise PersonRefusedError(f"No record names {merged}.", advice="Compare the code with the card.")
    row = {"kept_code": kept, "merged_code": merged, "reason": why, "merged_at": now, "merged_by": who}
    connection.execute(insert(person_merge), [row])
    reread(connection, roots, {kept, merged})
    return len(roots)


def unmerge(connection: Connection, merged: str, *, by: str, now: datetime) -> int:
    """Take a merge back, in the caller's transaction; return how many records that concerns.

    Every derived row is again what it would be without the merge. Raises PersonRefusedError when the code is not
    merged, StorageError.
    """
    who, kept = _who(by), read_aliases(connection).get(merged, merged)
    is_active = and_(person_merge.c.merged_code == merged, person_merge.c.undone_at.is_(None))
    undone = connection.execute(update(person_merge).where(is_active).values(undone_at=now, undone_by=who))
    if not undone.rowcount:
        raise PersonRefusedError(f"{merged} is not merged into another code.", advice=_LOOK)
    roots = roots_naming(connection, codes_of(merged, read_aliases(connection)))
    reread(connection, roots, {kept, merged})
    return len(roots)


def set_distinct(connection: Connection, one: str, other: str, *, by: str, now: datetime) -> None:
    """Note that two clients who look alike are two people: they are not listed again. Twice changes nothing.

    Raises PersonRefusedError for an unknown code or one that is merged, StorageError.
    """
    who, two = _who(by), _two_clients(connection, one, other)
    if connection.execute(select(person_distinct).where(_is(two))).first() is None:
        row = {"first_code": two[0], "second_code": two[1], "decided_at": now, "decided_by": who}
        connection.execute(insert(person_distinct), [row])
    refresh_pairs(connection, two)


def unset_distinct(connection: Connection, one: str, other: str) -> None:
    """Forget that two clients were found to be two people. Raises PersonRefusedError when nobody did; StorageError."""
    two = (min(one, other), max(one, other))
    if not connection.execute(delete(person_distinct).where(_is(two))).rowcount:
        raise PersonRefusedError(f"Nobody found {one} and {other} to be two people.", advice=_LOOK)
    aliases = read_aliases(connection)
    refresh_pairs(connection, {aliases.get(code, code) for code in two})


def decisions(connection: Connection) -> list[Decision]:
    """Return all that was decided, the oldest first."""
    merges = connection.execute(select(person_merge).order_by(person_merge.c.merge_id)).all()
    pairs = connection.execute(select(person_distinct)).all()
    found = [
        *(
            Decision("merged", row.kept_code, row.merged_code, row.reason, row.merged_at, row.merged_by)
            for row in merges
        ),
        *(
            Decision("undone", row.kept_code, row.merged_code, row.reason, row.undone_at, row.undone_by or "")
            for row in merges
            if row.undone_at
        ),
        *(Decision("distinct", row.first_code, row.second_code, "", row.decided_at, row.decided_by) for row in pairs),
    ]
    return sorted(found, key=lambda each: (each.decided_at, each.kept_code, each.other_code, each.kind))


def _is(two: tuple[str, str]) -> ColumnElement[bool]:
    return and_(person_distinct.c.first_code == two[0], person_distinct.c.second_code == two[1])


def _two_clients(connection: Connection, one: str, other: str) -> tuple[str, str]:
    _require_two(one, other)
    for code in (one, other):
        _require_client(connection, code)
    return min(one, other), max(one, other)


def _require_two(*codes: str) -> None:
    for code in codes:
        if not is_valid(code):
            raise PersonRefusedError("A client code has a typing error.", advice="It looks like 4AC7-HK9P.")
    if len(set(codes)) < len(codes):
        raise PersonRefusedError("These are the same code.", advice="Name two.")


def _require_client(connection: Connection, code: str) -> None:
    if not connection.scalar(select(exists().where(client.c.client_code == code))):
        raise PersonRefusedError(f"There is no client {code}.", advice="Run `healing sync`, or compare with the card.")


def _who(by: str) -> str:
    person = " ".join(by.split())
    if not INITIALS.fullmatch(person):
        raise PersonRefusedError("Who decided is missing.", advice="Write initials or a role, up to 24 letters.")
    return person


def _why(reason: str) -> str:
    text = " ".join(reason.split())
    if not 0 < len(text) <= LONGEST_REASON or not text.isprintable():
        advice = f"Write a few words without names, up to {LONGEST_REASON} characters."
        raise PersonRefusedError("The reason is missing or too long.", advice=advice)
    return text
