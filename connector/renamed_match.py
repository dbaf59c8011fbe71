"""Knows when something in a changed form is what was published, also under another name, and when nobody can say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Thing:
    """A question, a repeat or a choice as one version has it.

    `key` tells it from all others of its version, `name` is its name or code, `kuid` KoboToolbox's own mark of it,
    `words` its label in the default language, and `sort` what its answers can be.
    """

    key: str
    name: str
    kuid: str
    words: str
    sort: Hashable = None


@dataclass(frozen=True, slots=True)
class Found:
    """Which of ours a thing is, by key. `is_same`: it asks the same; else it only has its mark or its name."""

    key: str
    is_same: bool
    is_reworded: bool = False


def match(ours: Sequence[Thing], theirs: Sequence[Thing]) -> dict[str, Found]:
    """Return, by key, which of ours each of theirs is; one that has neither mark nor name of any of ours is left out.

    A thing with another name is the same only with mark, words and sort unchanged. One that kept its name may have
    other words, which somebody corrected, unless they are now those of another one of ours. One that has a name of ours
    without its mark is the same when nothing else has that mark, and its words are the same or no marks were kept at
    all, as after an upload of a workbook. What two of theirs could be is neither.
    """
    judge = _Judge.of(ours, theirs)
    found = {each.key: verdict for each in theirs if (verdict := judge.judge(each)) is not None}
    claimed = Counter(each.key for each in found.values() if each.is_same)
    return {key: each if claimed[each.key] < 2 else replace(each, is_same=False) for key, each in found.items()}


@dataclass(frozen=True, slots=True)
class _Judge:
    by_kuid: Mapping[str, Thing]
    by_name: Mapping[str, Thing]
    said: Counter[str] = field(repr=False)
    marks: Counter[str] = field(repr=False)

    @classmethod
    def of(cls, ours: Sequence[Thing], theirs: Sequence[Thing]) -> _Judge:
        """What two versions have."""
        by_kuid, by_name = _unique((each.kuid, each) for each in ours), _unique((each.name, each) for each in ours)
        return cls(
            by_kuid, by_name, Counter(each.words for each in ours), Counter(each.kuid for each in theirs if each.kuid)
        )

    def judge(self, thing: Thing) -> Found | None:
        """Which of ours a thing is, as far as it alone tells."""
        marked = self.by_kuid.get(thing.kuid)
        if marked is not None and self.marks[thing.kuid] == 1:
            return self._found(marked, thing, may_be_reworded=marked.name == thing.name)
        named = self.by_name.get(thing.name)
        if named is None:
            return None
        if named.kuid != thing.kuid and named.kuid in self.marks:
            return Found(named.key, is_same=False)
        return self._found(named, thing, may_be_reworded=not self._keeps_marks())

    def _found(self, mine: Thing, thing: Thing, may_be_reworded: bool) -> Found:
        is_reworded = mine.words != thing.words
        is_right = not is_reworded or (may_be_reworded and not self.said[thing.words or "\x00"])
        return Found(mine.key, is_right and mine.sort == thing.sort, is_reworded)

    def _keeps_marks(self) -> bool:
        return not self.marks.keys().isdisjoint(self.by_kuid)


def _unique(pairs: Iterable[tuple[str, Thing]]) -> dict[str, Thing]:
    """The things by what they are called; what several are called tells nothing, nor does an empty text."""
    listed = list(pairs)
    times = Counter(called for called, _ in listed)
    return {called: thing for called, thing in listed if called and times[called] == 1}
