"""What a translator is told in the spreadsheet itself: what to do, in which column, and what every word there means."""

from __future__ import annotations

from collections.abc import Iterator

from forms.translation import KINYARWANDA, Language

_GUIDE = (
    (
        "The work",
        "Each row of the sheet Texts is one text that a phone shows in {language}. Fill in the coloured columns only; "
        "leave a row alone when its text may stay as it is. You may sort, filter and hide.",
    ),
    (
        "Voice",
        "Short, warm, everyday words{polite}. Say every text aloud: a CHA says it to somebody who may be tired, sad or "
        "unable to read.",
    ),
    ("new text", "The text in {language}. To keep the text and change only its standing, leave this empty."),
    ("new status", "What holds for the text from now on. Empty beside a new text: draft."),
    ("· draft", "Nobody else has read it yet."),
    (
        "· reviewed",
        "A native speaker of the programme has read it, said it aloud and agreed. Say in reviewer who.",
    ),
    (
        "· validated",
        "Only for instruments: the published, tested wording, copied exactly. Say in source where it is published; a "
        "DOI is best.",
    ),
    ("· missing", "Take the text away: the phone then shows another language, marked as such."),
    (
        "status now: stale",
        "The English text has changed since. Read it again; write a new text, or only a new status when the old text "
        "still says the same.",
    ),
    ("source", "Where the text comes from. Needed for validated; for reviewed, source or reviewer."),
    ("reviewer", "Who has agreed to the text: a role or initials, not a name."),
    ("date", "The day, like 2026-11-23. Empty: the day on which the sheet is imported."),
    ("comment", "Anything that we should know. It is shown at the import and not kept in the catalogue."),
    (
        "keep exactly",
        "Signs like ${{client_code}} and {{numbers_to_call}} are filled in for you: copy them as they are. They may "
        "move within the sentence.",
    ),
    (
        "instrument",
        "A questionnaire measures what it was tested to measure, word by word. Do not translate it and do not improve "
        "it: enter its published text, or nothing.",
    ),
    ("other columns", "They help you, and tell us which text you mean. Please change nothing in them."),
    (
        "first sign = + - @",
        "A text that begins so has an apostrophe before it, so that the spreadsheet does not calculate. Leave it, and "
        "put one before a text of your own that begins so.",
    ),
    (
        "Giving it back",
        "Save the file as .xlsx and send it. It is brought in with: healing translations import FILE. If anything is "
        "wrong, every fault is listed with its row, and nothing is changed.",
    ),
)


def guide_rows(language: Language) -> Iterator[dict[str, str]]:
    """Yield the second sheet of a language: rows of `what` and `how`."""
    polite = ", and the polite mu- form" if language is KINYARWANDA else ""
    yield from ({"what": what, "how": how.format(language=language.column, polite=polite)} for what, how in _GUIDE)
