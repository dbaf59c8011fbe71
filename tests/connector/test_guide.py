"""Knows that the guide says the same in both languages, quotes buttons as they are, and warns what nobody reviewed."""

import dataclasses
import datetime as dt
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from connector import guide
from connector.guide import guide_page
from connector.guide_text import BOLD, ICONS, LANGUAGES, Voice, phrases, placeholders
from forms.programme import HelpLine, Programme, find_programme

ROOT = Path(__file__).parents[2]
PACKAGED = find_programme({}, ROOT / "forms" / "no_such_folder")
BUTTONS = {
    "Add project",
    "Change Language",
    "Configure with QR code",
    "Drafts",
    "KoboCollect",
    "OK",
    "Ready to send",
    "Save as draft",
    "Select All",
    "Send Selected",
    "Start new form",
}
"""How KoboCollect v2025.3 names what the guide tells people to tap, in strings/src/main/res/values/strings.xml."""
every_phrase = pytest.mark.parametrize("key", phrases())
every_language = pytest.mark.parametrize("language", LANGUAGES)


class Reader(HTMLParser):
    """Collects the tags that are open at the end, those closed out of order, and every address."""

    void = frozenset({"meta", "img", "br", "path", "circle", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "data", "action")]
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


def with_lines(*lines: HelpLine) -> Programme:
    return dataclasses.replace(PACKAGED, help_lines=lines)


@every_phrase
def test_a_text_is_there_in_both_languages_unless_it_marks_the_draft(key: str) -> None:
    phrase = phrases()[key]
    assert phrase.kinyarwanda.strip()
    assert bool(phrase.english.strip()) != key.startswith("draft")


@every_phrase
def test_both_languages_have_the_same_placeholders(key: str) -> None:
    phrase = phrases()[key]
    if phrase.english:
        assert placeholders(phrase.english) == placeholders(phrase.kinyarwanda)


@every_phrase
def test_both_languages_name_the_same_buttons_and_only_real_ones(key: str) -> None:
    phrase = phrases()[key]
    english = BOLD.findall(phrase.english)
    # where KoboCollect has a Kinyarwanda button, both names stand there: "Change Language / Hindura ururimi"
    assert english == [name.split(" / ")[0] for name in BOLD.findall(phrase.kinyarwanda)]
    assert set(english) <= BUTTONS


@every_phrase
def test_a_text_has_a_status_and_says_where_it_comes_from(key: str) -> None:
    phrase = phrases()[key]
    assert phrase.status in ("draft", "reviewed") and phrase.source
    assert dt.date.fromisoformat(phrase.date)


def test_every_text_is_used() -> None:
    sources = [ROOT / "connector" / name for name in ("guide.py", "phone_card.py", "guide_text.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    built = {f"setup.{step}" for step in guide.STEPS}
    built |= {f"trouble.{what}.{part}" for what in guide.TROUBLES for part in ("what", "do")}
    counts = {**guide.FORMS, "evening": guide.EVENING, "risk": guide.RISK, "card": 4}
    built |= {f"{part}.{number}" for part, count in counts.items() for number in range(1, count + 1)}
    built |= {f"{form}.{part}" for form in guide.FORMS for part in ("title", "when")}
    built |= {"number.psychologist", "number.coordinator"}
    assert [key for key in phrases() if key not in built and not re.search(rf"[\"']{re.escape(key)}[\"']", code)] == []


def test_sentences_are_short() -> None:
    sentences = [part for phrase in phrases().values() for part in re.split(r"[.:;?!]\s", phrase.english)]
    assert max(len(sentence.split()) for sentence in sentences) <= 20


@every_language
def test_the_committed_guide_is_the_one_of_today(language: str) -> None:
    path = ROOT / "docs" / "guide" / f"cha.{language}.html"
    assert path.read_text(encoding="utf-8") == guide_page(language, PACKAGED), (
        f"write it anew: Path({str(path)!r}).write_text(guide_page({language!r}, PROGRAMME))"
    )


@every_language
def test_the_guide_is_whole_and_needs_nothing_else(language: str) -> None:
    reader = read(guide_page(language, PACKAGED))
    assert (reader.open, reader.wrong) == ([], [])
    assert reader.addresses and all(address.startswith("data:image/png;base64,") for address in reader.addresses)


def test_a_draft_is_marked_on_both_pages_and_reviewed_english_is_not() -> None:
    first, second = guide_page("rw", PACKAGED).split("</section>")[:2]
    assert "needs review by a native speaker" in first and "(draft)" in first and "(draft)" in second
    assert not re.search(r"\(draft\)|native speaker", guide_page("en", PACKAGED))


@every_language
def test_every_number_is_shown_with_the_day_it_was_tested_or_that_it_was_not(language: str) -> None:
    tested = HelpLine("Line A", "114", "source", dt.date(2026, 11, 2))
    page = guide_page(language, with_lines(tested, HelpLine("Line B", "912", "source")))
    lines = dict(re.findall(r"<li>(Line .) <b>(?:\d+)</b> <small>(.*?)</small></li>", page))
    assert "2026-11-02" in lines["Line A"]
    assert lines["Line B"] == Voice(language).say("number.untested")


def test_a_number_has_its_name_in_the_language_of_the_page() -> None:
    line = HelpLine("Ambulance", "912", "source", None, {"rw": "Imbangukiragutabara"})
    assert "<li>Imbangukiragutabara <b>912</b>" in guide_page("rw", with_lines(line))
    assert "<li>Ambulance <b>912</b>" in guide_page("en", with_lines(line))


def test_what_a_programme_writes_cannot_break_the_page() -> None:
    page = guide_page("en", with_lines(HelpLine("<script>alert(1)</script> & co", "<b>1", "source")))
    assert "<script>" not in page and "&lt;script&gt;alert(1)&lt;/script&gt; &amp; co" in page
    assert read(page).wrong == []


@every_language
def test_the_hours_to_report_are_the_programmes(language: str) -> None:
    assert re.search(r"\b31\b", guide_page(language, dataclasses.replace(PACKAGED, report_within_hours=31)))


def test_buttons_are_bold_and_signs_are_drawn() -> None:
    said = Voice("en").say("setup.password")
    assert "<b>Start new form</b>" in said and ICONS["refresh"] in said and "{" not in said


def test_a_language_without_texts_is_refused() -> None:
    with pytest.raises(KeyError, match="fr"):
        guide_page("fr", PACKAGED)
