"""A formula as a tree with one meaning and three readings: XPath for the phone, words for people, a value in Python.

XPath and words are here; the value is in `expression_value`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expression:
    """Base of all nodes; the operators build larger expressions and never compute."""

    def __ge__(self, other: Operand) -> Binary:
        return Binary(">=", self, as_expression(other))

    def __gt__(self, other: Operand) -> Binary:
        return Binary(">", self, as_expression(other))

    def __le__(self, other: Operand) -> Binary:
        return Binary("<=", self, as_expression(other))

    def __lt__(self, other: Operand) -> Binary:
        return Binary("<", self, as_expression(other))

    def __add__(self, other: Operand) -> Binary:
        return Binary("+", self, as_expression(other))

    def __sub__(self, other: Operand) -> Binary:
        return Binary("-", self, as_expression(other))

    def __mul__(self, other: Operand) -> Binary:
        return Binary("*", self, as_expression(other))

    def __truediv__(self, other: Operand) -> Binary:
        return Binary("div", self, as_expression(other))

    def __and__(self, other: Expression) -> Binary:
        return Binary("and", self, other)

    def __or__(self, other: Expression) -> Binary:
        return Binary("or", self, other)

    def __invert__(self) -> Not:
        return Not(self)

    def equals(self, other: Operand) -> Binary:
        """Return the comparison `self = other`."""
        return Binary("=", self, as_expression(other))

    def differs(self, other: Operand) -> Binary:
        """Return the comparison `self != other`."""
        return Binary("!=", self, as_expression(other))

    def has(self, code: str) -> Selected:
        """Return whether the multiple choice `self` contains `code`."""
        return Selected(self, code)


Operand = Expression | str | int | float


@dataclass(frozen=True, slots=True)
class Ref(Expression):
    """The answer to the question `name`."""

    name: str


@dataclass(frozen=True, slots=True)
class Current(Expression):
    """The answer being given, in a constraint."""


@dataclass(frozen=True, slots=True)
class Literal(Expression):
    """A number or a text."""

    value: str | int | float


@dataclass(frozen=True, slots=True)
class Binary(Expression):
    """Two operands and one of + - * div mod = != < <= > >= and or."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Not(Expression):
    """The contrary of a condition."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class If(Expression):
    """`then` when the condition holds, else `otherwise`."""

    condition: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Selected(Expression):
    """Whether a multiple choice contains a code."""

    operand: Expression
    code: str


@dataclass(frozen=True, slots=True)
class Round(Expression):
    """The nearest whole number, halves upward (XPath's `round`)."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class CountSelected(Expression):
    """How many codes a multiple choice contains."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class OnPhone(Expression):
    """XPath that only a phone can answer (roster look-ups, dates, randomness); it has words but no value in Python."""

    xpath: str
    words: str


@dataclass(frozen=True, slots=True)
class Named(Expression):
    """An expression that people are told about in words of its own, because its parts would say little."""

    operand: Expression
    words: str


def as_expression(operand: Operand) -> Expression:
    """Return `operand` itself, or the literal it stands for."""
    return operand if isinstance(operand, Expression) else Literal(operand)


def total(operands: Iterable[Expression]) -> Expression:
    """Return the sum of one or more expressions."""
    first, *rest = operands
    for operand in rest:
        first = first + operand
    return first


def all_of(*conditions: Expression) -> Expression:
    """Return the conjunction of one or more conditions."""
    first, *rest = conditions
    for condition in rest:
        first = first & condition
    return first


def any_of(*conditions: Expression) -> Expression:
    """Return the disjunction of one or more conditions."""
    first, *rest = conditions
    for condition in rest:
        first = first | condition
    return first


def first_case(cases: Iterable[tuple[Expression, Operand]], otherwise: Operand) -> Expression:
    """Return nested `If`s: the value of the first case whose condition holds, else `otherwise`."""
    result = as_expression(otherwise)
    for condition, value in reversed(list(cases)):
        result = If(condition, as_expression(value), result)
    return result


def references(expression: Expression) -> frozenset[str]:
    """Return the names of all questions that the expression reads (those inside `OnPhone` included)."""
    found, waiting = set[str](), [expression]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Ref):
            found.add(node.name)
        elif isinstance(node, OnPhone):
            found.update(part.split("}")[0] for part in node.xpath.split("${")[1:])
        for name in node.__dataclass_fields__:
            if isinstance(part := getattr(node, name), Expression):
                waiting.append(part)
    return frozenset(found)


def to_xpath(node: Expression) -> str:
    """Return the expression as XForms XPath with `${name}` references, fully bracketed where precedence matters."""
    match node:
        case Ref(name):
            return f"${{{name}}}"
        case Current():
            return "."
        case Literal(value):
            return f"'{value}'" if isinstance(value, str) else f"{value}"
        case Binary(operator, left, right):
            return f"{_bracketed(left, operator)} {operator} {_bracketed(right, operator)}"
        case Not(operand):
            return f"not({to_xpath(operand)})"
        case If(condition, then, otherwise):
            return f"if({to_xpath(condition)}, {to_xpath(then)}, {to_xpath(otherwise)})"
        case Selected(operand, code):
            return f"selected({to_xpath(operand)}, '{code}')"
        case Round(operand):
            return f"round({to_xpath(operand)})"
        case CountSelected(operand):
            return f"count-selected({to_xpath(operand)})"
        case OnPhone(xpath, _):
            return xpath
        case Named(operand, _):
            return to_xpath(operand)
    raise TypeError(f"not an expression: {node!r}")


_ASSOCIATIVE = {"+", "and", "or"}


def _bracketed(node: Expression, parent: str) -> str:
    inner = to_xpath(node)
    if isinstance(node, OnPhone | Named):
        return f"({inner})"
    plain = not isinstance(node, Binary) or (node.operator == parent and parent in _ASSOCIATIVE)
    return inner if plain else f"({inner})"


_WORDS = {
    "=": "is",
    "!=": "is not",
    "<": "is below",
    "<=": "is at most",
    ">": "is above",
    ">=": "is at least",
    "div": "divided by",
    "*": "times",
    "+": "plus",
    "-": "minus",
    "mod": "modulo",
}


def to_words(node: Expression) -> str:
    """Return the expression as an English phrase for codebooks and help texts."""
    match node:
        case Ref(name):
            return name
        case Current():
            return "the answer"
        case Literal(value):
            return "blank" if value == "" else f"{value}"
        case Binary(operator, left, right):
            return f"{to_words(left)} {_WORDS.get(operator, operator)} {to_words(right)}"
        case Not(operand):
            return f"not ({to_words(operand)})"
        case If(condition, then, otherwise):
            return f"{to_words(then)} if {to_words(condition)}, otherwise {to_words(otherwise)}"
        case Selected(operand, code):
            return f"{to_words(operand)} includes {code}"
        case Round(operand):
            return f"{to_words(operand)}, rounded"
        case CountSelected(operand):
            return f"the number of choices in {to_words(operand)}"
        case OnPhone(_, words) | Named(_, words):
            return words
    raise TypeError(f"not an expression: {node!r}")
