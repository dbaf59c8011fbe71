"""The trial's instruments that are not free to publish: ids, codes and scoring where known; texts come from outside.

What could not be read in a source is not filled in: no codes, no score, and `scoring_note` says so.
"""

from __future__ import annotations

from dataclasses import replace

from forms.instrument import COMPLETE, Instrument, Item, Licence, MissingRule
from forms.instruments.scale import answer_scale

NOT_READ = "the wording is not free to publish: it comes from the programme's private file"
CODES_NOT_KNOWN = "The codes of the answers are not known here: the private file gives them. There is no score."
EDINBURGH = Licence(
    "not free: a licence is needed",
    "© NHS Health Scotland, Universities of Warwick and Edinburgh, all rights reserved (user guide, version 2)",
)


def _slot(name: str, title: str, measures: str, recall: str, items: int, licence: Licence) -> Instrument:
    return Instrument(
        name=name,
        title=title,
        measures=measures,
        recall=recall,
        instruction="",
        items=tuple(Item(f"{name}_{number}", "") for number in range(1, items + 1)),
        answers=answer_scale(f"{name}_answer", "", ()),
        bands=(),
        band_source="no bands were found",
        cut_offs=(),
        reliable_change=(),
        missing_rule=MissingRule(items, "no rule was found; proposal: a score from complete answers only", COMPLETE),
        licence=licence,
        source=NOT_READ,
        untranslated_source="ask the programme's trial team for the wording that it used",
        is_published=False,
    )


UBUNTU = replace(
    _slot(
        "ubuntu",
        "Ubuntu scale",
        "humanness, interconnectedness and compassion",
        "not known",
        17,
        Licence(
            "not known to be free: ask the author and the programme's trial team",
            "a thesis (Mutsonziwa 2020, repository.up.ac.za/handle/2263/79761)",
        ),
    ),
    is_scored=False,
    higher_is_worse=False,
    scoring_note=(
        f"{CODES_NOT_KNOWN} 17 items in 3 factors in the South African original; whether the Rwandan adaptation has as "
        "many is not known."
    ),
)
CDRISC10 = replace(
    _slot(
        "cdrisc10",
        "CD-RISC-10",
        "resilience",
        "the past month",
        10,
        Licence(
            "not free: authorised copies from the authors only, never to be published in full",
            "© authors (CD-RISC manual 2018, connordavidson-resiliencescale.com)",
        ),
    ),
    answers=answer_scale("cdrisc10_answer", "agreement", ("",) * 5),
    band_source="no bands and no cut-off",
    higher_is_worse=False,
)
WEMWBS = replace(
    _slot("wemwbs", "WEMWBS", "mental well-being", "the last 2 weeks", 14, EDINBURGH),
    answers=answer_scale("wemwbs_answer", "frequency", ("",) * 5, first=1),
    higher_is_worse=False,
)
SWEMWBS = replace(
    _slot("swemwbs", "SWEMWBS", "mental well-being", "the last 2 weeks", 7, EDINBURGH),
    answers=answer_scale("swemwbs_answer", "frequency", ("",) * 5, first=1),
    higher_is_worse=False,
    scoring_note="The plain sum: the conversion table of the short form was not read and is not applied.",
)
CTS2S = replace(
    _slot(
        "cts2s",
        "CTS2S",
        "violence between partners",
        "the past year",
        20,
        Licence(
            "not free: the publisher (WPS) must permit it", "notice of the Conflict Tactics Scales as seen at pdfcoffee"
        ),
    ),
    is_scored=False,
    needs_privacy=True,
    scoring_note=f"{CODES_NOT_KNOWN} 20 items in 10 pairs, what the person did and what the partner did.",
)
SASCAT = replace(
    _slot(
        "sascat",
        "SASCAT",
        "social capital",
        "the last 12 months",
        9,
        Licence("not known to be free: ask the authors", "no licence statement was found (emerge.ucsd.edu)"),
    ),
    is_scored=False,
    higher_is_worse=False,
    scoring_note=f"{CODES_NOT_KNOWN} Counts of structural and of cognitive social capital, by a rule not read.",
)

SLOTS = (UBUNTU, CDRISC10, WEMWBS, SWEMWBS, CTS2S, SASCAT)
