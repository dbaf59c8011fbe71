"""Knows how all calculations of a form become one Python function, made once and used for every record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from forms.expression import Expression
from forms.expression_code import Writer, as_text, as_truth, make_function

Answers = Mapping[str, str | None]
Compute = Callable[[Answers], dict[str, str]]


class Scale(NamedTuple):
    """The names of an instrument's items, and what is calculated from them in the order of dependence.

    `others` are further questions that the calculations read: the person's sex, where an item is for one sex only.
    """

    items: tuple[str, ...]
    calculations: tuple[tuple[str, Expression], ...]
    others: tuple[str, ...] = ()


class Step(NamedTuple):
    """One calculated question and the conditions of the groups around it; None for one that only a phone can judge.

    `inputs` are the questions that the calculation reads.
    """

    name: str
    calculation: Expression
    conditions: tuple[Expression, ...] | None
    inputs: frozenset[str] = frozenset()


class Written(NamedTuple):
    """Lines of Python that put every value into the dict `computed`.

    `answers` are, by question, the variables that hold the texts of the answers beforehand, "" for none. Afterwards the
    variable `scored_0` says whether the first scale was scored, and so on. `computed` are the questions that may have a
    value then, `names` what the lines need to find.
    """

    lines: tuple[str, ...]
    answers: Mapping[str, str]
    computed: tuple[str, ...]
    names: Mapping[str, Any]


def write_compute(
    scales: Sequence[Scale], steps: Sequence[Step], scores: frozenset[str], as_sent: frozenset[str]
) -> Compute:
    """Return the function that `connector.recompute.recompute` describes, for these scales and steps."""
    written = write_lines(scales, steps, scores, as_sent)
    read = [f"{variable} = get({name!r}) or ''" for name, variable in written.answers.items()]
    body = ["get, computed = answers.get, {}", *read, *written.lines, "return computed"]
    return make_function("compute", ["def compute(answers):", *indented(body)], written.names)


def write_lines(
    scales: Sequence[Scale], steps: Sequence[Step], scores: frozenset[str], as_sent: frozenset[str]
) -> Written:
    """Return the lines that compute these scales and steps.

    Scales come first and read the record alone; what they give replaces the record's own values for all steps.
    """
    program = _Program()
    for number, scale in enumerate(scales):
        program.score(scale, f"scored_{number}", as_sent)
    program.lines += program.handed_over
    for step in steps:
        if step.name not in as_sent:
            program.step(step, is_score=step.name in scores)
    taken = [step.name for step in steps if step.name not in as_sent]
    computed = tuple(dict.fromkeys((*program.scored_by, *taken)))
    return Written(tuple(program.lines), program.answers, computed, program.writer.names)


def indented(lines: Iterable[str]) -> list[str]:
    """Return lines of Python one step further to the right."""
    return [f"    {line}" for line in lines]


@dataclass
class _Program:
    """The lines written so far; `answers` are the variables of questions.

    `scored_by` says of a scale's own values whether the scale was scored; `handed_over` are the lines that put them in
    the place of the record's values.
    """

    lines: list[str] = field(default_factory=list)
    handed_over: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    scored_by: dict[str, str] = field(default_factory=dict)
    writer: Writer = field(init=False)

    def __post_init__(self) -> None:
        self.writer = Writer(self.answer)

    def answer(self, name: str) -> str:
        return self.answers.setdefault(name, f"a{len(self.answers)}")

    def score(self, scale: Scale, flag: str, as_sent: frozenset[str]) -> None:
        """Within a scale a value of its own that comes later has none yet."""
        own = {name: "''" for name, _ in scale.calculations}
        within = Writer(lambda name: own.get(name) or self.answer(name), self.writer.names, self.writer.tables)
        self.lines += [f"{flag} = {self._any_of(scale.items)}", f"if {flag}:", "    pass"]
        self.handed_over += [f"if {flag}:", "    pass"]
        for place, (name, formula) in enumerate(scale.calculations):
            value = self.answer(name) if name in as_sent else as_text(within.value(formula))
            own[name] = f"{flag}_{place}"
            self.lines.append(f"    computed[{name!r}] = {own[name]} = {value}")
            self.handed_over.append(f"    {self.answer(name)} = {own[name]}")
            self.scored_by[name] = flag

    def step(self, step: Step, is_score: bool) -> None:
        told = self.answer(step.name)
        guards = [f"not {self.scored_by[step.name]}"] if step.name in self.scored_by else []
        guards += [told] if step.conditions is None else []
        guards += [] if is_score else [f"(not {told} or {self._any_of(step.inputs)})"]
        value = as_text(self.writer.value(step.calculation))
        if conditions := [as_truth(self.writer.value(each)) for each in step.conditions or ()]:
            value = f"{value} if {' and '.join(conditions)} else ''"
        self.lines.append(f"if {' and '.join(guards) or 'True'}:")
        self.lines.append(f"    computed[{step.name!r}] = {told} = {value}")

    def _any_of(self, names: Iterable[str]) -> str:
        return f"({' or '.join(map(self.answer, sorted(names))) or 'False'})"
