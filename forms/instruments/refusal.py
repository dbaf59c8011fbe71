"""The answer that every item of every instrument also allows; it is the form's own wording, not the instrument's."""

from __future__ import annotations

from forms.instrument import REFUSED, Choice

REFUSED_CHOICE = Choice(REFUSED, "Prefers not to answer")
