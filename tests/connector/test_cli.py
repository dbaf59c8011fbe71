"""How the program speaks with a person: results, progress, failures with their exit codes, and help that helps."""

from __future__ import annotations

import http.server
import re
import socketserver
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from connector import errors
from connector.cli import COMMANDS, EXIT_CODES, build_parser, main
from connector.commands.command import Command, Context
from connector.database import open_database
from connector.precious_schema import cha, sync_run
from connector.sandbox.server import SandboxUser, prepare, running_sandbox
from connector.settings import VARIABLES
from connector.writer_lock import single_writer
from forms.library import FORMS
from forms.xlsform import build_all
from tests.connector.sync_scenes import new_database

SENTINEL = "Uwase-sentinel"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test starts in an empty folder, with no settings in the environment."""
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def web_page() -> Iterator[str]:
    """The address of something that is not KoboToolbox."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!DOCTYPE html><html><body>Welcome</body></html>")

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def command(run: Callable[[Context], Iterable[str]]) -> list[Command]:
    return [Command("work", "does some work", ("healing work",), run)]


def raising(error: BaseException) -> list[Command]:
    def run(context: Context) -> Iterable[str]:
        raise error

    return command(run)


def all_errors(kind: type[errors.HealingError] = errors.HealingError) -> list[type[errors.HealingError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in all_errors(child))]


def test_the_last_line_says_what_happened(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["work"], command(lambda context: ["412 new, 3 edited, 1 deleted, 0 problems"])) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "412 new, 3 edited, 1 deleted, 0 problems"


def test_progress_goes_to_the_other_stream(capsys: pytest.CaptureFixture[str]) -> None:
    def run(context: Context) -> Iterable[str]:
        context.on_progress("reading", 1, 2)
        return ["done"]

    main(["work"], command(run))
    assert capsys.readouterr() == ("done\n", "reading 1/2\n")


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_a_known_failure_is_told_with_advice_and_its_own_code(
    kind: type[errors.HealingError], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["work"], raising(kind("here: this", advice="do that"))) == kind.exit_code
    assert capsys.readouterr() == ("", "healing work: here: this\ndo that\n")


def test_every_exit_code_is_in_the_help() -> None:
    codes = {kind.exit_code for kind in all_errors()}
    assert codes <= {int(code) for code in re.findall(r"(\d) \w", EXIT_CODES)}


def test_an_unexpected_fault_tells_no_answer(capsys: pytest.CaptureFixture[str], empty_folder: Path) -> None:
    def run(context: Context) -> Iterable[str]:
        answers = {"name": SENTINEL}
        try:
            raise ValueError(f"bad value {answers['name']}")
        except ValueError as error:
            raise KeyError(SENTINEL) from error

    assert main(["work"], command(run)) == 1
    told = capsys.readouterr()
    trace = empty_folder / "healing-fault.txt"
    assert "an unexpected fault (KeyError)" in told.err and str(trace) in told.err
    assert "Traceback" not in told.err
    assert SENTINEL not in told.out + told.err + trace.read_text()
    assert "test_cli.py" in trace.read_text() and "ValueError" in trace.read_text()
    assert stat.S_IMODE(trace.stat().st_mode) == 0o600


def test_stopping_by_hand_is_no_fault(capsys: pytest.CaptureFixture[str], empty_folder: Path) -> None:
    assert main(["work"], raising(KeyboardInterrupt())) == 130
    assert "stopped" in capsys.readouterr().err
    assert list(empty_folder.iterdir()) == []


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_has_help_with_examples_that_it_understands(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    examples = re.findall(r"^  healing (.+)$", capsys.readouterr().out, re.MULTILINE)
    assert examples
    for example in examples:
        assert build_parser().parse_args(example.split()).command.name == name


@pytest.mark.parametrize(
    "arguments",
    [[], ["wrok"], ["sync", "--accept-deletions", "many"], ["registry", "export", "x"], ["demo", "--as-of", "1.2.26"]],
)
def test_a_mistyped_call_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: healing" in capsys.readouterr().err


def told_by(capsys: pytest.CaptureFixture[str], arguments: list[str], code: int) -> str:
    """What the program says on its way to this exit code."""
    assert main(arguments) == code
    return capsys.readouterr().err


def test_a_missing_server_is_named_with_three_ways_to_set_it(capsys: pytest.CaptureFixture[str]) -> None:
    told = told_by(capsys, ["sync"], 2)
    assert all(way in told for way in ("--server", "KOBO_SERVER", "healing.toml"))


def test_settings_come_from_the_file_when_nothing_else_says_so(
    capsys: pytest.CaptureFixture[str], empty_folder: Path
) -> None:
    (empty_folder / "healing.toml").write_text(f'database_url = "sqlite:///{empty_folder}/nowhere/x.db"\n')
    assert "nowhere" in told_by(capsys, ["rebuild"], 4)
    assert "elsewhere" in told_by(capsys, ["rebuild", "--database-url", "sqlite:///elsewhere/x.db"], 4)


def test_a_database_that_is_not_there_ends_with_4(capsys: pytest.CaptureFixture[str]) -> None:
    assert "There is no database" in told_by(capsys, ["status"], 4)


def test_a_server_that_is_another_one_ends_with_5(capsys: pytest.CaptureFixture[str], web_page: str) -> None:
    new_database("sqlite:///healing.db")
    told = told_by(capsys, ["sync", "--server", web_page, "--token", "abc"], 5)
    assert "KOBO_SERVER" in told
    with open_database("sqlite:///healing.db", read_only=True).connect() as connection:
        assert connection.scalars(select(sync_run.c.exit_code)).all() == [5]


def test_a_database_without_forms_ends_with_6(capsys: pytest.CaptureFixture[str], empty_folder: Path) -> None:
    token = "a" * 40
    prepare(empty_folder / "sandbox.db", [SandboxUser("coordinator", "secret", token)])
    with running_sandbox(empty_folder / "sandbox.db") as server:
        assert "healing deploy" in told_by(capsys, ["sync", "--server", server.url, "--token", token], 6)
        assert "token" in told_by(capsys, ["sync", "--server", server.url, "--token", "b" * 40], 3)


def test_a_second_run_ends_with_7(capsys: pytest.CaptureFixture[str]) -> None:
    with single_writer(open_database("sqlite:///healing.db")):
        assert "another run has been active since" in told_by(capsys, ["rebuild"], 7)


def test_build_writes_the_forms_once(capsys: pytest.CaptureFixture[str], empty_folder: Path) -> None:
    assert main(["build"]) == 0
    pictograms = len(build_all()) - len(FORMS)
    told = f"3 forms and {pictograms} pictograms built"
    assert capsys.readouterr().out.splitlines()[-1] == f"{told}, {len(build_all())} files changed"
    assert {path.name for path in (empty_folder / "xlsforms").glob("*.xlsx")} == {f"{form}.xlsx" for form in FORMS}
    main(["build"])
    assert capsys.readouterr().out == f"{told}, 0 files changed\n"


def test_check_tells_how_far_each_translation_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "3 forms checked, 0 faults"
    assert any(re.match(r"intake rw, instruments: .*\d+ missing", line) for line in lines)
    assert any(line.startswith("PHQ-9: 19 texts have no Kinyarwanda (rw) wording") for line in lines)


def test_a_registry_is_imported_and_bad_rows_are_told_by_line(
    capsys: pytest.CaptureFixture[str], empty_folder: Path
) -> None:
    (empty_folder / "chas.csv").write_text("cha_code,username\nC1,cha001\n,cha002\n")
    assert main(["registry", "import", "chas.csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("chas.csv line 3 refused: ")
    assert lines[-1] == "1 rows imported, 1 refused"
    with open_database("sqlite:///healing.db", read_only=True).connect() as connection:
        assert connection.scalars(select(cha.c.username)).all() == ["cha001"]


def test_a_registry_that_is_not_there_ends_with_2(capsys: pytest.CaptureFixture[str], empty_folder: Path) -> None:
    assert "holds no file of the registry" in told_by(capsys, ["registry", "import", "."], 2)
    assert "cannot be read" in told_by(capsys, ["registry", "import", "chas.csv"], 2)


def test_status_of_a_new_database_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    main(["rebuild"])
    capsys.readouterr()
    assert main(["status"]) == 0
    out = capsys.readouterr().out
    assert "healing deploy" in out and "healing sync" in out
    assert out.splitlines()[-1] == "0 problems wait"


def test_an_export_holds_every_table_and_no_names(capsys: pytest.CaptureFixture[str], empty_folder: Path) -> None:
    assert main(["export"]) == 0
    assert re.match(r"\d+ tables and a codebook in exports, \d+ rows\n", capsys.readouterr().out)
    names = {path.name for path in (empty_folder / "exports").iterdir()}
    assert {"client.csv", "assessment.csv", "codebook.csv"} <= names
    assert "client_identity.csv" not in names


def test_the_token_is_never_told(capsys: pytest.CaptureFixture[str], web_page: str) -> None:
    new_database("sqlite:///healing.db")
    token = "sentineltoken123"
    told = told_by(capsys, ["sync", "--verbose", "--server", web_page, "--token", token], 5)
    assert token not in told
