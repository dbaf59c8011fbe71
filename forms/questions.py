"""Questions that several forms share: metadata, yes and no, instruments, rosters, places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from forms.expression import Expression, Literal, OnPhone
from forms.form import Question, Roster
from forms.instrument import Choice, ChoiceList
from forms.places import Place, place_name, places_within

GROUPS = Roster("groups", ("name", "label", "sector", "cha"))
MEMBERS = Roster("members", ("name", "label", "healing_group", "active"))

YES_NO = ChoiceList("yes_no", (Choice("yes", "Yes"), Choice("no", "No")))
SEXES = ChoiceList("sex", (Choice("female", "Woman"), Choice("male", "Man")))


def metadata() -> tuple[Question, ...]:
    """Return the questions that the phone answers by itself; the audit trail notes changes, never a location."""
    silent = tuple(Question(name, name) for name in ("start", "end", "today", "username", "deviceid"))
    return (*silent, Question("audit", "audit", parameters="track-changes=true"))


def named_by_time(*parts: str) -> Expression:
    """Return the name of a record in KoboCollect's lists: XPath `parts`, then day and time; it names nobody.

    The name stays in the lists of a phone after the record is sent and the form deleted.
    """
    moment = "format-date-time(${start}, '%Y-%m-%d %H:%M')"
    return OnPhone(f"concat({', '.join((*parts, moment))})", "the form, and when it was begun")


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
        name,
        kind,
        label,
        hint,
        roster=roster,
        choice_filter=choice_filter,
        required=True,
        relevant=relevant,
        appearance="" if multiple else "quick",
    )


def members_of_group(
    name: str, label: str, relevant: Expression, untaken: Sequence[str] = (), *, multiple: bool = False
) -> Question:
    """Return a choice among the active members of the healing group, without those in the questions `untaken`."""
    taken = "".join(f" and not(selected(${{{other}}}, name))" for other in untaken)
    shown = OnPhone(
        f"healing_group = ${{healing_group}} and active = '1'{taken}", "active members of the healing group, each once"
    )
    return from_roster(name, label, MEMBERS, shown, multiple=multiple, relevant=relevant)


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


def place_question(
    name: str, label: str, sectors: Sequence[str], inside: str = "", *, identifying: bool = False
) -> Question:
    """Return the choice of a sector, cell or village (`name` is the level) in `sectors`, filtered by question `inside`.

    A single sector is not asked for: the phone stores it.
    """
    if name == "sector" and len(sectors) == 1:
        return calculated(name, Literal(sectors[0]))
    return Question(
        name,
        "select_one",
        label,
        choices=place_list(name, sectors),
        choice_filter=_within(inside) if inside else None,
        required=True,
        appearance="quick",
        identifying=identifying,
    )


def place_list(level: str, sectors: Sequence[str]) -> ChoiceList:
    """Return all places of a level in the sectors, by official code, with the code around each."""
    found = [place for sector in sectors for place in places_within(sector, level)]
    return ChoiceList(level, tuple(_place_choice(place) for place in found), translated=False)


def _place_choice(place: Place) -> Choice:
    return Choice(place.code, place.name, (("parent", place.parent),))


def _within(question: str) -> Expression:
    """Only the places inside the one chosen in `question`."""
    return OnPhone(f"parent = ${{{question}}}", f"inside {question}")


def title_in(title: str, area: str) -> str:
    """Return the title of a form as a project of its own in an area."""
    return f"{title} · {place_name(area)}" if area else title
