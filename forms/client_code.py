"""The client code: short, readable aloud, made on a phone without network, safe against a typing error.

Shape `XXXX-XXXX`: seven random characters and one check character from an alphabet of 23 letters and digits without
look-alikes (of each of 0-O-Q, 1-I-L, 2-Z, 5-S, 8-B, 6-G and U-V at most one is used). The check is a weighted sum
modulo the prime 23 with distinct non-zero weights, so every single wrong character and every swap of two different
characters is detected (the argument is that of ISBN-10 and of the pure systems of ISO/IEC 7064). There are
23⁷ ≈ 3.4 × 10⁹ codes: among 10,000 clients the chance of any collision is about 1.5 %, and the connector reports one
as a problem.
"""

from __future__ import annotations

from random import Random

ALPHABET = "34679ABCDEFHJKMNPRTVWXY"
WEIGHTS = (2, 3, 4, 5, 6, 7, 8)
_RANDOM_LENGTH = len(WEIGHTS)


def make(rng: Random) -> str:
    """Return a new code from the given source of randomness."""
    return with_check("".join(rng.choice(ALPHABET) for _ in range(_RANDOM_LENGTH)))


def with_check(random_part: str) -> str:
    """Return the full code for seven characters of the alphabet."""
    code = random_part + check_character(random_part)
    return f"{code[:4]}-{code[4:]}"


def check_character(random_part: str) -> str:
    """Return the check character for seven characters of the alphabet; raises ValueError for others."""
    total = sum(weight * ALPHABET.index(character) for weight, character in zip(WEIGHTS, random_part, strict=True))
    return ALPHABET[total % len(ALPHABET)]


def is_valid(code: str) -> bool:
    """Return whether a code has the right shape, alphabet and check character."""
    characters = code.replace("-", "", 1)
    if len(code) != 9 or code[4] != "-" or any(character not in ALPHABET for character in characters):
        return False
    return check_character(characters[:_RANDOM_LENGTH]) == characters[_RANDOM_LENGTH]


def random_digit_xpath() -> str:
    """Return the XPath of one random digit below 23, drawn once for the life of the record."""
    return f"once(int(random() * {len(ALPHABET)}))"


def code_xpath(digits: list[str]) -> str:
    """Return the XPath of a full code made from seven questions that each hold a digit below 23."""
    letters = [_letter(f"${{{name}}}") for name in digits]
    check = " + ".join(f"{weight} * ${{{name}}}" for weight, name in zip(WEIGHTS, digits, strict=True))
    parts = [*letters[:4], "'-'", *letters[4:], _letter(f"(({check}) mod {len(ALPHABET)})")]
    return f"concat({', '.join(parts)})"


def validity_xpath(value: str = ".") -> str:
    """Return the XPath condition that `value` is a valid code, for a constraint."""
    positions = [1, 2, 3, 4, 6, 7, 8]
    indexes = [_index(f"substr({value}, {position - 1}, {position})") for position in positions]
    total = " + ".join(f"{weight} * {index}" for weight, index in zip(WEIGHTS, indexes, strict=True))
    check = _index(f"substr({value}, 8, 9)")
    return f"regex({value}, '[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}') and (({total}) mod {len(ALPHABET)}) = {check}"


def _letter(index: str) -> str:
    return f"substr('{ALPHABET}', {index}, {index} + 1)"


def _index(character: str) -> str:
    return f"string-length(substring-before('{ALPHABET}', {character}))"
