"""Knows how a version that was changed on the website differs from the one that was published: names, places, codes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from connector.adopted_content import OTHER, Asked, Content, Labels, read_content
from connector.adopted_kinds import STORAGES
from connector.renamed_match import Found, Thing, match

Codes = Mapping[str, str | None]
"""Codes of a list by the published code that each means; None where nobody can say which."""
_REFERENCE = re.compile(r"\$\{\s*([^}\s]+)\s*\}")
_COMPUTED = ("calculate", "hidden")


@dataclass(frozen=True, slots=True)
class VersionMap:
    """What became of a published version. Questions and repeats go by the keys that records have for them.

    `keys`: theirs -> ours, of everything that is the same. `refused`: theirs -> ours, where only the mark or the name
    is. `codes`: theirs -> its codes, of the questions whose choices were changed. `absent`: ours, asked no more.
    `added`: theirs, of which nothing of ours is known.
    """

    keys: Mapping[str, str]
    refused: Mapping[str, str]
    codes: Mapping[str, Codes]
    reworded: tuple[str, ...]
    absent: tuple[str, ...]
    added: tuple[str, ...] = ()

    @property
    def renamed(self) -> dict[str, str]:
        """What has another name or place, theirs -> ours."""
        return {theirs: ours for theirs, ours in self.keys.items() if theirs != ours}

    @property
    def is_plain(self) -> bool:
        """Whether its records are read as those of the published version."""
        return not (self.renamed or self.refused or self.codes)

    @property
    def is_untouched(self) -> bool:
        """Whether both versions ask just the same."""
        return self.is_plain and not (self.reworded or self.absent or self.added)


@lru_cache(maxsize=32)
def compare(published: str, changed: str) -> VersionMap:
    """Compare two contents, JSON as the server gives it."""
    ours, theirs = _Version.of(json.loads(published)), _Version.of(json.loads(changed))
    repeats = match(list(ours.repeats({})), list(theirs.repeats({})))
    same_repeats = {key: each.key for key, each in repeats.items() if each.is_same}
    names = _names(ours, theirs)
    mine = list(ours.questions({each.path: each.path for each in ours.content.repeats}, {}))
    asked = list(theirs.questions(same_repeats, names))
    questions = match(mine, asked)
    found = {**repeats, **questions}
    same = {key: each.key for key, each in found.items() if each.is_same}
    return VersionMap(
        keys=same,
        refused={key: each.key for key, each in found.items() if not each.is_same},
        codes=dict(_changed_codes(ours, theirs, questions)),
        reworded=tuple(key for key, each in questions.items() if each.is_same and each.is_reworded),
        absent=tuple(each.key for each in mine if each.key not in {known.key for known in found.values()}),
        added=tuple(each.key for each in asked if each.key not in questions),
    )


@dataclass(frozen=True, slots=True)
class _Version:
    """A content, read, and the language in which its words are compared."""

    content: Content
    language: str

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> _Version:
        settings, languages = content.get("settings"), content.get("translations")
        first = languages[0] if isinstance(languages, list) and languages else ""
        chosen = settings.get("default_language") if isinstance(settings, Mapping) else None
        return cls(read_content(content), str((chosen if chosen in (languages or ()) else first) or ""))

    def repeats(self, names: Mapping[str, str]) -> Iterator[Thing]:
        """The repeats; those that stand in another one are known by their own mark."""
        for each in self.content.repeats:
            yield Thing(each.path, each.name, each.kuid, self._words(each, names), len(each.repeats))

    def questions(self, repeats: Mapping[str, str], names: Mapping[str, str]) -> Iterator[Thing]:
        """The questions, in whose words others are called by `names`, inside the published `repeats`."""
        for each in self.content.questions:
            sort = STORAGES.get(each.kind, each.kind), tuple(map(repeats.get, each.repeats))
            yield Thing(each.path, each.name, each.kuid, self._words(each, names), sort)

    def choices(self, list_name: str) -> list[Thing]:
        """The choices of a list."""
        options = self.content.lists.get(list_name, ())
        return [Thing(each.code, each.code, each.kuid, _plain(self._label(each.labels))) for each in options]

    def _words(self, asked: Asked, names: Mapping[str, str]) -> str:
        """What is asked, and how it is computed where nobody is asked; other questions go by their published names."""
        formula = asked.calculation if asked.kind in _COMPUTED else ""
        text = f"{self._label(asked.labels)} {formula}"
        return _plain(_REFERENCE.sub(lambda found: f"${{{names.get(found[1], found[1])}}}", text))

    def _label(self, labels: Labels) -> str:
        return labels.get(self.language) or labels.get("") or next(iter(labels.values()), "")


def _plain(text: str) -> str:
    return " ".join(text.split())


def _names(ours: _Version, theirs: _Version) -> dict[str, str]:
    """The published names of their questions, by the mark."""
    published = {each.kuid: each.name for each in ours.content.questions if each.kuid}
    return {each.name: published[each.kuid] for each in theirs.content.questions if each.kuid in published}


def _changed_codes(ours: _Version, theirs: _Version, questions: Mapping[str, Found]) -> Iterator[tuple[str, Codes]]:
    """Yield (their key, codes) of every question that is the same and whose codes do not all mean the same."""
    mine = {each.path: each for each in ours.content.questions}
    memory: dict[tuple[str, str], Codes] = {}
    for each in theirs.content.questions:
        found = questions.get(each.path)
        if found is None or not found.is_same or each.codes is None or mine[found.key].codes is None:
            continue
        lists = mine[found.key].list_name, each.list_name
        if lists not in memory:
            memory[lists] = _codes(ours.choices(lists[0]), theirs.choices(lists[1]))
        codes = {**memory[lists], **({OTHER: OTHER} if OTHER in each.codes else {})}
        if any(code != meant for code, meant in codes.items()):
            yield each.path, codes


def _codes(ours: Sequence[Thing], theirs: Sequence[Thing]) -> Codes:
    """The codes of a list; one that is new keeps its code, which the published list does not have."""
    found = match(ours, theirs)
    meant = {code: each.key if each.is_same else None for code, each in found.items()}
    return {each.name: meant.get(each.key, each.name) for each in theirs}
