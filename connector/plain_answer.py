"""Knows how an answer is taken in that is just as it should be; any other is refused, and read elsewhere with care."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from connector.answer import ROSTER_NAME, Value
from connector.layout import is_system_key

MOST_REMEMBERED = 2000
"""Texts whose values are remembered: those of a page or two."""
MOST_KEYS = 1000


class Remembered(dict[Any, Any]):
    """What a function makes of answers: numbers and days come again and again, and are read once.

    Raises what the function raises, and remembers nothing then.
    """

    def __init__(self, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, answer: Any) -> Any:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        self[answer] = found = self._read(answer)
        return found


def typed(parse: Callable[[str], Value]) -> Remembered:
    """Return the values of texts of one type, None where there is none.

    Raises ValueError, OverflowError or TypeError for whatever is none of them, and for a text with blanks around it.
    """
    return Remembered(lambda text: None if text is None else plain_text(text, parse))


def plain_text(text: Any, parse: Callable[[str], Value]) -> Value | None:
    """Return the value of a text, None for an empty one. Raises as `typed` does."""
    if type(text) is not str or text.strip() != text:
        raise ValueError
    return parse(text) if text else None


def one_of(codes: Iterable[str]) -> dict[str | None, str | None]:
    """Return each code by itself, and None where there is none; whatever else is looked up raises KeyError."""
    return {None: None, "": None, **{code: code for code in codes}}


def roster_name(text: Any) -> str | None:
    """Return the name of somebody on a roster, None where there is none; raises TypeError or ValueError for others."""
    if text is None or ROSTER_NAME.fullmatch(text):
        name: str | None = text
        return name
    raise ValueError


def several_of(is_code: Callable[[str], Any]) -> Callable[[Any], tuple[str, ...]]:
    """Return what reads several choices, each once; it raises ValueError unless all are codes."""

    def read(text: Any) -> tuple[str, ...]:
        if type(text) is not str:
            raise ValueError
        codes = tuple(dict.fromkeys(text.split()))
        if not all(map(is_code, codes)):
            raise ValueError
        return codes

    return read


class Keys:
    """The keys that a plain record has: those of the form's questions, and what phone and server add."""

    def __init__(self, questions: Iterable[str]) -> None:
        self._known = set(questions)

    def are_in(self, record: Mapping[str, Any]) -> bool:
        """Whether the record has no other keys."""
        return record.keys() <= self._known or self._learn(record.keys() - self._known)

    def _learn(self, keys: Iterable[str]) -> bool:
        new = set(keys)
        if not all(map(is_system_key, new)):
            return False
        if len(self._known) + len(new) <= MOST_KEYS:
            self._known |= new
        return True
