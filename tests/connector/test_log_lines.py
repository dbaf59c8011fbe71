"""Lines for machines hold what is allowed, one object each, and nothing that anybody wrote."""

from __future__ import annotations

import json
import logging
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from connector.errors import SettingsError
from connector.log_lines import FIELDS, QUIET, log_event, quiet_others, start_log, stop_log


@pytest.fixture(autouse=True)
def no_log_left() -> Iterator[None]:
    yield
    stop_log()


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_line_is_one_object_with_time_level_event_and_fields(tmp_path: Path) -> None:
    start_log(str(tmp_path / "log"))
    log_event("run_ended", run_id=7, seconds=1.23456, status="ok", error=None, complete_as_of=datetime(2026, 11, 23, 9))
    log_event("run_ended", logging.ERROR, exit_code=5)
    first, second = lines(tmp_path / "log")
    assert datetime.fromisoformat(first.pop("at")).tzinfo is not None
    assert first == {
        "level": "info",
        "event": "run_ended",
        "run_id": 7,
        "status": "ok",
        "complete_as_of": "2026-11-23T09:00:00Z",
        "seconds": 1.235,
    }
    assert second["level"] == "error" and second["exit_code"] == 5


def test_a_field_that_is_not_allowed_is_a_fault_whether_anybody_logs_or_not() -> None:
    with pytest.raises(ValueError, match="body may not be logged"):
        log_event("run_ended", body="…")


@pytest.mark.parametrize("value", ["Marie Uwase", "a\nb", "", "x" * 65, "é", '"', {"a": 1}, ["a"], b"a", object()])
@pytest.mark.parametrize("name", ["form_id", "new", "error"])
def test_what_is_no_code_and_no_number_is_not_shown(tmp_path: Path, name: str, value: object) -> None:
    start_log(str(tmp_path / "log"))
    log_event("x", logging.INFO, **{name: value})
    assert lines(tmp_path / "log")[0][name] == "?"


def test_no_field_is_for_what_people_wrote() -> None:
    forbidden = {"body", "answer", "name", "phone", "token", "message", "url", "query", "path", "text", "record"}
    assert not forbidden & set(FIELDS)


def test_without_a_log_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    start_log(None)
    log_event("run_ended", run_id=1)
    assert capsys.readouterr() == ("", "")


def test_a_hyphen_is_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    start_log("-")
    log_event("run_ended", run_id=1)
    told = capsys.readouterr()
    assert told.out == "" and json.loads(told.err)["run_id"] == 1


def test_the_file_is_for_its_owner_alone_and_lines_are_added(tmp_path: Path) -> None:
    for run_id in (1, 2):
        start_log(str(tmp_path / "log"))
        log_event("run_ended", run_id=run_id)
        stop_log()
    assert [line["run_id"] for line in lines(tmp_path / "log")] == [1, 2]
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o600


def test_a_file_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    start_log(str(tmp_path / "log"))
    log_event("run_ended", run_id=1)
    (tmp_path / "log").rename(tmp_path / "log.1")
    log_event("run_ended", run_id=2)
    assert lines(tmp_path / "log.1")[0]["run_id"] == 1 and lines(tmp_path / "log")[0]["run_id"] == 2
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o600


def test_a_file_that_cannot_be_begun_anew_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    start_log(str(folder / "log"))
    log_event("run_started")
    folder.rename(tmp_path / "moved")
    log_event("lost")
    folder.mkdir()
    log_event("run_ended")
    assert [line["event"] for line in lines(folder / "log")] == ["run_ended"]
    assert capsys.readouterr() == ("", "")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be written: No such file or directory"):
        start_log(str(tmp_path / "nowhere" / "log"))


def test_a_disk_that_is_full_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    start_log("/dev/full")
    log_event("run_ended", run_id=1)
    assert capsys.readouterr() == ("", "")


def test_packages_that_speak_of_addresses_and_rows_are_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    quiet_others()
    for name in QUIET:
        logging.getLogger(f"{name}.part").critical("Failed to parse headers (url=https://kobo.invalid/?query=Uwase)")
    assert capsys.readouterr() == ("", "")
