"""The product's scores agree with plain arithmetic on every questionnaire there can be, or on many drawn ones."""

import itertools
import random

import pytest

from forms.instrument import REFUSED, STOPPED
from forms.instruments.catalogue import CATALOGUE
from tests.forms.plain_scores import (
    RULES,
    as_answers,
    calculate,
    plain_band,
    plain_cluster_rule,
    plain_score,
)

UNSCORED = (REFUSED, STOPPED, None)


def check(name, values, sex="female"):
    """Compare number answered, score and band; `values` are codes, a refusal, a stop or None."""
    instrument = CATALOGUE[name]
    found = calculate(instrument, as_answers(instrument, values, sex))
    answered, score = plain_score(name, [None if value in UNSCORED else value for value in values], sex)
    shown = "" if score is None else str(score)
    names = (instrument.answered_name, instrument.score_name, instrument.band_name)
    expected = [str(answered), shown, plain_band(name, score) if instrument.bands else None]
    assert [found.get(each) for each in names] == expected, (values, sex)


@pytest.mark.parametrize("name", ["gad7", "who5", "k6"])
def test_every_complete_questionnaire_of_a_short_instrument_scores_as_by_hand(name):
    rule = RULES[name]
    for values in itertools.product(range(rule.high + 1), repeat=rule.items):
        check(name, values)


@pytest.mark.parametrize("name", ["who5", "k6", "gad7"])
def test_every_pattern_of_gaps_of_a_short_instrument_scores_as_by_hand(name):
    rule = RULES[name]
    for values in itertools.product((1, rule.high, REFUSED), repeat=rule.items):
        check(name, values)


@pytest.mark.parametrize("sex", ["female", "male"])
@pytest.mark.parametrize("name", RULES)
def test_drawn_questionnaires_with_gaps_score_as_by_hand(name, sex):
    rng, rule = random.Random(f"{name} {sex}"), RULES[name]
    for _ in range(400):
        gaps = rng.choice((0.0, 0.05, 0.3))
        codes = [rng.randint(0, rule.high) for _ in range(rule.items)]
        check(name, [rng.choice(UNSCORED) if rng.random() < gaps else code for code in codes], sex)


def test_the_cluster_rule_agrees_with_every_completion_of_the_gaps():
    rng, pcl5 = random.Random(5), CATALOGUE["pcl5"]
    seen = set()
    for _ in range(400):
        usual = rng.choice((1, 2, 4))
        gaps = rng.sample(range(20), rng.randint(0, 4))
        values = [None if place in gaps else rng.randint(0, usual) for place in range(20)]
        found = calculate(pcl5, as_answers(pcl5, values))["pcl5_cluster_rule"]
        assert found == plain_cluster_rule(values), values
        seen.add(found)
    assert seen == {"met", "not_met", ""}
