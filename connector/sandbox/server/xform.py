"""Knows how an asset's content becomes the XForm that phones download."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from connector.sandbox.server.answer import Fault
from connector.sandbox.server.content import Content
from forms.xlsform import XlsFormError, convert_workbook

_LISTED = ("translations", "translated")
_IGNORED_SETTINGS = ("id_string", "version")
_SOME_VERSION = "version-of-a-deployment"
MOST_KEPT = 8
"""So many converted forms are kept: lists go out by a redeployment of a form that is as it was, but for its version."""


class FormRefusal(Exception):
    """A form that cannot be deployed; the message is the converter's or ODK Validate's own."""


def build_xform(content: Content, *, uid: str, title: str, version: str, version_uid: str, form_uuid: str) -> str:
    """Return the XForm of an asset.

    As on the real server the form's id and root element are the asset's `uid` and its title the asset's name, whatever
    the XLSForm says; `__version__` and `formhub/uuid` are added. Raises FormRefusal for a form that does not convert
    or that ODK Validate refuses, Fault for an entity list with a label.
    """
    if any("label" in row for row in content.get("entities", [])):
        raise Fault
    sheets = sheets_of_content(content, uid=uid, title=title, version=_SOME_VERSION, version_uid=version_uid)
    try:
        xform = _converted(json.dumps(sheets), uid)
    except XlsFormError as error:
        raise FormRefusal(str(error)) from error
    whole = _with_form_uuid(_with_version(xform, version), uid, form_uuid)
    problems = _validate(whole)
    if problems:
        raise FormRefusal("ODK Validate Errors:\n" + "\n".join(problems))
    return whole


def sheets_of_content(
    content: Content, *, uid: str, title: str, version: str, version_uid: str
) -> dict[str, list[dict[str, str]]]:
    """Return the workbook that a deployment converts."""
    languages = content.get("translations", [None])
    survey = [_survey_row(row, languages) for row in content["survey"]]
    survey.append({"type": "calculate", "name": "__version__", "calculation": f"'{version_uid}'"})
    kept = {key: value for key, value in content["settings"].items() if key not in _IGNORED_SETTINGS}
    sheets = {
        "survey": survey,
        "choices": [_flat_row(row, languages) for row in content.get("choices", [])],
        "settings": [{**kept, "form_title": title, "form_id": uid, "version": version}],
    }
    return {name: rows for name, rows in sheets.items() if rows}


def _survey_row(row: Mapping[str, Any], languages: Sequence[str | None]) -> dict[str, str]:
    source = row.get("select_from_list_name") or row.get("file")
    kind = f"{row['type']} {source}" if source and not row["type"].endswith("external") else row["type"]
    rest = {key: value for key, value in row.items() if key not in ("type", "select_from_list_name", "file")}
    return {"type": f"{kind} or_other" if row.get("_or_other") else kind, **_flat_row(rest, languages)}


def _flat_row(row: Mapping[str, Any], languages: Sequence[str | None]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in row.items():
        if key.startswith(("$", "_")) or key in _LISTED:
            continue
        if isinstance(value, list):
            texts = zip(languages, value, strict=False)
            flat |= {(f"{key}::{language}" if language else key): text for language, text in texts if text}
        elif isinstance(value, bool):
            flat[key] = "true" if value else "false"
        elif value is not None:
            flat[key] = str(value)
    return flat


@lru_cache(MOST_KEPT)
def _converted(sheets: str, uid: str) -> str:
    """The XForm of a workbook as JSON; converting takes most of the time of a redeployment."""
    return convert_workbook(json.loads(sheets), root_name=uid)


def _with_version(xform: str, version: str) -> str:
    """Say which deployment it is."""
    return xform.replace(f'version="{_SOME_VERSION}"', f'version="{version}"', 1)


def _with_form_uuid(xform: str, uid: str, form_uuid: str) -> str:
    """Add the hidden question that ties a record to its form even when the form's id is wrong."""
    bind = f"""<bind calculate="'{form_uuid}'" nodeset="/{uid}/formhub/uuid" type="string"/>"""
    opened = re.sub(rf"(<{uid}\b[^>]*>)", r"\1<formhub><uuid/></formhub>", xform, count=1)
    return opened.replace("<bind ", bind + "<bind ", 1)


def _validate(xform: str) -> list[str]:
    """Return ODK Validate's errors; none when this installation has no Java engine (the `sandbox` extra)."""
    if find_spec("jpype") is None:
        return []
    from connector.sandbox.phone import validate_xform

    return validate_xform(xform)
