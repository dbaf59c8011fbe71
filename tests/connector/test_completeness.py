"""Differences are found by counting ever smaller spans, at no more requests than listing everything."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.completeness import Search, is_halving_cheaper
from connector.reconcile import Compared
from connector.sync_here import ALL, Span

PAGE = 10


@dataclass
class Numbers:
    """Both sides, by numbers alone: plays client, what is here and comparison; counts requests."""

    server: set[int]
    stored: set[int]
    asset_uid: str = "a"
    requests: int = 0
    compared: list[Span] = field(default_factory=list)

    def count(self, uid: str, query: Any = None, after_id: int = 0, up_to: int | None = None) -> int:
        self.requests += 1
        return sum(Span(after_id, up_to).holds(number) for number in self.server)

    def size(self, span: Span = ALL) -> int:
        return sum(span.holds(number) for number in self.stored)

    def middle(self, span: Span, place: int) -> int | None:
        found = sorted(number for number in self.stored if span.holds(number))
        return found[place] if 0 <= place < len(found) else None

    def compare(self, span: Span = ALL, only: Any = None) -> Compared:
        listed = {number for number in self.server if span.holds(number)}
        self.requests += max(1, -(-len(listed) // PAGE))
        self.compared.append(span)
        absent = {str(number) for number in self.stored if span.holds(number)} - {str(number) for number in listed}
        self.stored |= listed
        return Compared(len(listed), absent)

    def search(self) -> Compared:
        """What a search finds, whose first count is known."""
        side = cast(Any, self)
        return Search(side, side, side, page=PAGE).find(len(self.server), len(self.stored))


@given(
    stored=st.sets(st.integers(1, 3000), min_size=1, max_size=600),
    gone=st.lists(st.integers(0, 599), max_size=12),
)
def test_every_deletion_is_found(stored: set[int], gone: list[int]) -> None:
    lost = {sorted(stored)[place % len(stored)] for place in gone}
    numbers = Numbers(stored - lost, set(stored))
    assert numbers.search().absent == {str(number) for number in lost}
    assert numbers.requests <= 2 * (len(stored) // PAGE + 2)


@given(
    stored=st.sets(st.integers(1, 3000), min_size=1, max_size=600),
    late=st.sets(st.integers(1, 3000), max_size=12),
)
def test_every_late_record_is_found(stored: set[int], late: set[int]) -> None:
    numbers = Numbers(stored | late, set(stored))
    numbers.search()
    assert numbers.stored == stored | late


@pytest.mark.parametrize(("gone", "most"), [(1, 10), (5, 35), (20, 95)])
def test_scattered_deletions_among_a_hundred_pages_cost_what_was_measured(gone: int, most: int) -> None:
    chance = random.Random(4)
    for _ in range(5):
        stored = set(range(1, 100 * PAGE + 1))
        lost = set(chance.sample(sorted(stored), gone))
        numbers = Numbers(stored - lost, set(stored))
        assert numbers.search().absent == {str(number) for number in lost}
        assert numbers.requests <= most


def test_deletions_in_a_row_cost_little_more_than_one() -> None:
    numbers = Numbers(set(range(1, 1001)) - set(range(500, 520)), set(range(1, 1001)))
    assert len(numbers.search().absent) == 20
    assert numbers.requests <= 16


def test_equal_counts_cost_nothing() -> None:
    numbers = Numbers({1, 2, 3}, {1, 2, 4})
    assert numbers.search().absent == set()
    assert numbers.requests == 0


def test_many_differences_are_looked_for_in_the_whole_list_at_once() -> None:
    numbers = Numbers(set(range(1, 1001)), set(range(1, 1001, 2)))
    numbers.search()
    assert numbers.compared == [ALL]


def test_a_project_of_a_page_is_compared_at_once() -> None:
    numbers = Numbers({1, 2, 3}, {1, 2, 3, 4})
    assert numbers.search().absent == {"4"}
    assert numbers.requests == 1


@pytest.mark.parametrize(
    ("difference", "pages", "is_cheaper"), [(1, 1, False), (1, 100, True), (20, 100, True), (30, 100, False)]
)
def test_halving_is_chosen_where_it_asks_less(difference: int, pages: float, is_cheaper: bool) -> None:
    assert is_halving_cheaper(difference, pages) == is_cheaper
