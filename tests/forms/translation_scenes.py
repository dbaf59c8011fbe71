"""Knows small translator's sheets: made rows go out, are filled in, and come back, without the programme's forms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from forms.programme import PROGRAMME
from forms.translation import FormString
from forms.translation_catalogue import Entry
from forms.translation_import import Judgement, judge
from forms.translation_return import COLUMNS_NEEDED, read_sheet
from forms.translation_sheet import TEXTS, neutralise
from forms.xlsform import write_workbook

DRAFT = ("draft", "project draft", "2026-11-01")
REVIEWED = ("reviewed", "reviewed by AB", "2026-11-01")
TODAY = dt.date(2026, 11, 26)
NUMBER = PROGRAMME.help_lines[0].number
STRINGS = {
    string.key: string
    for string in (
        FormString("greet.label", "Good morning"),
        FormString("code.label", "The code is ${client_code}"),
        FormString("call.label", f"Call {NUMBER} now"),
        FormString("new.label", "Not translated yet"),
        FormString("old.label", "This English has changed"),
        FormString("phq9_1.label", "Little interest or pleasure in doing things", "phq9"),
    )
}
CATALOGUE = {
    entry.key: entry
    for entry in (
        Entry("greet.label", "Good morning", "Mwaramutse", *DRAFT),
        Entry("code.label", "The code is ${client_code}", "Kode ni ${client_code}", *DRAFT),
        Entry("call.label", f"Call {NUMBER} now", f"Muhamagare {NUMBER} ubu", *REVIEWED),
        Entry("old.label", "The English of before", "Icyongereza", *REVIEWED),
    )
}  # fmt: skip

Cells = Mapping[str, str]


def sheet_row(key: str, **filled: str) -> dict[str, str]:
    """The row of one of the made strings as an export writes it, with cells changed: `new_text` is "new text"."""
    entry, string = CATALOGUE.get(key), STRINGS.get(key, FormString(key, ""))
    status = "missing" if entry is None else entry.status if entry.english == string.english else "stale"
    cells = dict.fromkeys(COLUMNS_NEEDED, "") | {
        "key": key,
        "language": "rw",
        "english": string.english,
        "text now": entry.text if entry else "",
        "status now": status,
    }
    given = {name.replace("_", " "): value for name, value in filled.items()}
    return {name: neutralise(value) for name, value in (cells | given).items()}


def judged(
    *rows: Cells, catalogue: Mapping[str, Entry] = CATALOGUE, strings: Mapping[str, FormString] = STRINGS
) -> Judgement:
    """What a sheet of these rows, saved and read again, would do to the catalogue."""
    return judge(read_sheet(write_workbook({TEXTS: rows})), catalogue, TODAY, strings)


def refusals(*rows: Cells) -> list[str]:
    """The refusals of a sheet of these rows, which then changes nothing of what is refused."""
    return [str(refusal) for refusal in judged(*rows).refusals]


def new_entries(rows: Iterable[Cells]) -> list[Entry]:
    """The entries that a sheet of good rows leads to."""
    judgement = judged(*rows)
    assert judgement.refusals == ()
    return [change.new for change in judgement.changes]
