"""Knows how serious answers about self-harm are, whole or in part, and that none of them is lost."""

import pytest

from connector.facts_triage import all_actions, interview_level, most_serious, triage_level
from forms.distress import SLOTS
from forms.safety import PREFIXES

NAMES = ("thoughts_now", "plan", "means", "past_year")


def answers(prefix: str, told: str) -> dict[str, str | None]:
    """One letter for each of the four answers: y yes, n no, r refused, - missing."""
    words = {"y": "yes", "n": "no", "r": "refused", "-": None}
    return {f"{prefix}_{name}": words[letter] for name, letter in zip(NAMES, told, strict=True)}


# By hand from the rule in the programme file: thoughts with a plan or means are imminent; thoughts, a plan or an act
# within a year alone are moderate; means alone are low; a refusal counts as yes.
WHOLE = [
    ("nnnn", "low"),
    ("nnyn", "low"),
    ("ynnn", "moderate"),
    ("nynn", "moderate"),
    ("nnny", "moderate"),
    ("nnnr", "moderate"),
    ("yynn", "imminent"),
    ("ynyn", "imminent"),
    ("rnrn", "imminent"),
]
# Unfinished: at least moderate, and imminent when the answers that are there say so already.
IN_PART = [
    ("----", None),
    ("n---", "moderate"),
    ("nnn-", "moderate"),
    ("y---", "moderate"),
    ("-y--", "moderate"),
    ("yy--", "imminent"),
    ("r-y-", "imminent"),
]


@pytest.mark.parametrize("prefix", [*PREFIXES, *SLOTS])
@pytest.mark.parametrize(("told", "level"), [*WHOLE, *IN_PART])
def test_the_level_follows_from_the_answers_that_are_there(prefix: str, told: str, level: str | None) -> None:
    assert triage_level(answers(prefix, told), prefix) == level


@pytest.mark.parametrize(
    ("told", "on_phone", "level"),
    [
        ("nnnn", "imminent", "imminent"),
        ("yynn", "low", "imminent"),
        ("----", "imminent", "imminent"),
        ("----", "low", "low"),
        ("yy--", "low", "imminent"),
        ("nnnn", "?", "low"),
    ],
)
def test_of_the_phones_level_and_ours_the_more_serious_counts(told: str, on_phone: str, level: str) -> None:
    assert triage_level({**answers("safety", told), "safety_level": on_phone}, "safety") == level


def test_a_triage_of_which_only_the_actions_are_left_was_begun() -> None:
    assert triage_level({"distress_1_actions": "stayed_with"}, "distress_1") == "moderate"


def test_the_answers_of_another_triage_do_not_count() -> None:
    assert triage_level(answers("safety_2", "yynn"), "safety") is None
    assert triage_level(answers("distress_2", "yynn"), "distress_1") is None


@pytest.mark.parametrize("place", range(len(PREFIXES)))
def test_an_interview_has_the_most_serious_level_of_all_its_triages(place: int) -> None:
    levels = ["nnnn"] * len(PREFIXES)
    levels[place] = "yynn"
    told = {
        name: answer
        for prefix, letters in zip(PREFIXES, levels, strict=True)
        for name, answer in answers(prefix, letters).items()
    }
    assert interview_level(told) == "imminent"


@pytest.mark.parametrize(
    ("reason", "level"),
    [
        ({"phq9_9": "1"}, "moderate"),
        ({"phq9_9": "3"}, "moderate"),
        ({"phq9_9": "0"}, None),
        ({"phq9_9": "refused"}, None),
        ({"phq9_9": "stopped"}, None),
        ({"srq20_17": "1"}, "moderate"),
        ({"srq20_17": "0"}, None),
        ({"spoke_of_harm": "yes"}, "moderate"),
        ({"spoke_of_harm": "no"}, None),
        ({}, None),
    ],
)
def test_a_reason_for_a_triage_without_one_counts_as_moderate(reason: dict[str, str | None], level: str | None) -> None:
    assert interview_level(reason) == level


@pytest.mark.parametrize("reason", [{"phq9_9": "2"}, {"srq20_17": "1"}, {"spoke_of_harm": "yes"}])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_with_a_finished_triage_its_level_counts(reason: dict[str, str | None], prefix: str) -> None:
    assert interview_level({**reason, **answers(prefix, "nnnn")}) == "low"


def test_the_most_serious_of_nothing_is_nothing() -> None:
    assert most_serious(["low", None, "moderate", "?"]) == "moderate"
    assert most_serious([None, "?"]) is None


def test_actions_are_told_once_in_their_order() -> None:
    assert all_actions(["stayed_with called_help_line", None, "called_help_line none_needed"]) == (
        "stayed_with called_help_line none_needed"
    )
    assert all_actions([None, ""]) is None
