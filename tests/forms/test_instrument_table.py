"""The page about the instruments is current, and says everything about every one of them."""

from pathlib import Path

import pytest

from forms.instrument_table import HEADER, instrument_table
from forms.instruments.catalogue import CATALOGUE

PAGE = Path(__file__).parents[2] / "docs" / "instruments.md"
EVERY = pytest.mark.parametrize("instrument", CATALOGUE.values(), ids=list(CATALOGUE))


def row_of(instrument):
    (row,) = [line for line in instrument_table().splitlines() if line.startswith(f"| **{instrument.title}**")]
    return row


def test_the_committed_page_is_the_one_that_the_instruments_give():
    assert PAGE.read_text(encoding="utf-8") == instrument_table(), "run healing build"


@EVERY
def test_a_row_has_a_cell_for_every_column(instrument):
    assert row_of(instrument).count(" | ") == len(HEADER) - 1


@EVERY
def test_a_row_names_every_figure_with_its_source(instrument):
    row = row_of(instrument)
    figures = (*instrument.cut_offs, *instrument.reliable_change)
    assert all(str(each.points) in row and each.source in row for each in figures)
    assert instrument.recall in row and instrument.licence.evidence in row and instrument.licence.terms in row


@EVERY
def test_a_row_shows_the_bands_with_their_ends(instrument):
    assert all(f"{band.low}–{band.high}" in row_of(instrument) for band in instrument.bands)


def test_a_language_is_never_said_to_be_better_than_it_is():
    assert "Kinyarwanda (rw): 14 missing" in row_of(CATALOGUE["phq9"])
    assert "from the private file" in row_of(CATALOGUE["cts2s"])
