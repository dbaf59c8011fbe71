"""Knows how a CHA's phone fills a form: which questions it shows, in which language, what it refuses and what it sends.

form = PhoneForm(xform, {"groups.csv": b"name,label\\ng1,Ejo Heza\\n"}, username="cha001")
filling = Filling(form, "Kinyarwanda (rw)")
filling.fill({"healing_group": "g1", "week": 3})
assert filling.finalize() is None
xml = filling.submission_xml()
"""

from __future__ import annotations

import datetime as dt
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from connector.sandbox.phone_device import KIGALI, Chance, Device, attach_device, sign_in, wall_clock
from connector.sandbox.phone_engine import (
    FormWillNotOpenError,
    JavaObject,
    MissingMediaError,
    PhoneError,
    java,
    open_form,
    start_engine,
    validate_xform,
)
from connector.sandbox.phone_prompt import Answer, NotOnScreenError, Prompt, Screen

__all__ = [
    "KIGALI",
    "Answer",
    "Device",
    "Filling",
    "FormWillNotOpenError",
    "MissingMediaError",
    "NotOnScreenError",
    "PhoneError",
    "PhoneForm",
    "Prompt",
    "Refusal",
    "start_engine",
    "validate_xform",
]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The phone's words about one answer that it does not take; `path` is the question's, such as `/data/week`."""

    path: str
    message: str


class PhoneForm:
    """A form downloaded to a phone with its media and parsed once; it serves any number of Fillings, one at a time.

    `media` is a folder, or file name -> content. Raises FormWillNotOpenError, and MissingMediaError when the form
    reads a list that is not among the media.
    """

    def __init__(
        self,
        xform: str,
        media: Mapping[str, bytes] | Path | None = None,
        *,
        username: str = "cha001",
        device_id: str = "collect:demo0000000001",
        clock: Callable[[], dt.datetime] = wall_clock,
        rng: random.Random | None = None,
    ) -> None:
        self.device = Device(username, device_id, clock, rng or random.SystemRandom())
        self.xform = xform
        self.change_media(media or {})

    def change_media(self, media: Mapping[str, bytes] | Path) -> None:
        """Take new media (fresh rosters) and parse the form again with them; Fillings under way are lost."""
        if isinstance(media, Path):
            self._definition = open_form(self.xform, media)
        else:
            self._definition = _open_with_files(self.xform, media)
        self._blank = self._definition.getMainInstance().clone()
        self._open: Filling | None = None
        self._fixed_choices: dict[str, Mapping[str, JavaObject]] = {}
        attach_device(self._definition, lambda: self._filling.device, lambda: self._filling.chance)

    def _take(self, filling: Filling) -> JavaObject:
        """Give `filling` the parsed form with an empty instance; an earlier Filling loses it."""
        self._open = filling
        self._definition.setInstance(self._blank.clone())
        return self._definition

    def _is_held_by(self, filling: Filling) -> bool:
        return self._open is filling

    @property
    def _filling(self) -> Filling:
        if self._open is None:
            raise PhoneError("No copy of the form is open.")
        return self._open


class Filling:
    """One copy of the form, from "Start new form" to "Send"; `language` is one of `languages` (default: the form's)."""

    def __init__(self, form: PhoneForm, language: str | None = None, *, device: Device | None = None) -> None:
        self.device = device or form.device
        self.chance = Chance(self.device.rng)
        self._form = form
        definition = form._take(self)
        model = java("form.api.FormEntryModel")(definition)
        controller = java("form.api.FormEntryController")(model)
        self._screen = Screen(definition, model, controller, form._fixed_choices)
        sign_in(self.device)
        definition.initialize(True, java("core.model.instance.InstanceInitializationFactory")())
        self._speak(language)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that the phone offers, in the form's order; empty for a form without translations."""
        return tuple(str(language) for language in self._screen.model.getLanguages() or ())

    def prompts(self) -> Iterator[Prompt]:
        """The questions and notes on the screen, first to last, each worked out when it is reached.

        An answer given to one prompt decides what comes next. "Add another?" of a repeat is answered with no.
        """
        events = java("form.api.FormEntryController")
        index = java("core.model.FormIndex").createBeginningOfFormIndex()
        while True:
            self._check_held()
            self._screen.controller.jumpToIndex(index)
            event = self._screen.controller.stepToNextEvent()
            if event == events.EVENT_END_OF_FORM:
                return
            index = self._screen.model.getFormIndex()
            if event == events.EVENT_QUESTION:
                yield Prompt(self._screen, index)

    def prompt(self, name: str) -> Prompt:
        """Go (back) to the question `name`; raises NotOnScreenError when it is not shown with the answers so far."""
        for prompt in self.prompts():
            if prompt.name == name:
                return prompt
        raise NotOnScreenError(f"The phone does not show the question {name}.")

    def walk(self, answerer: Callable[[Prompt], Answer]) -> list[Refusal]:
        """Swipe through the form once and answer what `answerer` returns (None: swipe on); returns what was refused."""
        refusals = []
        for prompt in self.prompts():
            message = None if prompt.is_note else prompt.answer_or_pass(answerer(prompt))
            if message is not None:
                refusals.append(Refusal(prompt.path, message))
        return refusals

    def fill(self, answers: Mapping[str, Answer | Callable[[Prompt], Answer]]) -> list[Refusal]:
        """Walk with answers by question name; raises NotOnScreenError when one of the questions never came up."""
        left = dict(answers)

        def answer(prompt: Prompt) -> Answer:
            given = left.pop(prompt.name, None)
            return given(prompt) if callable(given) else given

        refusals = self.walk(answer)
        if left:
            raise NotOnScreenError(f"The phone never showed: {', '.join(left)}.")
        return refusals

    def value_of(self, name: str) -> str:
        """The value now of any question or calculation, as it would be sent; "" when empty. KeyError: no such name."""
        self._check_held()
        value = _find(self._screen.definition.getMainInstance().getRoot(), name).getValue()
        return "" if value is None else str(value.uncast().getString())

    def finalize(self) -> Refusal | None:
        """Finalize as KoboCollect does: None, or the first question that is refused.

        Also drops ticked choices that filtered lists no longer offer.
        """
        self._check_held()
        outcome = self._screen.definition.validate()
        if outcome is None:
            return None
        prompt = Prompt(self._screen, outcome.failedPrompt)
        return Refusal(prompt.path, prompt.message_for(outcome.outcome))

    def submission_xml(self) -> str:
        """End the entry (time `end`, instance ID) and return the XML to send; questions not relevant are left out."""
        self._check_held()
        self._screen.controller.finalizeFormEntry()
        profile = self._screen.definition.getSubmissionProfile()
        root = (profile.getRef() if profile else None) or java("model.xform.XPathReference")("/")
        visitor = java("model.xform.XFormSerializingVisitor")()
        payload = visitor.createSerializedPayload(self._screen.definition.getInstance(), root)
        return bytes(payload.getPayloadBytes()).decode("utf-8")

    def _speak(self, language: str | None) -> None:
        if language is None and not self.languages:
            return
        if language is None:
            language = str(self._screen.definition.getLocalizer().getDefaultLocale())
        if language not in self.languages:
            raise NotOnScreenError(f"The form has no language {language!r}.", advice=f"It has {self.languages}.")
        self._screen.controller.setLanguage(language)

    def _check_held(self) -> None:
        if not self._form._is_held_by(self):
            raise PhoneError("This copy of the form is closed: a later one was started.")


def _open_with_files(xform: str, files: Mapping[str, bytes]) -> JavaObject:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / Path(name).name).write_bytes(content)
        return open_form(xform, Path(folder))


def _find(node: JavaObject, name: str) -> JavaObject:
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if node.getName() == name and not node.isRepeatable():
            return node
        waiting += [node.getChildAt(position) for position in range(node.getNumChildren())]
    raise KeyError(f"the form has no question {name}")
