"""What an XPath refers to, calls and compares: the answers that the checks need, found once for each text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from forms.xpath import Function, Node, Number, Operation, Path, Step, Text, read_xpath
from forms.xpath_token import XPathError

UNKNOWN = "?"
_CURRENT = Path("", (Step("."),))
_REFERENCE = re.compile(r"\$\{(?:last-saved#)?([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Column:
    """A bare name; `owner` is an instance, "" for the list of the row itself, UNKNOWN inside other filters."""

    owner: str
    name: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A question set against a quoted text by =, != or `selected`."""

    question: str
    operator: str
    text: str


@dataclass(frozen=True, slots=True)
class Use:
    """What an XPath uses.

    `single` are the questions of which it wants one answer, not all answers in a repeat; `has_current`: it reads `.`,
    the answer itself.
    """

    tree: Node
    calls: tuple[Function, ...]
    paths: tuple[Path, ...]
    columns: tuple[Column, ...]
    comparisons: tuple[Comparison, ...]
    single: tuple[str, ...]
    has_current: bool


@lru_cache(maxsize=4096)
def use_of(text: str) -> Use:
    """Return what an XPath uses. Raises XPathError for what phones cannot read."""
    tree = read_xpath(text)
    parts = list(_every_part(tree))
    nodes = [node for _, node in parts]
    calls = tuple(node for node in nodes if isinstance(node, Function))
    taken = {id(argument) for call in calls for argument in _taken_whole(call)}
    return Use(
        tree,
        calls,
        tuple(node for node in nodes if isinstance(node, Path)),
        tuple(dict.fromkeys(column for owner, node in parts for column in _columns(owner, node))),
        tuple(dict.fromkeys(comparison for node in nodes for comparison in _comparisons(node))),
        tuple(dict.fromkeys(name for node in nodes if (name := question_of(node)) and id(node) not in taken)),
        any(owner == "" and isinstance(node, Path) and node == _CURRENT for owner, node in parts),
    )


def reads_itself(text: str) -> bool:
    """Whether an XPath reads `.`, the answer of its own row; False for what phones cannot read."""
    try:
        return use_of(text).has_current
    except XPathError:
        return False


def _every_part(tree: Node) -> Iterator[tuple[str, Node]]:
    """Yield all parts of a tree with the owner of the bare names in them, outer before inner."""
    waiting = [("", tree)]
    while waiting:
        owner, node = waiting.pop()
        yield owner, node
        waiting.extend(reversed(list(_inner(owner, node))))


def _inner(owner: str, node: Node) -> Iterator[tuple[str, Node]]:
    match node:
        case Function(_, arguments):
            yield from ((owner, argument) for argument in arguments)
        case Operation(_, left, right):
            yield from ((owner, left), (owner, right))
        case Path(_, steps, call):
            if call is not None:
                yield owner, call
            inside = instance_of(node) or UNKNOWN
            yield from ((inside, condition) for step in steps for condition in step.filters)


def instance_of(path: Path) -> str:
    """Return the name of the list that a path reads with instance('name'), or ""."""
    arguments = path.call.arguments if path.call is not None and path.root == "instance" else ()
    return arguments[0].value if len(arguments) == 1 and isinstance(arguments[0], Text) else ""


def references_in(text: str) -> tuple[str, ...]:
    """Return the names in all `${…}` of a text, as they are written, each once."""
    return tuple(dict.fromkeys(_REFERENCE.findall(text)))


def _columns(owner: str, node: Node) -> Iterator[Column]:
    """The bare names: those of the row's own list, and columns of lists read with instance()."""
    if not isinstance(node, Path):
        return
    if node.root == "" and node.steps[0].name not in {".", ".."}:
        yield Column(owner, node.steps[0].name)
    if (instance := instance_of(node)) and len(node.steps) > 2:
        yield Column(instance, node.steps[2].name)


def _comparisons(node: Node) -> Iterator[Comparison]:
    for operator, one, other in _pairs(node):
        if (question := question_of(one)) and isinstance(other, Text):
            yield Comparison(question, operator, other.value)


def _pairs(node: Node) -> Iterator[tuple[str, Node, Node]]:
    match node:
        case Operation("=" | "!=", left, right):
            yield node.operator, left, right
            yield node.operator, right, left
        case Function("selected", (left, right)):
            yield node.name, left, right


def question_of(node: Node) -> str:
    """Return the name in a plain `${name}`, or ""."""
    plain = isinstance(node, Path) and node.root.startswith("${") and node.steps == (Step("."),)
    return references_in(node.root)[0] if plain and isinstance(node, Path) else ""


def _taken_whole(call: Function) -> tuple[Node, ...]:
    """The arguments of which a function takes all answers in a repeat; concat, max and min do it with one only."""
    if call.name in {"sum", "count", "count-non-empty", "indexed-repeat"}:
        return call.arguments
    if call.name in {"concat", "max", "min"} and len(call.arguments) == 1:
        return call.arguments
    return call.arguments[1:] if call.name == "join" and len(call.arguments) == 2 else ()


def upper_bound(constraint: Node) -> float | None:
    """Return the highest answer that a constraint lets through, or None when it sets no such limit.

    Seen: `. <= 5`, `. < 5`, `. = 5` and the same turned round, alone or joined by `and`.
    """
    waiting, limits = [constraint], []
    while waiting:
        node = waiting.pop()
        if isinstance(node, Operation) and node.operator == "and":
            waiting += [node.left, node.right]
        elif isinstance(node, Operation) and (limit := _limit(node)) is not None:
            limits.append(limit)
    return min(limits, default=None)


def _limit(constraint: Operation) -> float | None:
    turned = {">=": "<=", ">": "<", "=": "="}
    sides = (constraint.left, constraint.operator, constraint.right)
    if isinstance(sides[0], Number):
        sides = (constraint.right, turned.get(constraint.operator, ""), constraint.left)
    is_limit = sides[0] == _CURRENT and sides[1] in {"<=", "<", "="}
    return float(sides[2].text) if is_limit and isinstance(sides[2], Number) else None
