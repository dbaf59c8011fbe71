"""Which two clients are listed as one person, how surely, and that nobody has to be compared with everybody."""

import datetime as dt
from collections.abc import Iterable
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector import person_match
from connector.person_match import GRADES, POINTS, Pair, Person, compare, pairs_among, phone_key
from connector.person_name import read_name
from connector.sandbox.story_people import invent_person

DAY = dt.date(2026, 3, 2)


def person(
    code: str = "A",
    name: str = "Mukamana",
    phone: str | None = None,
    born: int | None = 1990,
    sex: str | None = "female",
    sector: str | None = "2801",
    village: str | None = None,
) -> Person:
    return Person(code, read_name(name), phone, born, sex, sector, village)


def grade(one: Person, other: Person) -> str | None:
    found = compare(one, other)
    return found.grade if found else None


def test_same_name_year_sex_and_sector_are_possibly_one_person() -> None:
    assert grade(person(), person("B", "mukamaana")) == "possible"


def test_the_same_village_makes_it_likely() -> None:
    assert grade(person(village="v"), person("B", village="v")) == "likely"


def test_the_same_phone_makes_it_certain() -> None:
    assert grade(person(phone="788000001"), person("B", phone="788000001")) == "certain"


@pytest.mark.parametrize(
    "other",
    [
        {"sex": "male"},
        {"born": 1994},
        {"sector": "2802"},
        {"name": "Uwera"},
        {"born": None},
        {"name": ""},
    ],
)
def test_what_does_not_agree_takes_a_pair_off_the_list(other: dict[str, object]) -> None:
    assert grade(person(), person("B", **other)) is None  # type: ignore[arg-type]


def test_a_mother_and_a_daughter_with_one_phone_are_two_people() -> None:
    mother = person(name="Mukamana", phone="788000001", born=1960, village="v")
    assert grade(mother, person("B", "Keza", phone="788000001", born=1990, village="v")) is None


def test_what_is_unknown_does_not_count() -> None:
    assert grade(person(phone="7", born=None, sex=None), person("B", phone="7", sector=None)) == "possible"


def test_the_reasons_add_up_to_the_points() -> None:
    found = compare(person("B", village="v"), person("A", "Mukamina", born=1991, village="v"))
    assert found is not None
    assert (found.first_code, found.second_code) == ("A", "B")
    assert found.reasons == ("close_name", "birth_year_1_apart", "same_sex", "same_sector", "same_village")
    assert sum(POINTS[reason] for reason in found.reasons) == found.points == 9


def test_grades_are_listed_from_the_surest() -> None:
    assert [least for _, least in GRADES] == sorted((least for _, least in GRADES), reverse=True)


people = st.lists(
    st.builds(
        person,
        st.sampled_from([*"ABCDEFGHIJKLMNOP"]),
        st.sampled_from(
            ["Keza", "Mukamana", "Mukamina", "Mukamwana", "Marie Claire", "Claire", "Uwera A", "Uwera", ""]
        ),
        st.sampled_from([None, "1", "2"]),
        st.sampled_from([None, 1988, 1989, 1990, 1991, 1992, 1993, 1997]),
        st.sampled_from([None, "female", "male"]),
        st.sampled_from([None, "2801", "2802"]),
        st.sampled_from([None, "v", "w"]),
    ),
    max_size=12,
    unique_by=lambda each: each.client_code,
)


def all_pairs(people: Iterable[Person]) -> list[Pair]:
    """What `pairs_among` returns, by comparing everybody with everybody."""
    compared = (compare(*two) for two in combinations(people, 2))
    return sorted((pair for pair in compared if pair), key=lambda pair: (pair.first_code, pair.second_code))


@given(people)
def test_comparing_a_few_finds_what_comparing_everybody_finds(some: list[Person]) -> None:
    assert pairs_among(some) == all_pairs(some)


@pytest.mark.parametrize(("sectors", "share"), [(12, 0.002), (1, 0.02)])
def test_few_of_all_pairs_of_a_programme_are_compared(
    sectors: int, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = Random(1)
    crowd = []
    for number in range(3300):
        told = invent_person(rng, str(number), "28010101", DAY)
        place = f"28{number % sectors:02}"
        crowd.append(
            Person(f"{number:04}", read_name(told.short_name), phone_key(told.phone), told.birth_year, told.sex, place)
        )
    compared = []

    def counted(one: Person, other: Person) -> Pair | None:
        compared.append((one, other))
        return compare(one, other)

    monkeypatch.setattr(person_match, "compare", counted)
    found = pairs_among(crowd)
    assert found and len(found) < 3300
    assert len(compared) < share * 3300 * 3299 / 2, len(compared)


@pytest.mark.parametrize(
    ("told", "key"),
    [
        ("0788123456", "788123456"),
        ("+250 788 123 456", "788123456"),
        ("00250788123456", "788123456"),
        ("250788123456", "788123456"),
        ("788123456", "788123456"),
        ("0000000000", None),
        ("1111111111", None),
        ("123", None),
        ("", None),
        (None, None),
    ],
)
def test_a_number_is_the_same_however_it_is_written(told: str | None, key: str | None) -> None:
    assert phone_key(told) == key
