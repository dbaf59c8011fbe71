"""How questions that need each other are found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter


def find_circle(needs: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return the names on a circle, in the order of need and closed (first = last), or () when there is none.

    `needs` says by name what must be known before it; the circle begins with the name that comes first in `needs`.
    """
    order = {name: place for place, name in enumerate(needs)}
    graph = {name: sorted(set(needed) & set(needs), key=order.__getitem__) for name, needed in needs.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found = list(reversed(error.args[1]))[:-1]
        first = found.index(min(found, key=order.__getitem__))
        turned = found[first:] + found[:first]
        return (*turned, turned[0])
    return ()
