"""How two versions of a form differ: every change, and those by which a name would be used again for something else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from forms.change import Change
from forms.version import Definition
from forms.version_choice import choice_changes
from forms.version_column import in_source_terms, is_fallback, kind_of_column, source_language

Lists = Mapping[str, Mapping[str, Any]]

_NOTHING = "no answer"
_FIXED = "a fixed value"
_CONSTANT = re.compile(r"'([^']*)'")
_ANSWERS = {
    **dict.fromkeys(("select_one", "select_one_from_file"), "one choice"),
    **dict.fromkeys(("select_multiple", "select_multiple_from_file"), "several choices"),
    **dict.fromkeys(("calculate", "hidden"), "a calculated value"),
    **dict.fromkeys(("dateTime", "datetime"), "a moment"),
    **dict.fromkeys(("begin_group", "note", "audit"), _NOTHING),
    "begin_repeat": "a repeat",
}


@dataclass(frozen=True, slots=True)
class _Placed:
    """A row of the survey in source terms, its type in words, and the groups around it."""

    columns: Mapping[str, str]
    kind: tuple[str, str]
    place: str

    @property
    def answer(self) -> str:
        """What kind of answer is stored."""
        return _FIXED if self.fixed else _ANSWERS.get(self.kind[0], self.kind[0])

    @property
    def fixed(self) -> str:
        """The value that a form writes without asking, such as the sector of a form for one sector; else ""."""
        found = _CONSTANT.fullmatch(self.columns.get("calculation", ""))
        return found[1] if found else ""

    @property
    def label(self) -> str:
        """What a question asks, or what it is when it shows nothing."""
        return self.columns.get("label") or self.kind[0].removeprefix("begin_").replace("_", " ")


def diff(old: Definition, new: Definition) -> tuple[Change, ...]:
    """Return every change from one definition to another: questions gone, then in their new order, scoring, settings.

    The source language is English. A language that shows a visible fallback before and after is left out.
    """
    sources = source_language(old), source_language(new)
    before, after = _questions(old, sources[0]), _questions(new, sources[1])
    moved = _moved(before, after)
    changes = [Change("question_removed", name, "", before[name].label, "") for name in before if name not in after]
    for name, placed in after.items():
        if name not in before:
            changes.append(Change("question_added", name, "", "", placed.label))
            continue
        if name in moved:
            changes.append(Change("question_moved", name, "place", before[name].place or "top", placed.place or "top"))
        changes.extend(_column_changes(name, before[name], placed))
        changes.extend(_answer_changes(name, before[name], placed, (old["choices"], new["choices"]), sources))
    scoring = _scoring_changes(old.get("instruments", {}), new.get("instruments", {}))
    return (*changes, *scoring, *_setting_changes(old["settings"], new["settings"]))


def refusals(earlier: Iterable[Definition], new: Definition) -> tuple[Change, ...]:
    """Return the changes by which a name would be used again with other codes or for another kind of answer.

    `earlier` are all versions that records may have, the newest first. Each name is compared with the newest version
    that has it, so that a name which was taken out and comes back keeps its meaning too.
    """
    found: list[Change] = []
    open_names = _names(new)
    for old in earlier:
        if here := open_names & _names(old):
            found += [change for change in diff(old, new) if change.is_refused and change.question in here]
            open_names -= here
    return tuple(found)


def _names(definition: Definition) -> set[str]:
    return {row["name"] for row in definition["survey"] if row.get("name")}


def _questions(definition: Definition, source: str) -> dict[str, _Placed]:
    """Every named row by name, in the order of the form."""
    found: dict[str, _Placed] = {}
    path: list[str] = []
    for row in definition["survey"]:
        kind, name = _kind(row.get("type", "")), row.get("name", "")
        if kind[0].startswith("end_"):
            del path[-1:]
            continue
        if name:
            found[name] = _Placed(in_source_terms(row, source), kind, "/".join(path))
        if kind[0].startswith("begin_"):
            path.append(name)
    return found


def _kind(text: str) -> tuple[str, str]:
    """The type of a row and its list or file; `begin group` is the same as `begin_group`."""
    words = text.split()
    if words[:1] in (["begin"], ["end"]):
        words = ["_".join(words[:2])]
    return " ".join(words[:1]), " ".join(words[1:2])


def _moved(before: Mapping[str, _Placed], after: Mapping[str, _Placed]) -> set[str]:
    """The names that are in another group, or had to be lifted over others to make the new order."""
    order, new_order = [name for name in before if name in after], [name for name in after if name in before]
    kept: set[str] = set()
    for block in SequenceMatcher(None, order, new_order, autojunk=False).get_matching_blocks():
        kept.update(order[block.a : block.a + block.size])
    return {name for name in new_order if name not in kept or before[name].place != after[name].place}


def _answer_changes(
    name: str, before: _Placed, after: _Placed, lists: tuple[Lists, Lists], sources: tuple[str, str]
) -> Iterator[Change]:
    """What changed in the kind of answer, or in the codes that it may hold."""
    (was, old_list), (now, new_list) = before.kind, after.kind
    if before.answer != after.answer:
        is_same = _has_code(before, after.fixed, lists[0]) or _has_code(after, before.fixed, lists[1])
        is_free = is_same or _NOTHING in (before.answer, after.answer)
        reason = "" if is_free else f"answers were {before.answer} and would be {after.answer}"
        yield Change("kind", name, "kind of answer", before.answer, after.answer, reason)
    elif "from_file" in was or "from_file" in now:
        if before.kind != after.kind:
            reason = f"codes came from {old_list} and would come from {new_list}"
            yield Change("choice_recoded", name, "list", old_list, new_list, reason)
    elif old_list or new_list:
        old, new = lists[0].get(old_list, {}), lists[1].get(new_list, {})
        yield from choice_changes(name, old, new, sources, is_other_list=old_list != new_list)


def _has_code(asked: _Placed, code: str, lists: Lists) -> bool:
    """Whether a question offers this code as one choice; of a list kept as its hash this is taken for granted."""
    choices = lists.get(asked.kind[1], {})
    codes = {row.get("name") for row in choices.get("rows", ())}
    return asked.kind[0] == "select_one" and code != "" and (code in codes or "rows" not in choices)


def _column_changes(name: str, before: _Placed, after: _Placed) -> Iterator[Change]:
    for column in dict.fromkeys((*before.columns, *after.columns)):
        old, new = before.columns.get(column, ""), after.columns.get(column, "")
        kind = kind_of_column(column)
        if old != new and not (kind == "translation" and is_fallback(old) and is_fallback(new)):
            yield Change(kind, name, column, old, new)


_UNSCORED = (
    *("title", "measures", "recall", "instruction", "licence", "is_published"),
    *("source", "band_source", "cluster_source", "untranslated_source"),
)
"""Parts of an instrument's data that say nothing about how it is scored; wording stands in the survey."""


def _scoring_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in (name for name in after if name in before):
        old, new = _scored(before[name]), _scored(after[name])
        for part in dict.fromkeys((*old, *new)):
            if old.get(part) != new.get(part):
                yield Change("scoring", name, part.replace("_", " "), in_words(old.get(part)), in_words(new.get(part)))


def _scored(data: Mapping[str, Any]) -> dict[str, Any]:
    """What of an instrument's data bears on a score: items and answers by name and code, without their wording."""
    kept = {part: value for part, value in data.items() if part not in _UNSCORED}
    items = [{key: value for key, value in item.items() if key != "wording"} for item in kept.pop("items", ())]
    return {
        **kept,
        "items": items,
        "answers": [choice["code"] for choice in kept.get("answers", {}).get("choices", ())],
    }


def in_words(value: Any) -> str:
    """Return a piece of scoring data as a reader can take it in: names and values, without brackets and quotes."""
    if isinstance(value, Mapping):
        return " ".join(
            f"{key.replace('_', ' ')} {in_words(item)}" for key, item in value.items() if item not in ("", None)
        )
    if isinstance(value, list | tuple):
        return "; ".join(map(in_words, value))
    return "" if value is None else str(value)


def _setting_changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        if name != "version" and before.get(name, "") != after.get(name, ""):
            yield Change("setting", "settings", name.replace("_", " "), before.get(name, ""), after.get(name, ""))
