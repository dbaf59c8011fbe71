"""Knows one small workbook without a fault, in two languages, that uses most of what an XLSForm can hold."""

from __future__ import annotations

from collections.abc import Callable

Row = dict[str, str]
Sheets = dict[str, list[Row]]
Breakage = Callable[[Sheets], object]

FRENCH, ENGLISH = "Français (fr)", "English (en)"
ROSTERS = {"members": ("name", "label", "healing_group", "active")}


def said(column: str, text: str, french: str = "") -> Row:
    """A text in both languages."""
    return {f"{column}::{FRENCH}": french or f"[fr] {text}", f"{column}::{ENGLISH}": text}


def asked(kind: str, name: str, label: str, **cells: str) -> Row:
    """A question that must be answered."""
    required = {"required": "yes"} | said("required_message", "Please answer.")
    return {"type": kind, "name": name} | said("label", label) | required | cells


def good_workbook() -> Sheets:
    """A new copy of the workbook; a test may spoil it."""
    silent = [{"type": kind, "name": kind} for kind in ("start", "end", "username")]
    survey = [
        *silent,
        {"type": "audit", "name": "audit", "parameters": "track-changes=true"},
        asked("select_one yes_no", "held", "Did the session take place?", appearance="quick"),
        {"type": "begin_group", "name": "people", "relevant": "${held} = 'yes'"},
        asked("integer", "counted", "How many people?", constraint=". >= 0 and . <= 20", appearance="counter")
        | said("constraint_message", "Count again."),
        asked("select_multiple_from_file members.csv", "absent", "Who is absent?")
        | {"choice_filter": "healing_group = 'g1' and active = '1'"},
        {"type": "calculate", "name": "absent_count", "calculation": "count-selected(${absent})"},
        {
            "type": "calculate",
            "name": "listed",
            "calculation": "count(instance('members')/root/item[healing_group = 'g1'][active = '1'])",
        },
        {"type": "note", "name": "told"} | said("label", "You counted ${counted} people."),
        {"type": "end_group"},
        asked("select_one sector", "sector", "Which sector?"),
        asked("select_one village", "village", "Which village?", choice_filter="parent = ${sector}"),
        {"type": "begin_repeat", "name": "visit", "repeat_count": "${counted}"},
        asked("date", "visited_on", "Which day?", constraint=". <= today()") | said("constraint_message", "Not later."),
        asked("select_one often", "worry", "How often did they worry?") | said("hint", "In the last two weeks."),
        {"type": "end_repeat"},
        {"type": "calculate", "name": "worry_sum", "calculation": "sum(${worry})"},
    ]
    return {"survey": survey, "choices": _choices(), "settings": [_settings()]}


def _choices() -> list[Row]:
    codes = [("yes_no", "yes", "Yes"), ("yes_no", "no", "No"), ("sector", "2801", "Gacurabwenge")]
    scale = [("0", "Not at all"), ("1", "Several days"), ("2", "Every day"), ("refused", "Does not answer")]
    rows = [{"list_name": name, "name": code} | said("label", label) for name, code, label in codes]
    places = [{"list_name": "village", "name": code} | said("label", code, code) | {"parent": "2801"} for code in "ab"]
    shown = [{"list_name": "often", "name": code} | said("label", label) for code, label in scale]
    pictures = [row | said("media::image", f"often_{row['name']}.png", f"often_{row['name']}.png") for row in shown]
    return [*rows, *places, *pictures]


def _settings() -> Row:
    return {
        "form_title": "Probe",
        "form_id": "probe",
        "version": "1",
        "default_language": FRENCH,
        "instance_name": "concat('Probe ', ${sector})",
        "style": "pages",
    }
