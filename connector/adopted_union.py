"""Knows how the versions of a form become one: which question is which, also when it was renamed, moved or retyped."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from connector.adopted_content import Asked, Content, Path

Version = tuple[str, Content]
"""Uid of a version, and what it asks."""
Thing = TypeVar("Thing")


@dataclass(slots=True, eq=False)
class Kept:
    """A question or a repeat through all versions. `seen` has it as each version asks it, by uid, the newest first.

    `key` is where it stands in records of every version after `moved`: its newest path, unless a newer question has it.
    """

    inside: Kept | None
    key: str = ""
    seen: dict[str, Asked] = field(default_factory=dict)

    @property
    def newest(self) -> Asked:
        """As the newest version that has it asks it: its name and place count."""
        return next(iter(self.seen.values()))

    @property
    def oldest(self) -> Asked:
        """As the oldest version met so far asks it, which the next older one is compared with."""
        return next(reversed(self.seen.values()))

    @property
    def earlier_names(self) -> tuple[str, ...]:
        """The names that it had before the one it has now."""
        names = dict.fromkeys(asked.name for asked in self.seen.values())
        return tuple(name for name in names if name != self.newest.name)


@dataclass(frozen=True, slots=True)
class Union:
    """Everything that any version asks, what is in the newest version first.

    `moves`: for each version, keys of its records by the keys under which all versions are read; versions whose keys
    are all the newest are left out. `any_moves` is for records whose version nobody knows.
    """

    questions: tuple[Kept, ...]
    repeats: tuple[Kept, ...]
    moves: Mapping[str, Mapping[str, str]]
    any_moves: Mapping[str, str]


def unite(versions: Sequence[Version]) -> Union:
    """Bring the versions of a form, given oldest first, together.

    From newest to oldest, a question is the one that has its `$kuid`; else the one that has, or once had, its name in
    the same repeat; else the only one that is asked in the same words, of the same kind and list, in the same group,
    and whose names are not both in either version. What moves into a repeat or out of it is kept as two questions.
    """
    merging = _Merging()
    for uid, content in reversed(versions):
        merging.add_level(uid, content, (), None)
    everything = (*merging.questions, *merging.repeats)
    _give_keys(everything)
    moves = {uid: found for uid, _ in versions if (found := _moves(everything, uid))}
    keys = {each.key for each in everything}
    anyway = {old: new for found in moves.values() for old, new in found.items() if old not in keys}
    return Union(tuple(merging.questions), tuple(merging.repeats), moves, anyway)


def _give_keys(everything: Iterable[Kept]) -> None:
    taken: set[tuple[int, str]] = set()
    for each in everything:
        each.key, number = each.newest.path, 1
        while (id(each.inside), each.key) in taken:
            number += 1
            each.key = f"{each.newest.path}~{number}"
        taken.add((id(each.inside), each.key))


def _moves(everything: Iterable[Kept], uid: str) -> dict[str, str]:
    found = {each.seen[uid].path: each.key for each in everything if uid in each.seen}
    return {old: new for old, new in found.items() if old != new}


@dataclass(slots=True)
class _Merging:
    questions: list[Kept] = field(default_factory=list)
    repeats: list[Kept] = field(default_factory=list)

    def add_level(self, uid: str, content: Content, place: Path, inside: Kept | None) -> None:
        """Take in what a version asks in one repeat (or outside of all), and in the repeats that it holds."""
        self._place(uid, [each for each in content.questions if each.repeats == place], self.questions, inside)
        repeats = [each for each in content.repeats if each.repeats == place]
        for repeat, kept in self._place(uid, repeats, self.repeats, inside):
            self.add_level(uid, content, (*place, repeat.path), kept)

    def _place(
        self, uid: str, asked: Sequence[Asked], known: list[Kept], inside: Kept | None
    ) -> list[tuple[Asked, Kept]]:
        pairs = _pairs(asked, [each for each in known if each.inside is inside])
        placed = []
        for each in asked:
            if each.path not in pairs:
                pairs[each.path] = Kept(inside)
                known.append(pairs[each.path])
            pairs[each.path].seen[uid] = each
            placed.append((each, pairs[each.path]))
        return placed


def _pairs(asked: Sequence[Asked], known: Sequence[Kept]) -> dict[str, Kept]:
    """Return, by path of a question of the older version, the question it is; each question at most once."""
    pairs: dict[str, Kept] = {}
    for key_of, keys_of in _RULES:
        taken = {id(kept) for kept in pairs.values()}
        theirs = _unique((key, kept) for kept in known if id(kept) not in taken for key in keys_of(kept))
        ours = _unique((key_of(each), each) for each in asked if each.path not in pairs)
        for key, each in ours.items():
            kept = theirs.get(key)
            if kept is not None and id(kept) not in taken:
                pairs[each.path] = kept
                taken.add(id(kept))
    return pairs


def _unique(pairs: Iterable[tuple[Hashable, Thing]]) -> dict[Hashable, Thing]:
    """Return the things by their keys; a key that several have tells nothing, nor does an empty one."""
    found: dict[Hashable, dict[int, Thing]] = {}
    for key, thing in pairs:
        if key:
            found.setdefault(key, {})[id(thing)] = thing
    return {key: next(iter(things.values())) for key, things in found.items() if len(things) == 1}


def _words(asked: Asked) -> Hashable:
    return (asked.group, asked.kind, asked.list_name, tuple(sorted(asked.labels.items()))) if asked.labels else ""


_RULES: tuple[tuple[Callable[[Asked], Hashable], Callable[[Kept], Iterable[Hashable]]], ...] = (
    (lambda asked: asked.kuid, lambda kept: (each.kuid for each in kept.seen.values())),
    (lambda asked: asked.name, lambda kept: (kept.oldest.name,)),
    (lambda asked: asked.name, lambda kept: (*kept.earlier_names, kept.newest.name)),
    (_words, lambda kept: (_words(kept.oldest),)),
)
"""How a question of an older version is recognised, the surest way first."""
