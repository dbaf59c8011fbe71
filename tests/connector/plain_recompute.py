"""Knows how the calculations of a form are computed plainly, step by step: what `recompute` must give."""

from connector.recompute import scales_of, score_names, steps_of
from connector.recompute_code import Answers, Scale
from forms.expression_value import evaluate, text, truth
from forms.form import Form


def plain_recompute(form: Form, answers: Answers, as_sent: frozenset[str] = frozenset()) -> dict[str, str]:
    """As `connector.recompute.recompute`, by the interpreter of expressions."""
    scored = {name: value for scale in scales_of(form) for name, value in _score(scale, answers, as_sent).items()}
    known = {**answers, **scored}
    computed = dict(scored)
    for step in steps_of(form):
        if step.name in scored or step.name in as_sent or (step.conditions is None and not answers.get(step.name)):
            continue
        if answers.get(step.name) and step.name not in score_names(form) and not any(map(known.get, step.inputs)):
            continue
        relevant = all(truth(evaluate(condition, known)) for condition in step.conditions or ())
        computed[step.name] = known[step.name] = text(evaluate(step.calculation, known)) if relevant else ""
    return computed


def _score(scale: Scale, answers: Answers, as_sent: frozenset[str]) -> dict[str, str]:
    known = {name: answers.get(name) for name in scale.items}
    if not any(known.values()):
        return {}
    known.update((name, answers.get(name)) for name in scale.others)
    for name, calculation in scale.calculations:
        known[name] = answers.get(name) if name in as_sent else text(evaluate(calculation, known))
    return {name: known[name] or "" for name, _ in scale.calculations}
