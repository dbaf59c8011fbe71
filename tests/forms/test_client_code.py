"""The client code survives the mistakes that people make, and the phone makes and checks it as Python does."""

import random

import pytest

from forms import client_code
from forms.client_code import ALPHABET, is_valid, make, with_check

CODES = [make(random.Random(seed)) for seed in range(40)]


def test_a_new_code_is_valid_and_has_its_shape():
    assert all(is_valid(code) and len(code) == 9 and code[4] == "-" for code in CODES)


def test_the_alphabet_has_no_look_alikes():
    for pair in ("0O", "OQ", "1I", "1L", "2Z", "5S", "8B", "6G", "UV"):
        assert len(set(pair) & set(ALPHABET)) <= 1, pair


def test_every_single_wrong_character_is_detected():
    for code in CODES[:10]:
        for position in (0, 1, 2, 3, 5, 6, 7, 8):
            for other in set(ALPHABET) - {code[position]}:
                assert not is_valid(code[:position] + other + code[position + 1 :])


def test_every_swap_of_two_different_characters_is_detected():
    places = (0, 1, 2, 3, 5, 6, 7, 8)
    for code in CODES:
        for i in places:
            for j in places:
                if code[i] != code[j]:
                    letters = list(code)
                    letters[i], letters[j] = letters[j], letters[i]
                    assert not is_valid("".join(letters)), (code, i, j)


@pytest.mark.parametrize("typed", ["", "ABCD", "abcd-efgh", "AAAAAAAAA", "AAAA_AAAA", "AAAA-AAA", "AAAA-AAAO", "É"])
def test_what_has_not_the_shape_is_no_code(typed):
    assert not is_valid(typed)


def test_a_character_outside_the_alphabet_cannot_be_coded():
    with pytest.raises(ValueError, match="not seven characters of the alphabet"):
        with_check("AAAAAAO")


def test_codes_of_a_large_programme_hardly_ever_collide():
    rng = random.Random(1)
    codes = {make(rng) for _ in range(10_000)}
    assert len(codes) >= 9_998


def test_the_xpath_names_every_digit_and_the_alphabet():
    xpath = client_code.code_xpath([f"d{i}" for i in range(7)])
    assert all(f"${{d{i}}}" in xpath for i in range(7)) and ALPHABET in xpath
