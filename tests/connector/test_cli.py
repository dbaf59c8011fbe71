"""How the program speaks with a person: results, progress, failures with their exit codes, and help that helps."""

from __future__ import annotations

import http.server
import json
import re
import shlex
import socketserver
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from connector import errors
from connector.cli import EXIT_CODES, build_parser, main
from connector.commands.catalogue import PLACES, load_commands
from connector.commands.command import Command, Context
from connector.database import open_database
from connector.precious_schema import cha, quarantine, sync_cursor, sync_run
from connector.sandbox.server import SandboxUser, prepare, running_sandbox
from connector.settings import VARIABLES
from connector.sync_state import utc_now
from connector.writer_lock import single_writer
from forms.library import FORMS
from forms.xlsform import build_all
from tests.connector.sync_scenes import ATTENDANCE, INTAKE, new_database

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


@pytest.mark.parametrize("name", PLACES)
def test_every_command_has_help_with_examples_that_it_understands(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    examples = re.findall(r"^  healing (.+)$", capsys.readouterr().out, re.MULTILINE)
    assert examples
    for example in examples:
        assert build_parser().parse_args(shlex.split(example)).command.name == name


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["wrok"],
        ["sync", "--accept-deletions", "many"],
        ["sync", "--every", "often"],
        ["registry", "export", "x"],
        ["demo", "--as-of", "1.2.26"],
    ],
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
    assert lines[-1] == "1 rows changed, 1 refused"
    with open_database("sqlite:///healing.db", read_only=True).connect() as connection:
        assert connection.scalars(select(cha.c.username)).all() == ["cha001"]


def test_a_registry_that_is_not_there_ends_with_2(capsys: pytest.CaptureFixture[str], empty_folder: Path) -> None:
    assert "holds no file of the registry" in told_by(capsys, ["registry", "import", "."], 2)
    assert "cannot be read" in told_by(capsys, ["registry", "import", "chas.csv"], 2)


def test_status_of_a_new_database_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    main(["rebuild"])
    capsys.readouterr()
    assert main(["status"]) == 9
    told = capsys.readouterr()
    assert "healing deploy" in told.out and "healing sync" in told.out
    assert told.out.splitlines()[-1] == "0 problems wait"
    assert told.err == "healing status: 2 things need a look.\n"


def proved_now(uids: Iterable[str]) -> None:
    """Let these projects be complete as of now, after a run that went well."""
    counts = dict.fromkeys(("new", "edited", "revalidated", "deleted", "problems"), 0)
    with open_database("sqlite:///healing.db").begin() as connection:
        for uid in uids:
            row = {"asset_uid": uid, "form_id": "intake", "last_id": 1, "complete_as_of": utc_now()}
            connection.execute(insert(sync_cursor).values(row))
        connection.execute(insert(sync_run).values(started_at=utc_now(), status="ok", **counts))


def test_status_ends_with_0_when_all_is_well_and_with_9_when_not(capsys: pytest.CaptureFixture[str]) -> None:
    new_database("sqlite:///healing.db").dispose()
    proved_now([INTAKE, ATTENDANCE])
    assert main(["status"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["status", "--max-age", "2d"]) == 0
    with open_database("sqlite:///healing.db").begin() as connection:
        connection.execute(update(sync_cursor).values(complete_as_of=utc_now() - timedelta(hours=27)))
    assert main(["status"]) == 9
    assert main(["status", "--max-age", "28h"]) == 0


def test_status_for_machines_is_one_object_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    new_database("sqlite:///healing.db").dispose()
    proved_now([INTAKE])
    assert main(["status", "--json"]) == 9
    found = json.loads(capsys.readouterr().out)
    assert found["concerns"] == [{"code": "stale", "project": "attendance"}] and found["is_well"] is False


def test_records_that_wait_unread_are_listed_without_what_they_say(capsys: pytest.CaptureFixture[str]) -> None:
    new_database("sqlite:///healing.db").dispose()
    assert main(["quarantine"]) == 0
    assert capsys.readouterr().out == "0 records wait unread\n"
    seen = {"first_seen_at": datetime(2026, 11, 23, 9), "last_seen_at": datetime(2026, 11, 24, 9), "tries": 4}
    row = {"asset_uid": INTAKE, "body_hash": "0", "server_id": 77, "reason": "too_deep", "body": SENTINEL}
    with open_database("sqlite:///healing.db").begin() as connection:
        connection.execute(insert(quarantine).values(row | seen))
    assert main(["quarantine"]) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first == (
        "1: intake, _id 77: too_deep; first seen 2026-11-23 09:00 UTC, last 2026-11-24 09:00 UTC, tried 4 times"
    )
    assert last == "1 record waits unread"


def test_a_command_is_logged_with_its_exit_code(capsys: pytest.CaptureFixture[str], empty_folder: Path) -> None:
    assert main(["work", "--log", "runs.log"], command(lambda context: ["done"])) == 0
    assert main(["work", "--log", "runs.log"], raising(errors.BadAnswerError(SENTINEL))) == 5
    assert main(["work", "--log", "runs.log"], raising(KeyboardInterrupt())) == 130
    assert main(["work", "--log", "runs.log"], raising(ValueError(SENTINEL))) == 1
    found = [json.loads(line) for line in (empty_folder / "runs.log").read_text().splitlines()]
    assert [line["event"] for line in found] == ["command_started", "command_ended"] * 4
    assert [line["exit_code"] for line in found[1::2]] == [0, 5, 130, 1]
    assert {line["command"] for line in found} == {"work"}
    assert SENTINEL not in (empty_folder / "runs.log").read_text()


def test_a_log_on_standard_error_is_not_mixed_with_progress(capsys: pytest.CaptureFixture[str]) -> None:
    def run(context: Context) -> Iterable[str]:
        context.on_progress("reading", 1, 2)
        return ["done"]

    assert main(["work", "--log", "-"], command(run)) == 0
    told = capsys.readouterr()
    assert told.out == "done\n" and all(json.loads(line) for line in told.err.splitlines())


def test_a_log_that_cannot_be_written_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert "The log nowhere/x.log cannot be written" in told_by(capsys, ["status", "--log", "nowhere/x.log"], 2)


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


def test_the_help_names_every_command_by_the_name_it_is_found_under(capsys: pytest.CaptureFixture[str]) -> None:
    assert [command.name for command in load_commands()] == list(PLACES)
    with pytest.raises(SystemExit):
        main(["--help"])
    assert re.findall(r"^    (\w+)", capsys.readouterr().out, re.MULTILINE) == list(PLACES)


def test_a_sync_pays_for_nothing_that_it_does_not_need() -> None:
    loaded = loaded_by("import connector.cli as c; c._called(['sync']); c._called(['status'])")
    unneeded = {"pandas", "numpy", "openpyxl", "pyxform", "streamlit", "starlette", "segno", "lxml"}
    assert not unneeded & loaded


def test_a_sync_loads_what_makes_rows_of_records_only_when_a_record_comes() -> None:
    loaded = loaded_by("import connector.cli as c; c._called(['sync'])")
    later = {"alembic", "connector.derive", "connector.facts", "connector.records", "connector.deploy"}
    assert not (later | FOR_FEW) & loaded


FOR_FEW = {"connector.adopted", "connector.renamed_following", "difflib", "mako", "pygments", "xml.etree"}
"""What only some programmes, wrong files, old databases or other commands need, and no quiet sync."""


def test_a_sync_of_a_database_of_this_version_loads_no_alembic_and_a_first_one_does(tmp_path: Path) -> None:
    code = (
        "import connector.cli as c; c._called(['sync'])\n"
        "from connector.database import open_database\n"
        "from connector.migration import migrate\n"
        f"migrate(open_database('sqlite:///{tmp_path}/healing.db'))"
    )
    first, second = loaded_by(code), loaded_by(code)
    assert "alembic" in first
    assert not ({"alembic", "connector.derive"} | FOR_FEW) & second


def loaded_by(code: str) -> set[str]:
    """The modules that a new Python has loaded behind this code."""
    whole = f"{code}\nimport sys; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", whole], capture_output=True, text=True, check=True)
    return set(ended.stdout.split())


def test_a_watch_loads_at_once_what_it_may_need_when_a_newer_version_lies_on_the_disk() -> None:
    begin = "import contextlib, connector.commands.records as records"
    watch = (
        "with contextlib.suppress(AttributeError):\n    records.sync_again_and_again(None, None, None, records.Pace())"
    )
    needed = {"connector.derive", "connector.adopted_derive", "connector.renamed_following"}
    assert not needed & loaded_by(begin)
    assert needed <= loaded_by(f"{begin}\n{watch}")
