"""Two XForms compared as what they mean: the order of attributes and space at the ends of texts say nothing."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import zip_longest

Line = tuple[str, str]
"""A place in an XForm, and what stands there."""


def canonical(xform: str) -> list[Line]:
    """Return every element, attribute and text of an XForm with its place, in document order, attributes sorted."""
    return list(_lines(ET.fromstring(xform), ""))


def _lines(element: ET.Element, above: str) -> Iterator[Line]:
    path = f"{above}/{element.tag}"
    yield path, ""
    yield from sorted((f"{path}@{name}", value) for name, value in element.attrib.items())
    yield from _text(path, element.text)
    for child in element:
        yield from _lines(child, path)
        yield from _text(path, child.tail)


def _text(path: str, text: str | None) -> Iterator[Line]:
    if text and text.strip():
        yield path, text.strip()


def first_difference(one: str, other: str) -> tuple[Line | None, Line | None] | None:
    """Return where two XForms first part, as the lines of both, or None when they mean the same."""
    pairs = zip_longest(canonical(one), canonical(other))
    return next((pair for pair in pairs if pair[0] != pair[1]), None)
