"""What a version of a form is: everything asked, offered and scored, as data that can be kept and read again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from forms.expression import to_xpath
from forms.form import Form, Node, Question
from forms.instrument_data import instrument_to_data

Definition = Mapping[str, Any]
"""`survey` and `settings` as in the workbook, `choices` by list, `instruments` by name; JSON through and through."""
Sheets = Mapping[str, Sequence[Mapping[str, str]]]
Calculation = tuple[str, ...]
"""A calculated question's formula, then the conditions of the groups around it and its own, outermost first."""

LONGEST_LIST = 40
"""A longer list of proper names (places, the same in every language) is kept as its hash alone."""
_REFERENCE = "${"
_VERSION = re.compile(r"[0-9a-f]{12}")


def describe(form: Form | None, sheets: Sheets) -> dict[str, Any]:
    """Return the definition of a form from its sheets; of a plain workbook, without scoring data, when `form` is None.

    A list of choices is {"hash", "count", "rows"}; a long one of proper names has no rows.
    """
    settings = next(iter(sheets.get("settings", ())), {})
    instruments = form.instruments if form is not None else ()
    return {
        "survey": [dict(row) for row in sheets.get("survey", ())],
        "choices": dict(_lists(sheets.get("choices", ()))),
        "settings": dict(settings),
        "instruments": {each.name: instrument_to_data(each) for each in instruments},
    }


def content_version(definition: Definition) -> str:
    """Return the 12 characters that name this content: the same content, the same version.

    It is the workbook's own version, the hash of survey and choices, in which every formula of a score stands; for a
    workbook that we have not built, a hash of the definition.
    """
    written = str(definition["settings"].get("version", ""))
    return written if _VERSION.fullmatch(written) else _digest(definition)


def scoring_version(definition: Definition) -> str:
    """Return 12 characters that change whenever an item, a code or anything calculated does, and only then."""
    scales = {
        name: ([item["name"] for item in data["items"]], [choice["code"] for choice in data["answers"]["choices"]])
        for name, data in definition["instruments"].items()
    }
    return _digest([calculations_of(definition), scales])


def scoring_version_of(form: Form) -> str:
    """Return the `scoring_version` of a form's definition, without building its sheets."""
    scales = {each.name: ([item.name for item in each.items], each.answers.codes) for each in form.instruments}
    return _digest([calculations_in(form.children), scales])


def calculations_of(definition: Definition) -> dict[str, Calculation]:
    """Return every question calculated from others by name, with its formula and when it has a value.

    A constant is left out: it belongs to the form that wrote it, such as the sector of a form for one sector.
    """
    found: dict[str, Calculation] = {}
    around: list[str] = []
    for row in definition["survey"]:
        kind, condition = row.get("type", ""), row.get("relevant", "")
        if kind.startswith("begin"):
            around.append(condition)
        elif kind.startswith(("end_", "end ")):
            del around[-1:]
        elif _REFERENCE in row.get("calculation", ""):
            found[row.get("name", "")] = (row["calculation"], *filter(None, (*around, condition)))
    return found


def calculations_in(nodes: Sequence[Node], around: Calculation = ()) -> dict[str, Calculation]:
    """Return of a form's content what `calculations_of` returns of its definition."""
    found: dict[str, Calculation] = {}
    for node in nodes:
        conditions = around if node.relevant is None else (*around, to_xpath(node.relevant))
        if not isinstance(node, Question):
            found |= calculations_in(node.children, conditions)
        elif node.calculation is not None and _REFERENCE in (formula := to_xpath(node.calculation)):
            found[node.name] = (formula, *conditions)
    return found


def _lists(rows: Sequence[Mapping[str, str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    names = dict.fromkeys(name for row in rows if (name := _list_name(row)))
    for name in names:
        own = [{key: row[key] for key in row if key not in _LIST_NAME} for row in rows if _list_name(row) == name]
        summary = {"hash": _digest(own), "count": len(own)}
        yield name, summary if len(own) > LONGEST_LIST and _is_untranslated(own) else {**summary, "rows": own}


_LIST_NAME = ("list_name", "list name")


def _list_name(row: Mapping[str, str]) -> str:
    return next((row[key] for key in _LIST_NAME if row.get(key)), "")


def _is_untranslated(rows: Sequence[Mapping[str, str]]) -> bool:
    """Whether several languages have the same label throughout, as places have."""
    labels = [[row[key] for key in row if key.startswith("label::")] for row in rows]
    return all(len(found) > 1 and len(set(found)) == 1 for found in labels)


def _digest(value: object) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]
