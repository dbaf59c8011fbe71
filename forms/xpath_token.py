"""How an XPath of a form is cut into tokens: JavaRosa's lexical rules and the `${name}` of XLSForms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

OPERATOR_NAMES = ("and", "or", "div", "mod")
_SYMBOLS = (
    "!=",
    "<=",
    ">=",
    "//",
    "..",
    "::",
    "=",
    "<",
    ">",
    "+",
    "-",
    "*",
    "|",
    "(",
    ")",
    "[",
    "]",
    ",",
    "/",
    ".",
    "@",
)
_COMPARE_OR_COMPUTE = {"!=", "<=", ">=", "=", "<", ">", "+", "-", "*", "|"}
_NUMBER = re.compile(r"\d+(\.\d*)?|\.\d+")
_NAME = re.compile(r"[^\W\d][\w.-]*(:(?!:)([^\W\d][\w.-]*|\*))?")
_REFERENCE = re.compile(r"\$\{(last-saved#)?([^\W\d][\w.-]*)\}")
_SPACE = " \t\r\n"
_FOREIGN = {
    "==": "Write =.",
    "&&": "Write and.",
    "||": "Write or.",
    "<>": "Write !=.",
    "=>": "Write >=.",
    "=<": "Write <=.",
    "=!": "Write !=.",
    "≤": "Write <=.",
    "≥": "Write >=.",
    "≠": "Write !=.",
    "×": "Write *.",
    "÷": "Write div.",
    "%": "Write mod.",
    "&": "Write and.",
    "!": "Write not(…), or != between two values.",
    "^": "Write pow(value, power).",
    "“": "Write ' or \" as on a typewriter.",
    "”": "Write ' or \" as on a typewriter.",
    "‘": "Write ' or \" as on a typewriter.",
    "’": "Write ' or \" as on a typewriter.",
    "`": "Write ' or \" as on a typewriter.",
    "«": "Write ' or \" as on a typewriter.",
    "»": "Write ' or \" as on a typewriter.",
    ";": "Write a comma between the values of a function.",
}


class XPathError(ValueError):
    """An XPath that phones cannot read: `what` is wrong, `advice` says what to do."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what}. {advice}")
        self.what = what
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an XPath; kind is number, text, name, reference, operator, symbol or end; `at` counts from 1."""

    kind: str
    text: str
    at: int

    @property
    def shown(self) -> str:
        """The token as a message names it."""
        return "the end" if self.kind == "end" else self.text


def tokens_of(xpath: str) -> tuple[Token, ...]:
    """Return the tokens of an XPath, the last one of kind `end`. Raises XPathError."""
    return tuple(_tokens(xpath))


def show(character: str) -> str:
    """Return a character as a message can name it: itself when it is visible, else its Unicode number."""
    return character if character.isprintable() and not character.isspace() else f"U+{ord(character):04X}"


def _tokens(xpath: str) -> Iterator[Token]:
    position, previous = 0, Token("end", "", 0)
    while position < len(xpath):
        if xpath[position] in _SPACE:
            position += 1
            continue
        token = _next(xpath, position, previous)
        yield token
        position, previous = position + len(token.text), token
    yield Token("end", "", len(xpath) + 1)


def _next(xpath: str, position: int, previous: Token) -> Token:
    rest, at = xpath[position:], position + 1
    if rest[0] in "'\"":
        return Token("text", _text(rest, at), at)
    if rest[0] == "$":
        return Token("reference", _reference(rest, at), at)
    if found := _NUMBER.match(rest):
        return Token("number", found.group(), at)
    if found := _NAME.match(rest):
        is_operator = found.group() in OPERATOR_NAMES and _ends_value(previous)
        return Token("operator" if is_operator else "name", found.group(), at)
    _refuse_foreign(rest, at)
    symbol = rest[:2] if rest[:2] in _SYMBOLS else rest[0]
    if symbol not in _SYMBOLS:
        raise XPathError(f"the character {show(rest[0])} has no meaning here (character {at})", "Take it out.")
    is_operator = symbol in _COMPARE_OR_COMPUTE and (symbol != "*" or _ends_value(previous))
    return Token("operator" if is_operator else "symbol", symbol, at)


def _ends_value(token: Token) -> bool:
    """Whether an operator may follow: XPath tells `mod` the operator from `mod` the name by what stands before."""
    return token.kind in {"number", "text", "name", "reference"} or token.text in {")", "]", ".", "..", "*"}


def _text(rest: str, at: int) -> str:
    end = rest.find(rest[0], 1)
    if end < 0:
        raise XPathError(f"the text that begins with {rest[0]} at character {at} does not end", "Close the quote.")
    return rest[: end + 1]


def _reference(rest: str, at: int) -> str:
    if found := _REFERENCE.match(rest):
        return found.group()
    advice = "Write ${name}, without spaces."
    if not rest.startswith("${"):
        raise XPathError(f"$ stands alone at character {at}", advice)
    if "}" not in rest:
        raise XPathError(f"${{ at character {at} is not closed", advice)
    raise XPathError(f"{rest[: rest.index('}') + 1]} is not a reference to a question", advice)


def _refuse_foreign(rest: str, at: int) -> None:
    sign = rest[:2] if rest[:2] in _FOREIGN else rest[0]
    if sign in _FOREIGN and rest[:2] != "!=":
        raise XPathError(f"{sign} has no meaning here (character {at})", _FOREIGN[sign])
    if rest[0].isspace() or rest[0] in "\u200b\u2060\ufeff":
        what = f"a space of another kind ({show(rest[0])}) stands at character {at}"
        raise XPathError(what, "Type it again with the space bar.")
