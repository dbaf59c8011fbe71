"""Knows the search language of asset lists and project histories: `field:value`, AND, OR, NOT and brackets."""

import re
from dataclasses import dataclass

from connector.sandbox.server.answer import Refusal

_TOKEN = re.compile(r'\s*(\(|\)|(?:[^\s():"]+:)?"[^"]*"|[^\s()]+)')


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: `field` is empty for a bare word."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Every:
    """All of the parts hold."""

    parts: tuple["Search", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of the parts holds."""

    parts: tuple["Search", ...]


@dataclass(frozen=True, slots=True)
class Without:
    """The part does not hold."""

    part: "Search"


Search = Term | Every | Either | Without


def parse_search(text: str) -> Search:
    """Return a search as a tree. Raises Refusal(400) for one that cannot be read or whose only word is too short."""
    tokens = _TOKEN.findall(text)
    search, rest = _read_either(tokens)
    if rest:
        raise _unreadable()
    if isinstance(search, Term) and not search.field and len(search.value) < 3:
        raise Refusal(400, {"detail": "Your query is too short"})
    return search


def _read_either(tokens: list[str]) -> tuple[Search, list[str]]:
    first, rest = _read_every(tokens)
    parts = [first]
    while rest and rest[0] == "OR":
        part, rest = _read_every(rest[1:])
        parts.append(part)
    return (first if len(parts) == 1 else Either(tuple(parts))), rest


def _read_every(tokens: list[str]) -> tuple[Search, list[str]]:
    first, rest = _read_one(tokens)
    parts = [first]
    while rest and rest[0] not in ("OR", ")"):
        part, rest = _read_one(rest[1:] if rest[0] == "AND" else rest)
        parts.append(part)
    return (first if len(parts) == 1 else Every(tuple(parts))), rest


def _read_one(tokens: list[str]) -> tuple[Search, list[str]]:
    if not tokens or tokens[0] in (")", "AND", "OR"):
        raise _unreadable()
    head, rest = tokens[0], tokens[1:]
    if head == "NOT":
        part, rest = _read_one(rest)
        return Without(part), rest
    if head != "(":
        return _term(head), rest
    inner, rest = _read_either(rest)
    if not rest or rest[0] != ")":
        raise _unreadable()
    return inner, rest[1:]


def _term(token: str) -> Term:
    field, colon, value = token.partition(":")
    return Term(field, value.strip('"')) if colon else Term("", token.strip('"'))


def _unreadable() -> Refusal:
    return Refusal(400, {"detail": "Invalid search. Please try again."})
