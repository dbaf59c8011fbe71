"""The pictures beside the words of an answer scale, so that people who do not read can point: one for each step.

A file name says all: `frequency_4_2.png` is step 2, counted from 0, of a scale with 4 steps. Steps count how much, not
in which order an instrument prints them: step 0 is always "nothing", the same frame left empty, the last is everything.
Every step has more ink than the one before, so the pictures work without colour. There are no faces, and no signs that
stand for a belief, a party or a country.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import cache

from forms.canvas import Area, Layer, box, disc, draw, pills, polygon, stroke, together

Picture = tuple[Layer, ...]
LINE = 2.4
"""The width of an outline in hundredths of the side: two pixels where a phone shows the picture 80 pixels wide."""
DAYS = 14
"""The days in the picture of a frequency: two weeks, as PHQ-9, GAD-7 and WHO-5 ask."""
_SCALE = re.compile(r"([a-z_]+)_(\d)_(\d)\.png")


def pictogram(name: str) -> bytes:
    """Return the PNG with this file name, 300 by 300 pixels. Raises ValueError saying which names there are."""
    if name in SIGNS:
        return _draw_sign(name)
    found = _SCALE.fullmatch(name)
    family, steps, step = (found[1], int(found[2]), int(found[3])) if found else ("", 0, 0)
    if family not in SCALES or steps not in SCALES[family][0] or step >= steps:
        raise ValueError(f"there is no pictogram {name}: {_what_there_is()}")
    return _draw_step(family, steps, step)


def is_pictogram(name: str) -> bool:
    """Whether `pictogram` knows this file name."""
    return name in NAMES


@cache
def _draw_sign(name: str) -> bytes:
    return draw(SIGNS[name])


@cache
def _draw_step(family: str, steps: int, step: int) -> bytes:
    return draw(SCALES[family][1](steps, step))


def _what_there_is() -> str:
    scales = (f"{name}_N_I.png with N {_range(steps)} and I from 0 to N-1" for name, (steps, _) in SCALES.items())
    return "; ".join([*scales, *SIGNS])


def _range(steps: range) -> str:
    return str(steps[0]) if len(steps) == 1 else f"from {steps[0]} to {steps[-1]}"


def _frequency(steps: int, step: int) -> Picture:
    """Two weeks of days, as many of them filled as the answer says; 7 of 14 for the middle of a scale."""
    filled = math.floor(DAYS * step / (steps - 1) + 0.5)
    return (*_week(10, min(filled, 7)), *_week(54, max(filled - 7, 0)))


def _week(top: float, filled: int) -> Picture:
    days = [8 + 14 * day for day in range(7)]
    frame = pills(days, top, top + 36, 5.2)
    inside = pills(days[filled:], top + LINE, top + 36 - LINE, 5.2 - LINE)
    return Layer(frame), Layer(inside, is_ink=False)


def _intensity(steps: int, step: int) -> Picture:
    """A bucket that fills up."""
    handle = Layer(disc(50, 42, 36)), Layer(disc(50, 42, 36 - LINE), is_ink=False)
    bucket = Layer(_bucket(0, 0)), Layer(_bucket(LINE * 1.2, 0), is_ink=False), Layer(stroke(4, (14, 42), (86, 42)))
    content = Layer(_bucket(LINE * 1.2, 49 * (1 - step / (steps - 1))))
    return (*handle, *bucket, *((content,) if step else ()))


def _bucket(inset: float, missing: float) -> Area:
    """A bucket without its outer `inset`, and without the `missing` at its top."""
    lean = 9 / 52
    top, bottom = 42 + missing, 94 - inset
    left, foot = 14 + lean * missing + inset, 23 + inset
    return polygon((left, top), (foot, bottom), (100 - foot, bottom), (100 - left, top))


def _agreement(steps: int, step: int) -> Picture:
    """Bars that rise like stairs, one for each step above the lowest."""
    bars = steps - 1
    width = 88 / (bars + 0.35 * (bars - 1))
    return tuple(layer for bar in range(bars) for layer in _bar(bar, bars, width, bar < step))


def _bar(number: int, bars: int, width: float, is_filled: bool) -> Picture:
    left = 6 + 1.35 * width * number
    top = 90 - 78 * (0.25 + 0.75 * (number + 1) / bars)
    frame, inside = box(left, top, left + width, 90), box(left + LINE, top + LINE, left + width - LINE, 90 - LINE)
    return (Layer(frame),) if is_filled else (Layer(frame), Layer(inside, is_ink=False))


def _difficulty(steps: int, step: int) -> Picture:
    """Somebody walks towards a hill: level ground, then steeper and steeper."""
    height = 84 * step / (steps - 1)
    ground = stroke(LINE * 1.3, (5, 92), (95, 92))
    hill = (Layer(polygon((36, 92), (95, 92), (95, 92 - height))),) if step else ()
    return (Layer(ground), *hill, Layer(_walker()))


def _walker() -> Area:
    return together(
        disc(22, 42, 7.5),
        stroke(7, (20, 56), (19, 70)),
        stroke(4.2, (19, 70), (26, 79), (26, 89)),
        stroke(4.2, (19, 70), (15, 80), (10, 89)),
        stroke(3.6, (20, 56), (29, 65)),
        stroke(3.6, (20, 56), (12, 66)),
    )


def _yes_no(steps: int, step: int) -> Picture:
    """An empty ring that is struck through, or a full disc with a tick."""
    if step:
        return (Layer(disc(50, 50, 42)), Layer(stroke(9, (29, 52), (44, 67), (72, 35)), is_ink=False))
    return (*_ring(50, 50, 42, 5), Layer(stroke(5, (22, 78), (78, 22))))


def _ring(x: float, y: float, radius: float, width: float) -> Picture:
    return Layer(disc(x, y, radius)), Layer(disc(x, y, radius - width), is_ink=False)


def _hand() -> Picture:
    """An open palm, held up: I do not want to answer this."""
    fingers = ((36, 22), (47.5, 12), (59, 14), (70.5, 25))
    return (
        *(Layer(pills([x], top, 70, 4.7)) for x, top in fingers),
        Layer(polygon((31.3, 50), (75.2, 50), (75.2, 72), (66, 88), (45, 88), (31.3, 76))),
        Layer(stroke(10, (40, 80), (19, 57))),
        Layer(stroke(12, (48, 84), (64, 84))),
    )


def _pause() -> Picture:
    """Two upright bars in a ring: we stop here."""
    return (*_ring(50, 50, 42, 5), Layer(stroke(12, (38, 34), (38, 66))), Layer(stroke(12, (62, 34), (62, 66))))


SCALES: Mapping[str, tuple[range, Callable[[int, int], Picture]]] = {
    "frequency": (range(2, 8), _frequency),
    "intensity": (range(2, 8), _intensity),
    "agreement": (range(2, 8), _agreement),
    "difficulty": (range(4, 5), _difficulty),
    "yes_no": (range(2, 3), _yes_no),
}
"""How many steps each scale may have, and how one is drawn."""
SIGNS: Mapping[str, Picture] = {"refused.png": _hand(), "stopped.png": _pause()}
NAMES = (
    *(
        f"{family}_{steps}_{step}.png"
        for family, (allowed, _) in SCALES.items()
        for steps in allowed
        for step in range(steps)
    ),
    *SIGNS,
)
"""Every file name that there is, scale by scale, fewest steps and emptiest picture first."""
