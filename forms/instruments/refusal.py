"""The answers that every item of every instrument also allows, in the words of the form, not of the instrument."""

from __future__ import annotations

from forms.instrument import REFUSED, STOPPED, Choice

REFUSED_CHOICE = Choice(REFUSED, "Prefers not to answer", image="refused.png")
STOPPED_CHOICE = Choice(STOPPED, "The interview stops here", image="stopped.png")
