"""What a phone shows of a form in one language, screen by screen: texts, answers, messages, and when each appears."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forms.expression import Expression, to_words
from forms.form import SILENT_KINDS, Form, Group, Node, Question, Repeat
from forms.instrument import Choice
from forms.translation import (
    REQUIRED_KEY,
    REQUIRED_MESSAGE,
    FormString,
    Language,
    choice_key,
    question_strings,
    shown,
    status_of,
)

MOST_CHOICES = 25
"""Longer lists (places) are shown by their first entries and their number."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text as the phone shows it, with what its translation is worth: validated, reviewed, draft, stale, missing.

    The status of a name or a number, which is the same in every language, is "".
    """

    shown: str
    status: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that can be ticked; `image` is the file name of its pictogram, "" without one."""

    code: str
    text: Text
    image: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question or note: its texts, its answers, and in words when it appears and what is refused."""

    name: str
    kind: str
    label: Text
    hint: Text | None
    answers: tuple[Answer, ...]
    more_answers: int
    from_list: str
    condition: str
    limit: str
    message: Text | None
    is_required: bool


@dataclass(frozen=True, slots=True)
class Screen:
    """What is on the phone at one time; `conditions` are those of the groups around it, outer first."""

    number: int
    conditions: tuple[str, ...]
    prompts: tuple[Prompt, ...]


def screens(form: Form, language: Language) -> tuple[Screen, ...]:
    """Return every screen that the form can show, in its order, in a language."""
    found = _screens(form, form.children, (), language)
    return tuple(Screen(number, *each) for number, each in enumerate(found, start=1))


def silent_values(form: Form) -> Iterator[tuple[str, str]]:
    """Yield (name, words) of everything that the phone works out and stores without showing it."""
    for question in form.questions():
        if question.calculation is not None:
            yield question.name, to_words(question.calculation)


def _screens(
    form: Form, nodes: tuple[Node, ...], conditions: tuple[str, ...], language: Language
) -> Iterator[tuple[tuple[str, ...], tuple[Prompt, ...]]]:
    for node in nodes:
        if isinstance(node, Question):
            if node.kind not in SILENT_KINDS:
                yield conditions, (_prompt(form, node, language),)
            continue
        inner = (*conditions, *_condition(node.relevant))
        if isinstance(node, Group) and node.together:
            yield inner, tuple(_prompts(form, node.children, language))
        else:
            yield from _screens(form, node.children, inner, language)


def _prompts(form: Form, nodes: tuple[Node, ...], language: Language) -> Iterator[Prompt]:
    for node in nodes:
        if isinstance(node, Group | Repeat):
            yield from _prompts(form, node.children, language)
        elif node.kind not in SILENT_KINDS:
            yield _prompt(form, node, language)


def _prompt(form: Form, question: Question, language: Language) -> Prompt:
    texts = {string.key.rsplit(".", 1)[1]: _text(form, string, language) for string in question_strings(question)}
    answers = question.choices.choices if question.choices else ()
    offered = answers if len(answers) <= MOST_CHOICES else answers[: MOST_CHOICES // 5]
    return Prompt(
        name=question.name,
        kind=question.kind,
        label=texts.get("label", Text("", "missing")),
        hint=texts.get("hint"),
        answers=tuple(_answer(form, question, choice, language) for choice in offered),
        more_answers=len(answers) - len(offered),
        from_list=_listed(question),
        condition="".join(_condition(question.relevant)),
        limit="".join(_condition(question.constraint)),
        message=texts.get("constraint"),
        is_required=question.required,
    )


def _answer(form: Form, question: Question, choice: Choice, language: Language) -> Answer:
    assert question.choices is not None
    if not question.choices.translated:
        return Answer(choice.code, Text(choice.label, ""), choice.image)
    string = FormString(choice_key(question.choices, choice.code), choice.label)
    return Answer(choice.code, _text(form, string, language), choice.image)


def _listed(question: Question) -> str:
    """Which entries of a list on the phone are offered, in words; "" for a question with answers of its own."""
    if question.roster is None:
        return ""
    return "" if question.choice_filter is None else to_words(question.choice_filter)


def _condition(expression: Expression | None) -> tuple[str, ...]:
    return () if expression is None else (to_words(expression),)


def _text(form: Form, string: FormString, language: Language) -> Text:
    return Text(shown(form, string, language), status_of(string, language))


def required_message(form: Form, language: Language) -> Text:
    """Return what the phone says when a question is left without an answer."""
    return _text(form, FormString(REQUIRED_KEY, REQUIRED_MESSAGE), language)
