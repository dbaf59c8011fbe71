"""Knows which clients in the database may be one person, and keeps the list as clients change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select

from connector.bulk import chunks, insert_tuples
from connector.fact_schema import client, client_identity, person_block, person_pair
from connector.facts_writing import delete_problems, delete_rows, insert_problems, insert_rows
from connector.person_alias import read_aliases
from connector.person_match import GRADES, Pair, Person, blocks_of, compare, phone_key
from connector.person_name import read_name
from connector.precious_schema import person_distinct
from connector.problem import PERSON, Problem, problem

MOST_NAMED = 12
"""Codes that one problem names; `person_pair` has them all."""


def refresh_pairs(connection: Connection, clients: Collection[str]) -> None:
    """Compare these clients anew with all others; rows of `client` and `client_identity` must be up to date.

    Pairs that somebody found to be two people are left out. Runs in the caller's transaction. Raises StorageError.
    """
    touched = {*clients, *_partners(connection, clients)}
    for batch in chunks(sorted(clients)):
        delete_rows(connection, person_block, "client_code", batch)
        connection.execute(delete(person_pair).where(_about(batch)))
    people = people_named(connection, clients)
    blocks = sorted((person.client_code, block) for person in people.values() for block in blocks_of(person))
    insert_tuples(connection, person_block, blocks)
    pairs = _pairs_of(connection, people)
    insert_rows(connection, person_pair, [{**asdict(pair), "reasons": " ".join(pair.reasons)} for pair in pairs])
    touched.update(code for pair in pairs for code in (pair.first_code, pair.second_code))
    _refresh_problems(connection, touched)


def people_named(connection: Connection, codes: Iterable[str]) -> dict[str, Person]:
    """Return what these clients can be recognised by, by code; those without an intake record are left out."""
    told, place = client_identity.c, client.c
    columns = (told.client_code, told.short_name, told.phone, told.born_about, told.village_code)
    query = select(*columns, place.sex, place.sector_code).join(client, place.client_code == told.client_code)
    rows = (
        row for batch in chunks(sorted(codes)) for row in connection.execute(query.where(told.client_code.in_(batch)))
    )
    return {
        row.client_code: Person(
            row.client_code,
            read_name(row.short_name),
            phone_key(row.phone),
            row.born_about,
            row.sex,
            row.sector_code,
            row.village_code,
        )
        for row in rows
    }


def distinct_pairs(connection: Connection) -> set[tuple[str, str]]:
    """Return the pairs that somebody found to be two people, under the codes that are kept; smaller code first."""
    aliases = read_aliases(connection)
    rows = connection.execute(select(person_distinct.c.first_code, person_distinct.c.second_code))
    kept = ((aliases.get(first, first), aliases.get(second, second)) for first, second in rows)
    return {(min(two), max(two)) for two in kept}


def _pairs_of(connection: Connection, people: Mapping[str, Person]) -> list[Pair]:
    """All pairs in which one of these people is, each once, by codes."""
    near = _near(connection, people) - distinct_pairs(connection)
    known = {**people, **people_named(connection, {code for two in near for code in two} - people.keys())}
    compared = (compare(known[one], known[two]) for one, two in sorted(near) if one in known and two in known)
    return [pair for pair in compared if pair]


def _near(connection: Connection, codes: Collection[str]) -> set[tuple[str, str]]:
    """Return all who have to be compared with one of these clients, as pairs of codes, the smaller first."""
    other = person_block.alias()
    same = and_(other.c.block == person_block.c.block, other.c.client_code != person_block.c.client_code)
    query = select(person_block.c.client_code, other.c.client_code).join(other, same)
    return {
        (min(one, two), max(one, two))
        for batch in chunks(sorted(codes))
        for one, two in connection.execute(query.where(person_block.c.client_code.in_(batch)))
    }


def _about(codes: Collection[str]) -> ColumnElement[bool]:
    return or_(person_pair.c.first_code.in_(codes), person_pair.c.second_code.in_(codes))


def _partners(connection: Connection, codes: Collection[str]) -> set[str]:
    return {code for row in _pairs(connection, codes) for code in (row.first_code, row.second_code)}


def _pairs(connection: Connection, codes: Collection[str]) -> Iterator[Pair]:
    for batch in chunks(sorted(codes)):
        for row in connection.execute(select(person_pair).where(_about(batch))):
            yield Pair(row.first_code, row.second_code, row.grade, row.points, tuple(row.reasons.split()))


def _refresh_problems(connection: Connection, codes: Collection[str]) -> None:
    """Make anew the problems of these clients: one for each grade, naming the others."""
    others: dict[tuple[str, str], set[str]] = defaultdict(set)
    for pair in _pairs(connection, codes):
        for one, other in ((pair.first_code, pair.second_code), (pair.second_code, pair.first_code)):
            others[one, pair.grade].add(other)
    for batch in chunks(sorted(codes)):
        delete_problems(connection, PERSON, "client_code", batch)
        rows = connection.execute(
            select(client.c.client_code, client.c.root_uuid).where(client.c.client_code.in_(batch))
        )
        roots = {row.client_code: row.root_uuid for row in rows}
        found = ((code, grade) for code in batch for grade, _ in GRADES if others.get((code, grade)) and code in roots)
        insert_problems(connection, [_problem(code, grade, others[code, grade], roots[code]) for code, grade in found])


def _problem(code: str, grade: str, others: Collection[str], root_uuid: str) -> Problem:
    named = sorted(others)[:MOST_NAMED]
    more = f" and {len(others) - len(named)} more" if len(others) > len(named) else ""
    text = f"{', '.join(named)}{more}"
    return problem(f"{grade}_duplicate_person", "intake", root_uuid=root_uuid, client_code=code, others=text)
