"""Knows the lightest adopted form that still has everything: five questions, one of them apart, and a repeat of two."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from connector.adopted import AdoptedProject
from tests.connector.adopted_scenes import adopted

LIGHT_ASSET = "aLightForm000000000001"
LIGHT_CONTENT: Mapping[str, Any] = {
    "translations": [None],
    "survey": [
        {"type": "date", "name": "seen_on", "label": ["Day"]},
        {"type": "select_one", "select_from_list_name": "yn", "name": "is_well", "label": ["Well?"]},
        {"type": "integer", "name": "age", "label": ["Age"]},
        {"type": "text", "name": "full_name", "label": ["Name"]},
        {"type": "decimal", "name": "weight", "label": ["Weight"]},
        {"type": "begin_repeat", "name": "child", "label": ["Child"]},
        {"type": "integer", "name": "child_age", "label": ["Age"]},
        {"type": "text", "name": "child_name", "label": ["Name"]},
        {"type": "end_repeat"},
    ],
    "choices": [
        {"list_name": "yn", "name": "yes", "label": ["Yes"]},
        {"list_name": "yn", "name": "no", "label": ["No"]},
    ],
}


def light_project(connection: Connection) -> AdoptedProject:
    """Adopt the form as table `light` in a migrated database."""
    return adopted(connection, LIGHT_CONTENT, LIGHT_ASSET, "light")


def light_answers(number: int, **answers: str) -> dict[str, Any]:
    """The answers of the record of this number, as the server gives them; `answers` replace some."""
    children = [{"child/child_age": str(place), "child/child_name": f"Child {place}"} for place in range(number % 3)]
    found = {
        "seen_on": f"2026-11-{number % 28 + 1:02d}",
        "is_well": "yes" if number % 2 else "no",
        "age": str(number % 90),
        "full_name": f"Person {number}",
        "weight": f"{number % 100}.5",
        **answers,
    }
    return found | ({"child": children} if children else {})
