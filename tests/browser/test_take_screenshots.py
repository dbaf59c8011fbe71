"""Knows that the screenshot script pictures what a person would see, and says so when it can't."""

import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.browser import HOW_TO_ENABLE, SCREENS, find_browser, open_browser
from tests.browser.take_screenshots import PageBrokenError, listed_pages, main, name_of, take_screenshots

ROOT = Path(__file__).parents[2]
NAVIGATION = "".join(f'<a data-testid="stSidebarNavLink" href="{page}">{page}</a>' for page in ("/", "/groups"))
PAGES = {
    "/": f"<body>{NAVIGATION}<p>first</p></body>",
    "/groups": f"<body>{NAVIGATION}<main data-testid='stMain'><div style='height:2000px'>groups</div></main></body>",
    "/late": "<body><div data-testid='stApp'>loading</div><script>setTimeout(() => document.querySelector('div')"
    f".innerHTML = `<h1>here</h1>{NAVIGATION}`, 2000)</script></body>",
    "/plain": "<body>no navigation here</body>",
    "/broken": "<body><div data-testid='stException'>KeyError: sector</div></body>",
    "/restless": "<body><div data-testid='stSpinner'></div><script>"
    "setTimeout(() => document.body.innerHTML = 'at last', 1500)</script></body>",
}


class SmallSite(BaseHTTPRequestHandler):
    """Answers with the pages above, marked up as Streamlit marks its own."""

    def do_GET(self) -> None:  # the name is http.server's
        """Send a page, or 404."""
        page = PAGES.get(self.path)
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(f"<!doctype html><meta name=viewport content='width=device-width'>{page}".encode())

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), SmallSite)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = find_browser()
    if program is None:
        pytest.skip(HOW_TO_ENABLE)
    with open_browser(program) as opened:
        yield opened


def size_of(picture: Path) -> tuple[int, int]:
    """Width and height from a PNG's header."""
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    return width, height


def test_every_listed_page_is_pictured_at_every_size(browser: Browser, site: str, tmp_path: Path) -> None:
    files = take_screenshots(browser, site, [], tmp_path)
    expected = {f"{page}-{screen.name}.png" for page in ("start", "groups") for screen in SCREENS}
    assert {file.name for file in files} == expected


def test_pictures_have_the_size_of_their_screen(browser: Browser, site: str, tmp_path: Path) -> None:
    files = take_screenshots(browser, site, ["plain"], tmp_path)
    assert [size_of(file) for file in files] == [(1366, 768), (390, 844)]


def test_a_whole_page_is_as_tall_as_its_content(browser: Browser, site: str, tmp_path: Path) -> None:
    files = take_screenshots(browser, site, ["groups"], tmp_path, whole=True)
    assert all(size_of(file)[1] >= 2000 for file in files)


def test_a_page_at_work_is_waited_for(browser: Browser, site: str, tmp_path: Path) -> None:
    at_last = take_screenshots(browser, site, ["restless"], tmp_path)[0].read_bytes()
    assert at_last != take_screenshots(browser, site, ["plain"], tmp_path)[0].read_bytes()


def test_a_dashboard_that_loads_slowly_still_lists_its_pages(browser: Browser, site: str) -> None:
    assert listed_pages(browser, f"{site}/late") == [f"{site}/", f"{site}/groups"]


def test_a_page_that_shows_a_traceback_is_an_error(browser: Browser, site: str, tmp_path: Path) -> None:
    with pytest.raises(PageBrokenError, match="KeyError: sector"):
        take_screenshots(browser, site, ["broken"], tmp_path)


def test_a_dashboard_that_is_not_running_is_told_in_one_line(
    browser: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a thread, as one thread can drive one browser only."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(main, [address, "--into", str(tmp_path)]).result() == 1
    assert capsys.readouterr().err.strip().endswith("start the dashboard first: make demo")


def test_the_script_runs_from_the_root_of_the_project(browser: Browser, site: str, tmp_path: Path) -> None:
    command = [sys.executable, "tests/browser/take_screenshots.py", site, "plain", "--into", str(tmp_path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, f"2 pictures in {tmp_path}\n")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("http://127.0.0.1:8501/", "start"),
        ("http://127.0.0.1:8501/healing_groups", "healing_groups"),
        ("http://127.0.0.1:8501/base/outcomes?sex=woman", "outcomes-woman"),
    ],
)
def test_pictures_are_called_after_their_page(address: str, name: str) -> None:
    assert name_of(address) == name
