"""Random people at sessions: no engine error in any language, and the phone computes what Python computes."""

import pytest

from forms.translation import LANGUAGES
from tests.forms.phone_people import FULL, USUAL
from tests.forms.random_walks import walk_randomly

WALKS = {(USUAL, ""): 297, (FULL, "2801"): 297}
"""How many walks in each language, by programme and area."""
IN_MANY = 20
EVERY_LANGUAGE = pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
EVERY_PHONE = pytest.mark.parametrize(("programme", "area"), WALKS, ids=lambda value: value or "all")


@EVERY_LANGUAGE
@EVERY_PHONE
def test_random_people_cause_no_engine_error_and_scores_agree(programme, area, language):
    walks = walk_randomly("attendance", language, WALKS[programme, area], programme, area)
    assert walks.found == ()
    assert walks.finalized > walks.walked / 10


@pytest.mark.soak
@EVERY_LANGUAGE
@EVERY_PHONE
def test_many_more_random_people_cause_no_engine_error_and_scores_agree(programme, area, language):
    walks = walk_randomly("attendance", language, IN_MANY * WALKS[programme, area], programme, area, first=100_000)
    assert walks.found == ()
