"""Knows how to make Excel workbooks from rows of values, as people make them."""

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import openpyxl


def made_workbook(
    tables: Mapping[str, Iterable[Sequence[Any]]], change: Callable[[Any], object] = lambda workbook: None
) -> bytes:
    """The sheets by title, in order, as an .xlsx file; `change` does the rest to the open workbook."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title, rows in tables.items():
        sheet = workbook.create_sheet(title)
        for number, row in enumerate(rows, start=1):
            for place, value in enumerate(row, start=1):
                sheet.cell(number, place, value)
    change(workbook)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()
