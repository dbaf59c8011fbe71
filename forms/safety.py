"""The safety triage: what is asked when somebody has thoughts of self-harm, the level that follows, what to do now.

The questions follow WHO mhGAP (module SUI; thoughts now, plan, means, acts in the last year: PMC3217030, table 4). The
rule that turns answers into a level is a *proposal* which the programme's psychologist must confirm. A refusal counts
as yes: it never lowers the level. Asking does not cause self-harm (mhGAP base course).
"""

from __future__ import annotations

from forms.expression import Current, Expression, Ref, all_of, any_of, first_case
from forms.form import Group, Question
from forms.instrument import Choice, ChoiceList
from forms.instruments.refusal import REFUSED_CHOICE
from forms.programme import PROGRAMME

LEVELS = ("low", "moderate", "imminent")

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

_ASKED = ("safety_thoughts_now", "safety_plan", "safety_means", "safety_past_year")


def level() -> Expression:
    """Return the level from the four answers: blank until all four are given, a refusal counting as yes."""
    thoughts, plan, means, past_year = (Ref(name) for name in _ASKED)
    unfinished = any_of(*(Ref(name).equals("") for name in _ASKED))
    imminent = all_of(thoughts.differs("no"), any_of(plan.differs("no"), means.differs("no")))
    moderate = any_of(thoughts.differs("no"), plan.differs("no"), past_year.differs("no"))
    return first_case([(unfinished, ""), (imminent, "imminent"), (moderate, "moderate")], "low")


def _action_rule() -> Expression:
    """A low level needs any action; the others need a call to the psychologist or a help line."""
    called = any_of(Current().has("called_psychologist"), Current().has("called_help_line"))
    return any_of(Ref("safety_level").equals("low"), called)


def triage(relevant: Expression) -> Group:
    """Return the triage questions, asked when `relevant` holds."""
    return Group(
        "safety",
        (
            Question(
                "safety_intro",
                "note",
                "Stay calm and close. Thank the person for telling you. Ask the next questions plainly, in private.",
            ),
            _question("safety_thoughts_now", "Are you having these thoughts now, today?"),
            _question("safety_plan", "Have you thought about how you would do it?"),
            _question("safety_means", "Do you have, or can you easily get, what you would use?"),
            _question("safety_past_year", "In the past year, have you done anything to end your life?"),
            Question("safety_level", "calculate", calculation=level()),
            *(_instruction(name, text) for name, text in _INSTRUCTIONS),
            Question(
                "safety_actions",
                "select_multiple",
                "What was done before you left?",
                choices=ACTIONS,
                required=True,
                constraint=_action_rule(),
                constraint_message="For this level, stay with the person and call the psychologist or a help line.",
            ),
        ),
        relevant=relevant,
    )


def _question(name: str, label: str) -> Question:
    return Question(name, "select_one", label, choices=YES_NO_REFUSED, required=True, appearance="quick")


def _instruction(level_code: str, label: str) -> Question:
    return Question(f"safety_do_{level_code}", "note", label, relevant=Ref("safety_level").equals(level_code))


_INSTRUCTIONS = (
    (
        "imminent",
        "Do not leave the person alone. Put away pesticides, medicines and anything dangerous. "
        f"Call a person they trust. Call the psychologist now, or: {PROGRAMME.numbers_to_call}.",
    ),
    (
        "moderate",
        "Call the psychologist today: contact within 24 hours. Agree who stays with the person tonight. "
        f"If it gets worse: {PROGRAMME.numbers_to_call}.",
    ),
    (
        "low",
        "Tell the psychologist this week. Agree when you see each other again. "
        f"If it gets worse: {PROGRAMME.numbers_to_call}.",
    ),
)
