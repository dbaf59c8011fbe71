"""The value of an expression for one record's answers, as the phone would compute it.

It follows XPath 1.0 as JavaRosa (the engine inside KoboCollect) applies it: an unanswered question is the empty string,
a comparison of an empty string with a number is false, arithmetic on it is NaN, and NaN shows as "".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from forms.expression import (
    Binary,
    CountSelected,
    Expression,
    If,
    Literal,
    Named,
    Not,
    Ref,
    Round,
    Selected,
)

Value = str | float | bool
Answers = Mapping[str, str | None]


def evaluate(node: Expression, answers: Answers) -> Value:
    """Return the value of the expression for one record's answers (question name -> text as submitted, or None).

    Raises KeyError never: an unknown question counts as unanswered. Raises TypeError for `OnPhone` and `Current`.
    """
    value_of = _VALUE_OF.get(type(node))
    if value_of is None:
        raise TypeError(f"{type(node).__name__} has no value outside the phone")
    return value_of(node, answers)


def _ref(node: Ref, answers: Answers) -> Value:
    return answers.get(node.name) or ""


def _literal(node: Literal, answers: Answers) -> Value:
    return node.value if isinstance(node.value, str) else float(node.value)


def _not(node: Not, answers: Answers) -> Value:
    return not truth(evaluate(node.operand, answers))


def _if(node: If, answers: Answers) -> Value:
    return evaluate(node.then if truth(evaluate(node.condition, answers)) else node.otherwise, answers)


def _selected(node: Selected, answers: Answers) -> Value:
    return node.code in text(evaluate(node.operand, answers)).split()


def _round(node: Round, answers: Answers) -> Value:
    return round_half_up(number(evaluate(node.operand, answers)))


def _named(node: Named, answers: Answers) -> Value:
    return evaluate(node.operand, answers)


def _count_selected(node: CountSelected, answers: Answers) -> Value:
    return float(len(text(evaluate(node.operand, answers)).split()))


def _binary(node: Binary, answers: Answers) -> Value:
    operator = node.operator
    left = evaluate(node.left, answers)
    if operator == "and":
        return truth(left) and truth(evaluate(node.right, answers))
    if operator == "or":
        return truth(left) or truth(evaluate(node.right, answers))
    right = evaluate(node.right, answers)
    if operator in ("=", "!="):
        return is_equal(left, right) is (operator == "=")
    return _ARITHMETIC[operator](number(left), number(right))


_VALUE_OF: dict[type[Expression], Callable[[Any, Answers], Value]] = {
    Ref: _ref,
    Literal: _literal,
    Binary: _binary,
    Not: _not,
    If: _if,
    Selected: _selected,
    Round: _round,
    CountSelected: _count_selected,
    Named: _named,
}
"""One function a kind of node: a table is several times quicker than asking each node for its class in turn."""


def is_equal(a: Value, b: Value) -> bool:
    """Return whether two values are equal in XPath: as truths if one is a truth, as numbers if one is a number."""
    if isinstance(a, bool) or isinstance(b, bool):
        return truth(a) is truth(b)
    if isinstance(a, float) or isinstance(b, float):
        return number(a) == number(b)
    return a == b


def divide(a: float, b: float) -> float:
    """Return XPath's `a div b`, where a division by zero is NaN as on the phone."""
    return a / b if b else math.nan


def modulo(a: float, b: float) -> float:
    """Return XPath's `a mod b`, with the sign of `a`."""
    return math.fmod(a, b) if b else math.nan


def round_half_up(value: float) -> float:
    """Return the nearest whole number, halves upward; NaN stays NaN."""
    return value if math.isnan(value) else float(math.floor(value + 0.5))


_ARITHMETIC = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "div": divide,
    "mod": modulo,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def number(value: Value) -> float:
    """Return the XPath number of a value: NaN for text that is not a number."""
    if isinstance(value, bool):
        return 1.0 if value else 0.0
    try:
        return float(value) if value != "" else math.nan
    except ValueError:
        return math.nan


def truth(value: Value) -> bool:
    """Return the XPath boolean of a value: false for "", 0 and NaN."""
    if isinstance(value, float):
        return bool(value) and not math.isnan(value)
    return bool(value)


def text(value: Value) -> str:
    """Return the value as the phone stores it: whole numbers without a point, NaN as the empty string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.15g}"
    return value
