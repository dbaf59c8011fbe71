"""Places nest by official code and are complete for the districts where the programme works."""

import pytest

from forms.places import all_places, parent_code, place_name, places_within


def test_kamonyi_has_its_sectors_cells_and_villages():
    assert [len(places_within("28", level)) for level in ("sector", "cell", "village")] == [12, 59, 317]


def test_the_whole_country_is_there():
    assert len(places_within("", "village")) == 14_816 and len(places_within("", "district")) == 30


def test_every_place_has_a_parent_that_exists():
    places = all_places()
    assert all(place.parent in places for place in places.values() if place.level != "province")


def test_codes_nest():
    assert [parent_code(c) for c in ("28010101", "280101", "2801", "28", "2")] == ["280101", "2801", "28", "2", ""]


@pytest.mark.parametrize(("code", "name"), [("2801", "Gacurabwenge"), ("28", "Kamonyi"), ("9999", "9999"), (None, "")])
def test_a_place_is_shown_by_name_and_an_unknown_code_as_itself(code, name):
    assert place_name(code) == name
