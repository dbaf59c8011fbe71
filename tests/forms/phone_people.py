"""Fills the programme's forms on KoboCollect's engine for tests: phones, their lists, and what came of a filling."""

from __future__ import annotations

import datetime as dt
import random
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from connector.sandbox.phone import Device, Filling, PhoneForm, Refusal
from forms.client_code import with_check
from forms.form import Form
from forms.library import forms_of
from forms.programme import PROGRAMME
from forms.programme_file import read_programme
from forms.programme_shape import Programme
from forms.xlsform import build_form, convert_workbook, form_sheets

FULL_FILE = Path(__file__).parents[1] / "fixtures" / "programme_full.toml"
USUAL, FULL, NO_INSTRUMENTS = "usual", "full", "no_instruments"

KEZA, MANZI, UMUTONI, GABO, GONE = (
    with_check(part) for part in ("AAAAAAA", "CCCCCCC", "DDDDDDD", "EEEEEEE", "FFFFFFF")
)
STRANGER = with_check("3467ACD")
NEWCOMER = f"N{with_check('RTVWXY3')}"
"""The code on a card that somebody was given in a session."""

_GROUPS = (
    "name,label,sector,cha\n2801-01,Abahuje,2801,cha001\n2801-02,Icyizere,2801,cha002\n"
    "2801-03,Tuzamurane,2801,cha001\n2802-01,Twisungane,2802,cha001\n"
)
_MEMBERS = (
    "name,label,healing_group,active\n"
    f"{KEZA},Keza,2801-01,1\n{MANZI},Manzi,2801-01,1\n{UMUTONI},Umutoni,2801-01,1\n{GONE},Gone,2801-01,0\n"
    f"{GABO},Gabo,2801-03,1\n"
)
NO_MEMBERS = "name,label,healing_group,active\n"
LISTS = {
    "usual": {"groups.csv": _GROUPS.encode(), "members.csv": _MEMBERS.encode()},
    "without_members": {"groups.csv": _GROUPS.encode(), "members.csv": NO_MEMBERS.encode()},
    # Downloaded before Umutoni joined and before the one who is gone had left.
    "stale": {
        "groups.csv": _GROUPS.encode(),
        "members.csv": f"{NO_MEMBERS}{KEZA},Keza,2801-01,1\n{MANZI},Manzi,2801-01,1\n{GONE},Gone,2801-01,1\n".encode(),
    },
}
"""The media of phones: what each list holds depends on when the phone last took it from the server."""
MEDIA = LISTS["usual"]
NOW = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of filling a form: refusals on the way, the refusal to finalize, and the values of the submission."""

    refusals: list[Refusal]
    not_final: Refusal | None
    values: dict[str, str]
    shown: tuple[str, ...]

    @property
    def refused(self) -> tuple[str, ...]:
        """The questions whose answer the phone did not take, by name."""
        return tuple(name_of(refusal) for refusal in self.refusals)

    @property
    def stopped_at(self) -> str:
        """The question that keeps the form from being finalized, by name; "" when none does."""
        return name_of(self.not_final) if self.not_final is not None else ""


def name_of(refusal: Refusal) -> str:
    """Return the name of the question that a refusal is about."""
    return refusal.path.rsplit("/", 1)[1]


@cache
def programmes() -> Mapping[str, Programme]:
    """The packaged programme, one that differs from it in everything, and one without instruments at intake."""
    full = read_programme(FULL_FILE.read_text(encoding="utf-8"), FULL_FILE.name)
    none = replace(PROGRAMME, intake_instruments=())
    return MappingProxyType({USUAL: PROGRAMME, FULL: full, NO_INSTRUMENTS: none})


@cache
def forms_for(programme: str = USUAL, area: str = "") -> Mapping[str, Form]:
    """The forms of one of the `programmes`, by id."""
    return forms_of(programmes()[programme], area)


@cache
def workbook_of(form_id: str, programme: str = USUAL, area: str = "") -> bytes:
    """The workbook as a coordinator uploads it."""
    return build_form(forms_for(programme, area)[form_id])


@cache
def xform_of(form_id: str, programme: str = USUAL, area: str = "") -> str:
    """The XForm, converted once for all tests of a process."""
    return convert_workbook(form_sheets(forms_for(programme, area)[form_id]))


@cache
def phone_form(
    form_id: str, username: str = "cha001", programme: str = USUAL, area: str = "", lists: str = "usual"
) -> PhoneForm:
    """The form as downloaded to the phone of a CHA, parsed once for all tests of a process."""
    xform = xform_of(form_id, programme, area)
    return PhoneForm(xform, LISTS[lists], username=username, clock=lambda: NOW, rng=random.Random(11))


def device_of(username: str, seed: str) -> Device:
    """A phone whose chance depends on `seed` alone, whatever was filled in before."""
    return Device(username, clock=lambda: NOW, rng=random.Random(seed))


def fill(form_id: str, answers: Mapping[str, Any], language: str | None = None, **phone: str) -> Sent:
    """Fill a form from first to last screen and finalize it; `phone` are arguments of `phone_form`."""
    filling = Filling(phone_form(form_id, **phone), language)
    return finish(filling, answer_all(filling, answers))


def answer_all(filling: Filling, answers: Mapping[str, Any]) -> list[Refusal]:
    """Walk through the form and answer what is asked; answers to questions that do not come up stay unused."""
    return filling.walk(lambda prompt: answers.get(prompt.name))


def finish(filling: Filling, refusals: list[Refusal] | None = None) -> Sent:
    """Finalize what has been filled in."""
    shown = tuple(prompt.name for prompt in filling.prompts())
    not_final = filling.finalize()
    return Sent(refusals or [], not_final, leaves(filling.submission_xml()), shown)


def leaves(xml: str) -> dict[str, str]:
    """Every answered question of a submission by name."""
    return {node.tag.split("}")[-1]: node.text for node in ET.fromstring(xml).iter() if node.text and not len(node)}


def seeded(rng: random.Random) -> Callable[[], Device]:
    """Return a maker of phones of cha001, each with chance of its own."""
    return lambda: device_of("cha001", str(rng.random()))
