"""Knows how KoboToolbox turns the sheets of an XLSForm into the content of an asset, and what it checks on the way."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from connector.sandbox.server.uid import new_kuid

Content = dict[str, Any]
Sheets = Mapping[str, Sequence[Mapping[str, str]]]

SCHEMA = "1"
TRANSLATABLE = ("label", "hint", "guidance_hint", "constraint_message", "required_message")
_SELECT = re.compile(r"^(select_one|select_multiple|rank)(_from_file)?\s+(\S+?)(\s+or_other)?$")
_META_TYPES = frozenset(
    {"start", "end", "today", "username", "deviceid", "phonenumber", "simserial", "subscriberid", "email", "audit"}
    | {"start-geopoint", "background-audio", "background-geopoint"}
)
_BRACKETS = frozenset({"begin_group", "end_group", "begin_repeat", "end_repeat"})
_QUESTION_TYPES = frozenset(
    {"text", "integer", "decimal", "date", "time", "datetime", "dateTime", "note", "calculate", "hidden", "range"}
    | {"geopoint", "geotrace", "geoshape", "image", "audio", "video", "file", "barcode", "acknowledge"}
    | {"csv-external", "xml-external"}
)
_PLAIN_TYPES = _META_TYPES | _BRACKETS | _QUESTION_TYPES
_SPOKEN = {"select one": "select_one", "select multiple": "select_multiple"}


class ImportFailure(Exception):
    """A form that the import refuses; `kind` is the name of the error that the real server reports."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


def content_of_sheets(sheets: Sheets) -> tuple[Content, str | None]:
    """Return the content of a workbook and its `form_title`.

    Raises ImportFailure for an unknown type and for a name used twice, which are all that the real import looks at:
    bad references, missing lists and unclosed groups are found at deployment.
    """
    settings = dict(sheets.get("settings", [{}])[0]) if sheets.get("settings") else {}
    title = settings.pop("form_title", None)
    survey = [_survey_row(row) for row in sheets.get("survey", [])]
    choices = [_choice_row(row) for row in sheets.get("choices", [])]
    if "form_id" in settings:
        settings["id_string"] = settings.pop("form_id")
    content: Content = {"schema": SCHEMA, "survey": survey, "choices": choices, "settings": settings}
    if sheets.get("entities"):
        content["entities"] = [dict(row) for row in sheets["entities"]]
    _gather_translations(content)
    _check_names(survey)
    return standardise(content), title


def standardise(content: Mapping[str, Any]) -> Content:
    """Return content as an asset keeps it: every row marked with `$kuid`, `$autoname` and `$xpath`."""
    result: Content = {"schema": SCHEMA, "survey": [], "settings": {}, **content}
    result["survey"] = list(_with_paths(result["survey"]))
    if "choices" in result:
        result["choices"] = [
            {"$kuid": new_kuid(), **choice, "$autovalue": choice.get("name")} for choice in result["choices"]
        ]
    if result["survey"] and "translations" not in result:
        _assume_one_language(result)
    return result


def content_hash(content: Content, name: str) -> str:
    """Return the hash that decides whether a change makes a new version (the name counts)."""
    return hashlib.sha1(json.dumps([content, name], sort_keys=True).encode()).hexdigest()


def repeat_paths(content: Content) -> list[str]:
    """Return the paths of the form's repeats."""
    return [row["$xpath"] for row in content["survey"] if row.get("type") == "begin_repeat"]


def geopoint_paths(content: Content) -> list[str]:
    """Return the paths of the form's geopoint questions, in order."""
    return [row["$xpath"] for row in content["survey"] if row.get("type") in ("geopoint", "start-geopoint")]


def summarise(content: Content) -> dict[str, Any]:
    """Return the figures about a form that KoboToolbox keeps beside it."""
    if not content["survey"]:
        return {"languages": []}
    rows = [row for row in content["survey"] if row.get("type") not in _BRACKETS | _META_TYPES]
    labels = [row["label"][0] for row in rows if row.get("label")]
    translations = content.get("translations", [None])
    columns = dict.fromkeys(key for row in content["survey"] for key in row if not key.startswith("$"))
    return {
        "geo": bool(geopoint_paths(content)),
        "labels": labels[:5],
        "columns": list(columns),
        "lock_all": False,
        "lock_any": False,
        "languages": [language for language in translations if language],
        "row_count": len(rows),
        "name_quality": {"ok": 0, "bad": 0, "good": len(rows), "total": len(rows), "firsts": {}},
        "default_translation": translations[0],
    }


def _survey_row(row: Mapping[str, str]) -> dict[str, Any]:
    result: dict[str, Any] = {key: value for key, value in row.items() if key != "type"}
    result |= _read_type(row.get("type", ""))
    if "required" in result:
        result["required"] = _truth(result["required"])
    return result


def _truth(text: str) -> bool | str:
    return {"yes": True, "true": True, "true()": True, "no": False, "false": False, "false()": False}.get(
        text.lower(), text
    )


def _read_type(text: str) -> dict[str, Any]:
    """Return `type` and, of a select, what it selects from. Raises ImportFailure for an unknown type."""
    for spoken, written in _SPOKEN.items():
        text = text.replace(spoken, written, 1)
    select = _SELECT.match(text)
    if select:
        kind, from_file, source, or_other = select.groups()
        found = {"type": kind + (from_file or ""), "file" if from_file else "select_from_list_name": source}
        return {**found, "_or_other": True} if or_other else found
    plain = text.replace("begin ", "begin_", 1).replace("end ", "end_", 1)
    if plain not in _PLAIN_TYPES:
        raise ImportFailure("ValueError", f"unknown type ['{text}']")
    return {"type": plain}


def _choice_row(row: Mapping[str, str]) -> dict[str, Any]:
    return {("list_name" if key == "list name" else key): value for key, value in row.items()}


def _gather_translations(content: Content) -> None:
    """Turn `label::English (en)` and its like into lists parallel to `translations`, the default language first."""
    rows = [*content["survey"], *content["choices"]]
    found = [_split_header(key) for row in rows for key in row]
    languages = list(dict.fromkeys(language for _, language in found if language is not None))
    default = content["settings"].get("default_language")
    languages.sort(key=lambda language: language != default)
    bare = any(language is None and column in TRANSLATABLE for column, language in found)
    translations: list[str | None] = [*([None] if bare or not languages else []), *languages]
    for row in rows:
        _translate(row, translations)
    content["translations"] = translations
    content["translated"] = sorted({key for row in rows for key, value in row.items() if isinstance(value, list)})


def _split_header(header: str) -> tuple[str, str | None]:
    """Return a header's column and language: `media::image::French` is `media::image` in French."""
    column, separator, language = header.rpartition("::")
    if not separator or header.startswith(("body::", "bind::", "instance::")) or column in ("", "media"):
        return header, None
    return column, language


def _translate(row: dict[str, Any], translations: Sequence[str | None]) -> None:
    for header in list(row):
        column, language = _split_header(header)
        if language is None and column not in TRANSLATABLE and not column.startswith("media::"):
            continue
        value = row.pop(header)
        row.setdefault(column, [None] * len(translations))[translations.index(language)] = value


def _assume_one_language(content: Content) -> None:
    rows = [*content["survey"], *content.get("choices", [])]
    content["translations"] = [None]
    content["translated"] = sorted({key for row in rows for key in TRANSLATABLE if isinstance(row.get(key), list)})


def _check_names(survey: Iterable[Mapping[str, Any]]) -> None:
    seen = set()
    for row in survey:
        name = row.get("name")
        if name in seen and not row["type"].startswith("end_"):
            raise ImportFailure("DuplicateNameException", f"Duplicate node name: {name}")
        if name:
            seen.add(name)


def _with_paths(survey: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    path: list[str] = []
    for row in survey:
        marked = {"$kuid": new_kuid(), **row}
        kind = str(row.get("type", ""))
        if kind in ("end_group", "end_repeat"):
            path = path[:-1]
            yield {key: value for key, value in marked.items() if key != "name"}
            continue
        name = row.get("name") or marked["$kuid"]
        yield {**marked, "$autoname": name, "$xpath": "/".join((*path, name))}
        if kind in ("begin_group", "begin_repeat"):
            path.append(name)
