"""The instruments score as worked out by hand, in every band, with refusals and with answers missing."""

import itertools
import random

import pytest

from forms.expression_value import evaluate, text
from forms.instrument import REFUSED
from forms.library import INSTRUMENTS

PHQ9, GAD7, PCL5 = (INSTRUMENTS[name] for name in ("phq9", "gad7", "pcl5"))
ALL = pytest.mark.parametrize("instrument", INSTRUMENTS.values(), ids=list(INSTRUMENTS))


def calculate(instrument, answers):
    """Return every calculated value of an instrument, as the phone would store it."""
    known = dict(answers)
    for name, expression in instrument.calculations():
        known[name] = text(evaluate(expression, known))
    return known


def answers_of(instrument, values):
    return {item.name: str(value) for item, value in zip(instrument.items, values, strict=True) if value is not None}


# Worked by hand: the sum of the codes, and the published band that the sum falls in.
HAND_WORKED = [
    (PHQ9, (0, 0, 0, 0, 0, 0, 0, 0, 0), "0", "minimal"),
    (PHQ9, (1, 1, 1, 1, 0, 0, 0, 0, 0), "4", "minimal"),
    (PHQ9, (1, 1, 1, 1, 1, 0, 0, 0, 0), "5", "mild"),
    (PHQ9, (1, 1, 1, 1, 1, 1, 1, 1, 1), "9", "mild"),
    (PHQ9, (2, 1, 1, 1, 1, 1, 1, 1, 1), "10", "moderate"),
    (PHQ9, (2, 2, 2, 2, 2, 1, 1, 1, 1), "14", "moderate"),
    (PHQ9, (2, 2, 2, 2, 2, 2, 1, 1, 1), "15", "moderately_severe"),
    (PHQ9, (3, 2, 2, 2, 2, 2, 2, 2, 2), "19", "moderately_severe"),
    (PHQ9, (3, 3, 2, 2, 2, 2, 2, 2, 2), "20", "severe"),
    (PHQ9, (3, 3, 3, 3, 3, 3, 3, 3, 3), "27", "severe"),
    (GAD7, (0, 1, 1, 1, 1, 0, 0), "4", "minimal"),
    (GAD7, (0, 1, 1, 1, 1, 1, 0), "5", "mild"),
    (GAD7, (2, 2, 2, 1, 1, 1, 1), "10", "moderate"),
    (GAD7, (3, 2, 2, 2, 2, 2, 2), "15", "severe"),
    (GAD7, (3, 3, 3, 3, 3, 3, 3), "21", "severe"),
    (PCL5, (1,) * 20, "20", "below_23"),
    (PCL5, (2, 2) + (1,) * 18, "22", "below_23"),
    (PCL5, (2, 2, 2) + (1,) * 17, "23", "from_23"),
    (PCL5, (2,) * 12 + (1,) * 8, "32", "from_23"),
    (PCL5, (2,) * 13 + (1,) * 7, "33", "from_33"),
    (PCL5, (4,) * 20, "80", "from_33"),
]


@pytest.mark.parametrize(("instrument", "values", "score", "band"), HAND_WORKED)
def test_a_complete_questionnaire_scores_as_worked_by_hand(instrument, values, score, band):
    found = calculate(instrument, answers_of(instrument, values))
    assert (found[instrument.score_name], found[instrument.band_name]) == (score, band)


@pytest.mark.parametrize(
    ("values", "answered", "score"),
    [
        ((1, 1, 1, 1, 1, 1, 1, 1, REFUSED), "8", "9"),  # 8 × 9 ÷ 8
        ((3, 3, 3, 3, 3, 3, 3, REFUSED, REFUSED), "7", "27"),  # 21 × 9 ÷ 7
        ((1, 0, 0, 0, 0, 0, 0, REFUSED, None), "7", "1"),  # 9 ÷ 7 = 1.29
        ((1, 1, 0, 0, 0, 0, 0, REFUSED, None), "7", "3"),  # 18 ÷ 7 = 2.57
        ((3, 3, 3, 3, 3, 3, REFUSED, REFUSED, REFUSED), "6", ""),  # fewer than 7 answers
        ((None,) * 9, "0", ""),
    ],
)
def test_refused_items_are_prorated_down_to_the_minimum_and_then_give_no_score(values, answered, score):
    found = calculate(PHQ9, answers_of(PHQ9, values))
    assert (found["phq9_answered"], found["phq9_score"]) == (answered, score)
    assert (found["phq9_band"] == "") == (score == "")


@ALL
def test_a_code_outside_the_list_is_never_scored(instrument):
    values = [instrument.code_range[1]] * (len(instrument.items) - 1) + [instrument.code_range[1] + 1]
    assert calculate(instrument, answers_of(instrument, values))[instrument.answered_name] == str(len(values) - 1)


@ALL
def test_random_complete_answers_score_their_plain_sum(instrument):
    rng = random.Random(7)
    low, high = instrument.code_range
    for _ in range(300):
        values = [rng.randint(low, high) for _ in instrument.items]
        assert calculate(instrument, answers_of(instrument, values))[instrument.score_name] == str(sum(values))


def test_every_possible_gad7_questionnaire_scores_its_sum():
    for values in itertools.product(range(4), repeat=7):
        assert calculate(GAD7, answers_of(GAD7, values))["gad7_score"] == str(sum(values))


@ALL
def test_bands_cover_every_score_once(instrument):
    covered = [score for band in instrument.bands for score in range(band.low, band.high + 1)]
    assert covered == list(range(instrument.highest_score + 1))


@ALL
def test_every_figure_says_where_it_comes_from(instrument):
    assert instrument.band_source and instrument.source and instrument.licence.evidence
    assert all(cut_off.source and cut_off.population for cut_off in instrument.cut_offs)
    assert all(change.source for change in instrument.reliable_change)
    assert instrument.missing_rule.source and instrument.untranslated_source


def test_the_instruments_have_their_published_shape():
    assert [(len(i.items), i.code_range, i.highest_score) for i in (PHQ9, GAD7, PCL5)] == [
        (9, (0, 3), 27),
        (7, (0, 3), 21),
        (20, (0, 4), 80),
    ]


def test_both_cut_off_sets_are_there_for_phq9_and_pcl5():
    assert {(c.name, c.at_least) for c in PHQ9.cut_offs} == {("international", 10), ("rwanda", 5)}
    assert {(c.name, c.at_least) for c in PCL5.cut_offs} == {("international", 33), ("rwanda", 23)}


def test_the_safety_item_is_item_nine_of_the_phq9():
    assert PHQ9.safety_item == PHQ9.items[8].name
