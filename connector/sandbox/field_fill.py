"""Knows how a part of the story is entered on a phone, question by question, with the list of members that it shows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from connector.errors import FormError
from connector.sandbox.field_answers import (
    Filled,
    attendance_answers,
    intake_answers,
    outcome_answers,
    roster_answers,
)
from connector.sandbox.field_phone import HeldForm
from connector.sandbox.phone import Answer, Device, Filling, Prompt
from connector.sandbox.story import Client, Record, Session, Visit

_IS_CHECKED_AT_END = 0.1
"""Share of forms on which Finalize's check is run too: the walk has checked every answer already, and it is slow."""


class FieldWorkError(FormError):
    """The forms and the story do not fit together: a form refuses an answer, or never asks for it."""


@dataclass(frozen=True, slots=True)
class Notebook:
    """What the person filling a form knows, by client id: client code, person, code on the card of a newcomer.

    `seed` is that of all chance.
    """

    seed: int
    codes: Mapping[str, str]
    people: Mapping[str, str]
    cards: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FilledForm:
    """The XML to send; of an attendance form the client codes that it listed (None: it listed nobody), and the
    temporary codes that it made for newcomers."""

    xml: str
    listed: tuple[str, ...] | None
    newcomers: tuple[str, ...] = ()


def fill_record(notebook: Notebook, held: HeldForm, record: Record, told: Client | Session | Visit) -> FilledForm:
    """Fill the form of `record` with what is `told`, at the record's time and in its language.

    The same record always gets the same instance ID and client code. Raises FieldWorkError.
    """
    clock = [record.started_at]
    rng = Random(f"{notebook.seed}/phone/{record.record_id}")
    device = Device(record.username, f"collect:{record.username}", lambda: clock[0], rng)
    filling = Filling(held.form, record.language, device=device)
    answers = _first_answers(notebook, held, told)
    listed = _walk(filling, answers, notebook, told, record.record_id)
    clock[0] += dt.timedelta(minutes=record.minutes)
    if Random(record.record_id).random() < _IS_CHECKED_AT_END and (refusal := filling.finalize()):
        raise FieldWorkError(f"{record.record_id}: {refusal.path} is refused at the end.")
    new = tuple(filling.value_of("newcomer_codes").split()) if isinstance(told, Session) else ()
    return FilledForm(filling.submission_xml(), listed, new)


def _first_answers(notebook: Notebook, held: HeldForm, told: Client | Session | Visit) -> Filled:
    if isinstance(told, Client):
        return intake_answers(told, notebook.cards.get(told.client_id, ""))
    if isinstance(told, Session):
        return attendance_answers(told)
    code = notebook.codes[told.client_id]
    is_listed = held.members.get(code) == told.group.code and not told.is_code_typed
    return outcome_answers(told, code, is_listed=is_listed)


def _walk(
    filling: Filling, answers: Filled, notebook: Notebook, told: Client | Session | Visit, record_id: str
) -> tuple[str, ...] | None:
    """Answer everything that is asked; returns the codes on the list of members, when there was one."""
    asked: set[str] = set()
    listed: list[tuple[str, ...]] = []

    def answer(prompt: Prompt) -> Answer:
        asked.add(prompt.name)
        if prompt.name == "anyone_absent" and isinstance(told, Session):
            listed.append(tuple(filling.value_of("roster_codes").split()))
            answers.update(roster_answers(told, listed[0], notebook.codes, notebook.people))
        return answers.get(prompt.name)

    refusals = filling.walk(answer)
    unasked = [name for name, value in answers.items() if value is not None and name not in asked]
    if refusals or unasked:
        refused = [refusal.path for refusal in refusals]
        raise FieldWorkError(f"{record_id}: refused {refused}, never asked {unasked}.")
    return listed[0] if listed else None
