"""Where texts, licences and figures of several instruments come from, each said once."""

from __future__ import annotations

from forms.instrument import Licence

PSYTOOLS = "github.com/urtuba/psytools, texts reproduced from the original form (its SOURCES.md quotes the licences)"
PFIZER = Licence(
    "free",
    "Pfizer: no permission required to reproduce, translate, display or distribute (quoted in psytools SOURCES.md)",
)
NHS_TALKING_THERAPIES = "NHS Talking Therapies manual, as cited at cbtwatch.com"
NO_KINYARWANDA = "no Kinyarwanda validation was found"
