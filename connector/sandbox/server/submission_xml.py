"""Knows how a submission's XML becomes a flat record, and how a stored one is rewritten."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from connector.sandbox.server.answer import OpenRosaRefusal
from connector.sandbox.server.uid import bare_uuid

Answers = dict[str, Any]

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_KEPT = ("meta", "__version__", "formhub")


@dataclass(frozen=True, slots=True)
class Submission:
    """One submission as it came: its XML, and what the server reads before it knows the form."""

    xml: str = field(repr=False)
    root: Element = field(repr=False)
    instance_uuid: str
    deprecated_uuid: str | None
    form_id: str
    form_uuid: str | None
    submitted_at: str | None


def read_submission(content: bytes) -> Submission:
    """Return a submission. Raises OpenRosaRefusal(400) for what is no XML, or has no instance ID."""
    if _CONTROL.search(content):
        raise OpenRosaRefusal(400, "Submission rejected: the form contains unsupported or invisible characters.")
    try:
        root = _parse(content)
    except ElementTree.ParseError:
        raise OpenRosaRefusal(400, "Improperly formatted XML.") from None
    instance_id = _text(root, "meta/instanceID")
    if not instance_id:
        raise OpenRosaRefusal(400, "Instance ID is required")
    deprecated_id = _text(root, "meta/deprecatedID")
    return Submission(
        xml=content.decode(),
        root=root,
        instance_uuid=bare_uuid(instance_id),
        deprecated_uuid=bare_uuid(deprecated_id) if deprecated_id else None,
        form_id=root.get("id", ""),
        form_uuid=_text(root, "formhub/uuid"),
        submitted_at=root.get("submissionDate"),
    )


def flatten(root: Element, repeats: Collection[str]) -> Answers:
    """Return the answers keyed `group/question`, all text; an empty answer is absent, a repeat is a list."""
    answers: Answers = {}
    _flatten(root, "", repeats, answers)
    return answers


def read_geolocation(answers: Mapping[str, Any], paths: Collection[str]) -> list[float | None]:
    """Return latitude and longitude of the first answered geopoint, or two times None."""
    for path in paths:
        parts = str(answers.get(path, "")).split()
        if len(parts) >= 2:
            return [float(parts[0]), float(parts[1])]
    return [None, None]


def find_question(answers: Mapping[str, Any], filename: str, place: str = "") -> str | None:
    """Return the path of the answer that names a file, `children[1]/photo` inside a repeat, or None."""
    for path, value in answers.items():
        if value == filename:
            return place + path.rpartition("/")[2] if place else path
        if isinstance(value, list):
            for number, row in enumerate(value, start=1):
                found = find_question(row, filename, f"{path}[{number}]/")
                if found:
                    return found
    return None


def rewrite(xml: str, changes: Mapping[str, str]) -> str:
    """Return the XML with other answers: each key is a path below the root, made where it is missing.

    `meta`, `__version__` and `formhub` are left as they are.
    """
    root = _parse(xml)
    for path, value in changes.items():
        if path.split("/")[0] not in _KEPT:
            _reach(root, path).text = str(value)
    return ElementTree.tostring(root, encoding="unicode")


def rename(xml: str, *, instance_uuid: str, deprecated_uuid: str | None = None, root_uuid: str | None = None) -> str:
    """Return the XML under another instance ID, as a new version of an older one or as a record of its own."""
    root = _parse(xml)
    _reach(root, "meta/instanceID").text = f"uuid:{instance_uuid}"
    for name, value in (("deprecatedID", deprecated_uuid), ("rootUuid", root_uuid)):
        if value:
            _reach(root, f"meta/{name}").text = f"uuid:{value}"
        else:
            meta = _reach(root, "meta")
            for child in meta.findall(name):
                meta.remove(child)
    return ElementTree.tostring(root, encoding="unicode")


def xml_of_json(form_id: str, submission: Mapping[str, Any]) -> str:
    """Return the XML of a submission sent as JSON; a list becomes one answer with spaces."""
    return f"<{form_id} id={quoteattr(form_id)}>{_elements(submission)}</{form_id}>"


def _elements(values: Mapping[str, Any]) -> str:
    parts = []
    for name, value in values.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            parts += [f"<{name}>{_elements(row)}</{name}>" for row in value]
        elif isinstance(value, Mapping):
            parts.append(f"<{name}>{_elements(value)}</{name}>")
        else:
            text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
            parts.append(f"<{name}>{escape(text)}</{name}>")
    return "".join(parts)


def _flatten(node: Element, prefix: str, repeats: Collection[str], into: Answers) -> None:
    for child in node:
        path = prefix + child.tag
        if not len(child):
            if child.text:
                into[path] = child.text
        elif path in repeats:
            row: Answers = {}
            _flatten(child, f"{path}/", repeats, row)
            if row:
                into.setdefault(path, []).append(row)
        else:
            _flatten(child, f"{path}/", repeats, into)


def _parse(xml: str | bytes) -> Element:
    """Return the root, every name without its namespace. Raises ElementTree.ParseError."""
    root = ElementTree.fromstring(xml)
    for node in root.iter():
        if node.tag.startswith("{"):
            node.tag = node.tag.rpartition("}")[2]
    return root


def _text(root: Element, path: str) -> str | None:
    text = root.findtext(path)
    return text.strip() if text else None


def _reach(root: Element, path: str) -> Element:
    node = root
    for name in path.split("/"):
        child = node.find(name)
        node = ElementTree.SubElement(node, name) if child is None else child
    return node
