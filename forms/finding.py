"""What a fault of a form is told with: where it is, what is wrong, what to do; and the nearest word to a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches

Fault = tuple[str, str, str]
"""Where, what, advice: a finding whose form is not named yet."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: where it is, what is wrong, what to do."""

    form_id: str
    where: str
    what: str
    advice: str

    def __str__(self) -> str:
        return f"{self.form_id} · {self.where}: {self.what}. {self.advice}"


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that `word` was probably meant to be, or ""; case does not count."""
    by_lower = {name.lower(): name for name in sorted(known, reverse=True)}
    found = get_close_matches(word.lower(), by_lower, n=5, cutoff=0.7)
    alike = sorted(
        found, key=lambda name: (-SequenceMatcher(None, name, word.lower()).ratio(), name[:1] != word[:1], name)
    )
    return by_lower[alike[0]] if alike else ""


def advise(word: str, known: Iterable[str], otherwise: str) -> str:
    """Return "Write <the nearest known word>." or the advice `otherwise`."""
    found = nearest(word, known)
    return f"Write {found}." if found else otherwise
