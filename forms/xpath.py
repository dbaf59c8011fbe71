"""How an XPath of a form is read as JavaRosa reads it: tokens become a tree, or an error that says where and what."""

from __future__ import annotations

from dataclasses import dataclass

from forms.xpath_token import OPERATOR_NAMES, Token, XPathError, tokens_of

DEEPEST = 50
_LEVELS = {
    "or": 1, "and": 2, "=": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "div": 6, "mod": 6,
}  # fmt: skip
_NODE_TYPES = {"text", "node", "comment", "processing-instruction"}
_AXES = {"child", "attribute"}
_MISSING = "Write what is missing, or take it out."


@dataclass(frozen=True, slots=True)
class Node:
    """Base of all parts of an XPath."""


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number as it is written."""

    text: str


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A quoted text, without its quotes."""

    value: str


@dataclass(frozen=True, slots=True)
class Function(Node):
    """A call with its arguments."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Operation(Node):
    """Two operands and what is between them."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Step(Node):
    """One name, `.` or `..` of a path, with its filters."""

    name: str
    filters: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Path(Node):
    """Steps from `root`: `${name}`, `/`, a call as text such as `instance`, or "" for a path from here."""

    root: str
    steps: tuple[Step, ...]
    call: Function | None = None


def read_xpath(text: str) -> Node:
    """Return the tree of an XPath. Raises XPathError for what JavaRosa 5.1 refuses to parse or cannot compute."""
    reader = _Reader(tokens_of(text))
    tree = reader.expression()
    reader.end()
    return tree


class _Reader:
    """A descent over the tokens; every method leaves `_at` behind what it has read."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def end(self) -> None:
        """Refuse what is left over."""
        token = self._token
        if token.text in {")", "]"}:
            raise XPathError(f"{token.text} at character {token.at} was not opened", "Take it out, or open it before.")
        if token.kind != "end":
            before = self._tokens[self._at - 1]
            if before.text in OPERATOR_NAMES:
                raise XPathError(f"{before.text} stands where a value is expected (character {before.at})", _MISSING)
            what = f"{token.shown} follows {before.shown} without an operator (character {token.at})"
            raise XPathError(what, "Write and, or, +, = … between them, or quote a text.")

    def expression(self, lowest: int = 1) -> Node:
        """Read operands with operators that bind at least as `lowest`."""
        left: Node = self._operand()
        while self._token.kind == "operator" and (level := _LEVELS.get(self._token.text, 0)) >= lowest:
            operator = self._take()
            left = Operation(operator.text, left, self.expression(level + 1))
        if self._token.text == "|":
            raise XPathError(
                f"| at character {self._token.at} is not understood by phones", "Write or, or coalesce(…)."
            )
        return left

    def _operand(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise XPathError(f"more than {DEEPEST} brackets stand inside each other", "Compute a part in its own row.")
        if self._token.text == "-" and self._token.kind == "operator":
            self._take()
            value: Node = Operation("-", Number("0"), self._operand())
        else:
            value = self._value()
        self._depth -= 1
        return value

    def _value(self) -> Node:
        token = self._token
        if token.kind == "number":
            return Number(self._take().text)
        if token.kind == "text":
            return Text(self._take().text[1:-1])
        if token.text == "(":
            return self._bracketed()
        if token.kind == "reference":
            return Path(self._take().text, (Step(".", self._filters()), *self._more_steps()))
        if token.text in {"/", "//"}:
            return Path("/", self._more_steps())
        if token.kind == "name" and self._following().text == "(":
            return self._called()
        if token.kind == "name" or token.text in {".", "..", "@", "*"}:
            return Path("", (self._step(), *self._more_steps()))
        raise self._no_value()

    def _no_value(self) -> XPathError:
        token = self._token
        if self._at == 0:
            what = "it is empty" if token.kind == "end" else f"it begins with {token.shown}"
        elif token.kind == "end":
            what = f"it ends after {self._tokens[self._at - 1].shown}"
        else:
            what = f"{token.shown} stands where a value is expected (character {token.at})"
        return XPathError(what, _MISSING)

    def _bracketed(self) -> Node:
        opening = self._take()
        inner = self.expression()
        self._close(opening, ")")
        if self._token.text in {"/", "["}:
            what = f"{self._token.text} follows ) at character {self._token.at}, which phones do not understand"
            raise XPathError(what, "Write the path without the brackets.")
        return inner

    def _called(self) -> Node:
        name, opening = self._take(), self._take()
        if name.text in _NODE_TYPES:
            raise XPathError(f"{name.text}() is not understood by phones", "Write the name of the question or column.")
        arguments = self._arguments(opening)
        call = Function(name.text, arguments)
        if name.text in {"instance", "current"}:
            return Path(name.text, self._more_steps(), call)
        if self._token.text in {"/", "["}:
            what = f"{self._token.text} follows {name.text}(…), which phones do not understand"
            raise XPathError(what, "Only instance('list')/… and current()/… go on with a path.")
        return call

    def _arguments(self, opening: Token) -> tuple[Node, ...]:
        if self._token.text == ")":
            self._take()
            return ()
        found = [self.expression()]
        while self._token.text == ",":
            self._take()
            found.append(self.expression())
        self._close(opening, ")")
        return tuple(found)

    def _more_steps(self) -> tuple[Step, ...]:
        found = []
        while self._token.text in {"/", "//"}:
            slash = self._take()
            if slash.text == "//":
                raise XPathError(f"// at character {slash.at} is not understood by phones", "Write the whole path.")
            found.append(self._step())
        return tuple(found)

    def _step(self) -> Step:
        if self._token.text in {".", ".."}:
            step = Step(self._take().text)
            if self._token.text == "[":
                raise XPathError(f"[ follows {step.name} at character {self._token.at}", "Filter a name instead.")
            return step
        mark = self._take().text if self._token.text == "@" else ""
        name = self._take()
        if self._token.text == "::":
            name = self._after_axis(name)
        if name.kind != "name" and name.text != "*":
            self._at -= 1
            raise self._no_value()
        if self._token.text == "(":
            raise XPathError(f"{name.text}(…) is a step of a path, which phones do not understand", "Write a name.")
        return Step(mark + name.text, self._filters())

    def _after_axis(self, axis: Token) -> Token:
        if axis.text not in _AXES:
            what = f"{axis.text}:: at character {axis.at} is not understood by phones"
            raise XPathError(what, "Write a path with names, . and .. only.")
        self._take()
        return self._take()

    def _filters(self) -> tuple[Node, ...]:
        found = []
        while self._token.text == "[":
            opening = self._take()
            found.append(self.expression())
            self._close(opening, "]")
        return tuple(found)

    def _close(self, opening: Token, closing: str) -> None:
        if self._token.text == closing:
            self._take()
        elif self._token.kind == "end" or self._token.text in {")", "]"}:
            raise XPathError(
                f"{opening.text} at character {opening.at} is not closed", f"Write {closing} where it ends."
            )
        else:
            self.end()

    def _following(self) -> Token:
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def _take(self) -> Token:
        token = self._token
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token
