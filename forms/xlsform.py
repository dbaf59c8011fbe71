"""How a form becomes an XLSForm workbook and an XForm; the only file that knows pyxform and openpyxl."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import openpyxl
from openpyxl.cell import Cell, MergedCell
from openpyxl.styles import Alignment, PatternFill
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from pyxform.errors import PyXFormError
from pyxform.validators.odk_validate import ODK_VALIDATE_PATH
from pyxform.xls2xform import convert

from forms.expression import to_xpath
from forms.form import Form, Group, Node, Question, Repeat
from forms.instrument import ChoiceList
from forms.library import forms_in
from forms.pictogram import pictogram
from forms.programme import PROGRAMME
from forms.translation import (
    DEFAULT_LANGUAGE,
    LANGUAGES,
    REQUIRED_KEY,
    REQUIRED_MESSAGE,
    FormString,
    choice_key,
    question_strings,
    shown,
)

Row = dict[str, str]
Sheets = Mapping[str, Sequence[Mapping[str, str]]]

_SHEETS = ("survey", "choices", "settings")
_TRANSLATED = ("label", "hint", "constraint_message", "required_message")
_WRAPPED, _COLOURED = Alignment(wrap_text=True, vertical="top"), PatternFill("solid", start_color="FFF2CC")
_FIXED_DATE = dt.datetime(2020, 1, 1)


ENGINE_JAR = Path(ODK_VALIDATE_PATH)
"""ODK Validate as pyxform ships it; JavaRosa, the engine inside KoboCollect, is in it."""


class XlsFormError(ValueError):
    """A workbook that is not a valid XLSForm; the message is pyxform's own."""


def read_workbook(content: bytes) -> dict[str, list[Row]]:
    """Return the sheets of an .xlsx file as rows keyed by header, every cell a non-empty str.

    Raises XlsFormError when the bytes are not a readable workbook.
    """
    sheets = read_numbered_rows(content)
    return {title: [row for number, row in rows.items() if number > 1] for title, rows in sheets.items()}


def read_numbered_rows(content: bytes) -> dict[str, dict[int, Row]]:
    """Return the sheets of an .xlsx file as rows by their number in the sheet; row 1, the header, is among them.

    Raises XlsFormError when the bytes are not a readable workbook.
    """
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        return {sheet.title: dict(_rows(sheet.iter_rows(values_only=True))) for sheet in book.worksheets}
    except Exception as error:  # openpyxl raises many kinds for damaged files
        raise XlsFormError(f"the file is not a readable .xlsx workbook ({type(error).__name__})") from error


@dataclass(frozen=True, slots=True)
class SheetCells:
    """One sheet as it stands: the values of its cells by row, dates and numbers as such, an empty cell as None.

    A formula is the value that was calculated last, or UNCALCULATED when there is none or it is an error. `merged` are
    the cells, by row from 1 and place from 0, that were merged into another one: they are empty, and look filled.
    """

    title: str
    is_hidden: bool
    rows: tuple[tuple[object, ...], ...]
    merged: frozenset[tuple[int, int]] = frozenset()


UNCALCULATED = "=?"
"""Stands in a cell whose formula has no value."""


def read_cells(content: bytes) -> tuple[SheetCells, ...]:
    """Return every sheet of an .xlsx file, hidden ones too, with the cells as people made them.

    Raises XlsFormError when the bytes are not a readable workbook.
    """
    try:
        values = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
        formulas = openpyxl.load_workbook(io.BytesIO(content))
        return tuple(_sheet_cells(sheet, formulas[sheet.title]) for sheet in values.worksheets)
    except Exception as error:  # openpyxl raises many kinds for damaged files
        raise XlsFormError(f"the file is not a readable .xlsx workbook ({type(error).__name__})") from error


def _sheet_cells(values: Worksheet, formulas: Worksheet) -> SheetCells:
    """The cells of a sheet up to the last one that holds anything: formatted ones may go on for a million rows."""
    filled = [place for sheet in (values, formulas) for place, cell in sheet._cells.items() if cell.value is not None]
    last_row, last_column = (max((place[way] for place in filled), default=0) for way in (0, 1))
    cells = [[values.cell(row + 1, place + 1) for place in range(last_column)] for row in range(last_row)]
    rows = tuple(tuple(_shown(each, formulas.cell(each.row, each.column)) for each in line) for line in cells)
    merged = {(each.row, each.column - 1) for line in cells for each in line if isinstance(each, MergedCell)}
    return SheetCells(values.title, values.sheet_state != "visible", rows, frozenset(merged))


def _shown(cell: Cell, formula: Cell) -> object:
    """A cell's value; a number that is shown with zeros before it has them."""
    value = cell.value
    if cell.data_type == "e" or (formula.data_type == "f" and value is None):
        return UNCALCULATED
    is_padded = type(value) is int and re.fullmatch("0+", cell.number_format)
    return str(value).zfill(len(cell.number_format)) if is_padded else value


def _rows(cells: Iterable[tuple[object, ...]]) -> Iterator[tuple[int, Row]]:
    lines = iter(cells)
    header = [_cell(value) for value in next(lines, ())]
    yield 1, {name: name for name in header if name}
    for number, line in enumerate(lines, start=2):
        row = {name: _cell(value) for name, value in zip(header, line, strict=False) if name}
        if filled := {name: value for name, value in row.items() if value}:
            yield number, filled


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


@dataclass(frozen=True, slots=True)
class Layout:
    """How a sheet for people looks: width of each column, those to fill in, and the words to choose from in one.

    Texts are wrapped; a column to fill in is coloured and holds text, whatever is typed into it.
    """

    widths: Mapping[str, int]
    filled_in: Collection[str] = ()
    offered: Mapping[str, Sequence[str]] = field(default_factory=dict)


def write_workbook(sheets: Sheets, layouts: Mapping[str, Layout] | None = None) -> bytes:
    """Return the sheets as an .xlsx file; the same sheets always give the same bytes.

    Columns are the union of the rows' keys in order of first appearance; every cell is text. `layouts` are by sheet.
    """
    book = Workbook()
    book.remove(book.active)
    for title in [*(name for name in _SHEETS if name in sheets), *(name for name in sheets if name not in _SHEETS)]:
        sheet = book.create_sheet(title)
        header = list(dict.fromkeys(name for row in sheets[title] for name in row))
        sheet.append(header)
        for row in sheets[title]:
            sheet.append([row.get(name) or None for name in header])
        sheet.freeze_panes = "A2"
        if layouts and title in layouts:
            _lay_out(sheet, header, layouts[title])
    book.properties.created = book.properties.modified = _FIXED_DATE
    book.properties.creator = "healing"
    raw = io.BytesIO()
    book.save(raw)
    return _stable_zip(raw.getvalue())


def _lay_out(sheet: Worksheet, header: Sequence[str], layout: Layout) -> None:
    for cells, name in zip(sheet.iter_cols(), header, strict=True):
        letter = cells[0].column_letter
        sheet.column_dimensions[letter].width = layout.widths[name]
        for cell in cells:
            cell.alignment = _WRAPPED
            cell.number_format = "@"
            if name in layout.filled_in:
                cell.fill = _COLOURED
        if words := layout.offered.get(name):
            offer = DataValidation(type="list", formula1=f'"{",".join(words)}"', allow_blank=True)
            offer.add(f"{letter}2:{letter}{len(cells)}")
            sheet.add_data_validation(offer)


def _stable_zip(content: bytes) -> bytes:
    """Return the same archive with sorted members and one fixed date, so that equal content gives equal bytes."""
    out = io.BytesIO()
    stamp = _FIXED_DATE.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist()):
            data = source.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:(\w+)[^>]*>)[^<]*", rb"\g<1>" + stamp, data)
            info = zipfile.ZipInfo(name, _FIXED_DATE.timetuple()[:6])
            info.create_system, info.external_attr = 3, 0o600 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, data)
    return out.getvalue()


def convert_workbook(sheets: Sheets, *, root_name: str = "data") -> str:
    """Return the XForm of a workbook as text.

    `root_name` becomes the name of the root element. ODK Validate is not run here. Raises XlsFormError with pyxform's
    message, which names sheet and row.
    """
    try:
        result = convert(xlsform=write_workbook(sheets), file_type=".xlsx", form_name=root_name, validate=False)
    except PyXFormError as error:
        raise XlsFormError(str(error)) from error
    except Exception as error:  # pyxform and openpyxl meet what they do not expect with many kinds
        raise XlsFormError(f"pyxform cannot convert the workbook ({type(error).__name__})") from error
    return str(result.xform)


def form_sheets(form: Form) -> dict[str, list[Row]]:
    """Return the survey, choices and settings sheets of a form, in all languages.

    The version is the first 12 characters of the SHA-256 of survey and choices: the same content, the same version.
    """
    survey = [_ordered(row) for row in _node_rows(form, form.children)]
    choices = [row for choice_list in _choice_lists(form) for row in _choice_rows(form, choice_list)]
    settings = {
        "form_title": form.title,
        "form_id": form.form_id,
        "version": sha256(repr((survey, choices)).encode()).hexdigest()[:12],
        "default_language": DEFAULT_LANGUAGE.column,
        "instance_name": to_xpath(form.instance_name),
        "style": "pages",
    }
    return {"survey": survey, "choices": choices, "settings": [settings]}


def build_form(form: Form) -> bytes:
    """Return the form as an .xlsx file; equal definitions give equal bytes."""
    return write_workbook(form_sheets(form))


def build_all() -> dict[str, bytes]:
    """Return every form of the programme, and every file that a form shows, by file name.

    A form is `<form id>.xlsx`, or `<form id>-<sector>.xlsx` where the programme has a project in each sector; the other
    files are in `media/`.
    """
    forms = [form for area in PROGRAMME.areas for form in forms_in(area).values()]
    workbooks = {f"{'-'.join(filter(None, (form.form_id, form.area)))}.xlsx": build_form(form) for form in forms}
    media = {f"media/{name}": content for form in forms for name, content in media_files(form).items()}
    return workbooks | media


def _node_rows(form: Form, nodes: tuple[Node, ...]) -> Iterator[Row]:
    for node in nodes:
        if isinstance(node, Question):
            yield _question_row(form, node)
        else:
            kind = "repeat" if isinstance(node, Repeat) else "group"
            yield _container_row(form, node, kind)
            yield from _node_rows(form, node.children)
            yield {"type": f"end_{kind}"}


def _container_row(form: Form, node: Group | Repeat, kind: str) -> Row:
    row = {"type": f"begin_{kind}", "name": node.name}
    if node.label:
        row |= _in_all_languages(form, "label", FormString(f"{node.name}.label", node.label))
    if node.relevant is not None:
        row["relevant"] = to_xpath(node.relevant)
    if isinstance(node, Group) and node.together:
        row["appearance"] = "field-list"
    if isinstance(node, Repeat) and node.count is not None:
        row["repeat_count"] = to_xpath(node.count)
    return row


def _question_row(form: Form, question: Question) -> Row:
    row = {"type": _type_of(question), "name": question.name, "appearance": question.appearance}
    columns = {"label": "label", "hint": "hint", "constraint": "constraint_message"}
    for string in question_strings(question):
        row |= _in_all_languages(form, columns[string.key.rsplit(".", 1)[1]], string)
    if question.required:
        row["required"] = "yes"
        row |= _in_all_languages(form, "required_message", FormString(REQUIRED_KEY, REQUIRED_MESSAGE))
    for column in ("relevant", "constraint", "calculation", "choice_filter"):
        expression = getattr(question, column)
        if expression is not None:
            row[column] = to_xpath(expression)
    return row | {"parameters": question.parameters}


def _type_of(question: Question) -> str:
    if question.roster is not None:
        return f"{question.kind} {question.roster.filename}"
    return f"{question.kind} {question.choices.name}" if question.choices is not None else question.kind


def _in_all_languages(form: Form, column: str, string: FormString) -> Row:
    return {f"{column}::{language.column}": shown(form, string, language) for language in LANGUAGES}


def _ordered(row: Row) -> Row:
    return {column: row[column] for column in _survey_columns() if row.get(column)}


def _survey_columns() -> list[str]:
    translated = [[f"{name}::{language.column}" for language in LANGUAGES] for name in _TRANSLATED]
    labels, hints, constraint_messages, required_messages = translated
    return [
        "type", "name", *labels, *hints, "required", *required_messages, "relevant", "constraint",
        *constraint_messages, "calculation", "appearance", "choice_filter", "repeat_count", "parameters",
    ]  # fmt: skip


def _choice_lists(form: Form) -> Iterator[ChoiceList]:
    found = {question.choices.name: question.choices for question in form.questions() if question.choices is not None}
    return iter(found.values())


def _choice_rows(form: Form, choices: ChoiceList) -> Iterator[Row]:
    for choice in choices.choices:
        string = FormString(choice_key(choices, choice.code), choice.label)
        labels = (
            _in_all_languages(form, "label", string)
            if choices.translated
            else {f"label::{language.column}": choice.label for language in LANGUAGES}
        )
        images = {f"media::image::{language.column}": choice.image for language in LANGUAGES if choice.image}
        yield {"list_name": choices.name, "name": choice.code, **labels, **images, **dict(choice.filters)}


def media_files(form: Form) -> dict[str, bytes]:
    """Return the files that a form shows besides its rosters, by name: the pictograms of its answer scales."""
    lists = _choice_lists(form)
    images = {choice.image for choices in lists for choice in choices.choices if choice.image}
    return {name: pictogram(name) for name in sorted(images)}
