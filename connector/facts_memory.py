"""Knows what has been read of clients, healing groups and the registry while facts are made: each of it once.

Nothing that is remembered may change during that time: typed rows and the registry, no facts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property, partial
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

from connector import facts_source as source
from connector.facts import Cha, HealingGroup, Move, Registry, Report, Screening, Visit
from connector.person_alias import Aliases

MOST_REMEMBERED = 4000
"""Clients of whom, and healing groups (a tenth as many) of which, is remembered what was read: a few megabytes."""
Found = TypeVar("Found")


class _Memory(Generic[Found]):
    """What was found for each key; when there is too much of it, all is forgotten."""

    def __init__(
        self, fetch: Callable[[Collection[str]], Mapping[str, Found]], nothing: Callable[[], Found], most: int
    ):
        self._fetch = fetch
        self._nothing = nothing
        self._most = most
        self._known: dict[str, Found] = {}

    def of(self, keys: Iterable[str]) -> dict[str, Found]:
        wanted = set(keys)
        missing = wanted - self._known.keys()
        if missing and len(self._known) + len(missing) > self._most:
            self._known.clear()
            missing = wanted
        if missing:
            found = self._fetch(missing)
            self._known.update((key, found[key] if key in found else self._nothing()) for key in missing)
        return {key: self._known[key] for key in wanted}


class Memory:
    """Reads the typed rows of some clients or healing groups, and the registry; a key is never asked for twice.

    `aliases` are merged client codes with the codes that were kept.
    """

    def __init__(self, connection: Connection, aliases: Aliases) -> None:
        self.connection = connection
        self.aliases = aliases
        self._screenings = self._remembering(source.screenings_of, list)
        self._visits = self._remembering(source.visits_of, list)
        self._moves = self._remembering(partial(source.moves_of, aliases=aliases), list)
        self._reports = self._remembering(source.reports_by_group, list, MOST_REMEMBERED // 10)
        self._groups = self._remembering(source.groups_named, lambda: None)

    def _remembering(self, fetch: Callable[..., Any], nothing: Callable[[], Any], most: int = MOST_REMEMBERED) -> Any:
        return _Memory(lambda keys: fetch(self.connection, keys), nothing, most)

    def screenings(self, clients: Iterable[str]) -> dict[str, list[Screening]]:
        """Return all intake records of each of these clients."""
        found: dict[str, list[Screening]] = self._screenings.of(clients)
        return found

    def visits(self, clients: Iterable[str]) -> dict[str, list[Visit]]:
        """Return all outcome records of each of these clients."""
        found: dict[str, list[Visit]] = self._visits.of(clients)
        return found

    def moves(self, clients: Iterable[str]) -> dict[str, list[Move]]:
        """Return what coordinators entered about each of these clients."""
        found: dict[str, list[Move]] = self._moves.of(clients)
        return found

    def reports(self, groups: Iterable[str]) -> dict[str, list[Report]]:
        """Return all attendance records that name each of these healing groups."""
        found: dict[str, list[Report]] = self._reports.of(groups)
        return found

    def groups(self, codes: Iterable[str]) -> dict[str, HealingGroup]:
        """Return the healing groups of the registry by code; those it does not know are left out."""
        return {code: group for code, group in self._groups.of(codes).items() if group is not None}

    def registry(self, groups: Iterable[str]) -> Registry:
        """Return these healing groups, and all CHAs."""
        return Registry(self.groups(groups), self.chas)

    @cached_property
    def chas(self) -> dict[str, Cha]:
        """All CHAs by the username on their phone."""
        return source.chas_by_username(self.connection)
