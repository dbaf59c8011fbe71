"""Knows one question as the phone shows it: its words, its choices, and what the phone says to an answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from connector.sandbox.phone_engine import JavaObject, PhoneError, java, java_list

Answer = str | int | float | dt.date | Sequence[str] | None
"""What a person taps or types: text, a number, a date, a choice's name or several; "" clears, None leaves as it is."""

_CONTROL_INPUT, _CONTROL_SELECT_ONE, _CONTROL_SELECT_MULTI, _CONTROL_RANK = 1, 2, 3, 15
_SELECTS = (_CONTROL_SELECT_ONE, _CONTROL_SELECT_MULTI, _CONTROL_RANK)
_FIELD_LIST = "field-list"
_ANSWER_OK, _ANSWER_CONSTRAINT = 0, 2


class NotOnScreenError(PhoneError):
    """A question or a choice that the phone does not show cannot be answered."""


@dataclass(frozen=True, slots=True)
class Screen:
    """JavaRosa's three objects behind one open copy of a form, and the choices that never change, by question."""

    definition: JavaObject
    model: JavaObject
    controller: JavaObject
    fixed_choices: dict[str, Mapping[str, JavaObject]]


class Prompt:
    """One question or note as the phone shows it, with the answers given so far."""

    def __init__(self, screen: Screen, index: JavaObject) -> None:
        self._screen, self._index = screen, index
        self._java = screen.model.getQuestionPrompt(index)
        self.path = str(index.getReference().toString(True)).replace("[1]", "")
        self.name = self.path.rsplit("/", 1)[1]
        self._control = self._java.getControlType()

    @property
    def label(self) -> str:
        """The label in the language set, with the values of other questions filled in."""
        return str(self._java.getLongText() or "")

    @property
    def hint(self) -> str:
        """The hint in the language set, or ""."""
        return str(self._java.getHelpText() or "")

    @property
    def value(self) -> str:
        """The answer now, as the phone displays it, or ""."""
        return str(self._java.getAnswerText() or "")

    @property
    def appearance(self) -> str:
        """The appearance column of the form, or ""."""
        return str(self._java.getAppearanceHint() or "")

    @property
    def data_type(self) -> int:
        """JavaRosa's number for the type: 1 text, 2 integer, 3 decimal, 4 date, 5 time, 6 date and time."""
        return int(self._java.getDataType())

    @property
    def field_list(self) -> str:
        """The path of the outermost group that shows its questions on one screen, or "" for a screen of its own."""
        around = self._screen.model.getCaptionHierarchy(self._index)
        lists = (each for each in around if str(each.getAppearanceHint() or "").lower() == _FIELD_LIST)
        return next((str(each.getIndex().getReference().toString(True)) for each in lists), "")

    @property
    def is_required(self) -> bool:
        """Whether the phone insists on an answer, with the answers so far."""
        return bool(self._java.isRequired())

    @property
    def is_note(self) -> bool:
        """Whether this is text to read, which takes no answer."""
        return bool(self._control == _CONTROL_INPUT and self._java.isReadOnly())

    @property
    def is_select(self) -> bool:
        """Whether the answer is tapped from a list."""
        return self._control in _SELECTS

    @property
    def is_select_one(self) -> bool:
        """Whether exactly one of a list can be tapped."""
        return bool(self._control == _CONTROL_SELECT_ONE)

    @property
    def choices(self) -> dict[str, str]:
        """Name -> label of the choices on the screen, in order, after the list's filter; empty for other questions."""
        return {name: str(self._java.getSelectChoiceText(choice)) for name, choice in self._shown.items()}

    @cached_property
    def _shown(self) -> Mapping[str, JavaObject]:
        """Name -> JavaRosa's choice; asked of JavaRosa each time only for lists that are filtered or from a file."""
        if not self.is_select:
            return {}
        if self.path in self._screen.fixed_choices:
            return self._screen.fixed_choices[self.path]
        shown = {str(choice.getValue()): choice for choice in self._java.getSelectChoices() or ()}
        if self._java.getQuestion().getDynamicChoices() is None:
            self._screen.fixed_choices[self.path] = shown
        return shown

    def answer(self, value: Answer) -> str | None:
        """Give an answer: None when it is taken, or the message that the phone shows (the old answer then stays).

        Raises NotOnScreenError for a choice that is not on the screen, and for text that cannot be typed there.
        """
        data = None if value is None or value == "" or value == [] else self._data(value)
        outcome = self._screen.controller.answerQuestion(self._index, data, True)
        return None if outcome == _ANSWER_OK else self.message_for(outcome, data)

    def answer_or_pass(self, value: Answer) -> str | None:
        """As `answer`, but None swipes on: KoboCollect then saves once more what is there, and may refuse it.

        Ticks that a filtered list no longer offers are gone at this moment, and what depends on them is worked out.
        """
        if value is not None:
            return self.answer(value)
        is_empty = (self.is_select and not self._shown) or not self.value
        data = None if is_empty else self._java.getAnswerValue()
        outcome = self._screen.controller.answerQuestion(self._index, data, True)
        return None if outcome == _ANSWER_OK else self.message_for(outcome, data)

    def _data(self, value: Answer) -> JavaObject:
        if self.is_select:
            return self._selection([str(value)] if self.is_select_one else _names(value))
        parser = java("xform.util.XFormAnswerDataParser")
        typed = parser.getAnswerData(_typed(value), self.data_type, self._java.getQuestion())
        if typed is None:
            raise NotOnScreenError(f"The answer cannot be typed into {self.path}.")
        return typed

    def _selection(self, names: Sequence[str]) -> JavaObject:
        shown = self._shown
        if any(name not in shown for name in names):
            raise NotOnScreenError(f"{self.path}: the answer is not among the {len(shown)} choices on the screen.")
        chosen = [shown[name].selection() for name in names]
        if self.is_select_one:
            return java("core.model.data.SelectOneData")(chosen[0])
        return java("core.model.data.MultipleItemsData")(java_list(chosen))

    def message_for(self, outcome: int, data: JavaObject = None) -> str:
        """The phone's words for JavaRosa's `outcome` of an answer or of Finalize, in the language set."""
        if outcome == _ANSWER_CONSTRAINT:
            return str(self._java.getConstraintText(data) or "Sorry, this response is invalid!")
        return self._required_message() or "Sorry, this response is required!"

    def _required_message(self) -> str:
        """The form's own words in the language set; JavaRosa leaves this look-up to KoboCollect."""
        definition = self._screen.definition
        instance = definition.getMainInstance()
        node = instance.resolveReference(self._index.getReference())
        text = node.getBindAttributeValue("http://openrosa.org/javarosa", "requiredMsg")
        if text and text.startswith("jr:itext("):
            context = java("core.model.condition.EvaluationContext")(definition.getEvaluationContext(), node.getRef())
            text = java("xpath.XPathParseTool").parseXPath(f"string({text})").eval(instance, context)
        return str(text or "")


def _typed(value: Answer) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _names(value: Answer) -> list[str]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [str(name) for name in value]
    return str(value).split()
