"""The safety triage: what is asked when somebody has thoughts of self-harm, the level that follows, what to do now.

The questions follow WHO mhGAP (module SUI; thoughts now, plan, means, acts in the last year: PMC3217030, table 4). The
rule that turns answers into a level stands in the programme file; it is a *proposal* which the programme's psychologist
must confirm. A refusal counts as yes: it never lowers the level. Asking does not cause self-harm (mhGAP base course).

A form may hold several triages, told apart by the prefix of their questions: in an interview the first opens right
after the instrument that asks about such thoughts, the last at the end, for what was said when the interview stopped.
"""

from __future__ import annotations

from collections.abc import Iterable

from forms.expression import Current, Expression, Ref, all_of, any_of, first_case
from forms.form import Group, Question
from forms.instrument import Choice, ChoiceList
from forms.instruments.refusal import REFUSED_CHOICE
from forms.programme import PROGRAMME
from forms.programme_shape import TRIAGE_ANSWERS, TriageRule

LEVELS = ("low", "moderate", "imminent")
PREFIXES = ("safety", "safety_2", "safety_3")
"""What the questions of the triages of an interview begin with, in their order."""

YES_NO_REFUSED = ChoiceList("yes_no_refused", (Choice("yes", "Yes"), Choice("no", "No"), REFUSED_CHOICE))

ACTIONS = ChoiceList(
    "safety_action",
    (
        Choice("stayed_with", "I stayed with the person"),
        Choice("removed_means", "Pesticides, medicines or other dangerous things were put away"),
        Choice("called_psychologist", "I called the psychologist"),
        Choice("called_help_line", "I called a help line or an ambulance"),
        Choice("trusted_person", "A person they trust is with them"),
        Choice("referred_health_centre", "I referred them to the health centre"),
        Choice("none_needed", "We talked; nothing else was needed now"),
    ),
)

_QUESTIONS = (
    ("thoughts_now", "Are you having these thoughts now, today?"),
    ("plan", "Have you thought about how you would do it?"),
    ("means", "Do you have, or can you easily get, what you would use?"),
    ("past_year", "In the past year, have you done anything to end your life?"),
)


def level(rule: TriageRule = PROGRAMME.triage, prefix: str = PREFIXES[0]) -> Expression:
    """Return the level from the four answers: blank until all four are given, a refusal counting as yes.

    The rule is the programme file's [triage] table; the answers are those of the questions that begin with `prefix`.
    """
    unfinished = any_of(*(Ref(f"{prefix}_{name}").equals("") for name in TRIAGE_ANSWERS))
    reached = [(_any_combination(getattr(rule, code), prefix), code) for code in ("imminent", "moderate")]
    return first_case([(unfinished, ""), *reached], "low")


def _any_combination(combinations: Iterable[tuple[str, ...]], prefix: str) -> Expression:
    return any_of(*(all_of(*(Ref(f"{prefix}_{name}").differs("no") for name in names)) for names in combinations))


def _action_rule(prefix: str) -> Expression:
    """A low level needs any action; the others need a call to the psychologist or a help line."""
    called = any_of(Current().has("called_psychologist"), Current().has("called_help_line"))
    return any_of(Ref(f"{prefix}_level").equals("low"), called)


def triage(rule: TriageRule, relevant: Expression, prefix: str = PREFIXES[0]) -> Group:
    """Return the triage, shown while `relevant` holds; a form cannot be finalized without what was done."""
    return Group(
        prefix,
        (
            Question(
                f"{prefix}_intro",
                "note",
                "Stay calm and close. Thank the person for telling you. Ask the next questions plainly, in private.",
                worded_as=f"{PREFIXES[0]}_intro",
            ),
            *(_question(prefix, name, label) for name, label in _QUESTIONS),
            Question(f"{prefix}_level", "calculate", calculation=level(rule, prefix)),
            *(_instruction(prefix, code, text) for code, text in _INSTRUCTIONS),
            Question(
                f"{prefix}_actions",
                "select_multiple",
                "What was done before you left?",
                choices=ACTIONS,
                required=True,
                constraint=_action_rule(prefix),
                constraint_message="For this level, stay with the person and call the psychologist or a help line.",
                worded_as=f"{PREFIXES[0]}_actions",
            ),
        ),
        relevant=relevant,
    )


def _question(prefix: str, name: str, label: str) -> Question:
    return Question(
        f"{prefix}_{name}",
        "select_one",
        label,
        choices=YES_NO_REFUSED,
        required=True,
        appearance="quick",
        worded_as=f"{PREFIXES[0]}_{name}",
    )


def _instruction(prefix: str, level_code: str, label: str) -> Question:
    shown = Ref(f"{prefix}_level").equals(level_code)
    name = f"do_{level_code}"
    return Question(f"{prefix}_{name}", "note", label, relevant=shown, worded_as=f"{PREFIXES[0]}_{name}")


_INSTRUCTIONS = (
    (
        "imminent",
        "Do not leave the person alone. Put away pesticides, medicines and anything dangerous. "
        "Call a person they trust. Call the psychologist now, or: {numbers_to_call}.",
    ),
    (
        "moderate",
        "Call the psychologist today: contact within {moderate_hours} hours. "
        "Agree who stays with the person tonight. If it gets worse: {numbers_to_call}.",
    ),
    (
        "low",
        "Tell the psychologist this week. Agree when you see each other again. If it gets worse: {numbers_to_call}.",
    ),
)
