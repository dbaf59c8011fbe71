"""Knows how the tests and the screenshots get a real browser: the Chromium or Chrome that this machine already has."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",  # Chromium refuses its own sandbox to root; it only visits this machine
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--hide-scrollbars",
)
HOW_TO_ENABLE = "no Chromium or Chrome on the PATH; install one, on Debian the package `chromium`, and run again"


@dataclass(frozen=True, slots=True)
class Screen:
    """The size of a window in CSS pixels, and whether it is a phone's."""

    width: int
    height: int
    is_phone: bool

    @property
    def name(self) -> str:
        """The size as file names carry it: `390x844`."""
        return f"{self.width}x{self.height}"


SCREENS = (Screen(1366, 768, is_phone=False), Screen(390, 844, is_phone=True))


def find_browser() -> str | None:
    """The path of the first known browser program on the PATH."""
    return next((path for path in map(shutil.which, PROGRAMS) if path), None)


@contextmanager
def open_browser(program: str) -> Iterator[Browser]:
    """A headless browser that talks to no service of its maker and is closed when the block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()
