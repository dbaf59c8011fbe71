"""The XPath reader takes nothing that JavaRosa refuses, and knows the functions as JavaRosa does."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from connector.sandbox.phone_engine import java, start_engine
from forms.expression import to_xpath
from forms.form import Group, Question, Repeat, walk
from forms.library import FORMS
from forms.xpath import DEEPEST, Number, Operation, read_xpath
from forms.xpath_function import FUNCTIONS, function_faults
from forms.xpath_token import XPathError
from forms.xpath_use import Column, Comparison, upper_bound, use_of

GOOD = (
    "${a} = 1 and ${b} != 'x'",
    "if(${a} >= 1, 'a', \"b\")",
    "count(instance('m')/root/item[name = ${a}][b = '1']) - count-selected(${b})",
    "not(selected(${a}, 'x')) or (. > 1 and . <= 60)",
    "selected-at(${a}, position(..) - 1)",
    "concat('x', ${a}, jr:choice-name(${b}, '${b}'))",
    "sum(${a}) div 3 mod 2 * -1",
    "current()/../a = instance('m')/root/item[name = current()/../b]/label",
    "round(${a} * 9 div ${b}, 2)",
    "${last-saved#a} + 1.5 - .5",
    "and and div",
    "a/@b * child::c",
    "--${a}",
)
SIGNS = "()[]'\"=,. -+*/ $a1<>!&|{}:@;\u00a0"
PIECES = (
    "${a}", "${b}", ".", "..", "1", "2.5", "'x'", "and", "or", "=", "!=", "<", ">=", "+", "-", "*", "div", "mod", "(",
    ")", "[", "]", ",", "/", "//", "not(", "if(", "count(", "current()", "instance('m')/root/item", "name", "a", "|",
    "@", "::", "child::", "$", "==", "position(..)", "today()", "text()",
)  # fmt: skip
# Registered by KoboCollect or by a form, or read as the beginning of a path: the bare engine cannot be asked.
NOT_IN_THE_ENGINE = {"pulldata", "intersects", "jr:choice-name", "instance", "current", "property"}
# The engine takes fewer values and computes nothing sensible, or breaks later.
STRICTER = {"max", "min", "concat", "join", "distance", "randomize", "weighted-checklist", "position", "depend"}


@pytest.fixture(scope="module")
def engine_parses() -> Any:
    """A function that says whether JavaRosa parses an XPath."""
    start_engine()
    tool = java("xpath.XPathParseTool")

    def parses(xpath: str) -> bool:
        try:
            return tool.parseXPath(re.sub(r"\$\{[^}]*\}", " /data/a ", xpath)) is not None
        except java("java.lang.Throwable"):
            return False

    return parses


def is_read(xpath: str) -> bool:
    """Whether our reader takes an XPath."""
    try:
        read_xpath(xpath)
    except XPathError:
        return False
    return True


def random_xpath(rng: random.Random) -> str:
    """Pieces in a row, or a good XPath with some signs changed."""
    if rng.random() < 0.4:
        return rng.choice(("", " ")).join(rng.choice(PIECES) for _ in range(rng.randint(1, 7)))
    text = rng.choice(GOOD)
    for _ in range(rng.randint(0, 2)):
        place = rng.randrange(len(text) + 1)
        text = (
            text[:place] + rng.choice(("", rng.choice(SIGNS), rng.choice(PIECES))) + text[place + rng.randint(0, 1) :]
        )
    return text


@pytest.mark.parametrize("xpath", GOOD)
def test_a_good_xpath_is_read_by_both(xpath: str, engine_parses: Any) -> None:
    assert is_read(xpath) and engine_parses(xpath)


def test_every_xpath_of_the_programme_is_read() -> None:
    for form in FORMS.values():
        for _, node in walk(form.children):
            columns = ("relevant", "constraint", "calculation", "choice_filter", "count")
            for expression in (getattr(node, column, None) for column in columns):
                assert isinstance(node, (Question, Group, Repeat))
                assert expression is None or is_read(to_xpath(expression)), (form.form_id, node.name)


def test_nothing_is_read_that_javarosa_refuses(engine_parses: Any) -> None:
    rng = random.Random(5)
    tried = [random_xpath(rng) for _ in range(4000)]
    taken = [xpath for xpath in tried if is_read(xpath)]
    assert len(taken) > 500
    assert [xpath for xpath in taken if not engine_parses(xpath)] == []


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - NOT_IN_THE_ENGINE))
def test_javarosa_takes_as_many_values_as_the_table_says(name: str) -> None:
    for count in range(7):
        call = f"{name}({', '.join(['/data/a'] * count)})"
        ours = [what for what, _ in function_faults(read_xpath(call))]  # type: ignore[arg-type]
        if not ours or name not in STRICTER:
            assert bool(ours) == engine_refuses(call), call


def engine_refuses(call: str) -> bool:
    """Whether JavaRosa does not know the function, or not with so many values."""
    start_engine()
    element = java("core.model.instance.TreeElement")
    root = element("data", 0)
    root.addChild(element("a", 0))
    instance = java("core.model.instance.FormInstance")(root)
    context = java("core.model.condition.EvaluationContext")(instance)
    try:
        java("xpath.XPathParseTool").parseXPath(call).eval(instance, context)
    except (java("xpath.XPathUnhandledException"), java("xpath.XPathArityException")):
        return True
    except java("java.lang.Throwable"):
        return False
    return False


def test_an_unknown_function_is_unknown_to_javarosa_too() -> None:
    assert engine_refuses("floor(/data/a)") and "floor" not in FUNCTIONS


def test_operators_bind_as_in_xpath() -> None:
    tree = read_xpath("1 + 2 * 3 = 7 and 4 < 5 or 6")
    assert isinstance(tree, Operation) and tree.operator == "or" and tree.right == Number("6")
    assert isinstance(tree.left, Operation) and tree.left.operator == "and"


def test_brackets_inside_each_other_end_somewhere() -> None:
    assert is_read("(" * (DEEPEST - 1) + "1" + ")" * (DEEPEST - 1))
    with pytest.raises(XPathError, match=f"more than {DEEPEST} brackets"):
        read_xpath("(" * 5000)


def test_a_long_sum_is_read() -> None:
    use = use_of(" + ".join(["${a}"] * 3000))
    assert use.single == ("a",)


def test_columns_know_whose_they_are() -> None:
    use = use_of("parent = ${a} and count(instance('m')/root/item[b = '1']/c) > 0 and ${r}[d = 1]/e")
    assert use.columns == (Column("", "parent"), Column("m", "c"), Column("m", "b"), Column("?", "d"))


def test_comparisons_with_texts_are_found_from_both_sides() -> None:
    use = use_of("${a} = 'x' or 'y' != ${b} or selected(${c}, 'z') or ${d} = 1")
    assert use.comparisons == (Comparison("a", "=", "x"), Comparison("b", "!=", "y"), Comparison("c", "selected", "z"))


def test_questions_of_which_all_answers_are_taken_are_not_single() -> None:
    use = use_of("sum(${a}) + ${b} + max(${c}, 1) + max(${d}) + count(${e})")
    assert use.single == ("b", "c")


@pytest.mark.parametrize(
    ("constraint", "limit"),
    [
        (". <= 20", 20),
        (". < 20", 20),
        ("20 >= .", 20),
        (". >= 0 and (. <= 20)", 20),
        (". <= 20 and . <= 10", 10),
        (". = 3", 3),
        (". <= 20 or ${a} = 'x'", None),
        (". >= 20", None),
        ("20 <= .", None),
        (". <= ${a}", None),
        ("true()", None),
    ],
)
def test_an_upper_limit_is_seen(constraint: str, limit: float | None) -> None:
    assert upper_bound(read_xpath(constraint)) == limit


@pytest.mark.parametrize(
    ("xpath", "told"),
    [
        ("", "it is empty. Write what is missing, or take it out."),
        ("1 +", "it ends after +. Write what is missing, or take it out."),
        ("= 1", "it begins with =. Write what is missing, or take it out."),
        ("1 + 2 )", ") at character 7 was not opened. Take it out, or open it before."),
        ("if(1, 2", "( at character 3 is not closed. Write ) where it ends."),
        ("a[1", "[ at character 2 is not closed. Write ] where it ends."),
        ("(1]", "( at character 1 is not closed. Write ) where it ends."),
        ("f(1,,2)", ", stands where a value is expected (character 5). Write what is missing, or take it out."),
        ("1 2", "2 follows 1 without an operator (character 3). Write and, or, +, = … between them, or quote a text."),
        ("$a", "$ stands alone at character 1. Write ${name}, without spaces."),
        ("a | b", "| at character 3 is not understood by phones. Write or, or coalesce(…)."),
        ("text()", "text() is not understood by phones. Write the name of the question or column."),
        ("self::a", "self:: at character 1 is not understood by phones. Write a path with names, . and .. only."),
        (".[1]", "[ follows . at character 2. Filter a name instead."),
        ("(1)/a", "/ follows ) at character 4, which phones do not understand. Write the path without the brackets."),
        ("1 % 2", "% has no meaning here (character 3). Write mod."),
        ("a ≥ 1", "≥ has no meaning here (character 3). Write >=."),
        ("1 # 2", "the character # has no meaning here (character 3). Take it out."),
        ("1 \x0b 2", "a space of another kind (U+000B) stands at character 3. Type it again with the space bar."),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(xpath: str, told: str) -> None:
    with pytest.raises(XPathError) as raised:
        read_xpath(xpath)
    assert str(raised.value) == told
