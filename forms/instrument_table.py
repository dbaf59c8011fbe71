"""Knows how the page about all instruments is written: one table, from the instruments themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from forms.instrument import AT_MOST, INTERNATIONAL, RWANDA, Band, CutOff, Instrument
from forms.instruments.catalogue import CATALOGUE
from forms.private_text import ANSWER, COLUMNS, INSTRUCTION, ITEM
from forms.translation import ALL_STATUSES, TRANSLATED, FormString, status_in
from forms.translation_catalogue import PACKAGED, read_catalogue_file

INTRODUCTION = """\
# Instruments

Written by `healing docs` from `forms/instruments/`; do not edit it here.

Every instrument that the forms can ask. Which form asks which is said in the programme file. Scores describe symptoms
or well-being and are never a diagnosis. Raw scores are what is stored; cut-offs are only a way to read them, in two
sets that stand side by side, and `cut_off_set` in the programme file says which one pages show first.

An item that is refused, at which the interview stops, or that is not asked of the person's sex is never scored.
"""
SLOTS = f"""
## Instruments whose wording is not free

The last rows are slots: ids, codes and scoring where they are known, no wording. A programme that holds the licence
keeps the texts in a CSV file **outside** the repository and names it in the programme file (`private_texts`). Without
the file, forms build without these instruments and say so. The columns:

    {",".join(COLUMNS)}

One row a text. `kind` is `{INSTRUCTION}` (`item` and `code` empty), `{ITEM}` (with its `item`) or `{ANSWER}` (with its
`code`). English is always needed; `fr` and `rw` may be empty. `status` (validated, reviewed or draft) is that of the
French and the Kinyarwanda, `source` says where the wording comes from, `date` is a day such as 2026-11-23. An
instrument is filled completely or not at all. Never put such a file into a repository, a message or a screenshot.
"""
HEADER = (
    "Instrument",
    "Items, recall, codes",
    "Score and bands",
    "Cut-offs, international",
    "Cut-offs, Rwanda",
    "Change that counts",
    "Missing answers",
    "Licence and evidence",
    "Languages",
)
TREATMENTS = {
    "prorate": "at least {} answered, missing ones prorated by the mean of the others",
    "zero": "at least {} answered, missing ones count 0",
    "complete": "all {} answered, else no score",
}
SEXES = {"female": "women", "male": "men"}
BREAK = "<br>"


def instrument_table() -> str:
    """Return the page `docs/instruments.md`: an introduction, one row an instrument, and how a slot is filled."""
    rows = (HEADER, ("---",) * len(HEADER), *(_row(each) for each in CATALOGUE.values()))
    table = "".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |\n" for row in rows)
    return f"{INTRODUCTION}\n{table}{SLOTS}"


def _row(instrument: Instrument) -> tuple[str, ...]:
    return (
        _joined((f"**{instrument.title}**", instrument.measures, _flags(instrument))),
        _items(instrument),
        _score(instrument),
        _cut_offs(instrument, INTERNATIONAL),
        _cut_offs(instrument, RWANDA),
        _joined(f"{each.points} points: {each.source}" for each in instrument.reliable_change) or "not found",
        _missing(instrument),
        _joined((instrument.licence.terms, instrument.licence.evidence, f"Texts: {instrument.source}")),
        _joined(_languages(instrument)),
    )


def _joined(lines: Iterable[str]) -> str:
    return BREAK.join(line for line in lines if line)


def _flags(instrument: Instrument) -> str:
    private = "asked in private only" if instrument.needs_privacy else ""
    safety = f"`{instrument.safety_item}` of 1 or more opens the triage" if instrument.safety_item else ""
    return _joined((private, safety))


def _items(instrument: Instrument) -> str:
    first, last = instrument.items[0].name, instrument.items[-1].name
    low, high = instrument.code_range
    one_sex = (f"`{item.name}`: {SEXES[item.asked_of]} only" for item in instrument.items if item.asked_of)
    return _joined(
        (
            f"{len(instrument.items)}: `{first}` … `{last}`",
            f"recall: {instrument.recall}",
            f"codes {low} to {high}" if instrument.scored_codes else "codes not known",
            *one_sex,
        )
    )


def _score(instrument: Instrument) -> str:
    if not instrument.is_scored:
        return instrument.scoring_note
    better = "higher is worse" if instrument.higher_is_worse else "higher is better"
    times = f" × {instrument.factor}" if instrument.factor != 1 else ""
    bands = ", ".join(_band(each) for each in instrument.bands)
    clusters = ", ".join(f"{each.words} ({each.code.upper()})" for each in instrument.clusters)
    rule = f"`{instrument.cluster_name}` is met with {clusters}: {instrument.cluster_source}" if clusters else ""
    sources = f"bands: {bands} ({instrument.band_source})" if bands else instrument.band_source
    summed = f"sum{times}, {instrument.lowest_score} to {instrument.highest_score}, {better}"
    return _joined((summed, sources, rule, instrument.scoring_note))


def _band(band: Band) -> str:
    says_range = any(character.isdigit() for character in band.label)
    return f"{band.low}–{band.high}" if says_range else f"{band.low}–{band.high} {band.label.lower()}"


def _cut_offs(instrument: Instrument, set_name: str) -> str:
    found = [_cut_off(each) for each in instrument.cut_offs if each.set_name == set_name]
    return _joined(found) or "not found"


def _cut_off(cut_off: CutOff) -> str:
    sign = "≤" if cut_off.direction == AT_MOST else "≥"
    of_sex = f", {SEXES[cut_off.sex]}" if cut_off.sex else ""
    return f"{sign} {cut_off.points}{of_sex}: {cut_off.population} ({cut_off.source})"


def _missing(instrument: Instrument) -> str:
    rule = instrument.missing_rule
    if not instrument.is_scored:
        return "not known"
    return _joined((TREATMENTS[rule.treatment].format(rule.minimum_answered), rule.source))


def _languages(instrument: Instrument) -> Iterator[str]:
    texts = [FormString(key, english) for key, english in instrument.texts()]
    if not instrument.has_texts:
        yield "none here: from the private file"
        return
    yield "English: the source"
    for language in TRANSLATED:
        entries = read_catalogue_file(PACKAGED / f"{language.code}.csv")
        counts = Counter(status_in(entries, text) for text in texts)
        yield f"{language.column}: {', '.join(f'{counts[each]} {each}' for each in ALL_STATUSES if counts[each])}"
    yield instrument.untranslated_source
