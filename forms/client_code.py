"""The client code: short, readable aloud, made on a phone without network, safe against a typing error.

Shape `XXXX-XXXX`: seven random characters and one check character from an alphabet of 23 letters and digits without
look-alikes (of each of 0-O-Q, 1-I-L, 2-Z, 5-S, 8-B, 6-G and U-V at most one is used). The check is a weighted sum
modulo the prime 23 with distinct non-zero weights, so every single wrong character and every swap of two different
characters is detected (the argument is that of ISBN-10 and of the pure systems of ISO/IEC 7064). There are
23⁷ ≈ 3.4 × 10⁹ codes: among 10,000 clients the chance of any collision is about 1.5 %, and the connector reports one
as a problem.
"""

from __future__ import annotations

from operator import getitem, mul
from random import Random

ALPHABET = "34679ABCDEFHJKMNPRTVWXY"
WEIGHTS = (2, 3, 4, 5, 6, 7, 8)
_RANDOM_LENGTH = len(WEIGHTS)
_PLACES = {character: place for place, character in enumerate(ALPHABET)}
_NOWHERE = -1
NEWCOMER_PREFIX = "N"
"""What the temporary code of somebody begins with who came to a session before the screening; a code follows."""
_SIZE = len(ALPHABET)
_WEIGHED = [{character: weight * place for character, place in _PLACES.items()} for weight in (*WEIGHTS, -1)]
_WORTH = (*_WEIGHED[:4], {"-": 0}, *_WEIGHED[4:])
"""What each character adds, place by place; with its check character a valid code comes to a multiple of 23."""
_HIGH, _LOW = _SIZE**4, _SIZE**3


def make(rng: Random) -> str:
    """Return a new code from the given source of randomness."""
    return with_check("".join(rng.choice(ALPHABET) for _ in range(_RANDOM_LENGTH)))


def with_check(random_part: str) -> str:
    """Return the full code for seven characters of the alphabet."""
    code = random_part + check_character(random_part)
    return f"{code[:4]}-{code[4:]}"


def check_character(random_part: str) -> str:
    """Return the check character for seven characters of the alphabet; raises ValueError for others."""
    places = [_PLACES.get(character, _NOWHERE) for character in random_part]
    if len(places) != _RANDOM_LENGTH or _NOWHERE in places:
        raise ValueError("not seven characters of the alphabet")
    return ALPHABET[sum(map(mul, WEIGHTS, places)) % _SIZE]


def is_valid(code: str) -> bool:
    """Return whether a code has the right shape, alphabet and check character."""
    try:
        return len(code) == len(_WORTH) and sum(map(getitem, _WORTH, code)) % _SIZE == 0
    except KeyError:
        return False


def is_newcomer(code: str) -> bool:
    """Return whether a code is a valid temporary code of a newcomer."""
    return code.startswith(NEWCOMER_PREFIX) and is_valid(code[len(NEWCOMER_PREFIX) :])


def random_digit_xpath() -> str:
    """Return the XPath of one random digit below 23, drawn once for the life of the record."""
    return f"once(int(random() * {len(ALPHABET)}))"


def code_xpath(digits: list[str]) -> str:
    """Return the XPath of a full code made from seven questions that each hold a digit below 23."""
    letters = [_letter(f"${{{name}}}") for name in digits]
    check = " + ".join(f"{weight} * ${{{name}}}" for weight, name in zip(WEIGHTS, digits, strict=True))
    parts = [*letters[:4], "'-'", *letters[4:], _letter(f"(({check}) mod {len(ALPHABET)})")]
    return f"concat({', '.join(parts)})"


def random_parts_xpath() -> tuple[str, str]:
    """Return the XPaths of two random numbers, drawn once for a record, from which newcomers' codes are made."""
    return f"once(int(random() * {_HIGH}))", f"once(int(random() * {_LOW}))"


def newcomer_code_xpath(high: str, low: str, number: int) -> str:
    """Return the XPath of the temporary code of newcomer `number` of a record, from its two random numbers.

    `high` and `low` are questions. The codes of one record differ, because the second part counts on from `low`.
    """
    second = f"((${{{low}}} + {number}) mod {_LOW})"
    digits = [_digit(f"${{{high}}}", power) for power in (3, 2, 1, 0)] + [_digit(second, power) for power in (2, 1, 0)]
    check = " + ".join(f"{weight} * {digit}" for weight, digit in zip(WEIGHTS, digits, strict=True))
    letters = [_letter(digit) for digit in digits]
    parts = [f"'{NEWCOMER_PREFIX}'", *letters[:4], "'-'", *letters[4:], _letter(f"(({check}) mod {_SIZE})")]
    return f"concat({', '.join(parts)})"


def _digit(number: str, power: int) -> str:
    return f"(int({number} div {_SIZE**power}) mod {_SIZE})"


def validity_xpath(prefix: str = "") -> str:
    """Return the XPath condition that the answer is a valid code after `prefix`, for a constraint."""
    at = len(prefix)
    indexes = [_index(f"substr(., {at + position}, {at + position + 1})") for position in (0, 1, 2, 3, 5, 6, 7)]
    total = " + ".join(f"{weight} * {index}" for weight, index in zip(WEIGHTS, indexes, strict=True))
    check = _index(f"substr(., {at + 8}, {at + 9})")
    return f"regex(., '{prefix}[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}') and (({total}) mod {_SIZE}) = {check}"


def _letter(index: str) -> str:
    return f"substr('{ALPHABET}', {index}, {index} + 1)"


def _index(character: str) -> str:
    return f"string-length(substring-before('{ALPHABET}', {character}))"
