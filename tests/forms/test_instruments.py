"""The instruments score as worked out by hand, in every band, with refusals and with answers missing."""

import pytest

from forms.expression_value import evaluate
from forms.instrument import AT_MOST, COMPLETE, INTERNATIONAL, REFUSED, RWANDA, STOPPED, Instrument
from forms.instruments.catalogue import CATALOGUE, FREE
from forms.instruments.slots import CTS2S, SASCAT, SLOTS, SWEMWBS, UBUNTU, WEMWBS
from tests.forms.plain_scores import as_answers, calculate

PHQ9, GAD7, PCL5, PHQ15, SRQ20, WHO5, K6 = FREE
CDRISC10 = CATALOGUE["cdrisc10"]
R, S = REFUSED, STOPPED
EVERY = pytest.mark.parametrize("instrument", CATALOGUE.values(), ids=list(CATALOGUE))
EVERY_FREE = pytest.mark.parametrize("instrument", FREE, ids=[each.name for each in FREE])
EVERY_SCORED = pytest.mark.parametrize(
    "instrument", [each for each in CATALOGUE.values() if each.is_scored], ids=lambda each: each.name
)

# Worked by hand: the sum of the codes (WHO-5: times 4), and the published band that the score falls in.
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
    (PHQ15, (2, 2) + (0,) * 13, "4", "minimal"),
    (PHQ15, (2, 2, 1) + (0,) * 12, "5", "low"),
    (PHQ15, (1,) * 10 + (0,) * 5, "10", "medium"),
    (PHQ15, (1,) * 15, "15", "high"),
    (PHQ15, (2,) * 15, "30", "high"),
    (SRQ20, (0,) * 20, "0", None),
    (SRQ20, (1, 0) * 10, "10", None),
    (SRQ20, (1,) * 20, "20", None),
    (WHO5, (0, 0, 0, 0, 0), "0", "very_low"),
    (WHO5, (1, 1, 1, 2, 2), "28", "very_low"),
    (WHO5, (1, 1, 2, 2, 2), "32", "low"),
    (WHO5, (2, 2, 2, 3, 3), "48", "low"),
    (WHO5, (2, 2, 3, 3, 3), "52", "above_50"),
    (WHO5, (5, 5, 5, 5, 5), "100", "above_50"),
    (K6, (0, 0, 0, 0, 0, 4), "4", "low"),
    (K6, (1, 1, 1, 1, 1, 0), "5", "moderate"),
    (K6, (2, 2, 2, 2, 2, 2), "12", "moderate"),
    (K6, (3, 2, 2, 2, 2, 2), "13", "serious"),
    (K6, (4, 4, 4, 4, 4, 4), "24", "serious"),
    (CDRISC10, (4,) * 9 + (1,), "37", None),
    (WEMWBS, (1,) * 14, "14", None),
    (SWEMWBS, (5,) * 6 + (3,), "33", None),
]


@pytest.mark.parametrize(("instrument", "values", "score", "band"), HAND_WORKED)
def test_a_complete_questionnaire_scores_as_worked_by_hand(instrument, values, score, band):
    found = calculate(instrument, as_answers(instrument, values))
    assert (found[instrument.score_name], found.get(instrument.band_name)) == (score, band)


# Worked by hand from the rule for missing answers of each instrument.
HAND_WORKED_WITH_GAPS = [
    (PHQ9, (1, 1, 1, 1, 1, 1, 1, 1, R), "8", "9"),  # 8 × 9 ÷ 8
    (PHQ9, (3, 3, 3, 3, 3, 3, 3, R, R), "7", "27"),  # 21 × 9 ÷ 7
    (PHQ9, (1, 0, 0, 0, 0, 0, 0, R, None), "7", "1"),  # 9 ÷ 7 = 1.29
    (PHQ9, (1, 1, 0, 0, 0, 0, 0, S, None), "7", "3"),  # 18 ÷ 7 = 2.57
    (PHQ9, (3, 3, 3, 3, 3, 3, R, R, R), "6", ""),  # fewer than 7 answers
    (PHQ9, (None,) * 9, "0", ""),
    (GAD7, (1, 1, 1, 1, 1, 1, R), "6", "7"),  # 6 × 7 ÷ 6
    (GAD7, (3, 3, 3, 3, 3, R, R), "5", ""),
    (PCL5, (1,) * 16 + (R,) * 4, "16", "20"),  # 16 × 20 ÷ 16
    (PCL5, (4,) * 15 + (S,) + (None,) * 4, "15", ""),
    (PHQ15, (2,) * 12 + (R,) * 3, "12", "24"),  # what is missing counts 0
    (PHQ15, (2,) * 11 + (R,) * 4, "11", ""),
    (SRQ20, (1,) * 19 + (R,), "19", ""),  # complete answers only
    (WHO5, (5, 5, 5, 5, R), "4", ""),
    (WHO5, (S, None, None, None, None), "0", ""),
    (K6, (4, 4, 4, 4, 4, None), "5", ""),
    (CDRISC10, (4,) * 9 + (R,), "9", ""),
]


@pytest.mark.parametrize(("instrument", "values", "answered", "score"), HAND_WORKED_WITH_GAPS)
def test_missing_answers_follow_the_rule_of_the_instrument(instrument, values, answered, score):
    found = calculate(instrument, as_answers(instrument, values))
    assert (found[instrument.answered_name], found[instrument.score_name]) == (answered, score)
    if instrument.bands:
        assert (found[instrument.band_name] == "") == (score == "")


def test_a_man_is_asked_fourteen_items_of_the_phq15_and_none_counts_against_him():
    values = (2, 2, 2, None, *(2,) * 11)
    assert calculate(PHQ15, as_answers(PHQ15, values, "male"))["phq15_score"] == "28"


def test_an_answer_about_periods_that_was_left_behind_is_not_scored_for_a_man():
    found = calculate(PHQ15, as_answers(PHQ15, (1,) * 15, "male"))
    assert (found["phq15_answered"], found["phq15_score"]) == ("14", "14")


def test_only_the_item_about_periods_is_for_one_sex():
    asked = {item.name: item.asked_of for each in CATALOGUE.values() for item in each.items if item.asked_of}
    assert asked == {"phq15_4": "female"}


# Worked by hand with the DSM-5 rule: one of B (1-5), one of C (6-7), two of D (8-14), two of E (15-20), each 2 or more.
MET = (2, 0, 0, 0, 0, 0, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2)


def changed(values, **by_number):
    return [by_number.get(f"i{number}", value) for number, value in enumerate(values, start=1)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (MET, "met"),
        (changed(MET, i1=1), "not_met"),  # no B
        (changed(MET, i7=1), "not_met"),  # no C
        (changed(MET, i9=1), "not_met"),  # one D
        (changed(MET, i20=1), "not_met"),  # one E
        (changed(MET, i1=R), ""),  # item 1 could be the only B
        (changed(MET, i2=R), "met"),  # item 2 cannot undo what item 1 said
        (changed(MET, i1=1, i2=R), ""),
        (changed(MET, i7=1, i1=R), "not_met"),  # C cannot be reached whatever item 1 is
        (changed(MET, i8=0, i9=0, i10=R), "not_met"),  # one missing item is not enough for two of D
        (changed(MET, i8=0, i9=0, i10=R, i11=S), ""),
        ((None,) * 20, ""),
        ((4,) * 20, "met"),
        ((1,) * 20, "not_met"),
    ],
)
def test_the_cluster_rule_says_only_what_the_answers_settle(values, expected):
    assert calculate(PCL5, as_answers(PCL5, values))["pcl5_cluster_rule"] == expected


@EVERY_SCORED
def test_a_code_outside_the_list_is_never_scored(instrument):
    values = [instrument.code_range[1]] * (len(instrument.items) - 1) + [instrument.code_range[1] + 1]
    found = calculate(instrument, as_answers(instrument, values))
    assert found[instrument.answered_name] == str(len(values) - 1)


@EVERY_SCORED
@pytest.mark.parametrize("code", [REFUSED, STOPPED])
def test_a_refusal_and_a_stop_are_never_scored(instrument, code):
    found = calculate(instrument, as_answers(instrument, [code] * len(instrument.items)))
    names = (instrument.answered_name, instrument.sum_name, instrument.score_name)
    assert [found[name] for name in names] == ["0", "0", ""]


@EVERY
def test_bands_cover_every_score_once_or_there_are_none(instrument):
    covered = [score for band in instrument.bands for score in range(band.low, band.high + 1)]
    assert covered in ([], list(range(instrument.highest_score + 1)))


@EVERY
def test_every_figure_says_where_it_comes_from(instrument):
    assert instrument.band_source and instrument.source
    assert instrument.licence.terms and instrument.licence.evidence
    assert all(cut_off.source and cut_off.population for cut_off in instrument.cut_offs)
    assert all(change.source and change.points > 0 for change in instrument.reliable_change)
    assert instrument.missing_rule.source and instrument.untranslated_source


@EVERY
def test_cut_offs_lie_within_the_scores_and_have_names_of_their_own(instrument):
    names = [cut_off.name for cut_off in instrument.cut_offs]
    assert len(set(names)) == len(names)
    assert all(0 < cut_off.points < instrument.highest_score for cut_off in instrument.cut_offs)
    assert {cut_off.set_name for cut_off in instrument.cut_offs} <= {INTERNATIONAL, RWANDA}


@EVERY
def test_a_cut_off_points_the_way_the_scores_do(instrument):
    assert all((each.direction == AT_MOST) == (not instrument.higher_is_worse) for each in instrument.cut_offs)


@EVERY
def test_a_score_from_complete_answers_only_asks_for_all_of_them(instrument):
    if instrument.missing_rule.treatment == COMPLETE:
        assert instrument.missing_rule.minimum_answered == len(instrument.items)
    assert instrument.missing_rule.minimum_answered <= len(instrument.items)


@EVERY
def test_every_answer_list_ends_with_the_refusal_and_the_stop(instrument):
    assert instrument.answers.codes[-2:] == (REFUSED, STOPPED)
    low, high = instrument.code_range
    assert instrument.scored_codes in ((), tuple(range(low, high + 1)))


@EVERY
def test_names_of_items_and_scores_fit_every_statistics_program(instrument):
    names = [*(item.name for item in instrument.items), *(name for name, _ in instrument.calculations())]
    assert all(name.startswith(f"{instrument.name}_") and len(name) <= 31 for name in names)
    assert len(set(names)) == len(names)


@EVERY_FREE
def test_every_step_of_a_free_scale_has_its_pictogram(instrument):
    images = [choice.image for choice in instrument.answers.choices]
    steps = len(images) - 2
    family = images[0].partition("_")[0] if not images[0].startswith("yes_no") else "yes_no"
    assert images[:-2] == [f"{family}_{steps}_{place}.png" for place in range(steps)]
    assert images[-2:] == ["refused.png", "stopped.png"]


def test_the_instruments_have_their_published_shape():
    shapes = {each.name: (len(each.items), each.code_range, each.highest_score) for each in CATALOGUE.values()}
    assert shapes == {
        "phq9": (9, (0, 3), 27),
        "gad7": (7, (0, 3), 21),
        "pcl5": (20, (0, 4), 80),
        "phq15": (15, (0, 2), 30),
        "srq20": (20, (0, 1), 20),
        "who5": (5, (0, 5), 100),
        "k6": (6, (0, 4), 24),
        "ubuntu": (17, (0, 0), 0),
        "cdrisc10": (10, (0, 4), 40),
        "wemwbs": (14, (1, 5), 70),
        "swemwbs": (7, (1, 5), 35),
        "cts2s": (20, (0, 0), 0),
        "sascat": (9, (0, 0), 0),
    }


def cut_offs(instrument: Instrument, set_name: str) -> set[tuple[str, int]]:
    """Cut-offs of one set: the sex (blank for everybody) and the points."""
    return {(each.sex, each.points) for each in instrument.cut_offs if each.set_name == set_name}


def test_the_cut_offs_of_both_sets_are_those_of_the_sources():
    assert {each.name: (cut_offs(each, INTERNATIONAL), cut_offs(each, RWANDA)) for each in FREE} == {
        "phq9": ({("", 10)}, {("", 5), ("", 7)}),
        "gad7": ({("", 10), ("", 8)}, set()),
        "pcl5": ({("", 33)}, {("", 23)}),
        "phq15": (set(), set()),
        "srq20": (set(), {("female", 10), ("male", 8)}),
        "who5": ({("", 50), ("", 28)}, set()),
        "k6": ({("", 13), ("", 5)}, set()),
    }


def test_a_set_without_cut_offs_gives_those_of_the_other():
    assert SRQ20.cut_offs_of(INTERNATIONAL) == SRQ20.cut_offs
    assert {each.points for each in PHQ9.cut_offs_of(RWANDA)} == {5, 7}


@pytest.mark.parametrize(
    ("cut_off", "inside", "outside", "words"),
    [(PHQ9.cut_offs[0], 10, 9, "10+"), (WHO5.cut_offs[0], 50, 51, "≤ 50")],
)
def test_a_cut_off_includes_its_own_limit(cut_off, inside, outside, words):
    assert (cut_off.includes(inside), cut_off.includes(outside), cut_off.words) == (True, False, words)


def test_the_safety_items_are_the_ninth_and_the_seventeenth():
    assert {each.name: each.safety_item for each in CATALOGUE.values() if each.safety_item} == {
        "phq9": PHQ9.items[8].name,
        "srq20": SRQ20.items[16].name,
    }


@pytest.mark.parametrize(
    ("answer", "opens"), [("0", False), ("1", True), ("3", True), (R, False), (S, False), ("", False)]
)
@pytest.mark.parametrize("instrument", [PHQ9, SRQ20], ids=["phq9", "srq20"])
def test_a_safety_item_alarms_from_one_on_and_never_by_a_refusal(instrument, answer, opens):
    assert evaluate(instrument.safety_condition(), {instrument.safety_item: answer}) is opens


def test_well_being_resilience_and_capital_are_better_when_higher():
    better = {each.name for each in CATALOGUE.values() if not each.higher_is_worse}
    assert better == {"who5", "ubuntu", "cdrisc10", "wemwbs", "swemwbs", "sascat"}


def test_bodily_and_violent_matters_are_asked_in_private():
    assert {each.name for each in CATALOGUE.values() if each.needs_privacy} == {"phq15", "cts2s"}


def test_the_slots_hold_no_wording_and_no_form_can_ask_them():
    assert all(not english for slot in SLOTS for _, english in slot.texts())
    assert not any(slot.is_published or slot.has_texts for slot in SLOTS)
    assert all(each.is_published and each.has_texts for each in FREE)


@pytest.mark.parametrize("slot", [UBUNTU, CTS2S, SASCAT], ids=lambda slot: slot.name)
def test_a_slot_whose_scoring_is_not_known_says_so_and_calculates_nothing(slot):
    assert (slot.is_scored, slot.scored_codes, slot.calculations()) == (False, (), ())
    assert "not known" in slot.scoring_note
