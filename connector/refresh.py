"""Knows in which order facts follow from each other, and which of them a change reaches."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select

from connector import fact_schema as fact
from connector import facts_source as source
from connector.facts_memory import Memory
from connector.facts_named import Named, everybody
from connector.person_alias import Aliases, read_aliases
from connector.precious_schema import healing_group, membership_move
from connector.refresh_alerts import refresh_alerts
from connector.refresh_clients import (
    refresh_changes,
    refresh_clients,
    refresh_endlines,
    refresh_identities,
    refresh_unknown_clients,
)
from connector.refresh_memberships import refresh_memberships
from connector.refresh_newcomers import Reached, refresh_newcomers, refresh_overdue
from connector.refresh_sessions import refresh_sessions


def refresh_facts(connection: Connection, named: Named, aliases: Aliases, clients: Collection[str] = ()) -> None:
    """Make anew the facts that hang on records, and what follows; `named` is what they name now and named before.

    `clients` are those of whom something else has changed: with whom they are one person.
    A changed code of a newcomer reaches the sessions and the intake records that have it; a changed report reaches
    everybody whom a report of its healing group ticks as having left; a changed membership reaches its healing group;
    a changed session reaches all members. Runs in the caller's transaction. Raises StorageError.
    """
    newcomers = refresh_newcomers(connection, named.cards, named.carded)
    _refresh(Memory(connection, aliases), named, newcomers, set(clients), set())


def refresh_all(connection: Connection) -> None:
    """Make anew all facts: of whatever records, the registry or old facts name. Raises StorageError."""
    named = everybody(connection)
    newcomers = refresh_newcomers(connection, named.cards, named.carded)
    clients: set[str] = set()
    for code in (membership_move.c.client_code, fact.client.c.client_code):
        clients.update(connection.scalars(select(code)))
    groups = set(named.weeks)
    for code in (healing_group.c.code, fact.session.c.healing_group):
        groups.update(connection.scalars(select(code).distinct()))
    memory = Memory(connection, read_aliases(connection))
    clients |= {memory.aliases[code] for code in clients if code in memory.aliases}
    _refresh(memory, named, newcomers, clients, groups)


def _refresh(memory: Memory, named: Named, newcomers: Reached, clients: set[str], groups: set[str]) -> None:
    """Refresh what is named, and everything about these clients and healing groups besides."""
    connection = memory.connection
    reporting = named.weeks.keys() | newcomers.groups
    leavers = {client for _, client, _ in source.ticks_of_leavers(connection, groups=reporting)}
    others = named.ticked - named.screened - named.visited
    unknown = others - source.clients_screened(connection, others)
    reached = clients | named.screened | named.left | leavers | newcomers.clients
    moved = refresh_memberships(memory, reached | named.visited | unknown)
    groups = groups | moved.groups | newcomers.groups
    refresh_sessions(memory, groups, named.weeks)
    whole = reached | moved.clients | source.members_of(connection, groups | named.weeks.keys())
    refresh_clients(memory, whole)
    visited = named.visited & moved.screened
    refresh_endlines(memory, visited - whole)
    refresh_changes(memory, clients | named.screened | visited | newcomers.clients | moved.clients)
    refresh_identities(memory, clients | named.screened)
    refresh_alerts(memory, named, reporting, newcomers.roots)
    refresh_unknown_clients(memory, reached | named.visited | unknown)
    refresh_overdue(connection)
