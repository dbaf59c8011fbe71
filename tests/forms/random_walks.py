"""Walks random people through a form on KoboCollect's engine; the files of tests share them out."""

from __future__ import annotations

import random
from dataclasses import dataclass

from connector.sandbox.phone import Filling
from forms.translation import Language
from tests.forms.phone_people import forms_for, leaves, phone_form, programmes
from tests.forms.random_people import answer_what_is_left, anything, change_something, faults

STOPPING = (0.0, 0.01, 0.1)
"""How likely people stop the interview at any one item."""


@dataclass(frozen=True, slots=True)
class Walks:
    """What came of many walks: how many could be finalized, and every fault with the seed of its walk."""

    walked: int
    finalized: int
    found: tuple[str, ...]


def walk_randomly(
    form_id: str, language: Language, walks: int, programme: str, area: str = "", first: int = 0
) -> Walks:
    """Fill a form `walks` times at random; half of them go back, change something, and are finalized if they can be.

    The walks are numbered from `first`: the same number is the same walk.
    """
    form, finalized, found = forms_for(programme, area)[form_id], 0, []
    for number in range(first, first + walks):
        seed = f"{form_id} {language.code} {programme} {area} {number}"
        rng = random.Random(seed)
        filling = Filling(phone_form(form_id, programme=programme, area=area), language.column)
        filling.walk(anything(rng, rng.choice(STOPPING)))
        wrong = faults(form, programmes()[programme], leaves(filling.submission_xml()), is_final=False)
        if number % 2 == 0 and _go_back_and_finalize(filling, rng):
            finalized += 1
            wrong += faults(form, programmes()[programme], leaves(filling.submission_xml()), is_final=True)
        found += [f"{seed}: {fault}" for fault in wrong]
    return Walks(walks, finalized, tuple(found))


def _go_back_and_finalize(filling: Filling, rng: random.Random) -> bool:
    for _ in range(rng.randint(1, 3)):
        change_something(filling, rng)
    answer_what_is_left(filling, rng)
    return filling.finalize() is None
