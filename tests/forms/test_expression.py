"""One formula, three readings: XPath, words, and a value in Python that follows XPath."""

import math

import pytest

from forms.expression import (
    Binary,
    CountSelected,
    Current,
    If,
    Literal,
    Not,
    OnPhone,
    Ref,
    Round,
    Selected,
    all_of,
    any_of,
    first_case,
    references,
    to_words,
    to_xpath,
    total,
)
from forms.expression_value import evaluate, number, text, truth

A, B = Ref("a"), Ref("b")


@pytest.mark.parametrize(
    ("expression", "xpath"),
    [
        (A + 1, "${a} + 1"),
        ((A + 1) * 2, "(${a} + 1) * 2"),
        (A + B + 1, "${a} + ${b} + 1"),
        (A - (B - 1), "${a} - (${b} - 1)"),
        (A / B, "${a} div ${b}"),
        (all_of(A >= 1, B <= 3), "(${a} >= 1) and (${b} <= 3)"),
        (any_of(A.equals("yes"), ~B.has("x")), "(${a} = 'yes') or not(selected(${b}, 'x'))"),
        (If(A > 0, Literal("x"), Literal("")), "if(${a} > 0, 'x', '')"),
        (Round(A / 2), "round(${a} div 2)"),
        (CountSelected(A), "count-selected(${a})"),
        (Current() >= 0, ". >= 0"),
        (OnPhone("today()", "today").equals(A), "(today()) = ${a}"),
    ],
)
def test_an_expression_reads_as_xpath(expression, xpath):
    assert to_xpath(expression) == xpath


@pytest.mark.parametrize(
    ("expression", "answers", "value"),
    [
        (A + 1, {"a": "2"}, "3"),
        (A + 1, {}, ""),
        (A + 1, {"a": None}, ""),
        (A >= 0, {}, "false"),
        (A < 0, {"a": "refused"}, "false"),
        (A.equals(""), {}, "true"),
        (A.equals("yes"), {"a": "yes"}, "true"),
        (A.differs("no"), {}, "true"),
        (A.equals(1), {"a": "1"}, "true"),
        (A.equals(1), {"a": "01"}, "true"),
        (A / B, {"a": "1", "b": "0"}, ""),
        (Binary("mod", A, B), {"a": "7", "b": "4"}, "3"),
        (Round(A), {"a": "2.5"}, "3"),
        (Round(A), {"a": "-2.5"}, "-2"),
        (Round(A), {}, ""),
        (Selected(A, "x"), {"a": "w x y"}, "true"),
        (Selected(A, "x"), {"a": "xx y"}, "false"),
        (CountSelected(A), {"a": "w x y"}, "3"),
        (CountSelected(A), {}, "0"),
        (Not(A.equals("1")), {"a": "1"}, "false"),
        (If(A, Literal("t"), Literal("f")), {"a": "0"}, "t"),
        (first_case([(A >= 10, "high"), (A >= 5, "middle")], "low"), {"a": "7"}, "middle"),
        (total([A, B, Literal(1)]), {"a": "1", "b": "2"}, "4"),
    ],
)
def test_an_expression_has_the_value_that_xpath_gives(expression, answers, value):
    assert text(evaluate(expression, answers)) == value


def test_what_only_a_phone_can_answer_has_no_value_in_python():
    with pytest.raises(TypeError, match="OnPhone has no value outside the phone"):
        evaluate(OnPhone("today()", "today"), {})


def test_references_include_those_inside_phone_expressions():
    assert references(If(A >= 1, OnPhone("concat(${x}, ${y})", "x and y"), B)) == {"a", "b", "x", "y"}


def test_an_expression_reads_as_words():
    assert to_words(If(A >= 5, Round(A * 2 / B), Literal(""))) == (
        "a times 2 divided by b, rounded if a is at least 5, otherwise blank"
    )
    assert to_words(all_of(A.has("x"), ~B.equals(1))) == "a includes x and not (b is 1)"


def test_numbers_and_truths_follow_xpath():
    assert math.isnan(number("abc")) and math.isnan(number("")) and number(True) == 1.0
    assert not truth(math.nan) and not truth(0.0) and truth("false") and not truth("")


def test_whole_numbers_are_written_without_a_point():
    assert [text(3.0), text(2.5), text(math.nan), text(True)] == ["3", "2.5", "", "true"]
