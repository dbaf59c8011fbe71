"""How an interview runs: instruments one after another, stopping at any item, safety at once, private matters last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from forms.expression import Expression, If, Literal, Named, Ref, all_of, any_of
from forms.form import Group, Node, Question
from forms.instrument import REFUSED, STOPPED, Choice, ChoiceList, Instrument, Item
from forms.instruments.catalogue import CATALOGUE
from forms.instruments.phq9 import DIFFICULTY, DIFFICULTY_ANSWERS, PHQ9
from forms.private_text import with_private_texts
from forms.programme_shape import Programme
from forms.questions import calculated, one_of, yes_no
from forms.safety import PREFIXES, triage

STOP_REASONS = ChoiceList(
    "stop_reason",
    (
        Choice("distress", "It was too much for the person"),
        Choice("no_time", "There was no more time"),
        Choice("not_private", "Somebody came near"),
        Choice("other_known", "Another reason, known to the supervisor"),
    ),
)

CARE_OFFERS = ChoiceList(
    "care_offer",
    (
        Choice("not_needed", "There was no need"),
        Choice("offered", "Offered"),
        Choice("accepted", "Offered and accepted"),
    ),
)

_PRIVATE = Ref("private_now").equals("yes")


@dataclass(frozen=True, slots=True)
class Asked:
    """An instrument in its place; asked of everybody, or while `relevant` holds."""

    instrument: Instrument
    relevant: Expression | None = None


def askable(programme: Programme) -> Mapping[str, Instrument]:
    """Return the instruments that forms can ask, by name: the free ones, and those with texts from the private file.

    Raises PrivateTextError for a private file that is wrong.
    """
    catalogue = with_private_texts(CATALOGUE, programme.private_texts)
    return {name: each for name, each in catalogue.items() if each.has_texts}


def left_out(programme: Programme) -> tuple[str, ...]:
    """Return the instruments that the programme names but no form can ask, because their wording is not there."""
    named = dict.fromkeys(
        (*programme.intake_instruments, *(name for wave in programme.waves for name in wave.instruments))
    )
    known = askable(programme)
    return tuple(name for name in named if name not in known)


def interview(
    programme: Programme,
    asked: Sequence[Asked],
    private_only: Expression | None = None,
    also: Group | None = None,
) -> tuple[Node, ...]:
    """Return everything from the first instrument to the offer of other help.

    Instruments that hold a safety item come first, with their triage directly behind it; those about private matters
    come last, behind the privacy gate and, where given, only while `private_only` holds. The order is else the given
    one. `also` are further questions, asked after the instruments unless the interview has stopped.
    """
    ordered = sorted(asked, key=lambda each: (each.instrument.needs_privacy, not each.instrument.safety_item))
    nodes: list[Node] = []
    before: list[Instrument] = []
    triages: list[Expression] = []
    gate_is_placed = False
    for each in ordered:
        instrument = each.instrument
        conditions = [each.relevant, *_not_stopped(before)]
        if instrument.needs_privacy:
            nodes += [] if gate_is_placed else [_privacy_gate(_all(_not_stopped(before)))]
            gate_is_placed = True
            conditions += [_PRIVATE, private_only]
        at_once: tuple[Node, ...] = ()
        if instrument.safety_item:
            opened = all_of(instrument.safety_condition(), *(~earlier for earlier in triages))
            at_once = (triage(programme.triage, opened, PREFIXES[len(triages)]),)
            triages.append(opened)
        nodes.append(instrument_group(instrument, _all(conditions), at_once))
        before.append(instrument)
    if also is not None:
        nodes.append(replace(also, relevant=_all([also.relevant, *_not_stopped(before)])))
    nodes += _ending(programme, before, triages)
    return (*nodes, *(() if gate_is_placed else (_privacy_gate(),)), _care_offer())


def instrument_group(instrument: Instrument, relevant: Expression | None = None, at_once: Sequence[Node] = ()) -> Group:
    """Return an instrument: its instruction, one item a screen until the person stops, and its calculated scores.

    `at_once` comes directly behind the safety item: nothing stands between a positive answer and what follows from it.
    """
    nodes: list[Node] = []
    for question in _items(instrument):
        nodes.append(question)
        if question.name == instrument.safety_item:
            nodes += at_once
    return Group(
        instrument.name,
        (
            _instruction(instrument),
            *nodes,
            *((_difficulty(),) if instrument.name == PHQ9.name else ()),
            calculated(stopped_name(instrument), If(_stopped_in(instrument), Literal("yes"), Literal(""))),
            *(calculated(name, expression) for name, expression in instrument.calculations()),
        ),
        relevant=relevant,
    )


def _instruction(instrument: Instrument) -> Question:
    """The instruction; where none could be read in the source, the form's own sentence, which is translated as such."""
    worded_by = "" if instrument.has_own_instruction else instrument.name
    return Question(f"{instrument.name}_instruction", "note", instrument.instruction, instrument=worded_by)


def stopped_name(instrument: Instrument) -> str:
    """Return the name of the calculation that says whether the interview stopped within the instrument."""
    return f"{instrument.name}_stopped"


def _items(instrument: Instrument) -> tuple[Question, ...]:
    """The items; each is asked once the one before is answered and none has stopped the interview.

    Every earlier item is looked at, not only the last: a browser keeps the answer of an item that is no longer asked.
    """
    questions: list[Question] = []
    for position, item in enumerate(instrument.items):
        relevant = _all([*_going_on(instrument.items[:position]), item.condition()])
        questions.append(_item(item, instrument.answers, instrument.name, relevant))
    return tuple(questions)


def _going_on(earlier: Sequence[Item]) -> list[Expression]:
    if not earlier:
        return []
    asked_of_all = [item.name for item in earlier if not item.asked_of]
    answered = [Ref(name).differs("") for name in asked_of_all[-1:]]
    open_still = (_is_open(item.name) for item in earlier)
    return [Named(all_of(*answered, *open_still), "the interview goes on")]


@cache
def _is_open(item: str) -> Expression:
    """Whether an answer does not stop the interview; every later item looks at it."""
    return Ref(item).differs(STOPPED)


def _item(item: Item, answers: ChoiceList, instrument: str, relevant: Expression | None) -> Question:
    """One item; answers with pictograms stand in two columns, so that all fit on one screen of a phone."""
    has_images = any(choice.image for choice in answers.choices)
    return Question(
        item.name,
        "select_one",
        item.wording,
        choices=answers,
        required=True,
        relevant=relevant,
        appearance="quick columns-2" if has_images else "quick",
        instrument=instrument,
    )


def _difficulty() -> Question:
    """Asked only of those who ticked any problem, as on the paper form, and who have not stopped."""
    relevant = all_of(Ref(PHQ9.sum_name) >= 1, *_going_on(PHQ9.items))
    return _item(DIFFICULTY, DIFFICULTY_ANSWERS, PHQ9.name, relevant)


def _stopped_in(instrument: Instrument) -> Expression:
    names = [item.name for item in instrument.items]
    extra = [DIFFICULTY.name] if instrument.name == PHQ9.name else []
    stopped = any_of(*(Ref(name).equals(STOPPED) for name in (*names, *extra)))
    return Named(stopped, "any answer is: the interview stops here")


def _not_stopped(instruments: Sequence[Instrument]) -> list[Expression]:
    return [Ref(stopped_name(instrument)).differs("yes") for instrument in instruments]


def _all(conditions: Sequence[Expression | None]) -> Expression | None:
    found = [condition for condition in conditions if condition is not None]
    return all_of(*found) if found else None


def _ending(programme: Programme, asked: Sequence[Instrument], triages: Sequence[Expression]) -> list[Node]:
    """What follows the instruments: why it stopped, and what was said, when it stopped or a safety item was refused."""
    if not asked:
        return []
    stopped = any_of(*(Ref(stopped_name(instrument)).equals("yes") for instrument in asked))
    refused = [Ref(each.safety_item).equals(REFUSED) for each in asked if each.safety_item]
    is_stopped = Ref("interview_stopped").equals("yes")
    said = all_of(Ref("spoke_of_harm").equals("yes"), *(~opened for opened in triages))
    return [
        calculated("interview_stopped", If(stopped, Literal("yes"), Literal(""))),
        one_of(
            "stop_reason",
            "The interview stops here. Stay, breathe together, thank the person. Why did it stop?",
            STOP_REASONS,
            relevant=is_stopped,
        ),
        yes_no(
            "spoke_of_harm",
            "Did the person speak of dying or of harming themselves?",
            relevant=any_of(is_stopped, *refused),
        ),
        triage(programme.triage, said, PREFIXES[len(triages)]),
    ]


def _privacy_gate(relevant: Expression | None = None) -> Question:
    return yes_no("private_now", "Are you two alone now, where nobody can hear you?", relevant=relevant)


def _care_offer() -> Question:
    """The only trace of violence that was told (WHO 2016, ISBN 9789241510189): worded so that nobody learns of it."""
    return one_of(
        "care_offer",
        "Was help of another service offered?",
        CARE_OFFERS,
        relevant=_PRIVATE,
        hint="Your guide says when. What was told is never written down.",
    )
