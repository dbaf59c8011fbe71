"""Knows how the papers for CHAs look in a real browser: the guide is two pages A4, a card one page A6, all readable."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from connector.guide import guide_page
from connector.guide_text import LANGUAGES
from connector.phone_card import Account, card_page
from forms.programme import PROGRAMME
from tests.browser.browser import HOW_TO_ENABLE, SCREENS, Screen, find_browser, open_browser

SMALLEST_LETTERS = 11 * 96 / 72  # 11 points in CSS pixels
LONGEST = Account("CHA-2801-0123456", "a" + "b_c.d-e2" * 8)
SERVER = "https://kobocollect.healing-programme.example.org"
LETTER_SIZES = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const sizes = [];
    while (walker.nextNode())
        if (walker.currentNode.textContent.trim() && walker.currentNode.parentElement.tagName !== 'STYLE')
            sizes.push(parseFloat(getComputedStyle(walker.currentNode.parentElement).fontSize));
    return sizes;
}"""
every_language = pytest.mark.parametrize("language", LANGUAGES)
every_screen = pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = find_browser()
    if program is None:
        pytest.skip(HOW_TO_ENABLE)
    with open_browser(program) as opened:
        yield opened


def show(browser: Browser, folder: Path, content: str, screen: Screen = SCREENS[0]) -> Page:
    """A page of HTML, opened from a file as a person would."""
    (folder / "page.html").write_text(content, encoding="utf-8")
    size = {"width": screen.width, "height": screen.height}
    page = browser.new_page(viewport=size, is_mobile=screen.is_phone, has_touch=screen.is_phone)  # type: ignore[arg-type]
    page.goto((folder / "page.html").as_uri())
    return page


def printed_sizes(page: Page) -> list[tuple[int, int]]:
    """Width and height in millimetres of every printed page."""
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", page.pdf(prefer_css_page_size=True))
    return [(round(float(width) / 72 * 25.4), round(float(height) / 72 * 25.4)) for width, height in boxes]


@every_language
def test_the_guide_is_exactly_two_pages_a4(browser: Browser, tmp_path: Path, language: str) -> None:
    page = show(browser, tmp_path, guide_page(language, PROGRAMME))
    assert printed_sizes(page) == [(210, 297), (210, 297)]


@every_language
def test_letters_in_the_guide_are_at_least_11_points(browser: Browser, tmp_path: Path, language: str) -> None:
    page = show(browser, tmp_path, guide_page(language, PROGRAMME))
    page.emulate_media(media="print")
    sizes = page.evaluate(LETTER_SIZES)
    assert len(sizes) > 60 and min(sizes) >= SMALLEST_LETTERS - 0.01


@every_language
@every_screen
def test_the_guide_fits_the_width_of_a_screen(browser: Browser, tmp_path: Path, language: str, screen: Screen) -> None:
    page = show(browser, tmp_path, guide_page(language, PROGRAMME), screen)
    assert page.evaluate("document.documentElement.scrollWidth") <= screen.width


@every_language
def test_every_picture_in_the_guide_is_drawn(browser: Browser, tmp_path: Path, language: str) -> None:
    page = show(browser, tmp_path, guide_page(language, PROGRAMME))
    widths = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert widths and set(widths) == {300}


@every_language
@pytest.mark.parametrize("account", [Account("CHA001", "keza_a"), LONGEST], ids=["short", "longest"])
def test_a_card_is_one_page_a6(browser: Browser, tmp_path: Path, language: str, account: Account) -> None:
    page = show(browser, tmp_path, card_page(account, SERVER, language))
    assert printed_sizes(page) == [(105, 148)]


def test_the_squares_of_a_code_are_large_enough_for_a_cheap_camera(browser: Browser, tmp_path: Path) -> None:
    page = show(browser, tmp_path, card_page(LONGEST, SERVER, "rw"))
    page.emulate_media(media="print")
    width = page.evaluate("document.querySelector('svg.qr').getBoundingClientRect().width") / 96 * 25.4
    squares = page.evaluate("document.querySelector('svg.qr').viewBox.baseVal.width")
    assert width / squares >= 0.6  # millimetres
