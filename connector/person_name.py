"""Knows when two names, as CHAs write them on phones, sound like one.

The rules are our own, to be checked with Kinyarwanda speakers. They rest on:
* the Ministerial Instructions 001/2014 on the orthography of Kinyarwanda (Official Gazette 41 bis of 13/10/2014,
  articles 12 and 13): jy and cy before i and e are written g and k, so that both spellings are about;
* one liquid, written r or l, and no sign for the length of a vowel (Kimenyi, in Wikibooks, Kinyarwanda/Orthography);
* the sounds that OpenMRS took together for Rwandan clinics (openmrs-module-namephonetics, KinyarwandaSoundex): c and k,
  l and r, sh and s, glides. Its four-letter code finds too many people for a list that somebody reads, so that whole
  names are compared here;
* French and English spellings of baptismal names: ou, ph, tch, dj, ch, qu, au, ai, ç, and c before e and i.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

Likeness = Literal["same", "close", "other"]

TITLES = frozenset(
    {"bwana", "madamu", "madame", "mama", "maman", "miss", "mme", "mr", "mrs", "ms", "mukecuru", "muzehe", "nyina"}
    | {"padiri", "papa", "pasiteri", "pastor", "se", "sister", "soeur", "sr", "umukecuru", "umusaza", "wa", "ya"}
)
"""Words before a name that many people share; they are left out unless there is nothing else."""

SOUNDS: tuple[tuple[str, str], ...] = (
    ("tch", "k"),
    ("dj", "j"),
    ("ph", "f"),
    ("th", "t"),
    ("sch|ch", "sh"),
    ("eau|au", "o"),
    ("ou|oo", "u"),
    ("ai|ei", "e"),
    ("qu?|ck", "k"),
    ("x", "s"),
    ("bg|vy", "by"),
    ("[ck]y", "k"),
    ("[gj]y", "j"),
    ("c(?=[ei])", "s"),
    ("c", "k"),
    ("g(?=[ei])", "j"),
    ("shy?", "s"),
    ("l", "r"),
    ("h", ""),
    ("y", "i"),
    ("(?<=[uo])w(?=[aeiou])", ""),
    (r"(.)\1+", r"\1"),
)
"""What is written and what it is taken for, in this order."""
_SOUNDS = tuple((re.compile(written), heard) for written, heard in SOUNDS)
_SILENT = re.compile("[aeiouw]")
ALIKE_FROM, ONE_APART_FROM = 3, 4
"""Consonants that names need before equal ones make them close, or all but one equal ones, the first among them."""


@dataclass(frozen=True)
class Name:
    """A name as it sounds: its parts without titles, in the order written, and what only tells namesakes apart.

    `marks` are initials and whatever holds a digit.
    """

    parts: tuple[str, ...]
    marks: frozenset[str] = frozenset()

    @cached_property
    def whole(self) -> tuple[str, ...]:
        """The parts in an order of their own: people write first and family name in either order."""
        return tuple(sorted(self.parts))


@lru_cache(maxsize=4_000)
def read_name(text: str | None) -> Name:
    """Return a name as it sounds; case, accents, punctuation and titles do not matter."""
    words = re.findall(r"[^\W_]+", _plain(text or ""))
    marks = frozenset(word if any(map(str.isdigit, word)) else sound(word) for word in words if _is_mark(word))
    named = [word for word in words if not _is_mark(word)]
    parts = [sound(word) for word in named if word not in TITLES] or [sound(word) for word in named]
    return Name(tuple(part for part in parts if part), marks - {""})


@lru_cache(maxsize=4_000)
def sound(word: str) -> str:
    """Return a word of small letters without accents as it is heard."""
    for written, heard in _SOUNDS:
        word = written.sub(heard, word)
    return word


@lru_cache(maxsize=4_000)
def skeleton(part: str) -> str:
    """Return the consonants of a part as it sounds."""
    return _SILENT.sub("", part)


def likeness(first: Name, second: Name) -> Likeness:
    """Return whether two names are the same to the ear, close, or other names; no name is like any other."""
    if not first.parts or not second.parts:
        return "other"
    if not (first.marks <= second.marks or second.marks <= first.marks):
        return "other"
    is_same = first.whole == second.whole or "".join(first.parts) == "".join(second.parts)
    if is_same:
        return "same" if first.marks == second.marks else "close"
    return "close" if _is_within(*sorted((first, second), key=lambda name: (len(name.parts), name.whole))) else "other"


def _is_within(shorter: Name, longer: Name) -> bool:
    """Whether each part of the shorter name has a part of its own in the longer one that is close to it."""
    left = list(longer.whole)
    for part in shorter.whole:
        found = part if part in left else next((other for other in left if _is_close(part, other)), None)
        if found is None:
            return False
        left.remove(found)
    return True


def _is_close(first: str, second: str) -> bool:
    one, other = sorted((skeleton(first), skeleton(second)), key=len)
    if one == other:
        return len(one) >= ALIKE_FROM
    return len(one) >= ONE_APART_FROM and one[0] == other[0] and _is_one_apart(one, other)


def _is_one_apart(shorter: str, longer: str) -> bool:
    """Whether one letter more, or one other letter, makes one text of the other; they are not equal."""
    if len(longer) - len(shorter) > 1:
        return False
    at = next((place for place, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    return shorter[at:] == longer[at + 1 :] or shorter[at + 1 :] == longer[at + 1 :]


def _is_mark(word: str) -> bool:
    return len(word) == 1 or any(map(str.isdigit, word))


def _plain(text: str) -> str:
    """Small letters without accents; apostrophes join what they part."""
    decomposed = unicodedata.normalize("NFKD", re.sub("['’`ʼ]", "", text.casefold().replace("ç", "s")))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def blocks_of_name(name: Name) -> set[str]:
    """Return what two names that are not `other` always share one of: the first consonants of their parts."""
    return {skeleton(part)[:1] for part in name.parts}
