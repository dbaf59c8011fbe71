"""Knows the colours: five classes from red to blue, safe for red-green blindness (ColorBrewer RdYlBu)."""

from __future__ import annotations

FIVE_CLASSES = ("#d7191c", "#fdae61", "#ffffbf", "#abd9e9", "#2c7bb6")
"""From worst to best."""

INK, PAPER, GREY, PALE = "#1f2933", "#ffffff", "#8a949e", "#e4e7eb"
BLUE, RED, AMBER = FIVE_CLASSES[4], FIVE_CLASSES[0], FIVE_CLASSES[1]


def ramp(steps: int) -> list[str]:
    """Return one to five colours from best (blue) to worst (red), as far apart as possible."""
    best_first = FIVE_CLASSES[::-1]
    if steps == 1:
        return [best_first[0]]
    return [best_first[round(step * 4 / (steps - 1))] for step in range(steps)]


def ink_on(colour: str) -> str:
    """Return black or white, whichever reads better on a colour given as #rrggbb."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else PAPER
