"""The people of the tests at intake: who takes part, what is refused, and exactly what the phone sends."""

from __future__ import annotations

from functools import partial

from tests.forms.people_answers import (
    AGREES,
    ARRIVES,
    CARD,
    ELIGIBLE,
    HOME,
    LEAVES,
    MAN,
    WOMAN,
    Person,
    Round,
    calm,
    scale,
    scored,
    without,
)
from tests.forms.phone_people import NEWCOMER

intake = partial(Person, form_id="intake")

CALM = calm("phq9", "gad7", "pcl5")
AFTER = calm("gad7", "pcl5")
WELL = ARRIVES | CALM | LEAVES
"""What a woman sends who has no complaints and joins."""
REST_OF_INTAKE = AGREES | CARD | HOME | CALM | LEAVES
MINOR = ELIGIBLE | {"eligible": "no", "ineligible_reason": "under_age"}
NOT_CONSENTING = WOMAN | ELIGIBLE | {"consent_service": "no"}
AGE_TOLD = {"birth_year_known": "no", "birth_year": None}
NINTH = scale("phq9", "00000000") | {"phq9_10": "1"}


def ninth(value, points):
    """A PHQ-9 in which only the thoughts of death are there."""
    return NINTH | {"phq9_9": value} | scored("phq9", 9, points, points, "minimal")


UNKNOWN_YEAR = without(WELL, "birth_year") | {"birth_year_known": "no"}
NINTH_REFUSED = without(NINTH, "phq9_10") | {"phq9_9": "refused"} | scored("phq9", 8, 0, 0, "minimal")

WHO_TAKES_PART = (
    intake("a woman without complaints joins", sends=WELL),
    intake(
        "a man joins, gives a telephone number, and keeps his answers from research",
        sends=WELL | MAN | {"consent_mode": "thumbprint", "consent_research": "no", "phone": "0780000001"},
    ),
    intake(
        "a woman of unknown year of birth tells her age and agrees before a witness",
        sends=UNKNOWN_YEAR | {"age_told": 40, "age": 40, "consent_mode": "oral_witness"},
    ),
    intake(
        "a minor by year of birth is asked nothing more",
        sends=without(WOMAN | MINOR, "consent_version") | {"birth_year": 2009, "age": 17},
        unasked=REST_OF_INTAKE,
    ),
    intake(
        "a minor by age told is asked nothing more",
        sends=without(MAN | MINOR, "consent_version", "birth_year")
        | {"birth_year_known": "no", "age_told": 17, "age": 17},
        unasked=REST_OF_INTAKE,
    ),
    intake(
        "whoever cannot take part is asked nothing more",
        sends=without(WOMAN | ELIGIBLE, "consent_version")
        | {"able_to_take_part": "no", "eligible": "no", "ineligible_reason": "not_able"},
        unasked=REST_OF_INTAKE,
    ),
    intake(
        "whoever was in a group before is asked nothing more",
        sends=without(MAN | ELIGIBLE, "consent_version")
        | {"earlier_participant": "yes", "eligible": "no", "ineligible_reason": "earlier_participant"},
        unasked=REST_OF_INTAKE,
    ),
    intake(
        "whoever does not consent leaves no name, place or answer",
        sends=NOT_CONSENTING,
        unasked=without(REST_OF_INTAKE, "consent_service"),
    ),
    intake(
        "consent withdrawn before sending takes the answers away",
        sends=NOT_CONSENTING,
        at_first=REST_OF_INTAKE,
        goes_back=(Round({"consent_service": "no"}),),
    ),
    intake(
        "a man who does not want to join now",
        sends=without(WELL | MAN, "healing_group", "joined_on") | {"enrolled": "no", "not_enrolled_reason": "declined"},
        unasked={"healing_group": "2801-01", "joined_on": "2026-03-02"},
    ),
    intake(
        "a CHA whose account has no group can still screen",
        sends=without(WELL, "healing_group", "joined_on") | {"enrolled": "no", "not_enrolled_reason": "no_group"},
        username="nobody",
    ),
    intake(
        "a CHA without groups is stopped where a group is needed, and goes back",
        sends=without(WELL, "healing_group", "joined_on") | {"enrolled": "no", "not_enrolled_reason": "referred"},
        at_first={"enrolled": "yes", "joined_on": "2026-03-02"},
        refused=("healing_group",),
        stopped_at="healing_group",
        goes_back=(Round({"enrolled": "no", "not_enrolled_reason": "referred"}),),
        username="nobody",
    ),
    intake(
        "going back and changing the sector asks again for cell, village",
        sends=WELL | {"sector": "2802", "cell": "280201", "village": "28020101"},
        at_first=HOME,
        goes_back=(
            Round({"sector": "2802"}, stopped_at="cell", refused=("cell", "village")),
            Round({"cell": "280201"}, stopped_at="village", refused=("village",)),
            Round({"village": "28020101"}),
        ),
    ),
    intake("the project of one sector stores it without asking", sends=WELL, area="2801"),
    intake("a newcomer's card is typed in", sends=WELL | {"has_newcomer_card": "yes", "newcomer_code": NEWCOMER}),
    intake(
        "a typing error on a newcomer's card is refused until it is right",
        sends=WELL | {"has_newcomer_card": "yes", "newcomer_code": NEWCOMER},
        at_first={"newcomer_code": NEWCOMER[:-1] + "3"},
        refused=("newcomer_code",),
        stopped_at="newcomer_code",
        goes_back=(Round({"newcomer_code": NEWCOMER}),),
    ),
)

REFUSALS = (
    intake(
        "one refused item is made up for by the others",
        sends=ARRIVES
        | scale("phq9", "1111111r0")
        | {"phq9_10": "refused"}
        | scored("phq9", 8, 7, 8, "mild")
        | AFTER
        | LEAVES,
    ),
    intake(
        "three refused items leave the PHQ-9 without a score",
        sends=ARRIVES | scale("phq9", "rrr222220") | {"phq9_10": "3"} | scored("phq9", 6, 10) | AFTER | LEAVES,
    ),
    intake(
        "refusals in every instrument, and symptoms in every cluster",
        sends=ARRIVES
        | scale("phq9", "33333330r")
        | {"phq9_10": "2", "spoke_of_harm": "no"}
        | scored("phq9", 8, 21, 24, "severe")
        | scale("gad7", "r222222")
        | scored("gad7", 6, 12, 14, "moderate")
        | scale("pcl5", "rrr4444444444444444r")
        | scored("pcl5", 16, 64, 80, "from_33")
        | {"pcl5_cluster_rule": "met"}
        | LEAVES,
    ),
    intake(
        "refusals that could still decide leave the cluster rule open",
        sends=ARRIVES | calm("phq9", "gad7") | scale("pcl5", "rrrrr444444444444444") | scored("pcl5", 15, 60) | LEAVES,
    ),
    intake(
        "everything refused is an answer too",
        sends=ARRIVES
        | scale("phq9", "r" * 9)
        | scored("phq9", 0, 0)
        | scale("gad7", "r" * 7)
        | scored("gad7", 0, 0)
        | scale("pcl5", "r" * 20)
        | scored("pcl5", 0, 0)
        | {"spoke_of_harm": "no"}
        | LEAVES,
        unasked={"phq9_10": "1"},
    ),
)
