"""Knows how an expression becomes Python code: the same value as `expression_value` gives it, many times as fast.

A form's calculations are the same for thousands of records; walking their trees again for each is most of what scoring
costs. What kind of value each part has is known beforehand, so the code asks for it only where it can differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from forms import expression_value as meaning
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
    references,
)

TEXT, NUMBER, TRUTH, ANY = "text", "number", "truth", "any"
MOST_NUMBERS = 10_000
DEEPEST = 60
"""Python reads no more brackets inside each other than 200; a part that lies deeper is left to `expression_value`."""


class Code(NamedTuple):
    """A piece of Python and the kind of its value; `any` is known only when it is computed.

    `number` is the code of a text's number where somebody has written one.
    """

    python: str
    kind: str
    number: str = ""


class _Numbers(dict[str, float]):
    """The numbers of texts: the few codes of answers come again and again, and are read once."""

    def __missing__(self, text: str) -> float:
        found = meaning.number(text)
        if len(self) < MOST_NUMBERS:
            self[text] = found
        return found


class _Texts(dict[float, str]):
    """The texts of numbers, likewise. Zero has two of them and is equal to itself, so it is written each time."""

    def __missing__(self, value: float) -> str:
        found = meaning.text(value)
        if value and value == value and len(self) < MOST_NUMBERS:
            self[value] = found
        return found


class _Table(dict[str, Any]):
    """The values of an expression that reads one answer, by that answer: one of a few codes, each worked out once."""

    def __init__(self, node: Expression, name: str, read: Callable[[meaning.Value], Any] = lambda value: value) -> None:
        super().__init__()
        self._node, self._name, self._read = node, name, read

    def __missing__(self, answer: str) -> Any:
        found = self._read(meaning.evaluate(self._node, {self._name: answer}))
        if len(self) < MOST_NUMBERS:
            self[answer] = found
        return found


def _only_on_phone(name: str) -> Any:
    raise TypeError(f"{name} has no value outside the phone")


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes expressions as Python. `answer` gives the code of an answer by the question's name: a text, never None.

    `names` are what the code needs to find when it runs, among them tables; `tables` numbers these by the shape of the
    expression that each is for.
    """

    answer: Callable[[str], str]
    names: dict[str, Any] = field(
        default_factory=lambda: {
            "number_of": _Numbers(),
            "number": meaning.number,
            "truth": meaning.truth,
            "text": meaning.text,
            "text_of": _Texts(),
            "is_equal": meaning.is_equal,
            "divide": meaning.divide,
            "modulo": meaning.modulo,
            "round_half_up": meaning.round_half_up,
            "only_on_phone": _only_on_phone,
            "evaluate": meaning.evaluate,
            "NAN": math.nan,
        }
    )

    tables: dict[Any, int] = field(default_factory=dict)

    def value(self, node: Expression, depth: int = 0) -> Code:
        """Return the code of an expression; all names come from `names` or from `answer`."""
        if depth > DEEPEST:
            return self._left_to_evaluate(node)
        inner = depth + 1
        match node:
            case Ref(name):
                return Code(self.answer(name), TEXT)
            case Literal(value):
                return Code(repr(value), TEXT) if isinstance(value, str) else Code(_constant(float(value)), NUMBER)
            case Named(operand):
                return self.value(operand, inner)
            case Not(operand):
                return Code(f"(not {as_truth(self.value(operand, inner))})", TRUTH)
            case If():
                return self._if(node, inner)
            case Selected(operand, code):
                return Code(f"({code!r} in {as_text(self.value(operand, inner))}.split())", TRUTH)
            case Round(operand):
                return Code(f"round_half_up({as_number(self.value(operand, inner))})", NUMBER)
            case CountSelected(operand):
                return Code(f"float(len({as_text(self.value(operand, inner))}.split()))", NUMBER)
            case Binary("+"):
                return self._sum(node, inner)
            case Binary(operator, left, right):
                return _binary(operator, self.value(left, inner), self.value(right, inner))
        return Code(f"only_on_phone({type(node).__name__!r})", ANY)

    def _if(self, node: If, depth: int) -> Code:
        """Each side is read as a number by itself: which kind it has is known there, and not of the whole."""
        if len(read := references(node)) == 1:
            return self._looked_up(node, *read)
        then, otherwise = self.value(node.then, depth), self.value(node.otherwise, depth)
        kind = then.kind if then.kind == otherwise.kind else ANY
        condition = as_truth(self.value(node.condition, depth))
        number = f"({as_number(then)} if {condition} else {as_number(otherwise)})"
        return Code(f"({then.python} if {condition} else {otherwise.python})", kind, number)

    def _looked_up(self, node: If, name: str) -> Code:
        """Expressions that differ in the question alone share their tables."""
        answer, shape = self.answer(name), _shape(node)
        if shape not in self.tables:
            self.tables[shape] = place = len(self.tables)
            self.names[f"value_{place}"] = _Table(node, name)
            self.names[f"number_{place}"] = _Table(node, name, meaning.number)
        place = self.tables[shape]
        return Code(f"value_{place}[{answer}]", ANY, f"number_{place}[{answer}]")

    def _sum(self, node: Expression, depth: int) -> Code:
        """A sum of many items lies deep to the left; it is written in one bracket."""
        terms: list[str] = []
        while isinstance(node, Binary) and node.operator == "+":
            terms.append(as_number(self.value(node.right, depth)))
            node = node.left
        terms.append(as_number(self.value(node, depth)))
        return Code(f"({' + '.join(reversed(terms))})", NUMBER)

    def _left_to_evaluate(self, node: Expression) -> Code:
        name = f"node_{len(self.names)}"
        self.names[name] = node
        read = ", ".join(f"{each!r}: {self.answer(each)}" for each in sorted(references(node)))
        return Code(f"evaluate({name}, {{{read}}})", ANY)


def _shape(node: Expression) -> Any:
    """What an expression that reads one answer is, whichever question it asks."""
    if isinstance(node, Ref):
        return Ref
    parts = (getattr(node, name) for name in node.__dataclass_fields__)
    return type(node), *(_shape(part) if isinstance(part, Expression) else repr(part) for part in parts)


def as_number(code: Code) -> str:
    """Return the code of a value's XPath number."""
    return code.number or _NUMBER[code.kind].format(code.python)


def as_truth(code: Code) -> str:
    """Return the code of a value's XPath boolean: True or False."""
    return _TRUTH[code.kind].format(code.python)


def as_text(code: Code) -> str:
    """Return the code of a value's text, as a phone stores it."""
    return _TEXT[code.kind].format(code.python)


_NUMBER = {NUMBER: "{}", TEXT: "number_of[{}]", TRUTH: "(1.0 if {} else 0.0)", ANY: "number({})"}
_TRUTH = {TRUTH: "{}", TEXT: "({} != '')", NUMBER: "truth({})", ANY: "truth({})"}
_TEXT = {TEXT: "{}", TRUTH: "('true' if {} else 'false')", NUMBER: "text_of[{}]", ANY: "text({})"}


def _binary(operator: str, left: Code, right: Code) -> Code:
    if operator in ("and", "or"):
        return Code(f"({as_truth(left)} {operator} {as_truth(right)})", TRUTH)
    if operator in ("=", "!="):
        return _equal(left, right, "==" if operator == "=" else "!=")
    a, b = as_number(left), as_number(right)
    if operator in ("div", "mod"):
        return Code(f"{'divide' if operator == 'div' else 'modulo'}({a}, {b})", NUMBER)
    return Code(f"({a} {operator} {b})", NUMBER if operator in "-*" else TRUTH)


def _equal(left: Code, right: Code, operator: str) -> Code:
    if ANY in (left.kind, right.kind):
        return Code(f"(is_equal({left.python}, {right.python}) is {operator == '=='})", TRUTH)
    read = next((read for kind, read in _READ_AS if kind in (left.kind, right.kind)), as_text)
    return Code(f"({read(left)} {operator} {read(right)})", TRUTH)


_READ_AS = ((TRUTH, as_truth), (NUMBER, as_number))
"""How two values are compared, by the kinds that either may have."""


def _constant(value: float) -> str:
    if math.isnan(value):
        return "NAN"
    return repr(value) if math.isfinite(value) else f"float({str(value)!r})"


def make_function(name: str, lines: list[str], names: Mapping[str, Any]) -> Callable[..., Any]:
    """Return the function `name` that these lines of Python define. They hold texts only as `repr` writes them."""
    found: dict[str, Any] = dict(names)
    exec(compile("\n".join(lines), f"<{name}>", "exec"), found)
    made: Callable[..., Any] = found[name]
    return made


def compiled(node: Expression) -> Callable[[meaning.Answers], meaning.Value]:
    """Return a function that gives `evaluate(node, answers)` for any answers."""
    writer = Writer(lambda name: f"(get({name!r}) or '')")
    lines = ["def value_of(answers):", "    get = answers.get", f"    return {writer.value(node).python}"]
    return make_function("value_of", lines, writer.names)
