"""What pyxform lets through and a phone or an analyst would trip over: checks of definitions before they are built."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from forms.circle import find_circle
from forms.expression import Expression, references, to_xpath
from forms.finding import Fault, Finding
from forms.form import Form, Group, Question, Repeat, walk
from forms.instrument import ChoiceList, Instrument
from forms.lint_privacy import PRIVACY_CHECKS
from forms.naming import NAME, name_reasons
from forms.translation import PLACEHOLDER, question_strings
from forms.workbook_choices import CODE, scale_reasons
from forms.workbook_kobo import appearance_reasons, parameter_reasons
from forms.workbook_logic import BOUND_ADVICE, MOST_REPEATS
from forms.workbook_rows import REFUSED_TYPES, SILENT, TYPES
from forms.xpath_check import OwnList, Scope, xpath_faults
from forms.xpath_token import XPathError
from forms.xpath_use import reads_itself, upper_bound, use_of

__all__ = ["NAME", "Finding", "expressions_of", "lint"]

_EXPRESSIONS = ("relevant", "constraint", "calculation", "choice_filter")


def lint(form: Form) -> tuple[Finding, ...]:
    """Return every fault found in a form; an empty tuple means that it may be built."""
    faults = dict.fromkeys(fault for check in (*_CHECKS, *PRIVACY_CHECKS) for fault in check(form))
    return tuple(Finding(form.form_id, *fault) for fault in faults)


def _names(form: Form) -> Iterator[Fault]:
    names = [node.name for _, node in walk(form.children)]
    for name in names:
        yield from ((name, *reason) for reason in name_reasons(name))
    for name, count in Counter(name.lower() for name in names).items():
        if count > 1:
            yield name, f"{count} questions or groups have this name", "Names must be unique in the whole form."


def _kinds(form: Form) -> Iterator[Fault]:
    for question in form.questions():
        if question.kind not in TYPES and question.kind not in REFUSED_TYPES:
            yield question.name, f"{question.kind} is not a type of question", f"Write one of {', '.join(TYPES)}."
        yield from ((question.name, *reason) for reason in parameter_reasons(question.kind, question.parameters))
        yield from ((question.name, *reason) for reason in appearance_reasons(question.kind, question.appearance))


def expressions_of(question: Question) -> Iterator[tuple[str, Expression]]:
    """Yield (column, expression) of a question."""
    for column in _EXPRESSIONS:
        expression = getattr(question, column)
        if expression is not None:
            yield column, expression


def _every_expression(form: Form) -> Iterator[tuple[str, Expression, OwnList | None]]:
    """Yield (where, expression, the list that it filters)."""
    for _, node in walk(form.children):
        if isinstance(node, Question):
            for column, expression in expressions_of(node):
                own = _own_list(node) if column == "choice_filter" else None
                yield f"{node.name}, {column}", expression, own
        elif node.relevant is not None:
            yield f"{node.name}, relevant", node.relevant, None
        if isinstance(node, Repeat) and node.count is not None:
            yield f"{node.name}, count", node.count, None
    yield "instance_name", form.instance_name, None


def _own_list(question: Question) -> OwnList:
    if question.roster is not None:
        return OwnList(question.roster.filename, frozenset(question.roster.columns))
    choices = question.choices
    return OwnList(choices.name, _columns(choices)) if choices is not None else OwnList("a list", frozenset())


def _columns(choices: ChoiceList) -> frozenset[str]:
    return frozenset({"name", "label", *(column for choice in choices.choices for column, _ in choice.filters)})


def _scope(form: Form) -> Scope:
    asked = list(form.questions())
    lists: dict[str, frozenset[str] | None] = {roster.name: frozenset(roster.columns) for roster in form.rosters}
    lists |= {question.choices.name: _columns(question.choices) for question in asked if question.choices is not None}
    codes = {question.name: frozenset(question.choices.codes) for question in asked if question.choices is not None}
    names = (node.name for _, node in walk(form.children))
    return Scope(frozenset(names), codes, lists)


def _xpaths(form: Form) -> Iterator[Fault]:
    scope = _scope(form)
    for where, expression, own in _every_expression(form):
        yield from ((where, *reason) for reason in xpath_faults(to_xpath(expression), scope, own))


def _shown_answers(form: Form) -> Iterator[Fault]:
    known = {question.name for question in form.questions()}
    for question in form.questions():
        for string in question_strings(question):
            for place in PLACEHOLDER.findall(string.english):
                if place.startswith("$") and place[2:-1] not in known:
                    yield string.key, f"shows {place}, which does not exist", "Correct the name."
                if place.startswith("{") and place[1:-1] not in form.facts:
                    yield string.key, f"shows {place}, which is no figure of the programme", "Correct the name."


def _circles(form: Form) -> Iterator[Fault]:
    needs: dict[str, set[str]] = {}
    for path, node in walk(form.children):
        own = [part for part in (node.relevant, getattr(node, "calculation", None)) if part is not None]
        itself = [node.name for part in own if reads_itself(to_xpath(part))]
        needs[node.name] = {*path[-1:], *itself, *(name for part in own for name in references(part))}
    if circle := find_circle(needs):
        yield " → ".join(circle), "these calculations need each other", "Break the circle."


def _incomplete(form: Form) -> Iterator[Fault]:
    for question in form.questions():
        if question.kind not in SILENT and not question.label:
            yield question.name, "has no label", "Say what is asked."
        if question.constraint is not None and not question.constraint_message:
            yield question.name, "has a constraint without a message", "Say what is wrong and what to do."
        if question.constraint is None and question.constraint_message:
            yield question.name, "has a message without a constraint", "Add the constraint, or delete the message."
        if question.kind == "calculate" and question.calculation is None:
            yield question.name, "computes nothing", "Give it a calculation."
        if question.kind == "note" and question.required:
            yield question.name, "nobody can answer a note", "Do not require it, or the form cannot be finished."
    for _, node in walk(form.children):
        if isinstance(node, (Group, Repeat)) and not node.children:
            yield node.name, "holds no question", "Put questions into it, or delete it."


def _choices(form: Form) -> Iterator[Fault]:
    lists: dict[str, ChoiceList] = {}
    for question in form.questions():
        choices = question.choices
        if choices is None:
            if question.kind in {"select_one", "select_multiple"}:
                yield question.name, "has no choices", "Give it a list."
            continue
        yield from _codes(question.name, choices)
        if lists.setdefault(choices.name, choices) != choices:
            yield question.name, f"another list is called {choices.name} too", "Give one of them another name."


def _codes(name: str, choices: ChoiceList) -> Iterator[Fault]:
    for code, count in Counter(code.lower() for code in choices.codes).items():
        if count > 1:
            yield name, f"choice {code} appears {count} times", "Codes must be unique in a list."
    for choice in choices.choices:
        if " " in choice.code or not choice.code:
            yield name, f"choice code {choice.code!r} is empty or holds a space", "Use one word."
        elif not CODE.fullmatch(choice.code):
            yield name, f"choice code {choice.code} is not usable", "Use letters without accents, digits, _, - and ."
        if not choice.label:
            yield name, f"choice {choice.code} has no label", "Say what the phone shows."
    if not choices.choices:
        yield name, f"the list {choices.name} is empty", "Give it choices."
    if not any(choice.filters for choice in choices.choices):
        yield from ((name, *reason) for reason in scale_reasons(choices.codes))


def _rosters(form: Form) -> Iterator[Fault]:
    for question in form.questions():
        if question.roster is None:
            continue
        if question.roster not in form.rosters:
            yield question.name, f"uses {question.roster.filename}, which the form does not list", "Add the roster."
        if question.choice_filter is None:
            yield question.name, "shows a whole roster", "Filter it, or a phone shows people of other groups."
    for roster in form.rosters:
        if roster.columns[:2] != ("name", "label"):
            yield roster.filename, "does not begin with the columns name and label", "Phones read these two."


def _repeats(form: Form) -> Iterator[Fault]:
    asked = {question.name: question for question in form.questions()}
    for repeat in form.repeats():
        for name in sorted(references(repeat.count) & set(asked)) if repeat.count is not None else ():
            if asked[name].kind not in {"integer", "decimal", "text"}:
                continue
            limit = _limit(asked[name])
            if limit is None:
                yield f"{repeat.name}, count", f"{name} has no upper limit", BOUND_ADVICE
            elif limit > MOST_REPEATS:
                what = f"{name} may be as high as {limit:g}; a phone would build that many repeats"
                yield f"{repeat.name}, count", what, BOUND_ADVICE


def _limit(question: Question) -> float | None:
    if question.constraint is None:
        return None
    try:
        return upper_bound(use_of(to_xpath(question.constraint)).tree)
    except XPathError:
        return None


def _instruments(form: Form) -> Iterator[Fault]:
    for instrument in form.instruments:
        yield from _scored_codes(instrument)
        yield from _bands(instrument)


def _scored_codes(instrument: Instrument) -> Iterator[Fault]:
    low, high = instrument.code_range
    codes = {code for code in instrument.answers.codes if code.lstrip("-").isdigit()}
    if codes != {str(code) for code in range(low, high + 1)}:
        yield instrument.answers.name, f"codes do not run from {low} to {high}", "Give every code from low to high."


def _bands(instrument: Instrument) -> Iterator[Fault]:
    covered = [score for band in instrument.bands for score in range(band.low, band.high + 1)]
    if instrument.bands and covered != list(range(instrument.highest_score + 1)):
        advice = "Bands must cover every score once, in order."
        yield instrument.name, f"bands do not cover 0 to {instrument.highest_score}", advice


_CHECKS: tuple[Callable[[Form], Iterator[Fault]], ...] = (
    _names, _kinds, _xpaths, _shown_answers, _circles, _incomplete, _choices, _rosters, _repeats, _instruments,
)  # fmt: skip
