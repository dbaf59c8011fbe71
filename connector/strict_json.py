"""Knows how JSON becomes values fast and exactly: no key lost to its double, no number changed, no endless nesting."""

from __future__ import annotations

import codecs
import json
from typing import Any

import orjson

DEEPEST = 64
"""Levels of nesting: far more than forms have, far less than what exhausts those who walk over the value."""
LEVELS_WRITTEN = 254
"""orjson refuses to write a value with more levels."""
UNSURE = object()
"""Not a value: the fast parser cannot vouch for it."""


class OddJsonError(ValueError):
    """JSON by its grammar, and yet no value that could be kept as it is; the reason holds nothing of the text."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse(text: bytes) -> Any:
    """The value of strict JSON in UTF-8; half a surrogate pair, written as an escape, is kept.

    Raises OddJsonError for a key twice in one object, NaN, a number that cannot be held, bytes that are not UTF-8 and
    nesting over `DEEPEST`; json.JSONDecodeError for what is not JSON. Both are ValueErrors.
    """
    value = parse_fast(text)
    return _parse_slowly(text) if value is UNSURE else value


def parse_fast(text: bytes, deepest: int = DEEPEST) -> Any:
    """The value of compact JSON of which it is certain that nothing was lost or changed; else UNSURE.

    orjson keeps the last of two equal keys, and rounds a whole number over 64 bits, in silence; but then it does not
    write the same text again. Lists around the value make it refuse, in writing, one that is too deep.
    """
    margin = LEVELS_WRITTEN - deepest
    try:
        value = orjson.loads(text)
        written = orjson.dumps(_inside_lists(value, margin))
    except (ValueError, TypeError):
        return UNSURE
    return value if len(written) == len(text) + 2 * margin and written.startswith(text, margin) else UNSURE


def as_ascii(text: str) -> str:
    """The same JSON without characters beyond ASCII, and without NUL: each is written as an escape."""
    escaped = text if text.isascii() else text.encode("ascii", ESCAPED).decode("ascii")
    return escaped.replace("\0", "\\u0000") if "\0" in escaped else escaped


ESCAPED = "healing_json_escape"


def _escape(error: UnicodeError) -> tuple[str, int]:
    """Write what ASCII does not have as JSON does: sixteen bits at a time, halves of pairs too."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)), error.end


codecs.register_error(ESCAPED, _escape)


def _inside_lists(value: Any, number: int) -> Any:
    for _ in range(number):
        value = [value]
    return value


def _parse_slowly(text: bytes) -> Any:
    try:
        value = json.loads(
            text.decode("utf-8"), object_pairs_hook=_unique_keys, parse_constant=_no_constant, parse_float=_finite
        )
    except (OddJsonError, json.JSONDecodeError):
        raise
    except UnicodeDecodeError:
        raise OddJsonError("bytes that are not UTF-8") from None
    except RecursionError:
        raise OddJsonError("nested too deeply") from None
    except ValueError:  # Python's limit of digits
        raise OddJsonError("a number with too many digits") from None
    _refuse_depth(value)
    return value


def _refuse_depth(value: Any) -> None:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        inside = (item for each in level for item in (each.values() if isinstance(each, dict) else each))
        level = [item for item in inside if isinstance(item, dict | list)]
    if level:
        raise OddJsonError("nested too deeply")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise OddJsonError("a key occurs twice in one object")
    return value


def _no_constant(_: str) -> Any:
    raise OddJsonError("NaN or Infinity for a number")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise OddJsonError("a number too large")
    return number
