"""Questions that several forms share: metadata, yes and no, instruments, rosters, places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from forms.expression import Expression, OnPhone, Ref
from forms.form import Group, Question, Roster
from forms.instrument import Choice, ChoiceList, Instrument, Item
from forms.instruments.gad7 import GAD7
from forms.instruments.pcl5 import PCL5
from forms.instruments.phq9 import DIFFICULTY, DIFFICULTY_ANSWERS, PHQ9
from forms.places import Place, places_within
from forms.programme import PROGRAMME

INSTRUMENTS = (PHQ9, GAD7, PCL5)

GROUPS = Roster("groups", ("name", "label", "sector", "cha"))
MEMBERS = Roster("members", ("name", "label", "healing_group", "active"))

YES_NO = ChoiceList("yes_no", (Choice("yes", "Yes"), Choice("no", "No")))
SEXES = ChoiceList("sex", (Choice("female", "Woman"), Choice("male", "Man")))


def metadata() -> tuple[Question, ...]:
    """Return the questions that the phone answers by itself; the audit trail notes changes, never a location."""
    silent = tuple(Question(name, name) for name in ("start", "end", "today", "username", "deviceid"))
    return (*silent, Question("audit", "audit", parameters="track-changes=true"))


def yes_no(
    name: str, label: str, *, relevant: Expression | None = None, hint: str = "", indicator: str = ""
) -> Question:
    """Return a required question with yes and no."""
    return replace(one_of(name, label, YES_NO, relevant=relevant, hint=hint), indicator=indicator)


def one_of(
    name: str, label: str, choices: ChoiceList, *, relevant: Expression | None = None, hint: str = ""
) -> Question:
    """Return a required question with one choice, which moves on by itself when ticked."""
    return Question(name, "select_one", label, hint, choices, required=True, relevant=relevant, appearance="quick")


def calculated(name: str, calculation: Expression, *, relevant: Expression | None = None) -> Question:
    """Return a value that the phone computes and stores without showing it."""
    return Question(name, "calculate", calculation=calculation, relevant=relevant)


def instrument_group(instrument: Instrument) -> Group:
    """Return an instrument: its instruction, one item a screen, and its calculated scores."""
    extra = (_item(DIFFICULTY, DIFFICULTY_ANSWERS, instrument, _any_symptom()),) if instrument is PHQ9 else ()
    return Group(
        instrument.name,
        (
            Question(f"{instrument.name}_instruction", "note", instrument.instruction, instrument=instrument.name),
            *(_item(item, instrument.answers, instrument) for item in instrument.items),
            *extra,
            *(calculated(name, expression) for name, expression in instrument.calculations()),
        ),
    )


def _any_symptom() -> Expression:
    """The difficulty question is asked only of those who ticked any problem, as on the paper form."""
    return Ref(PHQ9.sum_name) >= 1


def _item(item: Item, answers: ChoiceList, instrument: Instrument, relevant: Expression | None = None) -> Question:
    return Question(
        item.name,
        "select_one",
        item.wording,
        choices=answers,
        required=True,
        relevant=relevant,
        appearance="quick",
        instrument=instrument.name,
    )


def safety_condition() -> Expression:
    """PHQ-9 item 9 answered with 1 or more (domain rule: any positive answer leads to the triage)."""
    return Ref(PHQ9.safety_item) >= 1


def from_roster(
    name: str,
    label: str,
    roster: Roster,
    choice_filter: Expression,
    *,
    multiple: bool = False,
    relevant: Expression | None = None,
    hint: str = "",
) -> Question:
    """Return a required choice from a roster file, filtered."""
    kind = "select_multiple_from_file" if multiple else "select_one_from_file"
    return Question(
        name, kind, label, hint, roster=roster, choice_filter=choice_filter, required=True, relevant=relevant
    )


GO_BACK = ChoiceList("go_back", (Choice("go_back", "Go back and tick who"),))


def nobody_ticked(name: str, label: str, condition: Expression) -> Question:
    """Return a screen that cannot be passed while `condition` holds: somebody is meant, and nobody is ticked.

    When the healing group is changed after ticking, KoboCollect drops the old ticks at Finalize and does not ask a
    required multiple choice again (JavaRosa 5.1 takes the emptied list for an answer). This screen then stops it.
    """
    message = "Nobody is ticked. Go back and tick who, or change the answer before."
    return replace(
        one_of(name, label, GO_BACK, relevant=condition),
        constraint=OnPhone("false()", "never"),
        constraint_message=message,
    )


def own_groups() -> Expression:
    """Only the healing groups of the CHA whose account is on the phone."""
    return OnPhone("cha = ${username}", "healing groups of this CHA")


def no_groups_note() -> Question:
    """Return the note that explains an empty list of healing groups, instead of leaving the CHA before a dead end."""
    return Question(
        "no_groups_note",
        "note",
        "No healing group is registered for the account ${username} on this phone. Call your coordinator.",
        relevant=OnPhone("count(instance('groups')/root/item[cha = ${username}]) = 0", "no group for this account"),
    )


def place_list(name: str, level: str) -> ChoiceList:
    """Return all places of a level in the programme's districts, by official code, with the code around each."""
    found = [place for district in PROGRAMME.districts for place in places_within(district, level)]
    return ChoiceList(name, tuple(_place_choice(place) for place in found), translated=False)


def _place_choice(place: Place) -> Choice:
    return Choice(place.code, place.name, (("parent", place.parent),))


def within(question: str) -> Expression:
    """Only the places inside the one chosen in `question`."""
    return OnPhone(f"parent = ${{{question}}}", f"inside {question}")


def groups_of(instruments: Sequence[Instrument]) -> tuple[Group, ...]:
    """Return the groups of several instruments in order."""
    return tuple(instrument_group(instrument) for instrument in instruments)
