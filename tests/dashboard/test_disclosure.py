"""Knows that nobody can work out a hidden count: an attacker tries every table that fits what is shown."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.disclosure import SMALLEST_SHOWN, hidden_cells, is_small

Table = list[list[int]]

columns_of_people = st.lists(st.integers(0, 12), min_size=1, max_size=5)
small_tables = st.integers(2, 3).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 7), min_size=width, max_size=width), min_size=1, max_size=3)
)


def splits(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Every way to write a total as that many whole numbers from 0."""
    if parts == 0:
        if total == 0:
            yield ()
        return
    for first in range(total + 1) if parts > 1 else (total,):
        yield from ((first, *rest) for rest in splits(total - first, parts - 1))


def guesses_of_column(column: list[int], hidden: set[int]) -> list[tuple[int, ...]]:
    """Everything that a reader who knows the total of a column can think its hidden counts to be."""
    return list(splits(sum(column[row] for row in hidden), len(hidden)))


def guesses_of_table(table: Table, hidden: frozenset[tuple[int, int]]) -> list[dict[tuple[int, int], int]]:
    """Every filling of the hidden cells that fits all shown cells, column totals and row totals (last column)."""
    rows, width = len(table), len(table[0])
    by_column = [[row for row in range(rows) if (row, column) in hidden] for column in range(width)]
    choices = [list(splits(sum(table[r][c] for r in cells), len(cells))) for c, cells in enumerate(by_column)]
    found = []
    for choice in product(*choices):
        cells = {(r, c): v for c, values in enumerate(choice) for r, v in zip(by_column[c], values, strict=True)}
        full = [[cells.get((r, c), table[r][c]) for c in range(width)] for r in range(rows)]
        if all(sum(row[:-1]) == row[-1] for row in full):
            found.append(cells)
    return found


@pytest.mark.parametrize(("count", "small"), [(0, False), (1, True), (4, True), (5, False)])
def test_one_to_four_people_are_too_few(count: int, small: bool) -> None:
    assert is_small(count) is small


def test_nothing_is_hidden_where_nobody_is_few() -> None:
    assert hidden_cells([[20, 5], [0, 7]]) == frozenset()


def test_a_lone_small_count_takes_the_next_smallest_with_it() -> None:
    assert hidden_cells([[3], [40], [9]]) == {(0, 0), (2, 0)}


def test_two_small_counts_that_add_up_to_few_take_a_third() -> None:
    assert hidden_cells([[1], [2], [30], [8]]) == {(0, 0), (1, 0), (3, 0)}


def test_two_small_counts_that_add_up_to_enough_are_enough() -> None:
    assert hidden_cells([[3], [4], [30]]) == {(0, 0), (1, 0)}


def test_women_are_hidden_too_when_men_are_few() -> None:
    assert hidden_cells([[50], [2]]) == {(0, 0), (1, 0)}


def test_a_row_total_hides_a_second_count_in_the_row() -> None:
    hidden = hidden_cells([[20, 3, 9], [30, 12, 11]], row_totals=True)
    assert (0, 1) in hidden
    for row in (0, 1):
        assert len([cell for cell in hidden if cell[0] == row]) != 1


def test_a_row_of_few_people_hides_its_total() -> None:
    hidden = hidden_cells([[2, 1, 0], [30, 12, 11], [25, 14, 10]], row_totals=True)
    assert (0, 3) in hidden


@given(columns_of_people)
def test_no_small_count_is_shown(column: list[int]) -> None:
    hidden = {row for row, _ in hidden_cells([[count] for count in column])}
    assert all(row in hidden for row, count in enumerate(column) if is_small(count))


@given(columns_of_people)
def test_a_reader_of_one_column_is_left_with_many_guesses(column: list[int]) -> None:
    hidden = {row for row, _ in hidden_cells([[count] for count in column])}
    if not hidden or len(hidden) == len(column):
        return  # everything hidden: only the total is known, and the page hides that itself when it is small
    assert sum(column[row] for row in hidden) >= SMALLEST_SHOWN
    for each in zip(*guesses_of_column(column, hidden), strict=True):
        assert len(set(each)) >= SMALLEST_SHOWN


@given(small_tables)
def test_a_reader_of_a_table_with_totals_cannot_work_out_a_hidden_count(counts: Table) -> None:
    hidden = hidden_cells(counts, row_totals=True)
    table = [[*row, sum(row)] for row in counts]
    if len(hidden) == len(table) * len(table[0]) or not hidden:
        return
    guesses = guesses_of_table(table, hidden)
    revealed = {cell for cell in hidden if len({guess[cell] for guess in guesses}) == 1}
    assert not {cell for cell in revealed if is_small(table[cell[0]][cell[1]])}, (counts, sorted(hidden))
