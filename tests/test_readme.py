"""What README tells people to type works: the commands run in its order against a server, the targets exist."""

import datetime as dt
import re
import shlex
from pathlib import Path

import pytest

from connector.cli import build_parser, main
from connector.demo import programme_of
from connector.demo_folder import COORDINATOR, DemoFolder, open_folder, registry_of
from connector.sandbox.server import SandboxUser, prepare, running_sandbox

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\s+\.venv/bin/healing (.+)$", README, re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> DemoFolder:
    """A folder with a registry in it, and an account on a server that is not running yet."""
    found = open_folder(tmp_path / "programme", dt.date(2026, 11, 20), True, dt.date(2026, 11, 21))
    programme = programme_of(found)
    names = [COORDINATOR, *(cha.username for cha in programme.chas)]
    prepare(found.server_file, [SandboxUser(name, found.password_of(name), found.token_of(name)) for name in names])
    for name, content in registry_of(programme).items():
        (found.path / "registry").mkdir(exist_ok=True)
        (found.path / "registry" / name).write_bytes(content)
    return found


def test_the_first_screen_names_the_two_commands_and_they_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {"demo", "test"} <= set(re.findall(r"^make (\w+)", README, re.MULTILINE))
    assert all(f"\n{name}:" in makefile for name in re.findall(r"^make (\w+)", README, re.MULTILINE))


def test_the_commands_for_a_real_server_work_in_the_order_of_the_readme(
    folder: DemoFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder.path)
    with running_sandbox(folder.server_file) as address:
        folder.write_settings(address.url)  # healing.toml, as README says
        for command in COMMANDS:
            arguments = shlex.split(command)
            if arguments[0] != "dashboard":  # it runs until somebody stops it; tests/connector/test_watch.py starts it
                assert main(arguments) == 0, (command, capsys.readouterr().err)
    assert COMMANDS[-1] == "dashboard" and [command.split()[0] for command in COMMANDS] == [
        "registry",
        "deploy",
        "sync",
        "dashboard",
    ]
    assert "0 problems" in capsys.readouterr().out


@pytest.mark.parametrize("command", [*COMMANDS, *re.findall(r"`healing ([a-z][^`]*)`", README)])
def test_every_command_that_is_mentioned_can_be_read(command: str) -> None:
    arguments = shlex.split(command)
    if "--help" in arguments:
        with pytest.raises(SystemExit) as ended:
            build_parser().parse_args(arguments)
        assert ended.value.code == 0
    else:
        assert build_parser().parse_args(arguments).command


def test_every_picture_and_page_that_is_linked_exists() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links and all((ROOT / link).exists() for link in links)
