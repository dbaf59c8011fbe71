"""Knows which projects a programme has on the server: one for each form, or one for each form and sector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from sqlalchemy import ColumnElement, Connection, or_, select

from connector.precious_schema import cha, healing_group
from forms.form import Form
from forms.library import FORMS, forms_in
from forms.places import place_name
from forms.programme import PROGRAMME

Plan = Mapping[str, Mapping[str, Form]]
"""The forms of each area by form id; the area is the code of a sector, or "" for the whole programme."""
WHOLE: Plan = MappingProxyType({"": FORMS})
"""Every form once, for the whole programme."""


def plan_of_programme() -> Plan:
    """Return what the programme of this process deploys, by its `split_by`."""
    return {area: forms_in(area) for area in PROGRAMME.areas}


def forms_of_plan(plan: Plan) -> Iterator[tuple[str, Form]]:
    """Yield (area, form) of every project."""
    return ((area, form) for area, forms in plan.items() for form in forms.values())


def name_of_area(area: str) -> str:
    """Return what people call an area."""
    return place_name(area) if area else "whole programme"


def submitters(connection: Connection, area: str = "") -> list[str]:
    """Return the usernames of the active CHAs of an area, in order.

    A CHA belongs to the sector that the registry names, and to every sector in which they lead a healing group.
    """
    query = select(cha.c.username).where(cha.c.is_active).order_by(cha.c.username)
    return list(connection.scalars(query.where(_works_in(area)) if area else query))


def _works_in(area: str) -> ColumnElement[bool]:
    leads = select(healing_group.c.cha_code).where(healing_group.c.sector_code == area)
    return or_(cha.c.sector_code == area, cha.c.cha_code.in_(leads))


def without_area(connection: Connection, plan: Plan) -> list[str]:
    """Return the usernames of active CHAs who may submit to no project of the plan."""
    placed = {username for area in plan for username in submitters(connection, area)}
    return [username for username in submitters(connection) if username not in placed]
