"""Knows that the pictures of answer scales are small, stable, and say more with more ink."""

import hashlib
import io
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from forms.canvas import SIDE, Layer, box, draw
from forms.pictogram import NAMES, SCALES, SIGNS, is_pictogram, pictogram

ROOT = Path(__file__).parents[2]
every_picture = pytest.mark.parametrize("name", NAMES)
every_scale = pytest.mark.parametrize(
    ("family", "steps"), [(family, steps) for family, (allowed, _) in SCALES.items() for steps in allowed]
)


def decode(content: bytes) -> Image.Image:
    """The picture in shades of grey, 0 for ink and 255 for paper, as another program reads it."""
    return Image.open(io.BytesIO(content)).convert("L")


def ink(content: bytes) -> float:
    """The share of a picture that is dark, 0 to 1."""
    shades = decode(content).tobytes()
    return 1 - sum(shades) / (255 * len(shades))


def scale(family: str, steps: int) -> list[str]:
    """The file names of one scale, the emptiest first."""
    return [f"{family}_{steps}_{step}.png" for step in range(steps)]


@every_picture
def test_a_picture_is_a_png_of_one_size(name: str) -> None:
    picture = Image.open(io.BytesIO(pictogram(name)))
    picture.verify()
    assert (picture.format, picture.size) == ("PNG", (SIDE, SIDE)) and SIDE == 300


@every_picture
def test_a_picture_is_under_two_kilobytes(name: str) -> None:
    assert len(pictogram(name)) < 2000


@every_picture
def test_a_picture_keeps_clear_of_the_edges(name: str) -> None:
    picture = decode(pictogram(name))
    inner = picture.copy()
    inner.paste(255, (4, 4, SIDE - 4, SIDE - 4))
    assert inner.getextrema() == (255, 255)


@every_scale
def test_every_step_has_more_ink_than_the_one_before(family: str, steps: int) -> None:
    shares = [ink(pictogram(name)) for name in scale(family, steps)]
    assert all(after > before + 0.01 for before, after in pairwise(shares))


@every_scale
def test_the_last_step_is_clearly_full_and_the_first_clearly_empty(family: str, steps: int) -> None:
    empty, full = ink(pictogram(scale(family, steps)[0])), ink(pictogram(scale(family, steps)[-1]))
    assert empty < 0.22 and full > 1.8 * empty


@every_scale
def test_what_is_dark_in_the_empty_frame_stays_dark_in_all_but_yes_and_no(family: str, steps: int) -> None:
    frame = decode(pictogram(scale(family, steps)[0])).tobytes()
    lines = [place for place, shade in enumerate(frame) if shade < 60]
    for name in scale(family, steps)[1:]:
        shades = decode(pictogram(name)).tobytes()
        kept = sum(shades[place] < 60 for place in lines) / len(lines)
        assert kept == 1 if family != "yes_no" else kept > 0.5


def test_pictures_come_out_the_same_in_another_process() -> None:
    program = (
        "import hashlib; from forms.pictogram import NAMES, pictogram;"
        "print(hashlib.sha256(b''.join(map(pictogram, NAMES))).hexdigest())"
    )
    again = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert again.stdout.strip() == hashlib.sha256(b"".join(map(pictogram, NAMES))).hexdigest()


def test_days_are_filled_as_phq9_means_its_answers() -> None:
    # 14 days: none, several, more than half, nearly every one
    assert [days_filled(name) for name in scale("frequency", 4)] == [0, 5, 9, 14]


def test_days_are_filled_as_who5_means_its_answers() -> None:
    # none, some, less than half, more than half, most, all
    assert [days_filled(name) for name in scale("frequency", 6)] == [0, 3, 6, 8, 11, 14]


def days_filled(name: str) -> int:
    """How many of the 14 days are dark in the middle."""
    picture = decode(pictogram(name))
    middles = [(round(3 * (8 + 14 * day)), 3 * height) for height in (28, 72) for day in range(7)]
    return sum(int(picture.getpixel(place)) < 60 for place in middles)  # type: ignore[arg-type]


@every_picture
def test_every_name_is_known(name: str) -> None:
    assert is_pictogram(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "frequency_4_4.png",
        "frequency_8_0.png",
        "frequency_1_0.png",
        "frequency_4_-1.png",
        "frequency_4_0.jpg",
        "Frequency_4_0.png",
        "../frequency_4_0.png",
        "difficulty_3_0.png",
        "yes_no_2_2.png",
        "smile_4_0.png",
    ],
)
def test_another_name_is_refused_and_the_message_says_what_there_is(name: str) -> None:
    with pytest.raises(
        ValueError, match=r"there is no pictogram .*frequency_N_I\.png with N from 2 to 7.*refused\.png"
    ):
        pictogram(name)
    assert not is_pictogram(name)


def test_signs_for_refusing_and_stopping_differ_from_every_step() -> None:
    steps = {pictogram(name) for name in NAMES if name not in SIGNS}
    assert not steps & {pictogram(name) for name in SIGNS}


def test_a_half_covered_pixel_is_half_dark() -> None:
    edge = 100 * 10.5 / SIDE
    row = [int(shade) for shade in decode(draw([Layer(box(0, 0, edge, 100))])).crop((9, 150, 12, 151)).tobytes()]
    assert row[0] < 60 and 110 < row[1] < 180 and row[2] == 255


SHEET = (
    *(scale("frequency", steps) for steps in (4, 5, 6)),
    *(scale("intensity", steps) for steps in (3, 5)),
    scale("agreement", 5),
    scale("difficulty", 4),
    [*scale("yes_no", 2), *SIGNS],
)
"""The rows of the picture in the documentation: the scales that the instruments use, and the signs."""


def contact_sheet(side: int = 80, gap: int = 10) -> Image.Image:
    """All pictures of `SHEET` as small as on a phone."""
    width, height = ((side + gap) * count + gap for count in (max(map(len, SHEET)), len(SHEET)))
    sheet = Image.new("L", (width, height), 224)
    for down, names in enumerate(SHEET):
        for across, name in enumerate(names):
            small = decode(pictogram(name)).resize((side, side), Image.Resampling.BOX)
            sheet.paste(small, (gap + across * (side + gap), gap + down * (side + gap)))
    return sheet.quantize(16)


def test_the_sheet_in_the_documentation_shows_the_pictures_of_today() -> None:
    path = ROOT / "docs" / "guide" / "pictograms.png"
    committed, current = Image.open(path).convert("L"), contact_sheet().convert("L")
    assert committed.size == current.size
    assert max(abs(a - b) for a, b in zip(committed.tobytes(), current.tobytes(), strict=True)) < 40, (
        f"write it anew: contact_sheet().save({str(path)!r}, optimize=True)"
    )
