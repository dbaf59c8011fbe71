"""Knows the words that pages use for codes: states, levels, reasons, bands, places; and how counts are written."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from forms.end_reasons import END_REASONS
from forms.instrument import Band, Instrument
from forms.instruments.catalogue import CATALOGUE
from forms.library import FORMS, INSTRUMENTS
from forms.places import place_name
from forms.programme import PROGRAMME
from forms.safety import ACTIONS

LEVELS: Mapping[str, str] = MappingProxyType(
    {"imminent": "Imminent", "moderate": "Moderate", "low": "Low", "follow_up": "Follow-up"}
)
ALERT_KINDS: Mapping[str, str] = MappingProxyType(
    {"safety": "interview", "distress": "distress in a session", "follow_up": "CHA asks for follow-up"}
)
ALERT_STATES: Mapping[str, str] = MappingProxyType(
    {"open": "Open", "acknowledged": "Acknowledged", "contacted": "Contacted", "closed": "Closed"}
)
PEOPLE: Mapping[str, str] = MappingProxyType(
    {"newcomer": "Newcomer {code}, no intake yet", "visitor": "Visitor", "unknown": "Not named"}
)
"""Who an alert is about when it is no client with an intake record."""
SESSION_STATUSES: Mapping[str, str] = MappingProxyType(
    {"held": "Held", "not_held": "Not held", "no_report": "Not reported", "planned": "Not due yet"}
)
SESSION_KINDS: Mapping[str, str] = MappingProxyType(
    {"merged": "two weeks in one meeting", "made_up": "made up for on another day"}
)
"""Kinds of a held session that are not the plain one."""
MARKS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "present": ("●", "Present"),
        "absent": ("✕", "Absent"),
        "not_held": ("–", "Not held"),
        "no_report": ("?", "Not reported"),
        "not_member": ("·", "Not a member then"),
        "planned": ("", "Not due yet"),
    }
)
"""State of one person at one session → symbol and words; `planned` is no_report before the session is due."""

SEXES: Mapping[str, str] = MappingProxyType({"female": "Female", "male": "Male"})
_OWN_WORDS = {
    "cha_absent": "The CHA could not come",
    "moved_away": "Moved away",
    "died": "Died",
    "transfer": "Moved to another healing group",
}
_OWN_WORDS |= {"screening": "Screening"} | {wave.code: wave.label.split(",")[0] for wave in PROGRAMME.waves}
_END_REASONS = {choice.code: choice.label for choice in END_REASONS.choices}
NOT_RECORDED = "Not recorded"


def is_missing(value: object) -> bool:
    """Return whether a value from the database is NULL in any of the shapes pandas gives it."""
    return value is None or value is pd.NaT or value != value


def answer_words(code: object) -> str:
    """Return the English label of an answer's code, from the forms; the code in plain words when no form has it."""
    if is_missing(code) or code == "":
        return "–"
    return _OWN_WORDS.get(str(code)) or _ANSWERS.get(str(code)) or str(code).replace("_", " ").capitalize()


def end_words(code: object) -> str:
    """Return why a healing group ended, in words."""
    return _END_REASONS.get(str(code), str(code))


def person_words(person: object, code: object) -> str:
    """Return how an alert's person is called: the client code, the newcomer's code, or that nobody is named."""
    return PEOPLE[str(person)].format(code=code) if str(person) in PEOPLE else str(code)


def action_words(codes: object) -> str:
    """Return what was done at once, from codes separated by blanks; "" when nothing is told."""
    labels = {choice.code: choice.label for choice in ACTIONS.choices}
    told = [] if is_missing(codes) else str(codes).split()
    return "; ".join(labels.get(code, code) for code in told)


def _answer_labels() -> dict[str, str]:
    asked = (
        "not_held_reason",
        "absence_reasons",
        "asked_by",
        "contact_result",
        "ineligible_reason",
        "not_enrolled_reason",
    )
    questions = (question for form in FORMS.values() for question in form.questions() if question.name in asked)
    return {choice.code: choice.label for each in questions if each.choices for choice in each.choices.choices}


_ANSWERS = _answer_labels()


def band_label(instrument: Instrument, code: object) -> str:
    """Return the name of a band with its range, unless the name says it: `Mild (5–9)`."""
    for band in instrument.bands:
        if band.code == code:
            says_range = any(character.isdigit() for character in band.label)
            return band.label if says_range else f"{band.label} ({band.low}–{band.high})"
    return NOT_RECORDED


def bands_from_best(instrument: Instrument) -> tuple[Band, ...]:
    """Return the bands from the best to the worst; none for an instrument without bands."""
    return instrument.bands if instrument.higher_is_worse else instrument.bands[::-1]


def better_word(instrument: Instrument) -> str:
    """Return how a better band is called: symptoms get milder, well-being gets better."""
    return "milder" if instrument.higher_is_worse else "better"


def instrument_of(name: object) -> Instrument:
    """Return an instrument by name, also one that the forms no longer ask; raises KeyError for none of ours."""
    return INSTRUMENTS.get(str(name)) or CATALOGUE[str(name)]


def sector_label(code: object) -> str:
    """Return the name of a sector, or that none is recorded."""
    return NOT_RECORDED if is_missing(code) else place_name(str(code))


def sex_label(code: object) -> str:
    """Return the word for a code of sex, or that none is recorded."""
    return NOT_RECORDED if is_missing(code) else SEXES.get(str(code), str(code))


def percent(part: float, whole: float) -> str:
    """Return a share as `72 %`, and a dash where there is nothing to divide by."""
    return f"{100 * part / whole:.0f} %" if whole else "–"


def share(part: int, whole: int) -> str:
    """Return a share with both its counts: `72 % (18 of 25)`."""
    return f"{percent(part, whole)} ({part} of {whole})" if whole else "–"


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: `1 person`, `3 people`, `0 sessions`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def signed(value: float) -> str:
    """Return a difference with its sign, one decimal: `−4.8`, `+1.0`."""
    return f"{value:+.1f}".replace("-", "−")
