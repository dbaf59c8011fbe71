"""Which functions JavaRosa 5.1 and KoboCollect know, and how many values each takes; a test asks the engine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from forms.finding import advise
from forms.xpath import Function, Path, Text

MANY = 99
_COUNTS = {
    "true": (0, 0), "false": (0, 0), "pi": (0, 0), "today": (0, 0), "now": (0, 0), "random": (0, 0), "version": (0, 0),
    "boolean": (1, 1), "number": (1, 1), "int": (1, 1), "string": (1, 1), "date": (1, 1), "date-time": (1, 1),
    "decimal-date-time": (1, 1), "decimal-time": (1, 1), "not": (1, 1), "boolean-from-string": (1, 1), "once": (1, 1),
    "abs": (1, 1), "acos": (1, 1), "asin": (1, 1), "atan": (1, 1), "cos": (1, 1), "exp": (1, 1), "exp10": (1, 1),
    "log": (1, 1), "log10": (1, 1), "sin": (1, 1), "sqrt": (1, 1), "tan": (1, 1), "count": (1, 1), "sum": (1, 1),
    "count-non-empty": (1, 1), "count-selected": (1, 1), "area": (1, 1), "enclosed-area": (1, 1), "property": (1, 1),
    "base64-decode": (1, 1), "intersects": (1, 1), "position": (0, 1), "string-length": (0, 1),
    "normalize-space": (0, 1), "uuid": (0, 1), "round": (1, 2), "randomize": (1, 2), "atan2": (2, 2),
    "format-date": (2, 2), "format-date-time": (2, 2), "selected": (2, 2), "is-selected": (2, 2),
    "selected-at": (2, 2), "substring-before": (2, 2), "substring-after": (2, 2), "contains": (2, 2),
    "starts-with": (2, 2), "ends-with": (2, 2), "regex": (2, 2), "pow": (2, 2), "extract-signed": (2, 2),
    "geofence": (2, 2), "coalesce": (2, 2), "jr:choice-name": (2, 2), "substr": (2, 3), "digest": (2, 3),
    "translate": (3, 3), "if": (3, 3), "pulldata": (4, 4), "max": (1, MANY), "min": (1, MANY), "concat": (1, MANY),
    "join": (2, MANY), "distance": (1, MANY), "depend": (1, MANY), "checklist": (2, MANY), "indexed-repeat": (3, 11),
    "weighted-checklist": (4, MANY), "instance": (1, 1), "current": (0, 0),
}  # fmt: skip
FUNCTIONS: Mapping[str, tuple[int, int]] = MappingProxyType(_COUNTS)
"""Least and most values of each function."""

NEEDS_NODES = frozenset({"count", "sum", "count-non-empty", "randomize", "area", "enclosed-area"})
_INSTEAD = {
    "floor": "Write int(…), which cuts off, or round(…).",
    "ceiling": "Write round(…).",
    "substring": "Write substr(text, start, end).",
    "length": "Write string-length(…).",
    "len": "Write string-length(…).",
    "choice-name": "Write jr:choice-name(…).",
    "choice-label": "Write jr:choice-name(…).",
    "lower-case": "Phones cannot change the case of letters.",
    "upper-case": "Phones cannot change the case of letters.",
    "last": "Write count(…), or filter another way.",
    "or": "Write a or b.",
    "and": "Write a and b.",
    "iif": "Write if(condition, then, else).",
    "isnull": "Write ${name} = ''.",
    "search": "Write select_one_from_file with a choice_filter.",
}
_FUNCTION_ADVICE = "See the functions in the XLSForm documentation."
_WORDS = {0: "no value", 1: "1 value"}


def function_faults(call: Function) -> Iterator[tuple[str, str]]:
    """Yield (what, advice) for a call of an unknown function, with a wrong number of values, or with a wrong kind."""
    if call.name not in FUNCTIONS:
        advice = _INSTEAD.get(call.name) or advise(call.name, FUNCTIONS, _FUNCTION_ADVICE)
        yield f"{call.name}() is not a function that KoboCollect knows", advice
        return
    given = len(call.arguments)
    if not _fits(call.name, given):
        yield (
            f"{call.name}() takes {_needed(call.name)}, not {given}",
            "Add what is missing or take out what is too much.",
        )
    elif call.name in NEEDS_NODES and not isinstance(call.arguments[0], Path):
        yield f"{call.name}() takes a question or a list, not a computed value", "Write ${name} or a path in it."
    elif call.name == "regex" and isinstance(call.arguments[1], Text):
        yield from _pattern_faults(call.arguments[1].value)


def _fits(name: str, given: int) -> bool:
    least, most = FUNCTIONS[name]
    steps = {"indexed-repeat": 1, "weighted-checklist": 0}
    return least <= given <= most and (name not in steps or given % 2 == steps[name])


def _needed(name: str) -> str:
    least, most = FUNCTIONS[name]
    if name in {"indexed-repeat", "weighted-checklist"}:
        return f"{least}, {least + 2}, {least + 4} … values"
    if most == MANY:
        return f"{least} or more values"
    if least == most:
        return _WORDS.get(least, f"{least} values")
    return f"{least} or {most} values" if most - least == 1 else f"{least} to {most} values"


def _pattern_faults(pattern: str) -> Iterator[tuple[str, str]]:
    """Java and Python agree on brackets, ranges and repetitions; what only Java knows is left to the engine."""
    if "\\" in pattern.replace("\\d", "").replace("\\w", "").replace("\\s", "").replace("\\.", ""):
        return
    try:
        re.compile(pattern)
    except re.error as error:
        yield f"the pattern of regex() is wrong: {error.msg}", "Correct the brackets and repetitions in it."
