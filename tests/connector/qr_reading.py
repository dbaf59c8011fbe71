"""Knows how a QR code is read, from the drawing to its text, as ISO/IEC 18004 says; apart from the program that draws.

It mends no damage: a drawing has none. It knows correction level M and bytes, which is what the cards use.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache

Matrix = list[list[bool]]

EC_WORDS_OF_M = (10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28)
BLOCKS_OF_M = (1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21)
"""For versions 1 to 25: words for correction in each block, and blocks."""
MASKS = (
    lambda row, column: (row + column) % 2,
    lambda row, column: row % 2,
    lambda row, column: column % 3,
    lambda row, column: (row + column) % 3,
    lambda row, column: (row // 2 + column // 3) % 2,
    lambda row, column: row * column % 2 + row * column % 3,
    lambda row, column: (row * column % 2 + row * column % 3) % 2,
    lambda row, column: ((row + column) % 2 + row * column % 3) % 2,
)


def matrix_of(svg: str) -> Matrix:
    """The dark squares of an SVG whose path draws rows with `M x y`, `h length` and `m dx dy`, without the margin."""
    side = int(re.findall(r'viewBox="0 0 (\d+) \d+"', svg)[0])
    path = re.findall(r'd="(M4 4\.5[^"]*)"', svg)[0]
    matrix = [[False] * side for _ in range(side)]
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", path):
        steps = [float(number) for number in re.findall(r"-?\d*\.?\d+", numbers)]
        if command == "h":
            for column in range(int(x), int(x + steps[0])):
                matrix[int(y)][column] = True
            x += steps[0]
        else:
            x, y = (steps[0], steps[1]) if command == "M" else (x + steps[0], y + steps[1])
    return [row[4:-4] for row in matrix[4:-4]]


def version_of(matrix: Matrix) -> int:
    """The version, 1 to 40, which follows from the size."""
    return (len(matrix) - 17) // 4


def read_text(matrix: Matrix) -> str:
    """The text of a code. Raises ValueError for one of another level or kind than the cards use."""
    version, mask = version_of(matrix), _mask(matrix)
    bits = [matrix[row][column] ^ (mask(row, column) == 0) for row, column in _data_places(len(matrix), version)]
    words = [int("".join(map(str, map(int, bits[at : at + 8]))), 2) for at in range(0, len(bits) - 7, 8)]
    stream = "".join(f"{word:08b}" for word in _in_order(words, version))
    if stream[:4] != "0100":
        raise ValueError("the text is not stored as bytes")
    width = 8 if version < 10 else 16
    length, start = int(stream[4 : 4 + width], 2), 4 + width
    content = bytes(int(stream[at : at + 8], 2) for at in range(start, start + 8 * length, 8))
    return content.decode("utf-8")


def _mask(matrix: Matrix) -> Callable[[int, int], int]:
    places = [(8, column) for column in (0, 1, 2, 3, 4, 5, 7, 8)] + [(row, 8) for row in (7, 5, 4, 3, 2, 1, 0)]
    value = int("".join(str(int(matrix[row][column])) for row, column in places), 2) ^ 0b101010000010010
    if value >> 13 != 0b00:
        raise ValueError("the code is not of level M")
    return MASKS[value >> 10 & 0b111]


@cache
def _data_places(side: int, version: int) -> Sequence[tuple[int, int]]:
    """Where data lies, in the order of reading: columns in pairs from the right, up and down by turns."""
    taken = _patterns(side, version)
    pairs = [column - (column <= 6) for column in range(side - 1, 0, -2)]
    found = []
    for turn, right in enumerate(pairs):
        rows = range(side - 1, -1, -1) if turn % 2 == 0 else range(side)
        found += [(row, column) for row in rows for column in (right, right - 1) if (row, column) not in taken]
    return found


def _patterns(side: int, version: int) -> set[tuple[int, int]]:
    """Everything that is not data: corners, timing, alignment, format and version."""
    places = {(6, at) for at in range(side)} | {(at, 6) for at in range(side)}
    for top, left in ((0, 0), (0, side - 8), (side - 8, 0)):
        places |= {(row, column) for row in range(top, top + 9) for column in range(left, left + 9)}
    if version >= 7:
        places |= {(row, column) for row in range(6) for column in range(side - 11, side - 8)}
        places |= {(column, row) for row in range(6) for column in range(side - 11, side - 8)}
    centres = _alignment(side, version)
    corners = {(6, 6), (6, centres[-1]), (centres[-1], 6)} if centres else set()
    for centre in {(row, column) for row in centres for column in centres} - corners:
        places |= {(centre[0] + down, centre[1] + across) for down in range(-2, 3) for across in range(-2, 3)}
    return {(row, column) for row, column in places if row < side and column < side}


def _alignment(side: int, version: int) -> list[int]:
    if version == 1:
        return []
    count = version // 7 + 2
    step = (version * 8 + count * 3 + 5) // (count * 4 - 4) * 2
    return [6, *sorted(side - 7 - step * number for number in range(count - 1))]


def _in_order(words: list[int], version: int) -> list[int]:
    """The data words, block after block; in the code the blocks lie interleaved, the shorter ones first."""
    blocks, correction = BLOCKS_OF_M[version - 1], EC_WORDS_OF_M[version - 1]
    short, long_ones = divmod(len(words), blocks)
    lengths = [short - correction + (number >= blocks - long_ones) for number in range(blocks)]
    content: list[list[int]] = [[] for _ in range(blocks)]
    source = iter(words)
    for position in range(max(lengths)):
        for number in range(blocks):
            if position < lengths[number]:
                content[number].append(next(source))
    return [word for block in content for word in block]
