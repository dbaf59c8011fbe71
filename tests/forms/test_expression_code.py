"""Compiled expressions have the value that the interpreter gives them, whatever the expression and the answers."""

import math
import random

import pytest

from forms.expression import (
    Binary,
    CountSelected,
    Current,
    Expression,
    If,
    Literal,
    Named,
    Not,
    OnPhone,
    Ref,
    Round,
    Selected,
    total,
)
from forms.expression_code import DEEPEST, compiled
from forms.expression_value import Value, evaluate
from forms.form import Form
from forms.library import FORMS

LITERALS = ("", "yes", "1", "2.5", "x'y\"z\\", "nan", 0, 1, -1, 0.5, 1e300, math.inf, math.nan)
TEXTS = (
    "",
    "0",
    "1",
    "2",
    "3.5",
    "-0",
    "-2",
    "yes",
    "no",
    "a",
    "a b",
    " 4 ",
    "1e400",
    "nan",
    "inf",
    "1_0",
    "é",
    "\u0661",
)
OPERATORS = ("+", "-", "*", "div", "mod", "=", "!=", "<", "<=", ">", ">=", "and", "or")
QUESTIONS = ("p", "q", "r", "it's \\ odd")


def random_expression(rng: random.Random, depth: int) -> Expression:
    """Any tree over the four questions."""
    if depth == 0 or rng.random() < 0.1:
        return Literal(rng.choice(LITERALS)) if rng.random() < 0.4 else Ref(rng.choice(QUESTIONS))
    inner = [random_expression(rng, depth - 1) for _ in range(3)]
    kind = rng.randrange(10)
    if kind < 5:
        return Binary(rng.choice(OPERATORS), inner[0], inner[1])
    made = (Not(inner[0]), If(*inner), Round(inner[0]), CountSelected(inner[0]), Named(inner[0], "words"))
    return Selected(inner[0], rng.choice("ab1")) if rng.random() < 0.1 else made[kind - 5]


def outcome(compute: object, *arguments: object) -> tuple[str, Value | None]:
    """The kind and text of a value (so that -0.0, 0.0, NaN, True and 1.0 differ), or of the error."""
    try:
        value = compute(*arguments)  # type: ignore[operator]
    except (OverflowError, ValueError, TypeError) as error:
        return type(error).__name__, None
    return type(value).__name__, repr(value)


def disagreements(seed: int, expressions: int, tries: int) -> list[Expression]:
    """Random expressions for which some random answers give two values."""
    rng = random.Random(seed)
    found = []
    for _ in range(expressions):
        node = random_expression(rng, rng.randint(1, 5))
        function = compiled(node)
        for _ in range(tries):
            answers = {name: rng.choice((*TEXTS, None)) for name in rng.sample(QUESTIONS, rng.randint(0, 4))}
            if outcome(evaluate, node, answers) != outcome(function, answers):
                found.append(node)
    return found


def test_random_expressions_have_the_same_value_compiled() -> None:
    assert disagreements(1, 1500, 6) == []


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 30))
def test_very_many_random_expressions_have_the_same_value_compiled(seed: int) -> None:
    assert disagreements(seed, 20_000, 10) == []


@pytest.mark.parametrize("form", FORMS.values(), ids=lambda form: form.form_id)
def test_the_conditions_and_calculations_of_every_form_have_the_same_value_compiled(form: Form) -> None:
    rng = random.Random(form.form_id)
    nodes = [each for question in form.questions() for each in (question.relevant, question.calculation) if each]
    nodes += [formula for each in form.instruments for _, formula in each.calculations()]
    names = [question.name for question in form.questions()]
    for node in nodes:
        answers = {name: rng.choice(("", "0", "1", "3", "yes", "no", "refused", "4.5")) for name in names}
        assert outcome(evaluate, node, answers) == outcome(compiled(node), answers)


def test_a_very_deep_expression_is_computed_too() -> None:
    node = total(Ref("p") for _ in range(DEEPEST))
    for _ in range(2 * DEEPEST):
        node = If(Ref("q").equals("no"), Literal(0), node)
    assert compiled(node)({"p": "2", "q": "yes"}) == evaluate(node, {"p": "2", "q": "yes"}) == 2.0 * DEEPEST


def test_what_only_a_phone_knows_is_refused_only_where_it_is_needed() -> None:
    for unknown in (OnPhone("today()", "today"), Current()):
        node = If(Ref("p").equals("yes"), unknown, Literal("x"))
        assert compiled(node)({}) == "x"
        with pytest.raises(TypeError, match="has no value outside the phone"):
            compiled(node)({"p": "yes"})
