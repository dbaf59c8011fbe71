"""How far the translations are: the standing of every form's texts and of every instrument, as lines and as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from forms.form import Form
from forms.instruments.catalogue import CATALOGUE
from forms.library import FORMS
from forms.translation import ALL_STATUSES, TRANSLATED, coverage, instrument_status

PARTS = (("interface", False), ("instruments", True))


def coverage_lines(form: Form) -> list[str]:
    """Return one line a part and language: how many of a form's texts are validated, reviewed, draft and so on."""
    counted = ((name, coverage(form, of_instruments=part)) for name, part in PARTS)
    return [
        f"{form.form_id} {language.code}, {name}: {_in_words(counts[language.code])}"
        for name, counts in counted
        for language in TRANSLATED
        if counts[language.code]
    ]


def coverage_table() -> str:
    """Return the standing of every form's texts as a table in Markdown: a row for each form, part and language."""
    rows = [
        [form.form_id, name, language.column, *(str(counts[language.code][status]) for status in ALL_STATUSES)]
        for form in FORMS.values()
        for name, part in PARTS
        for counts in [coverage(form, of_instruments=part)]
        for language in TRANSLATED
        if counts[language.code]
    ]
    return _table(["Form", "Texts", "Language", *ALL_STATUSES], rows, numbers=len(ALL_STATUSES))


def wording_table() -> str:
    """Return the standing of every published instrument's wording in Markdown, and where a version may be found."""
    rows = [
        [
            instrument.title,
            *(_in_words(instrument_status(instrument.name, language)) for language in TRANSLATED),
            instrument.untranslated_source,
        ]
        for instrument in CATALOGUE.values()
        if instrument.is_published
    ]
    return _table(["Instrument", *(language.column for language in TRANSLATED), "Kinyarwanda version"], rows)


def _in_words(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[status]} {status}" for status in ALL_STATUSES if counts[status])


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], numbers: int = 0) -> str:
    """Return a table in Markdown; the last `numbers` columns are set to the right."""
    rule = ["---"] * (len(header) - numbers) + ["---:"] * numbers
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (header, rule, *rows))
