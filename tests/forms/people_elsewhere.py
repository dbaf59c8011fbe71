"""The people of the tests at the intake of another programme, with other instruments and another rule of triage."""

from __future__ import annotations

from tests.forms.people_answers import (
    ARRIVES,
    LEAVES,
    MAN,
    WOMAN,
    calm,
    scale,
    scored,
    stop,
    triage,
    without,
)
from tests.forms.people_at_intake import CALM, MINOR, NINTH_REFUSED, REST_OF_INTAKE, intake, ninth
from tests.forms.phone_people import FULL, NO_INSTRUMENTS

# The other programme asks SRQ-20 and PHQ-9, which both lead to a triage, then WHO-5 and K6; adults are 21 and older.
ARRIVES_ELSEWHERE = ARRIVES | {"consent_version": "2026-9"}
MILD_SRQ = scale("srq20", "11100000000000000000") | scored("srq20", 20, 3, 3)
SRQ_REFUSED = scale("srq20", "0" * 16 + "r" + "000") | scored("srq20", 19, 0)
SRQ_POSITIVE = scale("srq20", "0" * 16 + "1" + "000") | scored("srq20", 20, 1, 1)
REST = calm("who5", "k6")
HALF_WELL = scale("who5", "23232") | scored("who5", 5, 12, 48, "low")
SERIOUS_K6 = scale("k6", "222223") | scored("k6", 6, 13, 13, "serious")

ELSEWHERE = (
    intake(
        "another programme: no triage, symptoms in every instrument",
        sends=ARRIVES_ELSEWHERE | MILD_SRQ | calm("phq9") | HALF_WELL | SERIOUS_K6 | LEAVES,
        programme=FULL,
    ),
    intake(
        "another programme: twenty is too young",
        sends=without(WOMAN | MINOR, "consent_version") | {"birth_year": 2006, "age": 20},
        unasked=REST_OF_INTAKE | calm("srq20") | REST,
        programme=FULL,
    ),
    intake(
        "another programme: the thought in the SRQ-20 leads to the first triage, by the stricter rule",
        sends=ARRIVES_ELSEWHERE
        | SRQ_POSITIVE
        | triage("safety", "nynn", "imminent", "called_psychologist")
        | calm("phq9")
        | REST
        | LEAVES,
        programme=FULL,
        area="2801",
    ),
    intake(
        "another programme: the thought in the PHQ-9 only leads to the second triage",
        sends=ARRIVES_ELSEWHERE
        | MAN
        | MILD_SRQ
        | ninth("2", 2)
        | triage("safety_2", "ynnn", "moderate", "called_help_line")
        | REST
        | LEAVES,
        programme=FULL,
        area="2801",
    ),
    intake(
        "another programme: the thought in both is one triage",
        sends=ARRIVES_ELSEWHERE
        | SRQ_POSITIVE
        | triage("safety", "nnnn", "low", "none_needed")
        | ninth("1", 1)
        | REST
        | LEAVES,
        unasked=triage("safety_2", "yyyy", "imminent", "called_psychologist") | {"spoke_of_harm": "yes"},
        programme=FULL,
        area="2801",
    ),
    intake(
        "another programme: refused in one, thought of in the other: asked at the end, no further triage",
        sends=ARRIVES_ELSEWHERE
        | SRQ_REFUSED
        | ninth("3", 3)
        | triage("safety_2", "nnny", "moderate", "called_psychologist")
        | REST
        | {"spoke_of_harm": "yes"}
        | LEAVES,
        unasked=triage("safety_3", "yyyy", "imminent", "called_psychologist"),
        programme=FULL,
        area="2801",
    ),
    intake(
        "another programme: refused in both, spoken of at the end: the third triage",
        sends=ARRIVES_ELSEWHERE
        | SRQ_REFUSED
        | NINTH_REFUSED
        | REST
        | {"spoke_of_harm": "yes"}
        | triage("safety_3", "ynny", "imminent", "stayed_with called_help_line")
        | LEAVES,
        programme=FULL,
        area="2801",
    ),
    *(
        intake(
            f"another programme: stopped at item {at} of the SRQ-20",
            sends=ARRIVES_ELSEWHERE
            | scale("srq20", "0" * (at - 1) + "s")
            | scored("srq20", at - 1, 0)
            | stop("srq20")
            | LEAVES,
            unasked=scale("srq20", "0" * (20 - at), first=at + 1) | calm("phq9") | REST,
            programme=FULL,
            area="2801",
        )
        for at in (1, 10, 17, 20)
    ),
    intake(
        "another programme: stopped in the WHO-5, spoken of: the third triage",
        sends=ARRIVES_ELSEWHERE
        | calm("srq20", "phq9")
        | scale("who5", "55s")
        | scored("who5", 2, 10)
        | stop("who5", "distress", harm="yes")
        | triage("safety_3", "nnnn", "low", "trusted_person")
        | LEAVES,
        unasked=scale("who5", "00", first=4) | calm("k6"),
        programme=FULL,
        area="2801",
    ),
    intake(
        "another programme: stopped at the last item of the K6, the last of all",
        sends=ARRIVES_ELSEWHERE
        | calm("srq20", "phq9", "who5")
        | scale("k6", "43210s")
        | scored("k6", 5, 10)
        | stop("k6", "not_private")
        | LEAVES,
        programme=FULL,
        area="2801",
    ),
    intake(
        "without instruments at intake nothing is asked about the mind",
        sends=ARRIVES | LEAVES,
        unasked=CALM | {"spoke_of_harm": "yes"},
        programme=NO_INSTRUMENTS,
    ),
)
