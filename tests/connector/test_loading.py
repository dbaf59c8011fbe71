"""What is promised about loading modules: no look for garbage meanwhile nor behind, nor when the program ends."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator

import pytest

import connector.__main__
from connector.loading import loading_modules


@pytest.fixture(autouse=True)
def as_in_a_program() -> Iterator[None]:
    """Garbage is looked for, which is off while tests run."""
    was_on = gc.isenabled()
    gc.enable()
    gc.collect(0)
    yield
    if not was_on:
        gc.disable()


@pytest.fixture
def looks() -> Iterator[list[str]]:
    """The looks for garbage so far."""
    found: list[str] = []

    def note(phase: str, _info: dict[str, int]) -> None:
        found.append(phase)

    gc.callbacks.append(note)
    yield found
    gc.callbacks.remove(note)


def test_garbage_is_not_looked_for_in_what_modules_make(looks: list[str]) -> None:
    with loading_modules():
        made = [[number] for number in range(20_000)]
        assert not gc.isenabled()
    assert looks == [] and gc.isenabled() and gc.get_freeze_count() == 0
    assert any(each is made for each in gc.get_objects(generation=2))


def test_whoever_looks_for_no_garbage_does_not_afterwards_either() -> None:
    gc.disable()
    try:
        with pytest.raises(RuntimeError), loading_modules():
            raise RuntimeError
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_end_of_the_program_looks_for_no_garbage_but_prints_and_calls_as_ever() -> None:
    code = (
        "import atexit, sys\n"
        "from connector.loading import end_without_looking\n"
        "end_without_looking()\n"
        "class Ring:\n"
        "    def __init__(self): self.me = self\n"
        "    def __del__(self): sys.stdout.write('looked')\n"
        "Ring()\n"
        "atexit.register(print, 'called')\n"
        "print('printed')\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "printed\ncalled\n"


def test_who_stops_the_program_while_it_loads_sees_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(connector.__main__, "loading_modules", interrupted)
    monkeypatch.setattr(connector.__main__, "end_without_looking", lambda: None)
    assert connector.__main__.main() == 130
    assert capsys.readouterr().err.startswith("healing: stopped.")
