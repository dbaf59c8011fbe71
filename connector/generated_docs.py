"""Knows the pages of the documentation that are made from the definitions, and how each is made anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from connector.guide import guide_page
from connector.guide_text import LANGUAGES
from forms.instrument_table import instrument_table
from forms.library import FORMS
from forms.programme import PROGRAMME
from forms.transcript_page import transcript_pages
from forms.translation_coverage import coverage_table, wording_table

TABLES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "translations.md": {"coverage": coverage_table, "wording": wording_table},
}
"""Pages written by hand that hold tables made here, between `<!-- name -->` and `<!-- /name -->`."""


def generated_docs(folder: Path) -> dict[str, str]:
    """Return every page that is made, by its path below the folder of the documentation, with its content.

    A page that is written by hand is read from `folder`; one that is not there is left out.
    """
    pages = {
        "instruments.md": instrument_table(),
        **{f"transcripts/{name}": page for name, page in transcript_pages(dict(FORMS)).items()},
        **{f"guide/cha.{language}.html": guide_page(language, PROGRAMME) for language in LANGUAGES},
    }
    for name, tables in TABLES.items():
        if (folder / name).is_file():
            pages[name] = with_tables((folder / name).read_text(encoding="utf-8"), tables)
    return pages


def with_tables(page: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """Return a page with its tables made anew; the rest stays as it was written."""
    for name, make in tables.items():
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, _, rest = page.partition(start)
        _, _, after = rest.partition(end)
        page = f"{before}{start}\n{make()}{end}{after}" if rest else page
    return page
