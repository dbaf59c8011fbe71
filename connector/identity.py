"""Knows how a record is parted into answers and what names or locates a person, and made whole again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from connector.layout import Level, is_system_key, layout_of, settled_keys
from forms.form import Form

Json = Any
Record = Mapping[str, Json]


def split_record(form: Form, record: Record) -> tuple[dict[str, Json], dict[str, Json]]:
    """Return (body, identity) of a record as the server gave it.

    In the body every identifying answer, every key that the form does not know and every answer of an unexpected shape
    is null; all else, and the order, is untouched. Identity holds the values taken out by the same keys, inside
    repeats as a list with one object for each row. `join_record` restores the record.
    """
    return split_by(layout_of(form), record)


def split_by(level: Level, record: Record) -> tuple[dict[str, Json], dict[str, Json]]:
    """Part a record as `split_record` does, by the layout of its own version."""
    return _split(level, record)


def join_record(body: Record, identity: Record) -> dict[str, Json]:
    """Return the record that `split_record` parted, equal and in the same order.

    Raises ValueError when the two parts do not belong together.
    """
    missing = [key for key in identity if key not in body]
    if missing:
        raise ValueError(f"{len(missing)} keys of the identity are not in the body")
    return {key: _joined(value, identity[key]) if key in identity else value for key, value in body.items()}


def join_texts(body: str | bytes, identity: str | bytes | None) -> dict[str, Json]:
    """Return the record of two stored texts; `identity` is empty or None where nothing was taken out."""
    return join_record(json.loads(body), json.loads(identity or "{}"))


def _split(level: Level, record: Record) -> tuple[dict[str, Json], dict[str, Json]]:
    """Part one level; what stays is mostly a plain text, or one of the usual system keys, and not looked at twice."""
    body: dict[str, Json] = dict(record)
    identity: dict[str, Json] = {}
    open_keys, settled = level.open, settled_keys(level)
    for key, value in record.items():
        if (key in open_keys and type(value) is str) or key in settled:
            continue
        if type(value) is not str or not _is_plain(level, key):
            body[key], taken = _part(level, key, value)
            if taken is not _NOTHING:
                identity[key] = taken
    return body, identity


def _is_plain(level: Level, key: str) -> bool:
    return is_system_key(key) and key not in level.withheld


_NOTHING = object()


def _part(level: Level, key: str, value: Json) -> tuple[Json, Json]:
    """Return (what stays, what is taken or _NOTHING) of one key."""
    repeat = level.find_repeat(key)
    if repeat is not None and _is_rows(value):
        return _split_rows(repeat, value)
    if value is not None and (level.is_withheld(key) or _has_unexpected_shape(level, key, value)):
        return None, value
    return value, _NOTHING


def _split_rows(repeat: Level, rows: list[Record]) -> tuple[Json, Json]:
    parts = [_split(repeat, row) for row in rows]
    taken = [identity for _, identity in parts]
    return [body for body, _ in parts], taken if any(taken) else _NOTHING


def _is_rows(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(row, Mapping) for row in value)


def _has_unexpected_shape(level: Level, key: str, value: Json) -> bool:
    return level.find(key) is not None and isinstance(value, list | Mapping)


def _joined(stayed: Json, taken: Json) -> Json:
    if stayed is None:
        return taken
    if not (isinstance(stayed, list) and isinstance(taken, list) and len(stayed) == len(taken)):
        raise ValueError("body and identity do not belong together")
    return [join_record(body, identity) for body, identity in zip(stayed, taken, strict=True)]
