"""Whatever goes wrong while records come over, nothing that a person said or is called reaches a log or a screen."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, event

from connector.cli import main
from connector.commands.command import Command, Context
from connector.commands.records import sync_once
from connector.kobo import KoboClient
from tests.connector.fake_kobo import SERVER, FakeKobo
from tests.connector.fake_kobo_faults import Fault, answer_with, is_for_records
from tests.connector.sync_scenes import ATTENDANCE, INTAKE, empty_database, fill, intake

TOKEN = "canarytoken0000000000000000000000000000"
NAMES = [f"Canary{letter}uwase" for letter in "abcdefghijklmnop"]
PHONES = [f"07880001{number:02}" for number in range(12)]
ANSWERS = [f"I was canary-{number} and afraid" for number in range(11)]
CANARIES = (TOKEN, *NAMES, *PHONES, *ANSWERS)
LEAK = json.dumps({"detail": f"{NAMES[0]} {PHONES[0]}", "results": [{"name": NAMES[1], "said": ANSWERS[0]}]})


def planted(number: int) -> dict[str, Any]:
    """A record that names somebody everywhere: known, unknown and hostile questions, values and files."""
    name, phone, answer = (values[number % len(values)] for values in (NAMES, PHONES, ANSWERS))
    return intake(
        number,
        **{
            "person/short_name": name,
            "person/phone": phone,
            "about/sex": answer,
            "about/birth_year": answer,
            "client_code": f"{name}",
            "unknown/question": {"deep": [answer, name, {"phone": phone}]},
            "a_list": [name, phone, answer],
            "nul\0key": f"{name}\0{phone}",
            "half": f"\ud800{answer}",
            "huge": int("9" * 40),
            "start": f"not a time, {answer}",
        },
    )


def saying(content: str, status: int = 200, kind: str = "application/json") -> Fault:
    """An answer with this text."""
    return lambda request: answer_with(request, status, content.encode(), kind)


def about_records(fault: Fault) -> Fault:
    """A refusal of requests for records alone: others are refused in the server's own words, which help a person."""
    return lambda request: fault(request) if is_for_records(request) else None


def breaking(kind: type[Exception]) -> Fault:
    """The network fails with an error that quotes everything."""

    def fail(request: requests.PreparedRequest) -> requests.Response:
        raise kind(f"{LEAK} at {request.url} with {request.headers}")

    return fail


ANSWERED: dict[str, Fault] = {
    "a good page of something else": saying(LEAK),
    "a page cut short": saying(LEAK[:-3]),
    "a key twice": saying('{"count": 1, "count": 1, "results": [' + json.dumps(planted(1)) + "]}"),
    "a list": saying(f"[{LEAK}]"),
    "a web page": saying(f"<html>{LEAK}</html>", kind="text/html"),
    "no JSON": saying(f"NaN {NAMES[2]}"),
    "400": about_records(saying(LEAK, 400)),
    "401": about_records(saying(LEAK, 401)),
    "403": about_records(saying(LEAK, 403)),
    "404": saying(LEAK, 404),
    "404 as a page": saying(f"<html>{LEAK}</html>", 404, "text/html"),
    "410": about_records(saying(f'["{NAMES[3]}"]', 410)),
    "429": saying(LEAK, 429),
    "500": saying(LEAK, 500),
    "503 as a page": saying(f"<html>{LEAK}</html>", 503, "text/html"),
    "a broken connection": breaking(requests.ConnectionError),
    "no answer in time": breaking(requests.ReadTimeout),
    "no certificate": breaking(requests.exceptions.SSLError),
    "a fault in a library": breaking(ValueError),
}


@dataclass(frozen=True, slots=True)
class Machine:
    """A server with planted records, and a database."""

    engine: Engine
    kobo: FakeKobo

    def run(self, *flags: str) -> int:
        """Sync through the command line, with everything shown and logged."""
        client = KoboClient(SERVER, TOKEN, adapter=self.kobo, sleep=lambda seconds: None)

        def work(context: Context) -> Iterable[str]:
            return sync_once(context, self.engine, client)

        def add(parser: argparse.ArgumentParser) -> None:
            parser.set_defaults(accept_deletions=0, sweep=False, rosters=False)

        return main(["work", "--verbose", *flags], [Command("work", "sync", ("healing work",), work, add)])


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """Forty records with canaries, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    kobo = FakeKobo()
    fill(kobo, people=1)
    for number in range(40):
        kobo.add(INTAKE, planted(number), f"planted-{number}")
    yield Machine(empty_database(), kobo)
    logging.getLogger("connector").handlers.clear()


@pytest.fixture
def assert_silent(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> Callable[[], None]:
    """Check that no canary is on a stream, in a record of any logger, or in a file that was written."""
    caplog.set_level(logging.DEBUG)

    def check() -> None:
        told = capfd.readouterr()
        logged = "\n".join([record.getMessage() + str(record.exc_info) + str(record.args) for record in caplog.records])
        files = "\n".join(path.read_text("utf-8", "replace") for path in tmp_path.rglob("*") if path.is_file())
        everything = "\n".join((told.out, told.err, logged, files))
        assert everything.strip()
        assert [canary for canary in CANARIES if canary in everything] == []

    return check


def test_forty_canaries_are_planted_and_all_different() -> None:
    assert len(set(CANARIES)) == 40
    assert all(canary in str([planted(number) for number in range(40)]) for canary in CANARIES if canary != TOKEN)


def test_records_full_of_names_come_over_in_silence(machine: Machine, assert_silent: Callable[[], None]) -> None:
    assert machine.run("--log", "runs.log") == 0
    assert_silent()


def test_edits_and_a_mass_deletion_are_told_in_numbers(machine: Machine, assert_silent: Callable[[], None]) -> None:
    machine.run("--log", "runs.log")
    numbers = sorted(machine.kobo.projects[INTAKE].records)
    machine.kobo.edit(INTAKE, numbers[0], "v2", **{"person/short_name": NAMES[4], "person/phone": None})
    for number in numbers[1:30]:
        machine.kobo.delete(INTAKE, number)
    machine.kobo.add(ATTENDANCE, {"session/healing_group": NAMES[5], "session/week": ANSWERS[5]}, NAMES[6][:6])
    assert machine.run("--log", "runs.log") == 6
    assert_silent()


@pytest.mark.parametrize("fault", ANSWERED)
@pytest.mark.parametrize("first", [1, 2, 4])
def test_a_wrong_answer_is_told_without_what_it_says(
    machine: Machine, assert_silent: Callable[[], None], fault: str, first: int
) -> None:
    machine.kobo.faults = dict.fromkeys(range(first, 60), ANSWERED[fault])
    assert machine.run("--log", "runs.log") != 0
    assert_silent()


@pytest.mark.parametrize("at", [1, 5, 12, 25, 40])
def test_a_database_that_refuses_is_told_without_the_row(
    machine: Machine, assert_silent: Callable[[], None], at: int
) -> None:
    done = [0]

    def refuse(connection: Any, cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        done[0] += 1
        if done[0] >= at:
            raise connection.dialect.loaded_dbapi.IntegrityError(f"{statement} {parameters!r} {LEAK}")

    event.listen(machine.engine, "before_cursor_execute", refuse)
    try:
        assert machine.run("--log", "-") != 0
    finally:
        event.remove(machine.engine, "before_cursor_execute", refuse)
    assert_silent()


@pytest.mark.parametrize("at", [5, 12, 25])
def test_a_fault_of_the_program_is_told_by_its_places_alone(
    machine: Machine, assert_silent: Callable[[], None], at: int
) -> None:
    done = [0]

    def fail(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        done[0] += 1
        if done[0] >= at:
            raise KeyError(f"{statement} {parameters!r} {LEAK}")

    event.listen(machine.engine, "before_cursor_execute", fail)
    try:
        assert machine.run("--log", "-") == 1
    finally:
        event.remove(machine.engine, "before_cursor_execute", fail)
    assert Path("healing-fault.txt").is_file()
    assert_silent()


def test_the_check_itself_sees_a_canary(assert_silent: Callable[[], None], tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text(f"… {PHONES[3]} …", encoding="utf-8")
    with pytest.raises(AssertionError):
        assert_silent()
