"""Knows how a form is opened and filled in Enketo, the engine of KoboToolbox's web forms, by a person with a browser.

The page is answered from memory and nothing leaves this machine: a request for anything else is stopped and noted. What
Enketo is made of is in `engine/`; `make setup-tests` gets it.
"""

import csv
import datetime as dt
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree
from playwright.sync_api import Browser, ConsoleMessage, Error, Locator, Page, Route

from forms.form import Form
from forms.xlsform import convert_workbook, form_sheets, media_files
from tests.browser.browser import Screen

ENGINE = Path(__file__).parent / "engine"
BUILT = ENGINE / "dist"
HOW_TO_ENABLE = "Enketo is not set up; run `make setup-tests` with a network, which gets it from npm, and run again"
PAGE = "http://127.0.0.1/"
FILES = {
    "/": (ENGINE / "web_form.html", "text/html"),
    "/web_form.js": (BUILT / "web_form.js", "text/javascript"),
    "/web_form.css": (BUILT / "web_form.css", "text/css"),
}
PHONE = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
)
MESSAGES = ".or-constraint-msg:visible, .or-required-msg:visible"


class WebFormError(Exception):
    """The form cannot be opened, or filled as the test wants to fill it."""


def is_set_up() -> bool:
    """Whether the engine has been fetched and put together on this machine."""
    return all(path.exists() for path, _ in FILES.values())


@dataclass(frozen=True, slots=True)
class WebForm:
    """A form open in a browser window.

    `paths` are the questions' places in the record by name; `foreign` are the addresses of other hosts that the page
    asked for, `complaints` what the browser's console and Enketo had to say.
    """

    page: Page
    paths: Mapping[str, str]
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def shown(self) -> list[str]:
        """The names of the questions on the screen."""
        return self._names(self.page.evaluate("hands.shown()"))

    def label(self) -> str:
        """All the words on the screen, as read."""
        return " ".join(self._screen().inner_text().split())

    def messages(self) -> str:
        """What the screen says is wrong with an answer."""
        return " ".join(self._screen().locator(MESSAGES).all_inner_texts())

    def value(self, name: str) -> str:
        """The answer or the calculated value in the record as it is now."""
        return str(self.page.evaluate("path => form.model.node(path).getVal()", self.paths[name]))

    def turn(self, direction: str) -> list[str]:
        """Go to the `next` or `previous` screen, where that is offered; the names of the questions shown then."""
        return self._names(self.page.evaluate("direction => hands.turn(direction)", direction))

    def go_to(self, name: str) -> None:
        """Turn screens until the question is there. Raises WebFormError when the way is barred or it is not asked."""
        place = list(self.paths).index
        shown = self.shown()
        while name not in shown:
            before, is_ahead = shown, place(name) > place(shown[-1])
            shown = self.turn("next" if is_ahead else "previous")
            if shown == before:
                raise WebFormError(f"{name} does not come up; the form stays at {shown}: {self.messages()}")
            if is_ahead and place(shown[0]) > place(name):
                raise WebFormError(f"{name} is not asked")

    def answer(self, name: str, value: object) -> None:
        """Go to the question and answer it; several codes are separated by spaces.

        Raises WebFormError when the question does not come up or does not offer the answer.
        """
        offered, path = self.offered(name), self.paths[name]
        if not offered:
            self._write(path, str(value))
        elif missing := set(str(value).split()) - offered.keys():
            raise WebFormError(f"{name} does not offer {sorted(missing)}")
        else:
            self.page.evaluate("([path, codes]) => hands.tick(path, codes)", [path, str(value).split()])

    def fill(self, answers: Mapping[str, object]) -> None:
        """Answer the questions in the order of the form. Raises WebFormError as `answer` does."""
        for name in sorted(answers, key=list(self.paths).index):
            self.answer(name, answers[name])

    def offered(self, name: str) -> dict[str, str]:
        """Go to the question; its choices as shown, label by code. Raises WebFormError when it does not come up."""
        self.go_to(name)
        return dict(self.page.evaluate("path => hands.read(path)", self.paths[name]))

    def send(self) -> dict[str, str]:
        """Go to the last screen and send; every answered question by name, nothing when the form is not let go."""
        shown: list[str] = []
        while shown != (shown := self.turn("next")):
            pass
        return leaves(self.page.evaluate("hands.submit()"))

    def speak(self, language: str) -> None:
        """Choose the language by its code, in the list at the top of the page."""
        self.page.locator("#form-languages").select_option(language)

    def _names(self, shown: list[str]) -> list[str]:
        return [name for name, path in self.paths.items() if path in shown]

    def _screen(self) -> Locator:
        return self.page.locator("[role=page].current")

    def _write(self, path: str, value: str) -> None:
        field = self.page.locator(f".question:has(> [data-ref='{path}']) input:visible")
        field.click()  # first: a field may put a proposal in when it is entered
        self.page.evaluate("hands.settled()")
        field.fill(value)
        self.page.locator("#form-title").click()  # leaves the field, and closes what pops up beside it


def open_window(browser: Browser, screen: Screen, now: dt.datetime) -> Page:
    """An empty window as on a phone or a laptop in Rwanda, where it is always `now`; it reaches no network."""
    size = {"width": screen.width, "height": screen.height}
    context = browser.new_context(
        viewport=size,  # type: ignore[arg-type]
        is_mobile=screen.is_phone,
        has_touch=screen.is_phone,
        user_agent=PHONE if screen.is_phone else None,
        locale="en-GB",
        timezone_id="Africa/Kigali",
        reduced_motion="reduce",
    )
    context.clock.set_fixed_time(now)
    context.route("**/*", lambda route: route.abort())  # whatever the page asks for after its form is closed
    return context.new_page()


@contextmanager
def open_web_form(page: Page, form: Form, rosters: Mapping[str, bytes], username: str = "") -> Iterator[WebForm]:
    """A form in a window, until the block ends; `rosters` are CSV files by file name.

    Enketo knows the `username` from the session, as on a KoboToolbox server that asks people to sign in.
    """
    opened, pictures = WebForm(page, paths_of(form)), media_files(form)
    lists = [{"id": roster.name, "xml": list_of(rosters[roster.filename])} for roster in form.rosters]
    asked = {
        "xform": xform_of(form),
        "media": {name: f"/media/{name}" for name in pictures},
        "lists": lists,
        "session": {"username": username, "deviceid": "web"},
    }

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            opened.complaints.append(f"{message.type}: {message.text}")

    def on_error(error: Error) -> None:
        opened.complaints.append(f"error: {error}")

    def on_request(route: Route) -> None:
        _respond(route, pictures, opened.foreign)

    page.route("**/*", on_request)
    page.on("console", on_console)
    page.on("pageerror", on_error)
    try:
        if page.url != PAGE:
            page.goto(PAGE)
        opened.complaints.extend(page.evaluate("asked => openForm(asked)", asked))
        yield opened
    finally:
        page.remove_listener("console", on_console)
        page.remove_listener("pageerror", on_error)
        page.unroute("**/*", on_request)


def _respond(route: Route, pictures: Mapping[str, bytes], foreign: list[str]) -> None:
    """Answer the page's requests from memory; anything that is not its own is stopped and noted."""
    address = route.request.url
    path = urlsplit(address).path
    if not address.startswith(PAGE):
        foreign.append(address)
        route.abort()
    elif path in FILES:
        route.fulfill(path=FILES[path][0], content_type=FILES[path][1])
    elif path == "/stylesheet":
        route.fulfill(body=apply_stylesheet(**json.loads(route.request.post_data or "{}")))
    else:
        content = pictures.get(path.rpartition("/")[2])
        route.fulfill(status=200 if content else 404, body=content or b"")


def xform_of(form: Form) -> str:
    """The form as a KoboToolbox server hands it to Enketo; the root element is `data`."""
    return _convert(json.dumps(form_sheets(form)))


@cache
def _convert(sheets: str) -> str:
    return convert_workbook(json.loads(sheets))


@cache
def apply_stylesheet(stylesheet: str, source: str, isHtml: bool) -> str:
    """The document that an XSLT 1.0 stylesheet makes of another, as browsers have done it: with libxslt."""
    result = etree.XSLT(etree.fromstring(stylesheet.encode()))(etree.fromstring(source.encode()))
    return etree.tostring(result, encoding="unicode", method="html" if isHtml else "xml")


def paths_of(form: Form) -> dict[str, str]:
    """The place of each question in the record, by name, in the order of the form."""
    return {question.name: "/".join(("/data", *around, question.name)) for around, question in form.placed()}


def list_of(content: bytes) -> str:
    """A CSV file as Enketo takes it: XML with an item for each line and an element for each column."""
    root = ET.Element("root")
    for line in csv.DictReader(io.StringIO(content.decode("utf-8"))):
        item = ET.SubElement(root, "item")
        for column, text in line.items():
            ET.SubElement(item, column).text = text
    return ET.tostring(root, encoding="unicode")


def leaves(xml: str) -> dict[str, str]:
    """Every answered question of a submission by name; nothing of an empty one."""
    nodes = ET.fromstring(xml).iter() if xml else ()
    return {node.tag.split("}")[-1]: node.text for node in nodes if node.text and not len(node)}
