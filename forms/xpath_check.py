"""What is wrong with an XPath in the form where it stands: syntax, functions, names, lists, columns and codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from forms.finding import advise, nearest
from forms.xpath import Text
from forms.xpath_function import function_faults
from forms.xpath_token import XPathError
from forms.xpath_use import (
    UNKNOWN,
    Column,
    Comparison,
    Use,
    instance_of,
    references_in,
    use_of,
)

Reason = tuple[str, str]
"""What, advice."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an XPath may refer to: names of the form, codes by question, columns by list (None when not known)."""

    names: frozenset[str]
    codes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lists: Mapping[str, frozenset[str] | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OwnList:
    """The list that a choice_filter chooses from; `columns` is None when they are not known."""

    title: str
    columns: frozenset[str] | None


def xpath_faults(text: str, scope: Scope, own: OwnList | None = None) -> Iterator[Reason]:
    """Yield (what, advice) for every fault of an XPath; bare names are allowed as columns of `own` only."""
    yield from reference_faults(text, scope)
    try:
        use = use_of(text)
    except XPathError as error:
        yield error.what, error.advice
        return
    for call in use.calls:
        yield from function_faults(call)
    yield from _list_faults(use, scope)
    for column in use.columns:
        yield from _column_faults(column, scope, own)
    for comparison in use.comparisons:
        yield from _code_faults(comparison, scope)


def reference_faults(text: str, scope: Scope) -> Iterator[Reason]:
    """Yield (what, advice) for every `${name}` of a text that the form does not have."""
    for name in references_in(text):
        if name not in scope.names and name == name.strip():
            known = nearest(name, scope.names)
            advice = f"Write ${{{known}}}." if known else "Correct the name."
            yield f"refers to {name}, which does not exist", advice


def _list_faults(use: Use, scope: Scope) -> Iterator[Reason]:
    for path in use.paths:
        if path.root == "/":
            steps = "/".join(step.name for step in path.steps)
            yield f"/{steps} is a path from the root, which KoboToolbox renames", "Write ${name}."
        if path.root == "instance" and (name := instance_of(path)):
            yield from _instance_faults(name, [step.name for step in path.steps], scope)
    for call in use.calls:
        if call.name == "pulldata" and call.arguments and isinstance(call.arguments[0], Text):
            yield from _unknown_list(call.arguments[0].value, scope)


def _instance_faults(name: str, steps: list[str], scope: Scope) -> Iterator[Reason]:
    yield from _unknown_list(name, scope)
    if steps[:2] != ["root", "item"]:
        yield f"instance('{name}') is not followed by /root/item", f"Write instance('{name}')/root/item[…]."


def _unknown_list(name: str, scope: Scope) -> Iterator[Reason]:
    if name not in scope.lists:
        advice = advise(name, scope.lists, "Ask a question from it, or correct the name.")
        yield f"reads the list {name}, which no question uses", advice


def _column_faults(column: Column, scope: Scope, own: OwnList | None) -> Iterator[Reason]:
    name = column.name
    if column.owner == UNKNOWN or name == "*":
        return
    if column.owner:
        columns = scope.lists.get(column.owner)
        if columns is not None and name not in columns:
            yield f"reads {name}, not a column of the list {column.owner}", _column_advice(name, columns)
    elif own is None:
        advice = f"Write ${{{name}}}." if name in scope.names else "Write ${name} for a question, 'text' for a text."
        yield f"{name} stands without ${{}}", advice
    elif own.columns is not None and name not in own.columns:
        yield f"filters by {name}, not a column of {own.title}", _column_advice(name, own.columns)


def _column_advice(name: str, columns: frozenset[str]) -> str:
    return advise(name, columns, f"Its columns are {', '.join(sorted(columns))}.")


def _code_faults(comparison: Comparison, scope: Scope) -> Iterator[Reason]:
    codes = scope.codes.get(comparison.question)
    if codes is None or comparison.text in codes or not (comparison.text or comparison.operator == "selected"):
        return
    what = f"compares {comparison.question} with '{comparison.text}', which is not one of its codes"
    yield what, advise(comparison.text, codes, f"Its codes are {_some(sorted(codes))}.")


def _some(words: list[str]) -> str:
    return ", ".join(words) if len(words) <= 8 else f"{', '.join(words[:8])} …"


def is_expression(text: str) -> bool:
    """Whether the text of a default is computed by the phone, as pyxform decides it roughly: a reference or a call."""
    return "${" in text or _has_call(text)


def _has_call(text: str) -> bool:
    try:
        return bool(use_of(text).calls)
    except XPathError:
        return False
