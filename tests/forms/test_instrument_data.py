"""An instrument that is kept beside a form's version comes back whole, and scores as it did."""

import json
from dataclasses import replace

import pytest

from forms.instrument import MissingRule
from forms.instrument_data import instrument_from_data, instrument_to_data
from forms.instruments.catalogue import CATALOGUE, FREE
from tests.forms.plain_scores import as_answers, calculate

EVERY = pytest.mark.parametrize("instrument", CATALOGUE.values(), ids=list(CATALOGUE))


def kept(instrument):
    """The instrument after a stay in JSON."""
    return instrument_from_data(json.loads(json.dumps(instrument_to_data(instrument))))


@EVERY
def test_an_instrument_comes_back_from_json_as_it_was(instrument):
    assert kept(instrument) == instrument


@EVERY
def test_what_is_calculated_comes_back_too(instrument):
    assert kept(instrument).calculations() == instrument.calculations()


def test_an_older_rule_still_scores_by_itself():
    phq9 = CATALOGUE["phq9"]
    older = kept(replace(phq9, missing_rule=MissingRule(9, "an older rule")))
    answers = as_answers(phq9, (1, 1, 1, 1, 1, 1, 1, 1, None))
    assert (calculate(older, answers)["phq9_score"], calculate(phq9, answers)["phq9_score"]) == ("", "9")


def test_wording_that_is_not_free_is_not_kept():
    slot = CATALOGUE["cdrisc10"]
    sentinel = "unpublishable words"
    filled = replace(
        slot,
        instruction=sentinel,
        items=tuple(replace(item, wording=sentinel) for item in slot.items),
        answers=replace(
            slot.answers, choices=tuple(replace(each, label=sentinel) for each in slot.answers.choices[:5])
        ),
    )
    assert sentinel not in json.dumps(instrument_to_data(filled))
    assert kept(filled).calculations() == filled.calculations()


@pytest.mark.parametrize("instrument", FREE, ids=lambda each: each.name)
def test_wording_that_is_free_is_kept(instrument):
    assert all(
        english in json.dumps(instrument_to_data(instrument), ensure_ascii=False) for _, english in instrument.texts()
    )


def test_fields_that_did_not_exist_yet_have_their_defaults():
    data = instrument_to_data(CATALOGUE["gad7"])
    for name in ("factor", "higher_is_worse", "clusters", "is_scored"):
        del data[name]
    assert instrument_from_data(data) == CATALOGUE["gad7"]


def test_data_of_a_later_release_are_refused_by_name():
    data = instrument_to_data(CATALOGUE["gad7"]) | {"weights": [1, 2]}
    with pytest.raises(ValueError, match=r"the kept instrument gad7 cannot be read \(unknown fields weights\)"):
        instrument_from_data(data)


def test_damaged_data_are_refused():
    with pytest.raises(ValueError, match=r"the kept instrument k6 cannot be read \(KeyError: 'answers'\)"):
        instrument_from_data({"name": "k6"})
