"""Knows the choices that narrow every page (district, sector, healing group, cohort, sex) and what they mean in SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from sqlalchemy import ColumnElement, Table, select

from connector.fact_schema import client
from connector.precious_schema import healing_group as registry


@dataclass(frozen=True, slots=True)
class Filters:
    """Codes that the viewer chose; an empty tuple means all. Fields are named after the columns they narrow."""

    district_code: tuple[str, ...] = ()
    sector_code: tuple[str, ...] = ()
    healing_group: tuple[str, ...] = ()
    cohort: tuple[str, ...] = ()
    sex: tuple[str, ...] = ()

    def chosen(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield (column name, codes) of every filter in use."""
        for field in fields(self):
            codes = getattr(self, field.name)
            if codes:
                yield field.name, codes

    @property
    def is_narrow(self) -> bool:
        """Whether any filter is in use."""
        return any(True for _ in self.chosen())


ALL = Filters()


def narrow(table: Table, filters: Filters) -> list[ColumnElement[bool]]:
    """Return the conditions for a table of facts: its own columns where it has them, else those of its client.

    A choice that concerns neither the table nor a client on it (the sex of a session) is left out.
    """
    own: list[ColumnElement[bool]] = [table.c[name].in_(codes) for name, codes in filters.chosen() if name in table.c]
    other = [client.c[name].in_(codes) for name, codes in filters.chosen() if name not in table.c]
    if other and "client_code" in table.c:
        own.append(table.c.client_code.in_(select(client.c.client_code).where(*other)))
    return own


def narrow_registry(filters: Filters) -> list[ColumnElement[bool]]:
    """Return the conditions for the registry of healing groups."""
    chosen = [(name, codes) for name, codes in filters.chosen() if name != "sex"]
    return [registry.c["code" if name == "healing_group" else name].in_(codes) for name, codes in chosen]
