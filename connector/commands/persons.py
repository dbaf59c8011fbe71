"""Knows the command `persons`: who may be entered twice, and what somebody decides about it."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, select

from connector.commands.command import Command, Context
from connector.fact_schema import client_identity, person_pair
from connector.migration import migrate
from connector.person_match import GRADES, POINTS
from connector.person_merge import decisions, merge, set_distinct, unmerge, unset_distinct
from connector.sync_state import utc_now
from connector.writer_lock import single_writer

GRADE_NAMES = tuple(grade for grade, _ in GRADES)
DETAILS = f"""\
duplicates  clients who may be one person, the surest first, with what agrees; with --show-names also short names
merge       read MERGED as KEPT from now on: one client, one line on the list; every record stays as it came
unmerge     take a merge back
distinct    say that two clients are two people, so that they are not listed again (--undo takes it back)
list        what was decided

Points: {", ".join(f"{reason.replace('_', ' ')} {points:+}" for reason, points in POINTS.items())}.
Grades: {", ".join(f"{grade} from {least} points" for grade, least in GRADES)}. Both are ours, to be checked."""


def _persons(context: Context) -> Iterable[str]:
    action = context.arguments.action
    if action in _WRITERS:
        engine = context.engine()
        with single_writer(engine):
            migrate(engine)
            with engine.begin() as connection:
                return [_WRITERS[action](connection, context.arguments)]
    with context.reader().connect() as connection:
        return list(_READERS[action](connection, context.arguments))


def _duplicates(connection: Connection, arguments: argparse.Namespace) -> Iterator[str]:
    wanted = GRADE_NAMES[: GRADE_NAMES.index(arguments.grade) + 1]
    query = select(person_pair).where(person_pair.c.grade.in_(wanted))
    pair = person_pair.c
    rows = connection.execute(query.order_by(pair.points.desc(), pair.first_code, pair.second_code)).all()
    codes = {code for row in rows for code in (row.first_code, row.second_code)} if arguments.show_names else set()
    names = _names(connection, codes)
    for row in rows:
        agreeing = ", ".join(reason.replace("_", " ") for reason in row.reasons.split())
        two = " and ".join(_called(code, names) for code in (row.first_code, row.second_code))
        yield f"{row.grade:8} {two}: {agreeing} ({row.points} points)"
    counts = ", ".join(f"{sum(row.grade == grade for row in rows)} {grade}" for grade in wanted)
    yield f"{len(rows)} pairs of clients who may be one person: {counts}"


def _called(code: str, names: dict[str, str]) -> str:
    return f"{code} [{names[code]}]" if code in names else code


def _names(connection: Connection, codes: set[str]) -> dict[str, str]:
    if not codes:
        return {}
    told = client_identity.c
    rows = connection.execute(select(told.client_code, told.short_name).where(told.short_name.is_not(None)))
    return {row.client_code: row.short_name for row in rows if row.client_code in codes}


def _list(connection: Connection, _arguments: argparse.Namespace) -> Iterator[str]:
    found = decisions(connection)
    for each in found:
        what = f"{each.other_code} into {each.kept_code}" if each.kind != "distinct" else ""
        what = what or f"{each.kept_code} and {each.other_code}"
        reason = f": {each.reason}" if each.reason else ""
        yield f"{each.decided_at:%Y-%m-%d %H:%M} {each.kind:8} {what} by {each.decided_by}{reason}"
    yield f"{len(found)} decisions"


def _merge(connection: Connection, arguments: argparse.Namespace) -> str:
    kept, merged = arguments.kept, arguments.merged
    records = merge(connection, kept, merged, reason=arguments.reason, by=arguments.by, now=utc_now())
    return f"{merged} is read as {kept}, in {records} records; `healing sync --rosters` brings the list to the phones"


def _unmerge(connection: Connection, arguments: argparse.Namespace) -> str:
    records = unmerge(connection, arguments.merged, by=arguments.by, now=utc_now())
    return f"{arguments.merged} is a client of its own again, in {records} records"


def _distinct(connection: Connection, arguments: argparse.Namespace) -> str:
    one, other = arguments.one, arguments.other
    if arguments.undo:
        unset_distinct(connection, one, other)
        return f"{one} and {other} may be one person again"
    set_distinct(connection, one, other, by=arguments.by, now=utc_now())
    return f"{one} and {other} are two people"


_WRITERS = {"merge": _merge, "unmerge": _unmerge, "distinct": _distinct}
_READERS = {"duplicates": _duplicates, "list": _list}


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    found = actions.add_parser("duplicates", help="clients who may be one person")
    found.add_argument("--grade", choices=GRADE_NAMES, default=GRADE_NAMES[-1], help="the lowest grade to list")
    found.add_argument("--show-names", action="store_true", help="also short names: for the person in charge alone")
    merging = actions.add_parser("merge", help="read one code as another")
    merging.add_argument("kept", metavar="KEPT")
    merging.add_argument("merged", metavar="MERGED")
    merging.add_argument("--reason", required=True, help="why, in a few words without names")
    undoing = actions.add_parser("unmerge", help="take a merge back")
    undoing.add_argument("merged", metavar="MERGED")
    two = actions.add_parser("distinct", help="two clients who look alike are two people")
    two.add_argument("one", metavar="CODE")
    two.add_argument("other", metavar="CODE")
    two.add_argument("--undo", action="store_true", help="take it back")
    for each in (merging, undoing, two):
        each.add_argument("--by", required=True, help="initials or role of the person who decided")
    actions.add_parser("list", help="what was decided")


PERSONS = Command(
    "persons",
    "find clients who are entered twice, and merge them so that it can be taken back",
    (
        "healing persons duplicates",
        "healing persons merge 4AC7-HK9P 7TXN-3MWE --reason 'same card' --by MK",
        "healing persons unmerge 7TXN-3MWE --by MK",
    ),
    _persons,
    _add_arguments,
    DETAILS,
)
