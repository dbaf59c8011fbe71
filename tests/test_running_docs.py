"""What docs/running.md tells people to type and to put into units is what the program understands."""

import argparse
import re
import shlex
from pathlib import Path

import pytest

from connector import errors
from connector.cli import EXIT_CODES, build_parser
from connector.log_lines import FIELDS
from connector.settings import VARIABLES, load_settings
from connector.status_report import MAX_AGE

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs/running.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
UNIT = next(text for _, text in BLOCKS if "[Service]" in text)
CALLS = re.findall(r"(?:^|/|`|&& )healing ([a-z][^`>\n#&]*)", GUIDE, re.MULTILINE)


def options(unit: str) -> dict[str, list[str]]:
    """The settings of a unit file, each with its values."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^([A-Z]\w+)=(.*)$", unit, re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def read(call: str) -> argparse.Namespace:
    """A call as the program reads it."""
    return build_parser().parse_args(shlex.split(call))


def exit_codes() -> set[int]:
    """Every exit code that a failure may have."""
    kinds = [errors.HealingError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return {kind.exit_code for kind in kinds}


@pytest.mark.parametrize("call", sorted({call.strip() for call in CALLS}))
def test_every_call_is_understood(call: str) -> None:
    assert read(call).command.name == call.split()[0]


def test_the_service_runs_the_watch_with_flags_that_go_together() -> None:
    (start,) = options(UNIT)["ExecStart"]
    found = read(start.partition("/bin/healing ")[2])
    assert found.watch and found.every.total_seconds() == 900
    assert not found.sweep and not found.accept_deletions


def test_the_timer_and_cron_run_it_once() -> None:
    once = [call for call in CALLS if call.startswith("sync --rosters")]
    assert len(once) >= 2 and not any(read(call).watch for call in once)


def test_every_variable_is_one_that_is_read() -> None:
    named = set(re.findall(r"\b(?:KOBO|HEALING|DATABASE)_[A-Z_]+", GUIDE))
    assert named <= set(VARIABLES.values()) and "KOBO_TOKEN_FILE" in named


def test_the_settings_file_is_one_that_is_read(tmp_path: Path) -> None:
    (text,) = (text for kind, text in BLOCKS if kind == "toml")
    (tmp_path / "healing.toml").write_text(text, encoding="utf-8")
    found = load_settings(config_file=tmp_path / "healing.toml")
    assert found.server and found.database_url.startswith("sqlite:////var/lib/healing/") and found.log
    assert options(UNIT)["LogsDirectory"] == [Path(found.log).parent.name]


def test_the_token_is_neither_in_the_unit_nor_in_its_environment() -> None:
    assert "KOBO_TOKEN=" not in GUIDE and "--token" not in GUIDE and "EnvironmentFile" not in UNIT
    (handed_over,) = options(UNIT)["LoadCredential"]
    assert options(UNIT)["Environment"] == [f"KOBO_TOKEN_FILE=%d/{handed_over.partition(':')[0]}"]


def test_the_service_may_do_little_and_writes_in_its_own_folders() -> None:
    found = options(UNIT)
    switches = ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "RestrictSUIDSGID", "LockPersonality")
    assert all(found[name] == ["yes"] for name in switches)
    assert found["ProtectSystem"] == ["strict"] and found["UMask"] == ["0077"] and found["User"] == ["healing"]
    assert f"/var/lib/{found['StateDirectory'][0]}" == found["WorkingDirectory"][0]


def test_a_failure_for_which_a_person_must_act_is_not_tried_again_for_ever() -> None:
    (codes,) = options(UNIT)["RestartPreventExitStatus"]
    assert {int(code) for code in codes.split()} == {errors.SettingsError.exit_code, errors.AccessError.exit_code}


def test_the_table_of_exit_codes_has_every_code_and_says_what_the_help_says() -> None:
    table = GUIDE.partition("## Exit codes")[2].partition("\n## ")[0]
    rows = {int(code): words for code, words in re.findall(r"^\| (\d+) \| ([^|]+) \|", table, re.MULTILINE)}
    assert rows.keys() == exit_codes() | {0, 130}
    helped = {int(code): words for code, words in re.findall(r"(\d+) (\w[^·\n]*)", EXIT_CODES)}
    assert rows.keys() == helped.keys()
    for code, words in helped.items():
        assert rows[code].split()[0].rstrip(",") == words.split()[0], code


def test_the_example_of_a_log_line_has_only_allowed_fields() -> None:
    (line,) = re.findall(r'^\{"at".*\}$', GUIDE, re.MULTILINE)
    assert set(re.findall(r'"(\w+)":', line)) <= {"at", "level", "event", *FIELDS}


def test_every_event_that_is_written_is_explained() -> None:
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "connector").rglob("*.py"))
    events = {event for text in sources for event in re.findall(r'log_event\("(\w+)"', text)}
    assert events and all(f"`{event}`" in GUIDE for event in events)


def test_every_concern_of_status_is_explained_with_its_age() -> None:
    source = (ROOT / "connector/status_report.py").read_text(encoding="utf-8")
    assert all(f"| `{code}` |" in GUIDE for code in re.findall(r'Concern\("(\w+)"', source))
    assert f"more than {MAX_AGE.total_seconds() / 3600:.0f} hours ago" in GUIDE
