"""The programme file decides what the forms ask; a wrong one is refused with its line and the reason."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from forms.form import Form
from forms.instrument import Choice
from forms.library import FORMS, forms_of
from forms.programme import PROGRAMME, ProgrammeError, find_programme
from forms.programme_file import read_programme
from forms.xlsform import build_form, form_sheets

ROOT = Path(__file__).parents[2]
GOOD = (ROOT / "forms" / "programme.toml").read_text(encoding="utf-8")


def changed(old: str, new: str, count: int = 1) -> str:
    """The programme file that the project comes with, with one text replaced."""
    assert old in GOOD
    return GOOD.replace(old, new, count)


def without(line: str) -> str:
    """The file without its first line that begins with `line`."""
    lines = GOOD.splitlines()
    lines.remove(next(each for each in lines if each.startswith(line)))
    return "\n".join(lines)


def line_of(start: str, text: str = GOOD) -> int:
    """The number of the first line that begins with `start`."""
    return next(number for number, line in enumerate(text.splitlines(), start=1) if line.startswith(start))


def refusal(text: str) -> str:
    """The words with which a file is refused."""
    with pytest.raises(ProgrammeError) as caught:
        read_programme(text, "programme.toml")
    return str(caught.value)


def choices(form: Form, name: str) -> tuple[Choice, ...]:
    """The choices of a question."""
    found = form.question(name).choices
    assert found is not None
    return found.choices


def codes(form: Form, name: str) -> tuple[str, ...]:
    """The codes of the choices of a question."""
    return tuple(choice.code for choice in choices(form, name))


WEEK = '\n[[week]]\nnumber = 2\ntheme = "Trust"\ncomponents = ["breathing"]\n'
WRONG = [
    ("weeks = 16", "weeks = 0", "weeks: 0 is not a whole number from 1 to 52"),
    ("weeks = 16", "weeks = true", "weeks: True is not a whole number from 1 to 52"),
    ("weeks = 16", 'weeks = "16"', "weeks: must be a whole number"),
    ("group_size = 20", "group_size = 61", "group_size: 61 is not a whole number from 2 to 60"),
    ("smallest_group = 15", "smallest_group = 21", "smallest_group: 21 is not a whole number from 1 to 20"),
    ("minimum_age_years = 18", "minimum_age_years = 12", "minimum_age_years: 12 is not a whole number from 16 to 99"),
    ('name = "Comm', 'name = " " # "Comm', "name: must not be empty"),
    ("minimum_age", "minimal_age", "minimum_age_years: is missing"),
    (
        'split_by = "form"',
        'split_by = "sectors"',
        "split_by: 'sectors' is not one of form, sector; did you mean sector?",
    ),
    ('spoken = ["rw"]', "spoken = []", "spoken: must name at least one of rw, fr, en"),
    ('spoken = ["rw"]', 'spoken = ["kin"]', "spoken: 'kin' is unknown; known: rw, fr, en"),
    ('"2812"]', '"9999"]', "sectors: '9999' is unknown"),
    ('"2812"]', '"2801"]', "sectors: '2801' appears twice"),
    (
        'cut_off_set = "international"',
        'cut_off_set = "uganda"',
        "cut_off_set: 'uganda' is not one of international, rwanda",
    ),
    (
        'consent_version = "2026-1"',
        'consent_version = "a b"',
        "consent_version: 'a b' is not a version of at most 20 signs",
    ),
    (
        '[intake]\ninstruments = ["phq9"',
        '[intake]\ninstruments = ["phq-9"',
        "intake.instruments: 'phq-9' is unknown; did you mean phq9?",
    ),
    (
        '[intake]\ninstruments = ["phq9"',
        '[intake]\ninstruments = ["cts2s"',
        "intake.instruments: cts2s asks about private matters, which a person's own CHA never does; ask it in a wave",
    ),
    ('code = "endline"', 'code = "End line"', "wave.code: 'End line' is not a code of a-z, 0-9 and _"),
    ('code = "endline"', 'code = "baseline"', "wave.code: baseline appears twice"),
    ('code = "endline"', 'code = "after"', "wave.code: no wave has the code endline"),
    ('code = "six_months"', 'code = "screening"', "wave.code: 'screening' means the instruments asked at intake"),
    ("due_days = 112", "due_days = 99999", "wave.due_days: 99999 is not a whole number from -365 to 3650"),
    ("window_days = 28", "windows_days = 28", "wave.window_days: is missing"),
    ("window_days = 28", "window_days = 28\ncolour = 1", "wave.colour: is unknown"),
    ('code = "breathing"', 'code = "meditation"', "component.code: meditation appears twice"),
    ('label = "Breathing"', 'label = "Breath ${x}"', "component.label: must be one line without control characters"),
    (
        "completion_share = 0.8",
        "completion_share = 80",
        "thresholds.completion_share: 80 is not a share above 0 and at most 1",
    ),
    ("completion_share = 0.8", 'completion_share = "80 %"', "thresholds.completion_share: must be a number"),
    ("missed_in_row_alarm = 2", "missed_in_row_alarm = 0", "thresholds.missed_in_row_alarm: 0 is not a whole number"),
    ("silent_after_days", "silent_after", "thresholds.silent_after_days: is missing"),
    ("[thresholds] ", "[tresholds] ", "thresholds: is missing"),
    ("imminent = 2", "imminent = 48", "alert_hours.imminent: a more serious level must not have more hours"),
    ("follow_up = 168", "follow_up = -1", "alert_hours.follow_up: -1 is not a whole number"),
    (
        '["thoughts_now", "plan"]',
        '["thoughts", "plan"]',
        "triage.imminent: 'thoughts' is unknown; did you mean thoughts_now?",
    ),
    ('imminent = [["thoughts_now"', 'imminent = ["plan", ["thoughts_now"', "triage.imminent: must be a list of lists"),
    (
        'moderate = [["thoughts_now"], ["plan"]',
        'moderate = [["plan"]',
        'triage.moderate: must hold ["thoughts_now"]: thoughts of today are never low',
    ),
    ('number = "114"', 'number = "call 114"', "help_line.number: 'call 114' is not a telephone number"),
    (
        'number = "114"',
        'number = "114"\ntested_on = "2026-01-01"',
        "help_line.tested_on: must be a date without quotes",
    ),
    ('number = "114"', "number = 114", "help_line.number: must be a text in quotes"),
    ('source = "Surv', 'sauce = "Surv', "help_line.source: is missing"),
]


@pytest.mark.parametrize(("old", "new", "reason"), WRONG, ids=[reason[:60] for _, _, reason in WRONG])
def test_a_wrong_file_is_refused_with_line_and_reason(old, new, reason):
    said = refusal(changed(old, new))
    assert reason in said
    assert said.startswith("programme.toml") and (", line " in said or "is missing" in said)


def test_the_line_is_that_of_the_key():
    assert refusal(changed("weeks = 16", "weeks = 0")).startswith(f"programme.toml, line {line_of('weeks')}, weeks:")
    second = changed('code = "endline"', 'code = "End line"')
    number = line_of('code = "End', second)
    assert refusal(second).startswith(f"programme.toml, line {number}, wave.code:")


def test_text_that_is_not_toml_is_refused_with_its_line():
    assert refusal(changed("weeks = 16", "weeks = = 16")).startswith(
        f"programme.toml, line {line_of('weeks')}: not valid"
    )


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("number = 2", "number = 17", "week.number: 17 is not a whole number from 1 to 16"),
        ('["breathing"]', '["breath"]', "week.components: 'breath' is unknown; did you mean breathing?"),
        ("[[week]]", "[[week]]\nnumber = 2\n[[week]]", "week.number: 2 appears twice"),
    ],
)
def test_a_wrong_week_plan_is_refused(old, new, reason):
    assert reason in refusal(GOOD + WEEK.replace(old, new))


def test_every_missing_key_is_named():
    for key in ("name", "weeks", "group_size", "sectors", "split_by", "spoken", "consent_version", "cut_off_set"):
        assert f"{key}: is missing" in refusal(without(f"{key} = "))


def test_an_unknown_key_is_taken_for_a_typing_slip():
    assert "wekks: is unknown; did you mean weeks?" in refusal("wekks = 16\n" + GOOD)


def test_the_file_of_the_project_describes_the_programme_of_this_process():
    assert read_programme(GOOD, "x") == PROGRAMME
    assert PROGRAMME.districts == ("28",) and PROGRAMME.areas == ("",)


def test_fifteen_weeks_are_one_changed_line():
    forms = forms_of(read_programme(changed("weeks = 16", "weeks = 15"), "x"))
    assert codes(forms["attendance"], "week") == tuple(str(week) for week in range(1, 16))


def test_a_theme_stands_beside_the_number_of_its_week():
    forms = forms_of(read_programme(GOOD + WEEK, "x"))
    assert choices(forms["attendance"], "week")[1].label == "2 · Trust"


def test_components_and_instruments_follow_the_file():
    text = changed('label = "Breathing"', 'label = "Singing"').replace('code = "breathing"', 'code = "singing"')
    text = text.replace('instruments = ["phq9", "gad7", "pcl5"]', 'instruments = ["who5"]')
    forms = forms_of(read_programme(text, "x"))
    assert "singing" in codes(forms["attendance"], "components")
    assert [each.name for each in forms["intake"].instruments] == ["who5"]
    assert "phq9_1" not in {question.name for question in forms["intake"].questions()}


def test_an_instrument_of_one_wave_is_asked_in_that_wave_only():
    endline = GOOD.index('code = "endline"')
    text = GOOD[:endline] + GOOD[endline:].replace('["phq9", "gad7", "pcl5"]', '["phq9", "gad7", "pcl5", "k6"]', 1)
    survey = form_sheets(forms_of(read_programme(text, "x"))["outcome"])["survey"]
    group = next(row for row in survey if row.get("name") == "k6")
    assert "${wave} = 'endline'" in group["relevant"] and "baseline" not in group["relevant"]


def test_a_form_without_instruments_builds():
    text = changed('[intake]\ninstruments = ["phq9", "gad7", "pcl5"]', "[intake]\ninstruments = []")
    assert build_form(forms_of(read_programme(text, "x"))["intake"])


def test_a_form_of_one_sector_holds_its_places_only():
    form = forms_of(PROGRAMME, "2812")["intake"]
    assert form.title == "Intake screening · Runda" and form.area == "2812"
    assert all(code.startswith("2812") for code in codes(form, "village"))
    assert form.question("sector").kind == "calculate"
    assert [question.name for question in form.questions()] == [
        question.name for question in FORMS["intake"].questions()
    ]


def test_numbers_to_call_are_in_every_instruction():
    text = changed('number = "114"', 'number = "8015"')
    for form in forms_of(read_programme(text, "x")).values():
        rows = [row for row in form_sheets(form)["survey"] if "_do_" in row.get("name", "")]
        labels = [text for row in rows for column, text in row.items() if column.startswith("label::")]
        assert labels and all("8015" in label and "{" not in label for label in labels)


def test_a_file_named_in_the_environment_wins_over_the_folder(tmp_path):
    (tmp_path / "programme.toml").write_text(changed("weeks = 16", "weeks = 15"), encoding="utf-8")
    (tmp_path / "other.toml").write_text(changed("weeks = 16", "weeks = 14"), encoding="utf-8")
    assert find_programme({}, tmp_path).weeks == 15
    assert find_programme({"HEALING_PROGRAMME": "other.toml"}, tmp_path).weeks == 14
    assert find_programme({}, tmp_path / "nowhere").weeks == 16


def test_a_named_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ProgrammeError, match=r"none\.toml cannot be read: No such file"):
        find_programme({"HEALING_PROGRAMME": "none.toml"}, tmp_path)


def test_a_file_that_is_not_utf8_is_told(tmp_path):
    (tmp_path / "programme.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ProgrammeError, match="it is not UTF-8"):
        find_programme({}, tmp_path)


def test_the_program_refuses_a_wrong_file_without_a_traceback(tmp_path):
    (tmp_path / "programme.toml").write_text(changed("weeks = 16", "weeks = 99"), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "connector", "check"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2 and "Traceback" not in run.stderr
    assert f"programme.toml, line {line_of('weeks')}, weeks: 99 is not" in run.stderr
