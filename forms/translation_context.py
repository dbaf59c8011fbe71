"""Where a text stands on the phone, who says it, and how long it may be: what a translator has to know about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from forms.form import SILENT_KINDS, Form, Group, Node, Question
from forms.instrument import UNSCORED
from forms.translation import REQUIRED_KEY, REQUIRED_MESSAGE, FormString, choice_strings, question_strings

QUESTION, INSTRUCTION, HINT, ANSWER, MESSAGE, HEADING = "question", "help", "hint", "answer", "message", "heading"
ADVICE: Mapping[str, str] = {
    QUESTION: "Large letters at the top of a screen. Best up to 120 characters: one question, one sentence.",
    INSTRUCTION: "A screen of its own, without an answer. Best up to 250 characters, in short sentences.",
    HINT: "Small letters under the question. Best up to 80 characters.",
    ANSWER: "A line to tap on. Best up to 40 characters; the answers of one question should differ at the first word.",
    MESSAGE: "Shown for a few seconds when an answer cannot be right. Best up to 100 characters: what to do.",
    HEADING: "Small letters above the questions of a part of the form. Best up to 30 characters.",
}
_PARTS = {"hint": HINT, "constraint": MESSAGE}


@dataclass(frozen=True, slots=True)
class Use:
    """One place of a string: the form, the number of the screen there, what kind of text it is, and around it what.

    `screen` counts every screen that the form can show, in its order, from 1. `belongs_to` is the English of the
    question that a hint, an answer or a message goes with.
    """

    form_id: str
    screen: int
    kind: str
    is_read_aloud: bool
    belongs_to: str = ""


def string_uses(forms: Mapping[str, Form]) -> dict[str, tuple[Use, ...]]:
    """Return every place of every string of some forms, by key, in the order of the forms."""
    found: dict[str, tuple[Use, ...]] = {}
    for form in forms.values():
        for string, use in _form_uses(form):
            found[string.key] = (*found.get(string.key, ()), use)
    return found


def _form_uses(form: Form) -> Iterator[tuple[FormString, Use]]:
    yield FormString(REQUIRED_KEY, REQUIRED_MESSAGE), Use(form.form_id, 0, MESSAGE, False)
    for screen, siblings, node in placed_on_screens(form):
        if isinstance(node, Question):
            yield from _question_uses(form.form_id, screen, siblings, node)
        elif node.label:
            yield FormString(f"{node.name}.label", node.label), Use(form.form_id, screen, HEADING, False)


def _question_uses(
    form_id: str, screen: int, siblings: tuple[Node, ...], question: Question
) -> Iterator[tuple[FormString, Use]]:
    is_aloud = is_read_aloud(question, siblings)
    for string in question_strings(question):
        kind = _PARTS.get(string.key.rsplit(".", 1)[1], INSTRUCTION if question.kind == "note" else QUESTION)
        is_label = kind in (QUESTION, INSTRUCTION)
        yield string, Use(form_id, screen, kind, is_aloud and is_label, "" if is_label else question.label)
    for string in choice_strings(question):
        yield string, Use(form_id, screen, ANSWER, is_aloud, question.label)


def placed_on_screens(form: Form) -> Iterator[tuple[int, tuple[Node, ...], Node]]:
    """Yield (screen, nodes beside it, node) of a whole form; what the phone never shows has the screen before it.

    One question makes one screen, and a group that is shown together makes one for all that is in it; the heading of
    another group begins with its first screen.
    """
    yield from _placed(form.children, 0, is_held=False)


def _placed(nodes: tuple[Node, ...], last: int, *, is_held: bool) -> Iterator[tuple[int, tuple[Node, ...], Node]]:
    """Walk on from the screen `last`; `is_held` inside what is shown together."""
    for node in nodes:
        if isinstance(node, Question):
            last += node.kind not in SILENT_KINDS and not is_held
            yield last, nodes, node
            continue
        yield last + (not is_held), nodes, node
        is_together = is_held or (isinstance(node, Group) and node.together)
        last += is_together and not is_held
        for placed in _placed(node.children, last, is_held=is_together):
            yield placed
            last = placed[0] if isinstance(placed[2], Question) else last


def is_read_aloud(question: Question, siblings: tuple[Node, ...]) -> bool:
    """Whether a question is put to the client, and not only to the person who holds the phone.

    That is so for the wording of instruments, for a text that says so, for a question that may be refused, and for one
    among questions that may all be refused.
    """
    if question.instrument or question.label.startswith("Read aloud"):
        return True
    if question.kind == "note":
        return False
    beside = [node for node in siblings if isinstance(node, Question) and node.choices is not None]
    return _may_be_refused(question) or (bool(beside) and all(map(_may_be_refused, beside)))


def _may_be_refused(question: Question) -> bool:
    return question.choices is not None and any(code in UNSCORED for code in question.choices.codes)
