"""Texts from the programme's private file are shown on the phone, and never stand in a spreadsheet or a catalogue."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from forms.instruments.catalogue import CATALOGUE
from forms.private_text import COLUMNS

ROOT = Path(__file__).parents[2]
SLOT = CATALOGUE["swemwbs"]
ASK = """
import json
from forms.library import FORMS
from forms.translation import FRENCH, KINYARWANDA, form_strings, known_strings
from forms.translation import load_catalogue, render, unvalidated_wording
from forms.translation_sheet import sheet_rows
string = known_strings()["swemwbs_1.label"]
print(json.dumps({
    "asked": [name for name, form in FORMS.items() if string in form_strings(form)],
    "shown": [render(string, KINYARWANDA), render(string, FRENCH)],
    "unvalidated": unvalidated_wording("swemwbs", KINYARWANDA),
    "in the sheet": [row["key"] for row in sheet_rows(KINYARWANDA, {}, {}) if row["key"].startswith("swemwbs")],
    "interface kept": load_catalogue("rw")["required"].text != "",
}))
"""  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What a process of a programme with a private file says of its texts; its programme asks them in a wave."""
    folder = tmp_path_factory.mktemp("private")
    private = folder / "private.csv"
    with private.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for item, kind, code in _places():
            about = f"{item or kind} {code}".strip()
            cells = (f"English {about}", f"Français {about}", f"Ikinyarwanda {about}")
            rows.writerow((SLOT.name, item, kind, code, *cells, "validated", "a letter of leave", "2026-11-20"))
    programme = (ROOT / "forms" / "programme.toml").read_text(encoding="utf-8")
    programme = programme.replace('private_texts = ""', f'private_texts = "{private}"')
    head, endline, rest = programme.partition('code = "endline"')
    rest = rest.replace("instruments = [", f'instruments = ["{SLOT.name}", ', 1)
    (folder / "programme.toml").write_text(head + endline + rest, encoding="utf-8")
    environment = os.environ | {"HEALING_PROGRAMME": str(folder / "programme.toml"), "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, env=environment, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    return dict(json.loads(run.stdout))


def _places() -> list[tuple[str, str, str]]:
    items = [(item.name, "item", "") for item in SLOT.items]
    return [("", "instruction", ""), *items, *(("", "answer", str(code)) for code in SLOT.scored_codes)]


def test_a_private_text_is_shown_in_both_languages(told: dict[str, object]) -> None:
    assert told["shown"] == ["Ikinyarwanda swemwbs_1", "Français swemwbs_1"]


def test_a_private_text_counts_with_the_standing_of_its_file(told: dict[str, object]) -> None:
    assert told["asked"] == ["outcome"]
    assert told["unvalidated"] == {}


def test_a_private_text_is_not_in_the_spreadsheet(told: dict[str, object]) -> None:
    assert told["in the sheet"] == []


def test_the_packaged_texts_stay(told: dict[str, object]) -> None:
    assert told["interface kept"] is True
