"""The pages to print say what the phone says: every text of every screen, in every language, word for word."""

import random
import re
from pathlib import Path

import pytest

from connector.sandbox.phone import Filling
from forms.library import FORMS
from forms.transcript import screens, silent_values
from forms.transcript_page import transcript_pages
from forms.translation import LANGUAGES
from tests.forms.phone_people import phone_form
from tests.forms.random_people import anything

ROOT = Path(__file__).parents[2]
EVERY_FORM = pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
EVERY_LANGUAGE = pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
WALKS = 24
STRAIGHT_QUOTES = str.maketrans("“”‘’", "\"\"''")
"""pyxform straightens the quotation marks of every text."""


def as_pattern(text: str) -> str:
    """What a text may become on the phone: each `${name}` is filled in."""
    parts = re.split(r"(\$\{\w+\})", text.translate(STRAIGHT_QUOTES))
    return "".join("(?s:.*)" if part.startswith("${") else re.escape(part) for part in parts)


@EVERY_LANGUAGE
@EVERY_FORM
def test_the_phone_shows_what_the_page_says(form, language):
    printed = {prompt.name: prompt for screen in screens(form, language) for prompt in screen.prompts}
    rng, seen = random.Random(f"{form.form_id}{language.code}"), set()
    for _ in range(WALKS):
        filling = Filling(phone_form(form.form_id), language.column)
        answer = anything(rng)

        def compare(prompt, answer=answer):
            page = printed[prompt.name]
            assert re.fullmatch(as_pattern(page.label.shown), prompt.label), prompt.name
            if page.answers and not page.more_answers and not prompt.name.endswith("_other"):
                assert {each.code: each.text.shown for each in page.answers} == dict(prompt.choices), prompt.name
            seen.add(prompt.name)
            return answer(prompt)

        filling.walk(compare)
    assert len(seen) > len(printed) / 2


@EVERY_LANGUAGE
@EVERY_FORM
def test_every_question_is_on_the_page_once(form, language):
    printed = [prompt.name for screen in screens(form, language) for prompt in screen.prompts]
    silent = {name for name, _ in silent_values(form)}
    metadata = {"start", "end", "today", "username", "deviceid", "audit"}
    assert sorted([*printed, *silent, *metadata]) == sorted(question.name for question in form.questions())


def test_the_committed_pages_are_current():
    for name, page in transcript_pages(dict(FORMS)).items():
        committed = ROOT / "docs" / "transcripts" / name
        assert committed.read_text(encoding="utf-8") == page, "run `healing transcripts` and commit docs/transcripts"


def test_a_draft_and_a_missing_text_are_marked_on_the_page():
    pages = transcript_pages(dict(FORMS))
    assert 'class="mark draft"' in pages["intake.rw.html"] and 'class="mark missing"' in pages["intake.rw.html"]
    assert 'class="mark ' not in pages["intake.en.html"]


def test_a_page_needs_no_other_file_and_no_network():
    for page in transcript_pages(dict(FORMS)).values():
        assert not re.search(r"(src|href)=|https?://|@import", page)
