"""How a small picture is drawn and written: areas of ink on a square of paper, smoothed, as a PNG of a few shades.

Lengths are in hundredths of the side, y downwards. Everything is the standard library, because the pictures go into
the forms, which must build anywhere and come out the same.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

SIDE = 300
"""Pixels of a finished picture in either direction."""
FINE = 4
"""Finer dots to a pixel in either direction, from which its shade is counted."""
DOTS = SIDE * FINE
INK = (16, 42, 67)
SHADES = 5
_SIGNATURE = b"\x89PNG\r\n\x1a\n"

Stretches = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the paper: its top and bottom, and which stretches of the line at height y lie inside."""

    top: float
    bottom: float
    stretches: Callable[[float], Stretches]


@dataclass(frozen=True, slots=True)
class Layer:
    """An area that is covered with ink, or with paper again; later layers lie on earlier ones."""

    area: Area
    is_ink: bool = True


def disc(x: float, y: float, radius: float) -> Area:
    """A filled circle."""

    def stretches(height: float) -> Stretches:
        half = math.sqrt(max(0.0, radius**2 - (height - y) ** 2))
        return [(x - half, x + half)]

    return Area(y - radius, y + radius, stretches)


def pills(centres: Iterable[float], top: float, bottom: float, radius: float) -> Area:
    """Upright bars with round ends, side by side, one around each centre."""
    middles = tuple(centres)

    def stretches(height: float) -> Stretches:
        beyond = max(top + radius - height, height - bottom + radius, 0.0)
        half = math.sqrt(max(0.0, radius**2 - beyond**2))
        return [(x - half, x + half) for x in middles]

    return Area(top, bottom, stretches)


def box(left: float, top: float, right: float, bottom: float) -> Area:
    """An upright rectangle."""
    inside = [(left, right)]
    return Area(top, bottom, lambda height: inside)


def polygon(*corners: tuple[float, float]) -> Area:
    """The inside of a closed line through the corners."""
    ends = (
        sorted(pair, key=lambda corner: corner[1]) for pair in zip(corners, (*corners[1:], corners[0]), strict=True)
    )
    edges = [(y0, y1, x0, (x1 - x0) / (y1 - y0)) for (x0, y0), (x1, y1) in ends if y0 < y1]

    def stretches(height: float) -> Stretches:
        crossings = sorted(x + (height - top) * slope for top, bottom, x, slope in edges if top <= height < bottom)
        return list(zip(crossings[::2], crossings[1::2], strict=True))

    heights = [y for _, y in corners]
    return Area(min(heights), max(heights), stretches)


def stroke(width: float, *points: tuple[float, float]) -> Area:
    """A line through the points, with round ends and corners; its own width goes beyond them by half."""
    half = width / 2
    parts = [disc(x, y, half) for x, y in points]
    for (x0, y0), (x1, y1) in pairwise(points):
        length = math.hypot(x1 - x0, y1 - y0)
        dx, dy = half * (y0 - y1) / length, half * (x1 - x0) / length
        parts.append(polygon((x0 + dx, y0 + dy), (x1 + dx, y1 + dy), (x1 - dx, y1 - dy), (x0 - dx, y0 - dy)))
    return together(*parts)


def together(*areas: Area) -> Area:
    """Everything that lies in any of the areas."""

    def stretches(height: float) -> Stretches:
        return [found for area in areas if area.top <= height <= area.bottom for found in area.stretches(height)]

    return Area(min(area.top for area in areas), max(area.bottom for area in areas), stretches)


def draw(layers: Iterable[Layer]) -> bytes:
    """Return the picture as a PNG, `SIDE` by `SIDE` pixels, 4 bits a pixel, the same bytes for the same layers."""
    paper = [bytearray(DOTS) for _ in range(DOTS)]
    for layer in layers:
        _cover(paper, layer)
    pixel_row = cache(_pixel_row)  # many rows are alike, the empty ones first of all
    return _png(pixel_row(*map(bytes, paper[top : top + FINE])) for top in range(0, DOTS, FINE))


def _cover(paper: list[bytearray], layer: Layer) -> None:
    scale, mark = DOTS / 100, b"\x01" if layer.is_ink else b"\x00"
    first, last = max(0, math.floor(layer.area.top * scale)), min(DOTS, math.ceil(layer.area.bottom * scale))
    for row in range(first, last):
        for left, right in layer.area.stretches((row + 0.5) / scale):
            start, stop = max(0, round(left * scale)), min(DOTS, round(right * scale))
            if start < stop:
                paper[row][start:stop] = mark * (stop - start)


def _pixel_row(*rows: bytes) -> bytes:
    """Return one row of pixels, two to a byte; the dots of each are counted on all pixels at once, as one large number.

    No count exceeds 16, so no sum runs over into the next dot's byte.
    """
    columns = sum(int.from_bytes(row, "little") for row in rows)
    counts = sum(columns >> (8 * shift) for shift in range(FINE)).to_bytes(DOTS, "little")[::FINE]
    left, right = counts[::2].translate(_HIGH), counts[1::2].translate(_LOW)
    return (int.from_bytes(left) | int.from_bytes(right)).to_bytes(SIDE // 2)


_LOW = bytes(min(SHADES - 1, round(count * (SHADES - 1) / FINE**2)) for count in range(256))
_HIGH = bytes(shade << 4 for shade in _LOW)


def _png(rows: Iterable[bytes]) -> bytes:
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 4, 3, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\x00" + row for row in rows), 9)
    chunks = ((b"IHDR", header), (b"PLTE", _palette()), (b"IDAT", pixels), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, content) for name, content in chunks)


def _palette() -> bytes:
    """Return the shades from white paper to ink."""
    top = SHADES - 1
    return bytes(255 + (ink - 255) * shade // top for shade in range(SHADES) for ink in INK)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
