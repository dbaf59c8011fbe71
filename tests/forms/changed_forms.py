"""Knows how tests change a form as a later release would: other rules, bands, items, choices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from forms.form import Form, Node, Question
from forms.instrument import Band, ChoiceList, Instrument


def changed(form: Form, change: Callable[[Question], Question | None]) -> Form:
    """The form with every question changed; None leaves a question out."""

    def fit(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
        found: list[Node] = []
        for node in nodes:
            if not isinstance(node, Question):
                found.append(replace(node, children=fit(node.children)))
            elif (question := change(node)) is not None:
                found.append(question)
        return tuple(found)

    return replace(form, children=fit(form.children))


def rescored(form: Form, instrument: Instrument) -> Form:
    """The form with an instrument in place of its namesake: scored by it, and no longer asking what it does not ask."""
    old = next(each for each in form.instruments if each.name == instrument.name)
    formulas = dict(instrument.calculations())
    gone = {item.name for item in old.items} - {item.name for item in instrument.items}
    gone |= dict(old.calculations()).keys() - formulas.keys()

    def change(question: Question) -> Question | None:
        if question.name in gone:
            return None
        return replace(question, calculation=formulas.get(question.name, question.calculation))

    instruments = tuple(instrument if each.name == instrument.name else each for each in form.instruments)
    return replace(changed(form, change), instruments=instruments)


def stricter(instrument: Instrument) -> Instrument:
    """The instrument with another number of answers needed for a score."""
    rule = instrument.missing_rule
    if rule.treatment == "complete":
        return replace(instrument, missing_rule=replace(rule, treatment="prorate", minimum_answered=1))
    needed = rule.minimum_answered - 1 if rule.minimum_answered == len(instrument.items) else len(instrument.items)
    return replace(instrument, missing_rule=replace(rule, minimum_answered=needed))


def with_relabelled_bands(instrument: Instrument) -> Instrument:
    """The instrument with one band over all scores."""
    first, last = instrument.bands[0], instrument.bands[-1]
    return replace(instrument, bands=(Band("any", "Any", first.low, last.high),))


def with_codes_exchanged(form: Form) -> Form:
    """The form with the codes of its first list of words the other way round."""
    lists = (question.choices for question in form.questions() if question.choices is not None)
    target = next(choices for choices in lists if choices.translated)
    codes = reversed(target.codes)
    turned = tuple(replace(each, code=code) for each, code in zip(target.choices, codes, strict=True))
    swapped = ChoiceList(target.name, turned)
    return changed(form, lambda each: replace(each, choices=swapped) if each.choices == target else each)
