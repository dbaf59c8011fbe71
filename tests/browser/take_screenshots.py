"""Knows how to picture the pages of a running dashboard, on a small laptop and on a phone, as a person would see them.

    python tests/browser/take_screenshots.py http://127.0.0.1:8501 [page …] [--into docs/screenshots] [--whole]

Without pages it takes every page that the dashboard's own navigation lists.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

if __name__ == "__main__":  # run as a script, only its own folder is on the path
    sys.path.insert(0, str(Path(__file__).parents[2]))

from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as BrowserError

from tests.browser.browser import HOW_TO_ENABLE, SCREENS, Screen, find_browser, open_browser

FIRST_PAGE = "start"
NAVIGATION = '[data-testid="stSidebarNavLink"]'
BUSY = '[data-testid="stStatusWidget"], [data-testid="stSkeleton"], [data-testid="stSpinner"]'
TRACEBACK = '[data-testid="stException"]'
SCROLLED = '[data-testid="stMain"]'
HAS_TEXT = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    return app ? app.querySelector('h1, [data-testid="stException"]') : document.body.innerText.trim().length > 0;
}"""
DRAWN_WITHIN = 45.0  # seconds
STILL_FOR = 0.7  # seconds without a change in the picture
BETWEEN_LOOKS = 0.25  # seconds; each look costs the browser a picture


class PageBrokenError(Exception):
    """A page that shows a traceback, or never comes to rest."""


def open_page(browser: Browser, address: str, screen: Screen) -> Page:
    """A new window of the given size on an address, at rest. Raises PageBrokenError."""
    size = {"width": screen.width, "height": screen.height}
    page = browser.new_page(viewport=size, is_mobile=screen.is_phone, has_touch=screen.is_phone)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    try:
        page.goto(address)
    except BrowserError as error:
        raise PageBrokenError(f"{address} does not answer; start the dashboard first: make demo") from error
    wait_until_filled(page)
    wait_until_drawn(page)
    return page


def wait_until_filled(page: Page) -> None:
    """Return when there is something to read: a cold server first shows an empty window. Raises PageBrokenError."""
    try:
        page.wait_for_function(HAS_TEXT, timeout=1000 * DRAWN_WITHIN)
    except BrowserError as error:
        raise PageBrokenError(f"{page.url} is still empty after {DRAWN_WITHIN:.0f} seconds") from error


def wait_until_drawn(page: Page) -> None:
    """Return when nothing is being computed and the picture has stopped changing. Raises PageBrokenError."""
    deadline = time.monotonic() + DRAWN_WITHIN
    before, unchanged_since = b"", time.monotonic()
    while time.monotonic() < deadline:
        picture = page.screenshot(animations="disabled")
        is_busy = page.locator(BUSY).count() > 0
        if picture != before or is_busy:
            before, unchanged_since = picture, time.monotonic()
        elif time.monotonic() - unchanged_since > STILL_FOR:
            return
        page.wait_for_timeout(1000 * BETWEEN_LOOKS)
    raise PageBrokenError(f"{page.url} is still changing after {DRAWN_WITHIN:.0f} seconds")


def listed_pages(browser: Browser, base: str) -> list[str]:
    """Addresses of all pages in the navigation, first page first; the base alone where there is no navigation."""
    page = open_page(browser, base, SCREENS[0])
    links = [link.get_attribute("href") or "" for link in page.locator(NAVIGATION).all()]
    page.close()
    return list(dict.fromkeys(urljoin(base, link) for link in links)) or [base]


def name_of(address: str) -> str:
    """What a page's pictures are called: the last part of its path, and what it is asked to show."""
    parts = urlsplit(address)
    asked = [value for _, value in parse_qsl(parts.query)]
    return "-".join([parts.path.rstrip("/").rpartition("/")[2] or FIRST_PAGE, *asked])


def grow_to_content(page: Page, screen: Screen) -> None:
    """Make the window as tall as what is in it, which scrolls inside the page."""
    tallest = f"() => Math.max(document.body.scrollHeight, document.querySelector('{SCROLLED}')?.scrollHeight ?? 0)"
    page.set_viewport_size({"width": screen.width, "height": max(screen.height, page.evaluate(tallest))})
    wait_until_drawn(page)


def take_screenshot(browser: Browser, address: str, screen: Screen, folder: Path, *, whole: bool = False) -> Path:
    """Picture one page at one size into `folder`. Raises PageBrokenError, also when the page shows a traceback."""
    page = open_page(browser, address, screen)
    try:
        if page.locator(TRACEBACK).count():
            raise PageBrokenError(f"{address} shows: {page.locator(TRACEBACK).first.inner_text()[:500]}")
        if whole:
            grow_to_content(page, screen)
        path = folder / f"{name_of(address)}-{screen.name}{'-whole' if whole else ''}.png"
        page.screenshot(path=path, animations="disabled")
        return path
    finally:
        page.close()


def take_screenshots(
    browser: Browser, base: str, pages: Iterable[str], folder: Path, *, whole: bool = False
) -> list[Path]:
    """Picture each page, or every listed one, at every size; gives the files. Raises PageBrokenError."""
    folder.mkdir(parents=True, exist_ok=True)
    base = base.rstrip("/") + "/"
    addresses = [urljoin(base, page) for page in pages] or listed_pages(browser, base)
    wanted = [(address, screen) for address in addresses for screen in SCREENS]
    return [take_screenshot(browser, address, screen, folder, whole=whole) for address, screen in wanted]


def read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """The command's arguments. Raises SystemExit(2) on a mistake."""
    parser = argparse.ArgumentParser(description="Take pictures of the pages of a running dashboard.")
    parser.add_argument("base", help="address of the dashboard, such as http://127.0.0.1:8501")
    parser.add_argument("pages", nargs="*", help="paths of pages; all in the navigation if none is given")
    parser.add_argument("--into", type=Path, default=Path("docs/screenshots"), help="folder for the pictures")
    parser.add_argument("--whole", action="store_true", help="the whole page, not only what the window shows")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Take the pictures; 0 when all were taken, 1 when a page is broken, 2 without a browser."""
    given = read_arguments(arguments)
    program = find_browser()
    if program is None:
        print(HOW_TO_ENABLE, file=sys.stderr)
        return 2
    try:
        with open_browser(program) as browser:
            files = take_screenshots(browser, given.base, given.pages, given.into, whole=given.whole)
    except PageBrokenError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(files)} pictures in {given.into}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
