"""Every way to answer short instruments and the triage: at each step, the phone computes what Python computes."""

import random
from itertools import product

import pytest

from forms.distress import SLOTS
from forms.expression import Literal
from forms.instruments.catalogue import FREE
from forms.programme_shape import TRIAGE_ANSWERS, TriageRule
from forms.safety import PREFIXES, triage
from tests.forms.item_space import (
    Alone,
    all_first,
    disagreements,
    every_combination,
    every_stop,
    gray_steps,
    random_steps,
)
from tests.forms.phone_people import FULL, USUAL, programmes

BY_NAME = {instrument.name: instrument for instrument in FREE}
EVERY_INSTRUMENT = pytest.mark.parametrize("instrument", FREE, ids=lambda instrument: instrument.name)
YES_NO_REFUSED = ("no", "yes", "refused")


def compare(name, steps):
    instrument = BY_NAME[name]
    return disagreements(instrument, all_first(instrument), steps)


def test_a_gray_code_passes_every_combination_once_and_changes_one_place():
    choices = ["ab", "abc", "abcd"]
    at, seen = ["a"] * 3, {"aaa"}
    for place, value in gray_steps(choices):
        assert at[place] != value
        at[place] = value
        seen.add("".join(at))
    assert len(seen) == 24 and len(list(gray_steps(choices))) == 23


def test_every_way_to_answer_the_who5_with_refusals():
    assert compare("who5", every_combination(BY_NAME["who5"], refused=True)) == (7**5, [])


def test_every_way_to_stop_in_the_who5():
    assert compare("who5", every_stop(BY_NAME["who5"], refused=True))[1] == []


def test_every_way_to_answer_the_k6():
    assert compare("k6", every_combination(BY_NAME["k6"], refused=False)) == (5**6, [])


@EVERY_INSTRUMENT
def test_random_ways_to_answer_with_refusals(instrument):
    steps = random_steps(instrument, 1_000, random.Random(instrument.name))
    assert disagreements(instrument, all_first(instrument), steps) == (1_001, [])


@EVERY_INSTRUMENT
def test_a_stop_at_each_item_after_denying_or_affirming_all_before(instrument):
    names, (low, *_, high) = [item.name for item in instrument.items], instrument.scored_codes
    steps = [
        step
        for code in (low, high)
        for stop in range(len(names))
        for step in ((names[stop - 1], str(code)), (names[stop], "stopped"))[not stop :]
    ]
    assert disagreements(instrument, all_first(instrument), iter(steps))[1] == []


def rules():
    """The rules of both programmes, and random ones."""
    rng = random.Random(5)
    combinations = [c for size in (1, 2, 3) for c in product(TRIAGE_ANSWERS, repeat=size) if list(c) == sorted(set(c))]
    made = [TriageRule(tuple(rng.sample(combinations, 2)), tuple(rng.sample(combinations, 3))) for _ in range(6)]
    return [programmes()[USUAL].triage, programmes()[FULL].triage, *made]


@pytest.mark.parametrize("prefix", [*PREFIXES, *SLOTS])
@pytest.mark.parametrize("rule", rules(), ids=lambda rule: "")
def test_every_triage_of_every_rule_reaches_the_level_that_the_rule_says(rule, prefix):
    names = [f"{prefix}_{name}" for name in TRIAGE_ANSWERS]
    answers = dict.fromkeys(names, "no")
    phone = Alone([triage(rule, Literal(1).equals(1), prefix)], [f"{prefix}_level"], answers)
    seen = 0
    for name, value in ((names[0], "no"), *((names[p], v) for p, v in gray_steps([YES_NO_REFUSED] * 4))):
        phone.change(name, value)
        answers[name] = value
        positive = {answer for answer in TRIAGE_ANSWERS if answers[f"{prefix}_{answer}"] != "no"}
        reached = [code for code in ("imminent", "moderate") if any(positive >= set(c) for c in getattr(rule, code))]
        assert phone.values() == [(*reached, "low")[0]]
        seen += 1
    assert seen == 3**4


@pytest.mark.soak
@pytest.mark.parametrize("name", ["k6", "gad7"])
def test_every_way_to_answer_with_refusals(name):
    assert compare(name, every_combination(BY_NAME[name], refused=True))[1] == []


@pytest.mark.soak
@pytest.mark.parametrize("name", ["k6", "gad7"])
def test_every_way_to_stop(name):
    assert compare(name, every_stop(BY_NAME[name], refused=True))[1] == []


@pytest.mark.soak
def test_every_way_to_answer_the_phq9():
    assert compare("phq9", every_combination(BY_NAME["phq9"], refused=False)) == (4**9, [])


@pytest.mark.soak
@pytest.mark.parametrize("name", ["srq20", "pcl5", "phq15", "phq9"])
def test_many_random_ways_to_answer(name):
    steps = random_steps(BY_NAME[name], 100_000, random.SystemRandom())
    assert compare(name, steps)[1] == []
