"""Knows how an instrument is kept beside a form's version as plain data, and how it is read back to score by it.

The wording of an instrument that is not free to publish is left out: it is not needed for a score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any, TypeVar

from forms.instrument import (
    UNSCORED,
    Band,
    Choice,
    ChoiceList,
    Cluster,
    CutOff,
    Instrument,
    Item,
    Licence,
    MissingRule,
    ReliableChange,
)

Data = Mapping[str, Any]
T = TypeVar("T")


def instrument_to_data(instrument: Instrument) -> dict[str, Any]:
    """Return everything about an instrument as JSON can hold it: dicts, lists, texts, numbers and truth values."""
    kept = instrument if instrument.is_published else _without_wording(instrument)
    data: dict[str, Any] = _plain(asdict(kept))
    return data


def instrument_from_data(data: Data) -> Instrument:
    """Return the instrument that `instrument_to_data` kept.

    What was not yet known when it was kept has its default. Raises ValueError for data of a later release, or damaged.
    """
    try:
        answers = data["answers"]
        return Instrument(
            **{
                **data,
                "items": _all(Item, data["items"]),
                "answers": ChoiceList(**{**answers, "choices": tuple(_choice(each) for each in answers["choices"])}),
                "bands": _all(Band, data["bands"]),
                "cut_offs": _all(CutOff, data["cut_offs"]),
                "reliable_change": _all(ReliableChange, data["reliable_change"]),
                "missing_rule": MissingRule(**data["missing_rule"]),
                "licence": Licence(**data["licence"]),
                "clusters": tuple(_cluster(each) for each in data.get("clusters", ())),
            }
        )
    except (KeyError, TypeError) as error:
        unknown = sorted(set(data) - {field.name for field in fields(Instrument)})
        why = f"unknown fields {', '.join(unknown)}" if unknown else f"{type(error).__name__}: {error}"
        raise ValueError(f"the kept instrument {data.get('name', '')} cannot be read ({why})") from None


def _plain(value: Any) -> Any:
    """Tuples as lists, as they come back from JSON."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value


def _without_wording(instrument: Instrument) -> Instrument:
    choices = instrument.answers.choices
    kept = tuple(each if each.code in UNSCORED else replace(each, label="") for each in choices)
    return replace(
        instrument,
        instruction="",
        items=tuple(replace(item, wording="") for item in instrument.items),
        answers=replace(instrument.answers, choices=kept),
    )


def _all(kind: type[T], rows: list[Data]) -> tuple[T, ...]:
    return tuple(kind(**row) for row in rows)


def _choice(data: Data) -> Choice:
    return Choice(**{**data, "filters": tuple((name, code) for name, code in data["filters"])})


def _cluster(data: Data) -> Cluster:
    return Cluster(**{**data, "items": tuple(data["items"])})
