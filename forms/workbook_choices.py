"""What is wrong with the lists of a choices sheet: labels, codes, numbers that are left out, and lists nobody uses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from forms.finding import Fault
from forms.workbook import TRANSLATED, Book, SheetRow, split_header

_WHOLE = re.compile(r"-?\d{1,4}", re.ASCII)
_LIST = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
CODE = re.compile(r"[A-Za-z0-9_.-]+")
_UNIQUE = "Codes must be unique in a list, whatever the case."


def choice_faults(book: Book) -> Iterator[Fault]:
    """Choices that are incomplete, codes that cannot be told apart, scales with a gap, and lists that are not used."""
    lists: dict[str, list[SheetRow]] = {}
    for row in book.choices:
        yield from _incomplete(row)
        if row["list_name"]:
            lists.setdefault(row["list_name"], []).append(row)
    used = {row.list_name for row in book.survey}
    for name, rows in lists.items():
        if name not in used:
            yield f"choices, list {name}", "no question uses it", "Delete it, or correct the type of the question."
        yield from _equal_codes(rows)
        if not any(_is_filtered(row) for row in rows):
            for what, advice in scale_reasons([row.name for row in rows]):
                yield f"choices, list {name}", what, advice


def _is_filtered(row: SheetRow) -> bool:
    """Whether the row has a column of its own, by which a choice_filter picks: places, not a scale."""
    return any(split_header(column)[0] not in (*TRANSLATED, "list_name", "name") for column in row.cells)


def _incomplete(row: SheetRow) -> Iterator[Fault]:
    if not row["list_name"]:
        yield row.place, "belongs to no list", "Write the list in the column list_name."
    elif not _LIST.fullmatch(row["list_name"]):
        yield row.place, "the name of the list is not usable", "Use letters, digits and _, a letter first."
    if not row.name:
        yield row.place, "has no code", "Write the code in the column name."
    elif len(row.name.split()) > 1:
        yield row.place, "the code holds a space", "Use one word."
    elif not CODE.fullmatch(row.name):
        yield row.place, "the code is not usable", "Use letters without accents, digits, _, - and . only."
    if not row.has("label"):
        yield row.place, "has no label", "Write what the phone shows."


def _equal_codes(rows: Sequence[SheetRow]) -> Iterator[Fault]:
    codes: dict[str, SheetRow] = {}
    numbers: dict[float, SheetRow] = {}
    for row in rows:
        if not row.name:
            continue
        earlier = codes.setdefault(row.name.lower(), row)
        number = _number(row.name)
        same = numbers.setdefault(number, row) if number is not None else row
        if earlier is not row:
            yield row.place, f"row {earlier.number} has this code already", _UNIQUE
        elif same is not row:
            yield (
                row.place,
                f"the code is the same number as {same.name} in row {same.number}",
                "Write numbers one way.",
            )


def _number(code: str) -> float | None:
    try:
        return float(code) if code.isascii() and "_" not in code else None
    except ValueError:
        return None


def scale_reasons(codes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (what, advice) when codes are a scale of numbers that leaves some out: its scores would jump.

    Lists of large numbers only (places, years) are no scales. Words beside numbers (refused) are special answers.
    """
    numbers = sorted({int(code) for code in codes if _WHOLE.fullmatch(code)})
    if sum(abs(number) < 100 for number in numbers) < 2:
        return
    missing = sorted(set(range(numbers[0], numbers[-1])) - set(numbers))
    if missing:
        what = f"the codes run from {numbers[0]} to {numbers[-1]} and leave out {_listed(missing)}"
        yield what, "Give every code from low to high, and a word such as refused to special answers."


def _listed(numbers: Sequence[int]) -> str:
    if 1 < len(numbers) == numbers[-1] - numbers[0] + 1:
        return f"{numbers[0]} to {numbers[-1]}"
    return ", ".join(str(number) for number in numbers[:5]) + (" …" if len(numbers) > 5 else "")
