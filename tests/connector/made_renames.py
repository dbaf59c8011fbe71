"""Knows how to make the content of a form as KoboToolbox has it, and to change it as its form builder does."""

import copy
import json
from collections.abc import Callable
from functools import cache
from typing import Any

from connector.sandbox.server.content import content_of_sheets
from forms.library import FORMS
from forms.xlsform import form_sheets

Content = dict[str, Any]


@cache
def _published(form_id: str) -> str:
    return json.dumps(content_of_sheets(form_sheets(FORMS[form_id]))[0])


def published(form_id: str) -> Content:
    """The content of a form of ours, with the marks that the server gives, the same at every call."""
    content: Content = json.loads(_published(form_id))
    return content


def row(content: Content, name: str) -> dict[str, Any]:
    """The row of a question, group or repeat."""
    found: dict[str, Any] = next(each for each in content["survey"] if each.get("name") == name)
    return found


def choice(content: Content, question: str, code: str) -> dict[str, Any]:
    """A choice of a question."""
    list_name = row(content, question)["select_from_list_name"]
    found: dict[str, Any] = next(
        each for each in content["choices"] if each["list_name"] == list_name and each["name"] == code
    )
    return found


def rename(content: Content, name: str, new: str) -> None:
    """Give a question another name, as the builder does: where others refer to it they follow."""
    row(content, name)["name"] = new
    for each in content["survey"]:
        for column, value in each.items():
            if not column.startswith("$") and "${" + name + "}" in json.dumps(value):
                each[column] = json.loads(json.dumps(value).replace("${" + name + "}", "${" + new + "}"))


def reword(thing: dict[str, Any], words: str) -> None:
    """Write another label in the default language."""
    thing["label"] = [words, *thing["label"][1:]]


def own_list(content: Content, question: str) -> None:
    """Give a question a list of its own, of choices with the same marks, as the builder writes them."""
    asked = row(content, question)
    asked["select_from_list_name"], before = f"{question}_list", asked["select_from_list_name"]
    mine = [{**each, "list_name": f"{question}_list"} for each in content["choices"] if each["list_name"] == before]
    content["choices"] += mine


def changed(form_id: str, *changes: Callable[[Content], Any]) -> Content:
    """The content of a form after some changes; the paths follow as the server writes them."""
    content = copy.deepcopy(published(form_id))
    for change in changes:
        change(content)
    return content


def text(content: Content) -> str:
    """A content as the database keeps it."""
    return json.dumps(content)


def remove(content: Content, name: str) -> None:
    """Take a question out."""
    content["survey"].remove(row(content, name))


def move_into(content: Content, name: str, group: str) -> None:
    """Put a question at the beginning of a group."""
    moved = row(content, name)
    content["survey"].remove(moved)
    content["survey"].insert(content["survey"].index(row(content, group)) + 1, moved)
