"""Random expressions: what the phone makes of their XPath is what Python makes of the tree."""

import random

from connector.sandbox.phone import Filling, PhoneForm
from forms.expression import Binary, CountSelected, Expression, If, Literal, Not, Ref, Round, Selected, to_xpath
from forms.expression_value import evaluate, text
from forms.xlsform import convert_workbook
from tests.forms.phone_people import MEDIA


def random_expression(rng: random.Random, depth: int) -> Expression:
    """A tree of arithmetic, comparisons and conditions over four answers."""
    if depth == 0:
        return rng.choice([Ref("n1"), Ref("n2"), Ref("s1"), Ref("m1"), Literal(rng.randint(0, 4)), Literal("yes")])

    def inner():
        return random_expression(rng, depth - 1)

    def condition():
        return Binary(rng.choice(["=", "!=", "<", "<=", ">", ">="]), inner(), inner())

    kind = rng.randrange(7)
    if kind == 0:
        return Binary(rng.choice(["+", "-", "*"]), inner(), inner())
    if kind == 1:
        return condition()
    if kind == 2:
        return If(Binary(rng.choice(["and", "or"]), condition(), condition()), inner(), inner())
    if kind == 3:
        return Not(condition())
    if kind == 4:
        return Round(Binary("div", inner(), Literal(rng.randint(1, 5))))
    return Selected(Ref("m1"), rng.choice("ab")) if kind == 5 else CountSelected(Ref("m1"))


def test_random_expressions_have_the_same_value_on_the_phone_and_in_python():
    rng = random.Random(20)
    expressions = [random_expression(rng, rng.randint(1, 3)) for _ in range(120)]
    survey = [
        {"type": "integer", "name": "n1", "label": "N1"},
        {"type": "integer", "name": "n2", "label": "N2"},
        {"type": "select_one yn", "name": "s1", "label": "S1"},
        {"type": "select_multiple ab", "name": "m1", "label": "M1"},
        *(
            {"type": "calculate", "name": f"c{n}", "calculation": f"string({to_xpath(expression)})"}
            for n, expression in enumerate(expressions)
        ),
    ]
    choices = [{"list_name": "yn", "name": n, "label": n} for n in ("yes", "no", "2")]
    choices += [{"list_name": "ab", "name": n, "label": n} for n in ("a", "b")]
    form = PhoneForm(convert_workbook({"survey": survey, "choices": choices}), MEDIA, username="cha001")
    for given in ({"n1": "2", "n2": "0", "s1": "yes", "m1": "a b"}, {"n1": "3", "s1": "2"}, {"n2": "4", "m1": "b"}, {}):
        filling = Filling(form)
        filling.fill(given)
        for n, expression in enumerate(expressions):
            value = text(evaluate(expression, given)) or ""
            shown = filling.value_of(f"c{n}")
            assert shown in ({"", "NaN"} if value == "" else {value}), (to_xpath(expression), given)
