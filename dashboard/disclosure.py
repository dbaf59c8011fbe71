"""Knows which counts of a breakdown may be shown, so that no small number of people can be read or worked out.

Counts of 1 to 4 are hidden; zero says nothing about a person and is shown. Hiding those alone protects nobody where
totals are printed, so further counts of the same line are hidden, the smallest first, until what is hidden adds up to
at least 5 people in at least two cells, and until no hidden count follows from the others by subtraction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

SMALLEST_SHOWN = 5

Counts = Sequence[Sequence[int]]
Cell = tuple[int, int]
Line = tuple[Cell, ...]


def is_small(count: int) -> bool:
    """Return whether a count of people is too small to show; zero is not."""
    return 0 < count < SMALLEST_SHOWN


def hidden_cells(counts: Counts, *, row_totals: bool = False) -> frozenset[Cell]:
    """Return the (row, column) positions to hide in a breakdown whose column totals are known to the reader.

    `counts` is rows × columns of people, all rows equally long. With `row_totals`, the sum of each row is shown too,
    as one more column; its positions can then be among those returned. Hides everything when nothing less protects.
    """
    table = [[*row, sum(row)] for row in counts] if row_totals else [list(row) for row in counts]
    hidden = {cell for cell in _cells(table) if is_small(_at(table, cell))}
    while True:
        more = _beside_gap(table, hidden, row_totals) or (_beside_bridge(table, hidden) if row_totals else None)
        if more is None:
            return frozenset(hidden)
        hidden.add(more)


def _cells(table: Counts) -> Iterable[Cell]:
    return ((row, column) for row, values in enumerate(table) for column in range(len(values)))


def _at(table: Counts, cell: Cell) -> int:
    return table[cell[0]][cell[1]]


def _columns(table: Counts) -> list[Line]:
    return [tuple((row, column) for row in range(len(table))) for column in range(len(table[0]) if table else 0)]


def _rows(table: Counts) -> list[Line]:
    return [tuple((row, column) for column in range(len(values))) for row, values in enumerate(table)]


def _beside_gap(table: Counts, hidden: set[Cell], row_totals: bool) -> Cell | None:
    """The count to hide next, in the first line where those hidden could be narrowed down too far."""
    for line in _columns(table) + (_rows(table) if row_totals else []):
        if _is_weak(table, [cell for cell in line if cell in hidden], line):
            more = _cheapest(table, (cell for cell in line if cell not in hidden))
            if more is not None:
                return more
    return None


def _is_weak(table: Counts, inside: list[Cell], line: Line) -> bool:
    """Whether the hidden cells of a line are a single one, or together too few people.

    The sum of a row is unknown when its total, the last cell of the line, is hidden as well.
    """
    is_row_without_total = len(line) > 1 and line[0][0] == line[1][0] and line[-1] in inside
    too_few = sum(_at(table, cell) for cell in inside) < SMALLEST_SHOWN and not is_row_without_total
    return bool(inside) and (len(inside) == 1 or too_few)


def _beside_bridge(table: Counts, hidden: set[Cell]) -> Cell | None:
    """A count to hide beside one that follows from the others through the totals of rows and columns."""
    for cell in sorted(cell for cell in hidden if not _has_detour(cell, hidden)):
        beside = (
            other for other in _cells(table) if other not in hidden and (other[0] == cell[0]) != (other[1] == cell[1])
        )
        more = _cheapest(table, beside)
        if more is not None:
            return more
    return None


def _has_detour(cell: Cell, hidden: set[Cell]) -> bool:
    """Whether row and column of a hidden cell stay linked through other hidden cells.

    Each hidden cell links its row with its column; the equations of the totals determine exactly the cells that are
    the only link between two parts of that graph (its bridges).
    """
    others = hidden - {cell}
    rows, columns = {cell[0]}, set[int]()
    while cell[1] not in columns:
        size = len(rows) + len(columns)
        columns |= {column for row, column in others if row in rows}
        rows |= {row for row, column in others if column in columns}
        if len(rows) + len(columns) == size:
            return False
    return True


def _cheapest(table: Counts, cells: Iterable[Cell]) -> Cell | None:
    """The cell with the smallest count, those with people before those without; None when there are no cells."""
    return min(cells, key=lambda cell: (_at(table, cell) == 0, _at(table, cell), cell), default=None)
