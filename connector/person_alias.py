"""Knows which client codes were merged into which, and how a record's rows then name the person.

Raw records stay as they came. In the rows derived from them every merged code is replaced by the one that was kept, and
`told_code` holds what the record said, so that an alert keeps its id and undoing a merge brings back every row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, or_, select

from connector.errors import NeedsPersonError
from connector.fact_schema import told_code
from connector.precious_schema import person_merge
from connector.schema import FORM_TABLES
from forms.attendance import ABSENCE_REASONS
from forms.form import Form
from forms.library import FORMS
from forms.questions import MEMBERS

Row = dict[str, Any]
Aliases = Mapping[str, str]
"""Merged code -> the code that was kept in the end."""
ROSTER_CODES, LEFT = "roster_codes", "absent_left_group"
ABSENCES = tuple(f"absent_{code}" for code in ABSENCE_REASONS.codes)
_CALCULATED = ("client_code", ROSTER_CODES, "distress_members")


def read_aliases(connection: Connection) -> Aliases:
    """Return merged code -> kept code of all merges that are not undone; a chain of merges leads to its end.

    Raises NeedsPersonError when merges run in a circle, which only writing past this program can bring about.
    """
    query = select(person_merge.c.merged_code, person_merge.c.kept_code).where(person_merge.c.undone_at.is_(None))
    steps = {row.merged_code: row.kept_code for row in connection.execute(query.order_by(person_merge.c.merge_id))}
    return {code: _end(code, steps) for code in steps}


def codes_of(kept: str, aliases: Aliases) -> set[str]:
    """Return all codes under which a person is named."""
    return {kept, *(merged for merged, end in aliases.items() if end == kept)}


def code_questions(form: Form) -> tuple[str, ...]:
    """Return the questions of a form whose answers are codes of clients: chosen from the list, or made of such."""
    return tuple(question.name for question in form.questions() if question.is_answered and _holds_codes(question))


def with_kept_codes(form_id: str, tables: Mapping[str, list[Row]], aliases: Aliases) -> dict[str, list[Row]]:
    """Return the rows of one record, by table, naming every person by the kept code, and those of `told_code`.

    Somebody who was on the phone's list under two codes and ticked as absent under one of them was there; as having
    left for good they count only when every line of theirs was ticked so. `roster_codes` keeps the code as often as
    the list had it.
    """
    record = FORM_TABLES[form_id].record.name
    renamed = {**tables, told_code.name: [*_told(form_id, tables.get(record, ()), aliases)]}
    if "assessment" in tables:
        renamed["assessment"] = [_renamed(row, ("client_code",), aliases) for row in tables["assessment"]]
    if not renamed[told_code.name]:
        return renamed
    renamed[record] = [_renamed(row, QUESTIONS[form_id], aliases) for row in tables[record]]
    came = _came_after_all(renamed[record][0], tables[record][0], aliases) if form_id == "attendance" else {}
    for row in renamed[record]:
        row |= {
            name: _ticks(row[name], came.get(name, ())) for name in QUESTIONS[form_id] if name in _CHILDREN[form_id]
        }
    for name, child in _CHILDREN[form_id].items():
        ticked = (_renamed(row, ("choice",), aliases) for row in tables.get(child, ()))
        kept = {row["choice"]: row for row in ticked if row["choice"] not in came.get(name, ())}
        renamed[child] = list(kept.values())
    return renamed


def roots_naming(connection: Connection, codes: Collection[str]) -> set[str]:
    """Return the root UUIDs of all records that name one of these clients, by this code or by one merged into it.

    Reads every record once: to be asked when people are merged, not for every page.
    """
    found = set(connection.scalars(select(told_code.c.root_uuid).where(_names(told_code.c.told, codes))))
    for form_id, names in QUESTIONS.items():
        table = FORM_TABLES[form_id].record
        named = or_(*(_names(table.c[name], codes) for name in names))
        found.update(connection.scalars(select(table.c.root_uuid).where(named)))
    return found


def _names(column: Any, codes: Iterable[str]) -> Any:
    return or_(*(column.contains(code, autoescape=True) for code in codes))


def _holds_codes(question: Any) -> bool:
    is_calculated = question.name in _CALCULATED or (
        question.name.startswith("distress_") and question.name.endswith("_code")
    )
    return is_calculated or question.roster == MEMBERS


QUESTIONS: Mapping[str, tuple[str, ...]] = {form_id: code_questions(form) for form_id, form in FORMS.items()}
"""By form, the questions that hold codes of clients."""
_CHILDREN: Mapping[str, Mapping[str, str]] = {
    form_id: {name: tables.children[name].name for name in QUESTIONS[form_id] if name in tables.children}
    for form_id, tables in FORM_TABLES.items()
}


def _end(code: str, steps: Mapping[str, str]) -> str:
    passed = {code}
    while code in steps:
        code = steps[code]
        if code in passed:
            raise NeedsPersonError(
                "Merges of people run in a circle.", advice="Look at `healing persons list` and undo one of them."
            )
        passed.add(code)
    return code


def _told(form_id: str, rows: Iterable[Row], aliases: Aliases) -> Iterable[Row]:
    """Rows of told_code: the answers in which a merged code stands."""
    for row in rows:
        for name in QUESTIONS[form_id]:
            if any(code in aliases for code in (row[name] or "").split()):
                yield {"root_uuid": row["root_uuid"], "question": name, "told": row[name]}


def _renamed(row: Row, names: Sequence[str], aliases: Aliases) -> Row:
    return {**row, **{name: _kept(row[name], aliases) for name in names if row.get(name)}}


def _kept(codes: str, aliases: Aliases) -> str:
    return " ".join(aliases.get(code, code) for code in codes.split())


def _ticks(codes: str | None, taken_back: Collection[str]) -> str | None:
    """Codes that were ticked, each once, without those that are taken back."""
    return " ".join(code for code in dict.fromkeys((codes or "").split()) if code not in taken_back) or None


def _came_after_all(row: Row, told: Row, aliases: Aliases) -> dict[str, set[str]]:
    """The ticks to take back, by question: of people on the list more than once, of whom not every line was ticked."""
    lines = Counter((row[ROSTER_CODES] or "").split())
    twice = {code: number for code, number in lines.items() if number > 1}
    ticks = {name: Counter(_kept(told[name] or "", aliases).split()) for name in ABSENCES}
    absent = sum(ticks.values(), Counter())
    came = {code for code, number in twice.items() if absent[code] < number}
    stayed = {code for code, number in twice.items() if ticks[LEFT][code] < number}
    return {name: came | stayed if name == LEFT else came for name in ABSENCES}
