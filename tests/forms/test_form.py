"""Every definition passes the checks, and each check catches the fault it is for."""

from dataclasses import replace

import pytest

from forms.expression import Current, OnPhone, Ref
from forms.form import Form, Group, Question, Roster
from forms.instrument import Choice, ChoiceList
from forms.library import FORMS, INSTRUMENTS
from forms.lint import lint

EVERY_FORM = pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
FORBIDDEN = ("ethnic", "hutu", "tutsi", "twa", "1994", "survivor", "perpetrator", "prison", "clan", "genocide")


def form_of(*questions, **changes):
    return replace(Form("probe", "Probe", questions, Ref("start"), **changes))


@EVERY_FORM
def test_the_programmes_forms_pass_every_check(form):
    assert [str(finding) for finding in lint(form)] == []


@EVERY_FORM
def test_nothing_forbidden_is_asked(form):
    for question in form.questions():
        asked = " ".join([question.name, question.label, question.hint]).lower()
        asked += " ".join(choice.label.lower() for choice in (question.choices.choices if question.choices else ()))
        assert not any(f" {word}" in f" {asked}" for word in FORBIDDEN), question.name


def test_only_names_phones_and_exact_places_are_identifying_and_all_are_marked():
    marked = {question.name for form in FORMS.values() for question in form.questions() if question.identifying}
    typed = {question.name for form in FORMS.values() for question in form.questions() if question.kind == "text"}
    assert marked == {"short_name", "phone", "village"}
    assert typed - marked == {"client_typed", "newcomer_code"}, "free text is not asked"


def test_the_session_form_has_no_free_text_and_no_repeat():
    kinds = {question.kind for question in FORMS["attendance"].questions()}
    assert "text" not in kinds and not FORMS["attendance"].repeats()


def test_every_livelihood_question_says_which_indicator_it_feeds():
    placed = [question for path, question in FORMS["outcome"].placed() if "livelihood" in path]
    assert len(placed) == 7 and all(question.indicator for question in placed)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (form_of(Question("Age", "integer", "Age")), "not a usable name"),
        (form_of(Question("a" * 32, "integer", "Age")), "not a usable name"),
        (form_of(Question("age", "integer", "A"), Group("age", ())), "2 questions or groups have this name"),
        (form_of(Question("a", "integer", "A", relevant=Ref("b") > 1)), "refers to b, which does not exist"),
        (form_of(Question("a", "note", "See ${b}")), "shows ${b}, which does not exist"),
        (
            form_of(
                Question("a", "calculate", calculation=Ref("b") + 1),
                Question("b", "calculate", calculation=Ref("a") + 1),
            ),
            "these calculations need each other",
        ),
        (form_of(Question("a", "integer")), "has no label"),
        (form_of(Question("a", "integer", "A", constraint=Current() > 1)), "has a constraint without a message"),
        (
            form_of(Question("a", "select_one", "A", choices=ChoiceList("l", (Choice("x", "X"), Choice("x", "Y"))))),
            "choice x appears 2 times",
        ),
        (
            form_of(Question("a", "select_one", "A", choices=ChoiceList("l", (Choice("x y", "X"),)))),
            "is empty or holds a space",
        ),
        (
            form_of(Question("a", "select_one_from_file", "A", roster=Roster("r", ("name", "label")))),
            "which the form does not list",
        ),
        (
            form_of(
                Question(
                    "a",
                    "select_one_from_file",
                    "A",
                    roster=Roster("r", ("name", "label")),
                    choice_filter=OnPhone("sector = ${a}", "x"),
                ),
                rosters=(Roster("r", ("name", "label")),),
            ),
            "filters by sector, not a column of r.csv",
        ),
        (
            form_of(instruments=(replace(INSTRUMENTS["gad7"], bands=INSTRUMENTS["gad7"].bands[1:]),)),
            "bands do not cover 0 to 21",
        ),
        (
            form_of(
                instruments=(
                    replace(INSTRUMENTS["gad7"], answers=ChoiceList("g", (Choice("0", "No"), Choice("3", "Yes")))),
                )
            ),
            "codes do not run from 0 to 3",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_is_found_and_named(form, expected):
    assert any(expected in str(finding) for finding in lint(form)), [str(finding) for finding in lint(form)]


def test_a_form_finds_its_questions_and_says_which_it_lacks():
    assert FORMS["intake"].question("sex").kind == "select_one"
    with pytest.raises(KeyError, match="intake has no question nothing"):
        FORMS["intake"].question("nothing")


def test_questions_know_where_they_stand():
    places = {question.name: path for path, question in FORMS["intake"].placed()}
    assert places["consent_service"] == ("consent", "asking") and places["phq9_1"] == ("interview", "phq9")
