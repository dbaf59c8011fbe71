"""A form as a page to print: what the phone shows, screen by screen, for committees, trainers and translators."""

from __future__ import annotations

import base64
import re
from collections import Counter
from html import escape
from importlib.resources import files

from forms.form import Form
from forms.pictogram import pictogram
from forms.transcript import Answer, Prompt, Screen, Text, required_message, screens, silent_values
from forms.translation import ENGLISH, LANGUAGES, Language
from forms.xlsform import form_sheets

USABLE = ("validated", "reviewed", "")
KINDS = {
    "note": "to read",
    "integer": "a whole number",
    "text": "a text",
    "date": "a day",
    "time": "a time",
    "select_one": "one answer",
    "select_multiple": "one or more answers",
    "select_one_from_file": "one from the list",
    "select_multiple_from_file": "one or more from the list",
}
SHORT = 3
"""Answers of so many signs at most, such as the numbers of weeks, stand side by side."""


def transcript_page(form: Form, language: Language) -> str:
    """Return the page of a form in a language as HTML that needs no other file."""
    shown = screens(form, language)
    version = form_sheets(form)["settings"][0]["version"]
    title = f"{form.title} · {language.column}"
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="facts">Version {version}. {len(shown)} screens in all, of which one sees those whose condition '
        "holds. ‹name› stands for what the phone fills in. This is the content as KoboCollect shows it, screen after "
        f"screen; the look differs from phone to phone.</p>{_standing(shown, language)}",
        *(_screen(screen, previous) for screen, previous in zip(shown, (None, *shown), strict=False)),
        _ending(form, language),
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    css = files("forms").joinpath("transcript.css").read_text(encoding="utf-8")
    style = f"<style>{css}{_pictures(shown)}</style>"
    start = f'<!doctype html>\n<html lang="{language.code}">\n<head>{head}\n{style}</head>'
    return "\n".join([start, "<body>", *body, "</body>", "</html>", ""])


def transcript_pages(forms: dict[str, Form]) -> dict[str, str]:
    """Return the pages of some forms in every language, by file name."""
    return {
        f"{form_id}.{language.code}.html": transcript_page(form, language)
        for form_id, form in forms.items()
        for language in LANGUAGES
    }


def _texts(shown: tuple[Screen, ...]) -> list[Text]:
    prompts = [prompt for screen in shown for prompt in screen.prompts]
    optional = [text for prompt in prompts for text in (prompt.hint, prompt.message) if text]
    return [prompt.label for prompt in prompts] + optional + [a.text for prompt in prompts for a in prompt.answers]


def _standing(shown: tuple[Screen, ...], language: Language) -> str:
    """How far the language is: nobody shall take a draft for a validated text."""
    if language is ENGLISH:
        return '<p class="facts">English is the language in which the forms are defined.</p>'
    counts = Counter(text.status for text in _texts(shown) if text.status)
    told = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    return (
        f'<p class="facts">Texts on these screens: {told}. <b>A draft needs review by a native speaker.</b> Where one '
        "is missing, the phone shows other languages with their marks.</p>"
    )


def _screen(screen: Screen, previous: Screen | None) -> str:
    new = screen.conditions if previous is None or previous.conditions != screen.conditions else ()
    why = "".join(f'<p class="why">Only if: {escape(condition)}</p>' for condition in new)
    return (
        f'<section class="screen"><span class="number">{screen.number}</span>{why}'
        f"{''.join(_prompt(prompt) for prompt in screen.prompts)}</section>"
    )


def _prompt(prompt: Prompt) -> str:
    parts = [f'<p class="why">Only if: {escape(prompt.condition)}</p>' if prompt.condition else ""]
    parts.append(f'<div class="label">{_shown(prompt.label)}</div>')
    parts.append(f'<div class="hint">{_shown(prompt.hint)}</div>' if prompt.hint else "")
    parts.append(_answers(prompt))
    optional = "" if prompt.is_required or prompt.kind == "note" else ", may be left empty"
    parts.append(f'<div class="kind">{prompt.name}: {KINDS[prompt.kind]}{optional}</div>')
    if prompt.limit:
        message = f" Else: “{_shown(prompt.message)}”" if prompt.message else ""
        parts.append(f'<div class="limit">Accepted: {escape(prompt.limit)}.{message}</div>')
    return f'<div class="prompt">{"".join(parts)}</div>'


def _answers(prompt: Prompt) -> str:
    if prompt.from_list:
        return f'<div class="hint">List: {escape(prompt.from_list)}</div>'
    if not prompt.answers:
        return ""
    lines = [
        f"<li>{_picture(answer.image)}<span>{_shown(answer.text)}{_code(answer)}</span></li>"
        for answer in prompt.answers
    ]
    lines += [f"<li>… and {prompt.more_answers} more</li>"] if prompt.more_answers else []
    marks = "many" if prompt.kind.startswith("select_multiple") else "one"
    are_short = all(len(answer.text.shown) <= SHORT for answer in prompt.answers)
    return f'<ul class="{marks}{" short" if are_short else ""}">{"".join(lines)}</ul>'


def _code(answer: Answer) -> str:
    return "" if answer.code == answer.text.shown else f" <small>{escape(answer.code)}</small>"


def _shown(text: Text) -> str:
    mark = "" if text.status in USABLE else f' <span class="mark {text.status}">{text.status}</span>'
    return re.sub(r"\$\{(\w+)\}", r"‹\1›", escape(text.shown)) + mark


def _picture(image: str) -> str:
    return f'<span class="picture {_class(image)}"></span>' if image else ""


def _pictures(shown: tuple[Screen, ...]) -> str:
    """One rule a pictogram, so that each is in the page once."""
    names = {answer.image for screen in shown for prompt in screen.prompts for answer in prompt.answers if answer.image}
    encoded = {name: base64.b64encode(pictogram(name)).decode() for name in sorted(names)}
    return "".join(
        f".{_class(name)} {{ background-image: url(data:image/png;base64,{content}) }}\n"
        for name, content in encoded.items()
    )


def _class(image: str) -> str:
    return image.removesuffix(".png").replace("_", "-")


def _ending(form: Form, language: Language) -> str:
    rows = "".join(
        f"<tr><td><code>{name}</code></td><td>{escape(words)}</td></tr>" for name, words in silent_values(form)
    )
    return (
        f"<h2>When a question is left without an answer</h2><p>{_shown(required_message(form, language))}</p>"
        "<h2>Worked out by the phone and stored, not shown</h2>"
        '<p class="facts">Also stored: when the form was begun and finished, the account on the phone, the id of the '
        "phone, and which answers were changed (the audit trail), never where the phone was.</p>"
        f"<table>{rows}</table>"
    )
