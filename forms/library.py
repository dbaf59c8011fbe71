"""Every form of a programme, by id, and the instruments that they ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from forms.attendance import attendance_form
from forms.form import Form
from forms.instrument import Instrument
from forms.intake import intake_form
from forms.outcome import outcome_form
from forms.programme import PROGRAMME
from forms.programme_shape import Programme

_MAKERS = (intake_form, attendance_form, outcome_form)


def forms_of(programme: Programme, area: str = "") -> Mapping[str, Form]:
    """Return the forms of a programme by id, for one sector (`area` is its code) or for the whole programme."""
    return MappingProxyType({form.form_id: form for form in (make(programme, area) for make in _MAKERS)})


@cache
def forms_in(area: str) -> Mapping[str, Form]:
    """Return the forms of the programme of this process, for one sector or (area "") for all."""
    return forms_of(PROGRAMME, area)


def instruments_in(forms: Iterable[Form]) -> Mapping[str, Instrument]:
    """Return the instruments that forms ask, each once, by name."""
    return MappingProxyType({each.name: each for form in forms for each in form.instruments})


FORMS: Mapping[str, Form] = forms_in("")
INSTRUMENTS: Mapping[str, Instrument] = instruments_in(FORMS.values())
