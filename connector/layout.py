"""Knows where the answer to each question of a form sits in a record as the server gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TypeVar

from forms.expression import references
from forms.form import Form, Node, Question, Repeat

SYSTEM_KEYS = (
    "__version__", "_attachments", "_date_modified", "_geolocation", "_id", "_notes", "_status", "_submission_time",
    "_submitted_by", "_supplementalDetails", "_tags", "_uuid", "_validation_status", "_version_", "_xform_id_string",
    "formhub/uuid", "meta/deprecatedID", "meta/instanceID", "meta/instanceName", "meta/rootUuid",
)  # fmt: skip
"""What phone and server are known to add to a record; a newer server may add more (`is_system_key`)."""
GEO_KINDS = ("geopoint", "geotrace", "geoshape", "start-geopoint")


@dataclass(frozen=True, slots=True)
class Level:
    """The questions of a form, or of one repeat, keyed as a record keys them: names of groups and question by `/`.

    `withheld` are the system keys that may name or locate a person, `open` the keys of answers that do not.
    """

    name: str
    questions: Mapping[str, Question]
    repeats: Mapping[str, Level]
    by_name: Mapping[str, str]
    withheld: frozenset[str] = frozenset()
    open: frozenset[str] = frozenset()

    def find(self, key: str) -> Question | None:
        """Return the question of a key; one that an earlier version had in another group is found by its name."""
        return self.questions.get(key) or self.questions.get(self.by_name.get(key.rpartition("/")[2], ""))

    def find_repeat(self, key: str) -> Level | None:
        """Return the repeat of a key, found like a question."""
        return self.repeats.get(key) or self.repeats.get(self.by_name.get(key.rpartition("/")[2], ""))

    def is_withheld(self, key: str) -> bool:
        """Whether the value may name or locate a person: an identifying answer, or a key the form does not know."""
        if is_system_key(key):
            return key in self.withheld
        question = self.find(key)
        return question is None or question.identifying


def is_system_key(key: str) -> bool:
    """Whether a key was written by the phone or the server, not by a question."""
    return key.startswith(("_", "meta/", "formhub/"))


Whole = TypeVar("Whole")
Made = TypeVar("Made")


def once_per_form(make: Callable[[Whole], Made]) -> Callable[[Whole], Made]:
    """Return `make` with a memory: what is made of a form, or of a level, is made once. Forms are told apart by
    identity, because comparing two whole forms costs more than the memory saves."""
    known: dict[int, tuple[Whole, Made]] = {}

    def get(whole: Whole) -> Made:
        if id(whole) not in known:
            known[id(whole)] = (whole, make(whole))
        return known[id(whole)][1]

    return wraps(make)(get)


@once_per_form
def settled_keys(level: Level) -> frozenset[str]:
    """Return the known system keys whose values name and locate nobody, whatever their shape."""
    named = (key for key in SYSTEM_KEYS if level.find(key) is None and level.find_repeat(key) is None)
    return frozenset(key for key in named if not level.is_withheld(key))


@once_per_form
def layout_of(form: Form) -> Level:
    """Return the layout of a form's records."""
    identifying = [question for question in form.questions() if question.identifying]
    withheld = {"_supplementalDetails"}  # transcripts of recordings
    if references(form.instance_name) & {question.name for question in identifying}:
        withheld.add("meta/instanceName")
    if any(question.kind in GEO_KINDS for question in identifying):
        withheld.add("_geolocation")
    return _level("", form.children, (), frozenset(withheld))


def _level(name: str, nodes: tuple[Node, ...], path: tuple[str, ...], withheld: frozenset[str]) -> Level:
    placed = list(_walk_to_repeats(nodes, path))
    questions = {key: node for key, node in placed if isinstance(node, Question) and node.is_answered}
    repeats = {
        key: _level(node.name, node.children, tuple(key.split("/")), frozenset())
        for key, node in placed
        if isinstance(node, Repeat)
    }
    by_name = {key.rpartition("/")[2]: key for key in (*questions, *repeats)}
    is_open = frozenset(key for key, question in questions.items() if not question.identifying)
    return Level(name, questions, repeats, by_name, withheld, is_open)


def _walk_to_repeats(nodes: tuple[Node, ...], path: tuple[str, ...]) -> Iterator[tuple[str, Node]]:
    """Yield (key, question or repeat); what is inside a repeat belongs to the repeat's own level."""
    for node in nodes:
        here = (*path, node.name)
        if isinstance(node, Question | Repeat):
            yield "/".join(here), node
        else:
            yield from _walk_to_repeats(node.children, here)
