"""The value of an expression for one record's answers, as the phone would compute it.

It follows XPath 1.0 as JavaRosa (the engine inside KoboCollect) applies it: an unanswered question is the empty string,
a comparison of an empty string with a number is false, arithmetic on it is NaN, and NaN shows as "".
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from forms.expression import (
    Binary,
    CountSelected,
    Expression,
    If,
    Literal,
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
    match node:
        case Ref(name):
            return answers.get(name) or ""
        case Literal(value):
            return value if isinstance(value, str) else float(value)
        case Binary(operator, left, right):
            return _binary(operator, left, right, answers)
        case Not(operand):
            return not truth(evaluate(operand, answers))
        case If(condition, then, otherwise):
            return evaluate(then if truth(evaluate(condition, answers)) else otherwise, answers)
        case Selected(operand, code):
            return code in text(evaluate(operand, answers)).split()
        case Round(operand):
            value = number(evaluate(operand, answers))
            return value if math.isnan(value) else float(math.floor(value + 0.5))
        case CountSelected(operand):
            return float(len(text(evaluate(operand, answers)).split()))
    raise TypeError(f"{type(node).__name__} has no value outside the phone")


def _binary(operator: str, left: Expression, right: Expression, answers: Answers) -> Value:
    if operator == "and":
        return truth(evaluate(left, answers)) and truth(evaluate(right, answers))
    if operator == "or":
        return truth(evaluate(left, answers)) or truth(evaluate(right, answers))
    a, b = evaluate(left, answers), evaluate(right, answers)
    if operator in ("=", "!="):
        return _equal(a, b) is (operator == "=")
    return _ARITHMETIC[operator](number(a), number(b))


def _equal(a: Value, b: Value) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return truth(a) is truth(b)
    if isinstance(a, float) or isinstance(b, float):
        return number(a) == number(b)
    return a == b


def _divide(a: float, b: float) -> float:
    return a / b if b else math.nan


_ARITHMETIC = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "div": _divide,
    "mod": lambda a, b: math.fmod(a, b) if b else math.nan,
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
