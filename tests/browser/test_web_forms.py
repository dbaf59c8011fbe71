"""Knows that the forms can be filled in a browser, on a phone's screen and a laptop's, with KoboToolbox's engine."""

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack

import pytest
from playwright.sync_api import Page

from forms.client_code import is_newcomer, with_check
from forms.expression import Literal
from forms.expression_value import evaluate, text
from forms.form import Form
from forms.instruments.phq9 import PHQ9
from forms.interview import Asked, interview
from forms.library import FORMS
from forms.programme import PROGRAMME
from forms.questions import GROUPS, MEMBERS, metadata
from forms.safety import level
from forms.translation import LANGUAGES, question_strings, render
from tests.browser import browser
from tests.browser.browser import SCREENS, Screen, find_browser, open_browser
from tests.browser.web_form import HOW_TO_ENABLE, WebForm, WebFormError, is_set_up, open_web_form, open_window

NOW = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)
CHA = "cha001"
KEZA, MANZI, UMUTONI, GABO, NEZA, GONE, IRIZA = (
    with_check(letter * 7) for letter in ("A", "C", "D", "E", "F", "H", "J")
)
CIRCLE = {KEZA: "Keza", MANZI: "Manzi", UMUTONI: "Umutoni", GABO: "Gabo", NEZA: "Neza"}


def roster(columns: tuple[str, ...], *lines: tuple[str, ...]) -> bytes:
    """A list as a phone gets it."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([columns, *lines])
    return written.getvalue().encode()


ROSTERS = {
    GROUPS.filename: roster(
        GROUPS.columns,
        ("2801-01", "Abahuje", "2801", CHA),
        ("2801-02", "Icyizere", "2801", "cha002"),
        ("2801-03", "Tuzamurane", "2801", CHA),
    ),
    MEMBERS.filename: roster(
        MEMBERS.columns,
        *((code, name, "2801-01", "1") for code, name in CIRCLE.items()),
        (GONE, "Gone", "2801-01", "0"),
        (IRIZA, "Iriza", "2801-03", "1"),
    ),
}
SESSION = {
    "healing_group": "2801-01",
    "week": "3",
    "session_date": "2026-03-01",
    "session_kind": "planned",
    "anyone_absent": "no",
    "newcomer_count": "0",
    "head_count": 5,
    "components": "ritual_dance breathing",
    "start_time": "09:00",
    "end_time": "11:00",
    "anyone_in_distress": "no",
    "anyone_to_follow_up": "no",
}
THREE_ABSENT = SESSION | {
    "anyone_absent": "yes",
    "absence_reasons": "sick travel",
    "absent_sick": f"{KEZA} {NEZA}",
    "absent_travel": MANZI,
    "head_count": 2,
}
PHQ9_ALONE = Form(
    form_id="phq9_alone",
    title="PHQ-9",
    children=(*metadata(), *interview(PROGRAMME, (Asked(PHQ9),))),
    instance_name=Literal("PHQ-9"),
    instruments=(PHQ9,),
    facts=PROGRAMME.facts,
)
HOPELESS = dict(zip((item.name for item in PHQ9.items), "210301021", strict=True)) | {"phq9_10": "2"}
"""Answers with a score of 10, and 1 at the item on thoughts of death."""
UP_TO_ITEM_9 = {name: answer for name, answer in HOPELESS.items() if name != "phq9_10"}
TRIAGES = {
    "low": ("no no no no", "none_needed"),
    "moderate": ("no no no yes", "called_psychologist"),
    "imminent": ("yes refused no no", "stayed_with called_help_line"),
}
OTHER_HELP = {"private_now": "yes", "care_offer": "not_needed"}

Opened = Callable[..., WebForm]
on_every_screen = pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)


@pytest.fixture(scope="module")
def windows() -> Iterator[Mapping[Screen, Page]]:
    """A window of each size, used by one test after the other."""
    program = find_browser()
    if program is None or not is_set_up():
        pytest.skip(HOW_TO_ENABLE if program else browser.HOW_TO_ENABLE)
    with open_browser(program) as opened:
        yield {screen: open_window(opened, screen, NOW) for screen in SCREENS}


@pytest.fixture
def opened(windows: Mapping[Screen, Page]) -> Iterator[Opened]:
    """Opens a form; when the test ends, no other host was asked for anything and nobody complained."""
    forms: list[WebForm] = []

    def open_one(form: Form, screen: Screen, username: str = CHA) -> WebForm:
        forms.append(until_then.enter_context(open_web_form(windows[screen], form, ROSTERS, username)))
        forms[-1].speak("en")
        return forms[-1]

    with ExitStack() as until_then:
        yield open_one
        assert [(form.foreign, form.complaints) for form in forms] == [([], [])] * len(forms)


def triage(name: str) -> dict[str, str]:
    """Answers to the triage that lead to a level, and what was done."""
    answers, actions = TRIAGES[name]
    names = ("thoughts_now", "plan", "means", "past_year")
    given = {f"safety_{question}": answer for question, answer in zip(names, answers.split(), strict=True)}
    return given | {"safety_actions": actions}


@on_every_screen
def test_a_session_with_everybody_there_is_sent(opened: Opened, screen: Screen) -> None:
    form = opened(FORMS["attendance"], screen)
    form.fill(SESSION)
    sent = form.send()
    assert sent["was_held"] == "yes" and sent["roster_codes"].split() == list(CIRCLE)
    assert (sent["roster_count"], sent["absent_count"], sent["expected_present"]) == ("5", "0", "5")
    assert (sent["people_counted"], sent["head_count_difference"]) == ("5", "0")
    assert (sent["username"], sent["instanceName"]) == (CHA, "2801-01 w3")


@on_every_screen
def test_three_absent_are_ticked_by_reason(opened: Opened, screen: Screen) -> None:
    form = opened(FORMS["attendance"], screen)
    form.fill(THREE_ABSENT)
    assert form.offered("absent_travel") == {MANZI: "Manzi", UMUTONI: "Umutoni", GABO: "Gabo"}
    sent = form.send()
    assert (sent["absent_sick"], sent["absent_travel"]) == (f"{KEZA} {NEZA}", MANZI)
    assert (sent["absent_count"], sent["expected_present"], sent["head_count_difference"]) == ("3", "2", "0")


@on_every_screen
def test_changing_the_healing_group_leaves_no_ticks_behind(opened: Opened, screen: Screen) -> None:
    form = opened(FORMS["attendance"], screen)
    form.fill(THREE_ABSENT)
    form.answer("healing_group", "2801-03")
    assert (form.value("absent_sick"), form.value("absent_travel")) == ("", "")
    assert form.send() == {}, "somebody is said to be absent, and nobody is ticked"
    form.fill({"absence_reasons": "sick", "absent_sick": IRIZA, "head_count": 0})
    sent = form.send()
    assert (sent["roster_codes"], sent["absent_sick"], sent["expected_present"]) == (IRIZA, IRIZA, "0")
    assert not CIRCLE.keys() & set(" ".join(sent.values()).split())


def test_nobody_absent_after_all_lets_the_session_go(opened: Opened) -> None:
    form = opened(FORMS["attendance"], SCREENS[1])
    form.fill(THREE_ABSENT)
    form.fill({"healing_group": "2801-03", "anyone_absent": "no", "head_count": 1})
    sent = form.send()
    assert (sent["expected_present"], sent["head_count_difference"]) == ("1", "0") and "absent_sick" not in sent


def test_only_the_own_healing_groups_are_offered(opened: Opened) -> None:
    form = opened(FORMS["attendance"], SCREENS[1])
    assert form.offered("healing_group") == {"2801-01": "Abahuje", "2801-03": "Tuzamurane"}


def test_without_an_account_the_form_says_why_no_group_is_offered(opened: Opened) -> None:
    form = opened(FORMS["attendance"], SCREENS[1], username="")
    assert form.shown() == ["no_groups_note"] and "No healing group is registered" in form.label()


def test_newcomers_get_valid_codes(opened: Opened) -> None:
    form = opened(FORMS["attendance"], SCREENS[1])
    form.fill(SESSION | {"newcomer_count": "2", "head_count": 7})
    codes = form.send()["newcomer_codes"].split()
    assert len(set(codes)) == 2 and all(map(is_newcomer, codes))


@on_every_screen
def test_the_screen_after_item_9_is_the_triage(opened: Opened, screen: Screen) -> None:
    form = opened(PHQ9_ALONE, screen)
    form.fill(UP_TO_ITEM_9)
    assert form.turn("next") == ["safety_intro"]
    assert form.turn("next") == ["safety_thoughts_now"]


@on_every_screen
def test_the_form_is_not_sent_without_what_was_done(opened: Opened, screen: Screen) -> None:
    form = opened(PHQ9_ALONE, screen)
    answers = triage("imminent")
    form.fill(UP_TO_ITEM_9 | {name: answers[name] for name in answers if name != "safety_actions"})
    form.go_to("safety_do_imminent")
    assert "Do not leave the person alone" in form.label()
    assert form.send() == {} and form.shown() == ["safety_actions"]
    form.answer("safety_actions", "stayed_with")
    assert form.send() == {} and "call the psychologist or a help line" in form.messages()
    form.fill({"safety_actions": answers["safety_actions"], "phq9_10": "2"} | OTHER_HELP)
    assert form.send()["safety_actions"] == answers["safety_actions"]


@pytest.mark.parametrize("name", TRIAGES)
def test_score_and_level_are_those_that_python_computes(opened: Opened, name: str) -> None:
    form = opened(PHQ9_ALONE, SCREENS[1])
    form.fill(HOPELESS | triage(name) | OTHER_HELP)
    sent = form.send()
    expected = dict(HOPELESS)
    for calculation, expression in PHQ9.calculations():
        expected[calculation] = text(evaluate(expression, expected))
    assert {calculation: sent[calculation] for calculation in expected} == expected
    assert sent["phq9_score"] == "10"
    assert sent["safety_level"] == text(evaluate(level(PROGRAMME.triage), sent)) == name


@on_every_screen
@pytest.mark.parametrize("form_id", FORMS)
def test_every_form_opens_in_every_language(opened: Opened, form_id: str, screen: Screen) -> None:
    form = opened(FORMS[form_id], screen)
    first = FORMS[form_id].question(form.shown()[0])
    label = next(string for string in question_strings(first) if string.key.endswith(".label"))
    for language in LANGUAGES:
        form.speak(language.code)
        assert render(label, language) in form.label()


def test_a_request_for_another_host_is_stopped_and_noted(windows: Mapping[Screen, Page]) -> None:
    with open_web_form(windows[SCREENS[0]], PHQ9_ALONE, ROSTERS) as form:
        form.page.evaluate("fetch('http://kobo.invalid/').catch(() => null)")
        assert form.foreign == ["http://kobo.invalid/"]


def test_a_question_that_is_not_asked_cannot_be_answered(opened: Opened) -> None:
    form = opened(PHQ9_ALONE, SCREENS[0])
    form.fill({name: "0" for name in HOPELESS if name != "phq9_10"})
    with pytest.raises(WebFormError, match="safety_plan is not asked"):
        form.answer("safety_plan", "no")
