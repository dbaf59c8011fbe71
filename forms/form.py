"""The vocabulary of forms: questions, groups, repeats and rosters as frozen values, and how to walk them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from forms.expression import Expression
from forms.instrument import ChoiceList, Instrument

META_KINDS = ("start", "end", "today", "username", "deviceid", "audit")
SILENT_KINDS = (*META_KINDS, "calculate", "hidden")
"""What a phone answers or works out by itself, without a screen."""
SELECT_ONE_KINDS = ("select_one", "select_one_from_file")
SELECT_MULTIPLE_KINDS = ("select_multiple", "select_multiple_from_file")
UNANSWERED_KINDS = ("note", "audit")

Facts = Mapping[str, Mapping[str, str]]
"""Figures of the programme that stand in texts as `{name}`: name -> language code -> what is shown instead."""
_FACT = re.compile(r"(?<!\$)\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Roster:
    """A list kept in a CSV file beside the form, written by the connector; `name` and `label` are its first columns."""

    name: str
    columns: tuple[str, ...]

    @property
    def filename(self) -> str:
        """The media file that the form refers to."""
        return f"{self.name}.csv"


@dataclass(frozen=True, slots=True)
class Question:
    """One row of the survey sheet. `label`, `hint` and messages are English; other languages come from the catalogues.

    `identifying` marks answers that name or locate a person: they are stored apart from all others, everywhere.
    `indicator` says which figure of the programme the answer feeds. `worded_as` names the question whose texts, word
    for word, this one has too.
    """

    name: str
    kind: str
    label: str = ""
    hint: str = ""
    choices: ChoiceList | None = None
    roster: Roster | None = None
    choice_filter: Expression | None = None
    required: bool = False
    relevant: Expression | None = None
    constraint: Expression | None = None
    constraint_message: str = ""
    calculation: Expression | None = None
    appearance: str = ""
    parameters: str = ""
    identifying: bool = False
    indicator: str = ""
    instrument: str = ""
    worded_as: str = ""

    @property
    def catalogue_name(self) -> str:
        """What the keys of its texts begin with in the catalogues: questions worded alike share one translation."""
        return self.worded_as or self.name

    @property
    def is_select_multiple(self) -> bool:
        """Whether several choices may be ticked."""
        return self.kind in SELECT_MULTIPLE_KINDS

    @property
    def is_answered(self) -> bool:
        """Whether a record can hold a value for it (notes and the audit trail hold none)."""
        return self.kind not in UNANSWERED_KINDS


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that belong together; `together` shows them on one screen (a field list)."""

    name: str
    children: tuple[Node, ...]
    label: str = ""
    relevant: Expression | None = None
    together: bool = False


@dataclass(frozen=True, slots=True)
class Repeat:
    """Questions asked several times; stored as child rows of the record."""

    name: str
    children: tuple[Node, ...]
    label: str = ""
    relevant: Expression | None = None
    count: Expression | None = None


Node = Question | Group | Repeat


@dataclass(frozen=True, slots=True)
class Form:
    """A form: its id (also its table's name), English title, content, rosters, instruments and instance name.

    `area` is the code of the sector that a split form is for; "" for the whole programme. `facts` fill the places in
    its texts that are written `{name}`, so that a changed figure needs no new translation.
    """

    form_id: str
    title: str
    children: tuple[Node, ...]
    instance_name: Expression
    rosters: tuple[Roster, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    area: str = ""
    facts: Facts = field(default_factory=lambda: MappingProxyType({}))

    def with_facts(self, text: str, language: str) -> str:
        """Return a text with the programme's figures in it; raises KeyError for a place that no figure fills."""
        return _FACT.sub(lambda found: self.facts[found[1]][language], text)

    def questions(self) -> Iterator[Question]:
        """Yield every question in the order of the form."""
        for _, question in self.placed():
            yield question

    def placed(self) -> Iterator[tuple[tuple[str, ...], Question]]:
        """Yield (names of the enclosing groups and repeats, question) in the order of the form."""
        for path, node in walk(self.children):
            if isinstance(node, Question):
                yield path, node

    def question(self, name: str) -> Question:
        """Return the question `name`; raises KeyError when the form has none."""
        for question in self.questions():
            if question.name == name:
                return question
        raise KeyError(f"{self.form_id} has no question {name}")

    def repeats(self) -> tuple[Repeat, ...]:
        """Return all repeats of the form."""
        return tuple(node for _, node in walk(self.children) if isinstance(node, Repeat))


def walk(nodes: tuple[Node, ...], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Node]]:
    """Yield every node with the names of the groups and repeats around it, outer before inner."""
    for node in nodes:
        yield path, node
        if not isinstance(node, Question):
            yield from walk(node.children, (*path, node.name))
