"""The English of every free instrument is, to the letter, that of its source."""

import csv
from pathlib import Path

import pytest

from forms.instrument import UNSCORED
from forms.instruments.catalogue import FREE
from forms.instruments.phq9 import DIFFICULTY, DIFFICULTY_ANSWERS

FIXTURES = Path(__file__).parents[1] / "fixtures" / "instruments"


def source_texts(name):
    """English by id, as copied from the published form."""
    with (FIXTURES / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return {row["item_id"]: row["text_en"] for row in csv.DictReader(lines)}


def labels(choices, prefix):
    return {f"{prefix}_opt_{each.code}": each.label for each in choices.choices if each.code not in UNSCORED}


def product_texts(instrument):
    """English by the ids of the source."""
    instruction = {} if instrument.has_own_instruction else {f"{instrument.name}_instr": instrument.instruction}
    items = {item.name: item.wording for item in instrument.items}
    difficulty = {f"{DIFFICULTY.name}_difficulty": DIFFICULTY.wording} | labels(DIFFICULTY_ANSWERS, DIFFICULTY.name)
    extra = difficulty if instrument.name == "phq9" else {}
    return instruction | items | labels(instrument.answers, instrument.name) | extra


@pytest.mark.parametrize("instrument", FREE, ids=lambda each: each.name)
def test_every_text_is_the_one_of_its_source(instrument):
    assert product_texts(instrument) == source_texts(instrument.name)


def test_only_the_srq20_is_introduced_in_our_own_words():
    assert [each.name for each in FREE if each.has_own_instruction] == ["srq20"]
