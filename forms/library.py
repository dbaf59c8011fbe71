"""Every form and every instrument of the programme, by id."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from forms.attendance import ATTENDANCE
from forms.form import Form
from forms.instrument import Instrument
from forms.intake import INTAKE
from forms.outcome import OUTCOME
from forms.questions import INSTRUMENTS as _INSTRUMENTS

FORMS: Mapping[str, Form] = MappingProxyType({form.form_id: form for form in (INTAKE, ATTENDANCE, OUTCOME)})
INSTRUMENTS: Mapping[str, Instrument] = MappingProxyType({each.name: each for each in _INSTRUMENTS})
