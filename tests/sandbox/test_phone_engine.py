"""The engine opens good forms, names what is wrong with others, and gives the same record for the same seed."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from connector.sandbox.phone import (
    Filling,
    FormWillNotOpenError,
    MissingMediaError,
    PhoneError,
    PhoneForm,
    validate_xform,
)
from tests.sandbox.phone_forms import GROUPS, HELD, MEDIA, MEMBERS, NINE, ROOT, XFORM, device


@pytest.fixture(scope="module")
def form() -> PhoneForm:
    return PhoneForm(XFORM, MEDIA, clock=lambda: NINE, rng=random.Random(1))


def test_the_same_seed_gives_the_same_record_and_another_seed_another(form: PhoneForm) -> None:
    def record(seed: int) -> str:
        filling = Filling(form, device=device(seed=seed))
        filling.fill(HELD)
        return filling.submission_xml()

    assert record(7) == record(7)
    assert record(7) != record(8)


def test_the_same_seed_gives_the_same_record_each_time_java_is_started() -> None:
    script = """
import random, sys
from connector.sandbox.phone import Device, Filling, PhoneForm
from tests.sandbox.phone_forms import CODE_XFORM, NINE
filling = Filling(PhoneForm(CODE_XFORM), device=Device("cha001", "collect:test", lambda: NINE, random.Random(3)))
filling.fill({"answer": "x"})
print(filling.submission_xml())
"""
    made = [
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT).stdout
        for _ in range(2)
    ]
    assert "<code>" in made[0]
    assert len(set(made)) == 1


def test_the_program_ends_cleanly_while_another_thread_is_inside_the_engine() -> None:
    script = """
import threading
from connector.sandbox.phone import validate_xform
from tests.sandbox.phone_forms import CODE_XFORM
def check_for_ever():
    while True:
        validate_xform(CODE_XFORM)
validate_xform(CODE_XFORM)
threading.Thread(target=check_for_ever, daemon=True).start()
print("done")
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert (ended.returncode, ended.stdout) == (0, "done\n")


def test_a_parsed_form_is_as_good_as_a_fresh_one(form: PhoneForm) -> None:
    used, fresh = Filling(form, device=device(seed=5)), Filling(PhoneForm(XFORM, MEDIA), device=device(seed=5))
    for filling in (used, fresh):
        filling.fill(HELD)
    assert used.submission_xml() == fresh.submission_xml()


def test_a_copy_of_the_form_is_closed_when_the_next_one_starts(form: PhoneForm) -> None:
    first = Filling(form)
    Filling(form)
    with pytest.raises(PhoneError, match="closed"):
        first.fill(HELD)


def test_new_rosters_reach_the_form(form: PhoneForm) -> None:
    changing = PhoneForm(XFORM, MEDIA)
    changing.change_media({**MEDIA, "members.csv": MEMBERS + b"A9,Gato,g1,yes\n"})
    filling = Filling(changing)
    filling.fill(HELD)
    assert list(filling.prompt("absent_sick").choices) == ["A1", "A2", "A9"]


def test_media_may_be_a_folder(tmp_path: Path) -> None:
    for name, content in MEDIA.items():
        (tmp_path / name).write_bytes(content)
    assert list(Filling(PhoneForm(XFORM, tmp_path)).prompt("healing_group").choices) == ["g1", "g3"]


def test_a_list_that_is_not_on_the_phone_is_an_error() -> None:
    with pytest.raises(MissingMediaError, match=r"members\.csv"):
        PhoneForm(XFORM, {"groups.csv": GROUPS})


@pytest.mark.parametrize("text", ["", "<", "not a form", "<form/>"])
def test_what_is_no_form_does_not_open(text: str) -> None:
    with pytest.raises(FormWillNotOpenError, match="cannot open"):
        PhoneForm(text)


def test_a_broken_expression_does_not_open() -> None:
    with pytest.raises(FormWillNotOpenError):
        PhoneForm(XFORM.replace(". &gt;= 1", ". &gt;= ="), MEDIA)


def test_validate_finds_nothing_in_a_good_form_and_needs_no_media() -> None:
    assert validate_xform(XFORM) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (". &gt;= 1", ". &gt;= =", "invalid constraint expression"),
        ("</h:html>", "", "XML is invalid"),
        ("count-selected(", "counted(", "counted"),
    ],
)
def test_validate_tells_what_is_wrong_in_the_validator_s_words(old: str, new: str, told: str) -> None:
    assert old in XFORM
    assert told in "\n".join(validate_xform(XFORM.replace(old, new)))


def test_validating_between_two_fillings_harms_neither(form: PhoneForm) -> None:
    filling = Filling(form)
    validate_xform(XFORM)
    assert filling.fill(HELD) == []
    assert list(Filling(PhoneForm(XFORM, MEDIA)).prompt("healing_group").choices) == ["g1", "g3"]
