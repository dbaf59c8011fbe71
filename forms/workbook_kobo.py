"""Parameters, appearances and media of an XLSForm that KoboToolbox's pyxform 3.0.0 or a phone refuses or ignores."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from forms.finding import Fault, advise
from forms.workbook import BEGINNINGS, FILE_SELECTS, SELECTS, Book

_PARAMETERS = {
    **dict.fromkeys(SELECTS, ("randomize", "seed")),
    **dict.fromkeys(FILE_SELECTS, ("randomize", "seed", "value", "label")),
    "range": ("start", "end", "step"),
    "text": ("rows",),
    "audit": ("track-changes", "track-changes-reasons", "identify-user"),
}
_VALUES = {
    "track-changes": ("true", "false"),
    "identify-user": ("true", "false"),
    "track-changes-reasons": ("on-form-edit",),
    "randomize": ("true", "false"),
}
_RANGE = (("start", "1"), ("end", "10"), ("step", "1"))
_NUMBER = re.compile(r"[a-z_]+=-?\d{1,9}(\.\d{1,9})?", re.ASCII)
_NEWER = {
    "tick_interval", "tick_labelset", "placeholder", "reference-geometry", "capture-accuracy", "warning-accuracy",
    "allow-mock-accuracy", "incremental",
}  # fmt: skip
_APPEARANCES = (
    "minimal", "autocomplete", "likert", "label", "list-nolabel", "list", "columns", "columns-pack", "columns-flex",
    "no-buttons", "image-map", "thousands-sep", "month-year", "year", "multiline", "url", "rating", "picker",
    "vertical", "quick", "quickcompact", "compact", "counter", "numbers", "masked", "no-calendar", "horizontal",
    "horizontal-compact", "distress", "hide-input", "field-list", "table-list", "summary", "ethiopian", "coptic",
    "islamic", "hidden-answer",
)  # fmt: skip
_NUMBERED = re.compile(r"columns-\d|w\d\d?|compact-\d|quickcompact-\d")
_MEDIA = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\.(?:png|jpg|jpeg|gif|svg|mp3|wav|m4a|ogg|amr|mp4|3gp|webm)")
_ONE_ONLY = {"quick", "quickcompact", "likert"}


def parameter_faults(book: Book) -> Iterator[Fault]:
    """Parameters that are misspelt, unknown to the type, or newer than KoboToolbox."""
    for row in book.survey:
        yield from ((row.at("parameters"), *reason) for reason in parameter_reasons(row.kind, row["parameters"]))


def parameter_reasons(kind: str, parameters: str) -> Iterator[tuple[str, str]]:
    """Yield (what, advice) for the faults in the parameters of a question."""
    if re.search(r"\s=|=\s", parameters):
        yield "KoboToolbox refuses spaces around =", "Write name=value, with a space between pairs only."
        return
    pairs = [pair for pair in re.split(r"[\s,;]+", parameters) if pair]
    for pair in pairs:
        yield from _pair_reasons(kind, pair)
    given = [pair.partition("=")[0] for pair in pairs]
    for name in dict.fromkeys(name for name in given if given.count(name) > 1):
        yield f"{name} is given {given.count(name)} times", "Keep one."
    if kind == "range":
        yield from _range_reasons(dict(pair.split("=", 1) for pair in pairs if _NUMBER.fullmatch(pair)))


def _pair_reasons(kind: str, pair: str) -> Iterator[tuple[str, str]]:
    name, _, value = pair.partition("=")
    known = _PARAMETERS.get(kind, ())
    if name in _NEWER:
        yield f"{name} is newer than KoboToolbox's pyxform 3.0.0, which refuses it", "Delete it."
    elif name.startswith("location-"):
        return  # the audit trail's own check says it
    elif name not in known:
        otherwise = f"Only {', '.join(known)} can be set." if known else "Delete it."
        yield f"{name} is not a parameter of {kind}", advise(name, known, otherwise)
    elif not value:
        yield f"{name} has no value", f"Write {name}=value."
    elif kind == "range" and not _NUMBER.fullmatch(pair):
        yield f"{name}={value} is not a number", "Write a number."
    elif name in _VALUES and value not in _VALUES[name]:
        yield f"{name}={value} has no meaning", f"Write {name}={' or '.join(_VALUES[name])}."


def _range_reasons(given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    start, end, step = (float(given.get(name, standard)) for name, standard in _RANGE)
    if step == 0:
        yield "a step of 0 leads nowhere", "Write step=1."
    elif start == end:
        yield "start and end are the same number", "Write start=1 end=10, or other numbers."


def appearance_faults(book: Book) -> Iterator[Fault]:
    """Appearances that are misspelt, work in KoboCollect only by accident, or have no effect on the type."""
    for row in book.survey:
        yield from ((row.at("appearance"), *reason) for reason in appearance_reasons(row.kind, row["appearance"]))


def appearance_reasons(kind: str, appearance: str) -> Iterator[tuple[str, str]]:
    """Yield (what, advice) for the faults in the appearance of a question or group."""
    for word in [appearance] if "(" in appearance else appearance.split():
        yield from _word_reasons(kind, word)


def _word_reasons(kind: str, word: str) -> Iterator[tuple[str, str]]:
    if "search(" in word:
        advice = "Write select_one_from_file with a choice_filter."
        yield "search() works in KoboCollect only; a web form shows a text box", advice
    elif word not in _APPEARANCES and not _NUMBERED.fullmatch(word):
        yield f"{word} is not an appearance", advise(word, _APPEARANCES, "Delete it.")
    elif word in _ONE_ONLY and kind not in {"select_one", "select_one_from_file"}:
        yield f"{word} works on select_one only", "Delete it."
    elif word == "field-list" and kind not in BEGINNINGS:
        yield "field-list belongs to a group", "Write it in the row begin_group."


def media_faults(book: Book, available: Collection[str] | None) -> Iterator[Fault]:
    """Names of pictures and sounds that phones cannot take, and files that are not there (None: not looked at)."""
    for row in (*book.survey, *book.choices):
        for base in ("image", "big-image", "audio", "video"):
            for column, name in row.texts(base):
                if not _MEDIA.fullmatch(name):
                    advice = "Use letters, digits, - and _, and an ending such as .png or .mp3; no folder, no address."
                    yield row.at(column), f"{name} is not a usable file name", advice
                elif available is not None and name not in available:
                    yield row.at(column), f"the file {name} is missing", "Put it beside the workbook."
