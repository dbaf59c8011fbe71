"""Random people in every language: no engine error, and what the phone computes equals what Python computes."""

import random
from collections.abc import Callable

import pytest

from connector.sandbox.phone import Answer, Filling, PhoneForm, Prompt
from forms.client_code import is_valid, make
from forms.expression import Binary, CountSelected, Expression, If, Literal, Not, Ref, Round, Selected, to_xpath
from forms.expression_value import evaluate, text
from forms.library import FORMS
from forms.safety import level
from forms.translation import LANGUAGES
from forms.xlsform import convert_workbook
from tests.forms.phone_people import MEDIA, finish, phone_form

WALKS = 40
TYPED = {
    "birth_year": lambda rng: rng.randint(1930, 2009),
    "age_told": lambda rng: rng.randint(15, 90),
    "short_name": lambda rng: rng.choice(["Keza", "Manzi", "N'deza", "Éric"]),
    "phone": lambda rng: rng.choice([None, "0780000001"]),
    "joined_on": lambda rng: "2026-03-02",
    "session_date": lambda rng: "2026-03-01",
    "head_count": lambda rng: rng.randint(0, 5),
    "start_time": lambda rng: "09:00:00.000+02:00",
    "end_time": lambda rng: "11:00:00.000+02:00",
    "client_typed": make,
    "work_days_lost": lambda rng: rng.randint(0, 30),
}


def anything(rng: random.Random) -> Callable[[Prompt], Answer]:
    """Answer as a person might: any choice on the screen, a plausible number, a call when the level asks for one."""

    def answer(prompt: Prompt) -> Answer:
        if not prompt.is_select:
            return TYPED[prompt.name](rng)
        names = list(prompt.choices)
        if prompt.name == "safety_actions":
            return ["called_psychologist"]
        if not names:
            return None
        return rng.choice(names) if prompt.is_select_one else rng.sample(names, rng.randint(1, len(names)))

    return answer


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
@pytest.mark.parametrize("form_id", FORMS)
def test_random_people_cause_no_engine_error_and_scores_agree(form_id, language):
    rng = random.Random(f"{form_id}{language.code}")
    for _ in range(WALKS):
        filling = Filling(phone_form(form_id), language.column)
        filling.walk(anything(rng))
        values = finish(filling).values
        for instrument in FORMS[form_id].instruments:
            if f"{instrument.name}_1" not in values:
                continue
            known = {name: value for name, value in values.items() if not name.startswith(f"{instrument.name}_s")}
            for name, expression in instrument.calculations():
                known[name] = text(evaluate(expression, known))
                assert known[name] == values.get(name, ""), (name, values)
        if "safety_level" in values:
            assert text(evaluate(level(), values)) == values["safety_level"]
        assert is_valid(values.get("client_code", make(rng))) or form_id == "outcome"


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
