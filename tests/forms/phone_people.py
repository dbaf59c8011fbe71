"""Fills the programme's forms on KoboCollect's engine for tests: rosters, ordinary answers, and who changes what."""

from __future__ import annotations

import datetime as dt
import random
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from connector.sandbox.phone import Filling, PhoneForm, Refusal
from forms.client_code import with_check
from forms.library import FORMS
from forms.xlsform import convert_workbook, form_sheets

KEZA, MANZI, UMUTONI, GABO, GONE = (
    with_check(part) for part in ("AAAAAAA", "CCCCCCC", "DDDDDDD", "EEEEEEE", "FFFFFFF")
)
STRANGER = with_check("3467ACD")
MEDIA = {
    "groups.csv": b"name,label,sector,cha\n2801-01,Abahuje,2801,cha001\n2801-02,Icyizere,2801,cha002\n"
    b"2801-03,Tuzamurane,2801,cha001\n",
    "members.csv": (
        "name,label,healing_group,active\n"
        f"{KEZA},Keza,2801-01,1\n{MANZI},Manzi,2801-01,1\n{UMUTONI},Umutoni,2801-01,1\n{GONE},Gone,2801-01,0\n"
        f"{GABO},Gabo,2801-03,1\n"
    ).encode(),
}
NOW = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)

ELIGIBLE = {
    "sex": "female",
    "birth_year_known": "yes",
    "birth_year": 1980,
    "able_to_take_part": "yes",
    "earlier_participant": "no",
}
CONSENTING = {
    "consent_service": "yes",
    "consent_mode": "thumbprint",
    "consent_research": "yes",
    "short_name": "Keza",
    "sector": "2801",
    "cell": "280101",
    "village": "28010101",
}
ENROLLED = {"enrolled": "yes", "healing_group": "2801-01", "joined_on": "2026-03-02"}
SESSION = {
    "healing_group": "2801-01",
    "week": "3",
    "session_date": "2026-03-01",
    "was_held": "yes",
    "anyone_absent": "no",
    "head_count": 3,
    "components": "ritual_dance breathing",
    "start_time": "09:00:00.000+02:00",
    "end_time": "11:00:00.000+02:00",
    "anyone_in_distress": "no",
    "anyone_to_follow_up": "no",
}
VISIT = {
    "wave": "endline",
    "asked_by": "other_cha",
    "sector": "2801",
    "healing_group": "2801-01",
    "client_on_list": "yes",
    "client_listed": KEZA,
    "contact_result": "interviewed",
}
LIVELIHOOD = {
    "work_days_lost": 3,
    "income_activity": "yes",
    "saved_last_month": "no",
    "has_loan": "refused",
    "in_cooperative": "no",
    "in_self_help_group": "yes",
    "meals_yesterday": "2",
}
SAFE = {
    "safety_thoughts_now": "no",
    "safety_plan": "no",
    "safety_means": "no",
    "safety_past_year": "no",
    "safety_actions": "none_needed",
}


def scale(name: str, values: str) -> dict[str, str]:
    """Answers to an instrument from a string with one digit an item; `r` is a refusal."""
    return {f"{name}_{n}": "refused" if value == "r" else value for n, value in enumerate(values, start=1)}


def interview(phq9: str = "0" * 9, gad7: str = "0" * 7, pcl5: str = "0" * 20) -> dict[str, str]:
    """Answers to all three instruments, and to the PHQ-9's question on difficulty."""
    return scale("phq9", phq9) | scale("gad7", gad7) | scale("pcl5", pcl5) | {"phq9_10": "1"}


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of filling a form: refusals on the way, the refusal to finalize, and the values of the submission."""

    refusals: list[Refusal]
    not_final: Refusal | None
    values: dict[str, str]
    shown: tuple[str, ...]


@cache
def phone_form(form_id: str, username: str = "cha001") -> PhoneForm:
    """The form as downloaded to the phone of a CHA, parsed once for all tests of a process."""
    xform = convert_workbook(form_sheets(FORMS[form_id]))
    return PhoneForm(xform, MEDIA, username=username, clock=lambda: NOW, rng=random.Random(11))


def fill(form_id: str, answers: Mapping[str, Any], language: str | None = None, username: str = "cha001") -> Sent:
    """Fill a form from first to last screen and finalize it."""
    filling = Filling(phone_form(form_id, username), language)
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
