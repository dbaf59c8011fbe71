"""How two lists of choices differ, and when their codes would no longer mean what they meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from forms.change import Change
from forms.version_column import in_source_terms, is_fallback, kind_of_column

Rows = Mapping[str, Mapping[str, str]]
"""Columns of a choice by its code, in the order of the list."""


def choice_changes(
    question: str, old: Mapping[str, Any], new: Mapping[str, Any], sources: tuple[str, str], is_other_list: bool
) -> Iterator[Change]:
    """Yield what changed in the choices of a question; `old` and `new` are lists of a definition.

    `sources` are the source languages of both definitions. Of a list kept as its hash only the size is told.
    """
    if old.get("hash") == new.get("hash") and sources[0] == sources[1]:
        return
    if "rows" not in old or "rows" not in new:
        if old or new:
            yield Change("place_list", question, "choices", _size(old), _size(new))
        return
    before, after = _by_code(old["rows"], sources[0]), _by_code(new["rows"], sources[1])
    reason = _refusal(before, after, is_other_list)
    if reason:
        yield Change("choice_recoded", question, "choices", _words(before), _words(after), reason)
    else:
        yield from _added_and_removed(question, before, after)
    for code in (code for code in after if code in before):
        changes = _column_changes(question, code, before[code], after[code])
        yield from (change for change in changes if not reason or change.kind != "choice_relabelled")
    if not reason and _common(before, after) != _common(after, before):
        yield Change("choice_moved", question, "order of the choices", " ".join(before), " ".join(after))


def _refusal(before: Rows, after: Rows, is_other_list: bool) -> str:
    """Say why codes would mean something else, "" when each keeps its meaning."""
    if moved := _moved_label(before, after):
        label, was, now = moved
        return f"'{label}' was the code {was} and would be {now}"
    gone, come = _without(before, after), _without(after, before)
    if gone and come:
        return f"codes {', '.join(gone)} would go and {', '.join(come)} come"
    relabelled = [code for code in before if code in after and _label(before, code) != _label(after, code)]
    if is_other_list and relabelled:
        return f"the codes {', '.join(relabelled)} would be those of another list"
    return ""


def _moved_label(before: Rows, after: Rows) -> tuple[str, str, str] | None:
    """A label that only one code had and only one other code has now, if there is one."""
    was, now = _codes_by_label(before), _codes_by_label(after)
    for label in was:
        if label and len(was[label]) == 1 and len(now.get(label, ())) == 1 and was[label] != now[label]:
            return label, was[label][0], now[label][0]
    return None


def _codes_by_label(rows: Rows) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code in rows:
        found.setdefault(_label(rows, code), []).append(code)
    return found


def _added_and_removed(question: str, before: Rows, after: Rows) -> Iterator[Change]:
    for code in _without(before, after):
        yield Change("choice_removed", question, f"choice {code}", _label(before, code) or code, "")
    for code in _without(after, before):
        yield Change("choice_added", question, f"choice {code}", "", _label(after, code) or code)


def _column_changes(question: str, code: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for column in dict.fromkeys((*before, *after)):
        old, new, kind = before.get(column, ""), after.get(column, ""), kind_of_column(column)
        if old == new or (kind == "translation" and is_fallback(old) and is_fallback(new)):
            continue
        kind = {"wording": "choice_relabelled", "look": "filter"}.get(kind, kind)
        yield Change(kind, question, f"choice {code}, {column}", old, new)


def _by_code(rows: Iterable[Mapping[str, str]], source: str) -> dict[str, dict[str, str]]:
    return {row.get("name", row.get("value", "")): in_source_terms(row, source) for row in rows}


def _label(rows: Rows, code: str) -> str:
    return " ".join(rows[code].get("label", "").split())


def _without(rows: Rows, others: Rows) -> list[str]:
    return [code for code in rows if code not in others]


def _common(rows: Rows, others: Rows) -> list[str]:
    return [code for code in rows if code in others]


def _words(rows: Rows) -> str:
    return ", ".join(f"{code} {_label(rows, code)}".strip() for code in rows)


def _size(choices: Mapping[str, Any]) -> str:
    return f"{choices.get('count', 0)} choices"
