"""The whole chain on invented but real input: what the dashboard counts is what the story knows to be true."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, delete, func, select

from connector.cli import main
from connector.database import open_database
from connector.demo import Played, played_demo
from connector.demo_folder import SEED, DemoFolder, open_folder
from connector.derive import rebuild
from connector.errors import SettingsError
from connector.fact_schema import alert, assessment, attendance_mark, item_answer, newcomer, problem, session
from connector.kobo import KoboClient
from connector.precious_schema import (
    precious,
    submission,
    submission_identity,
    submission_version,
    submission_version_identity,
    sync_cursor,
)
from connector.sandbox.field_journal import Journal
from connector.sandbox.simulation import simulate
from connector.sandbox.story_truth import Truth, reckon
from connector.schema import derived
from connector.sync import sync
from dashboard.filters import ALL
from dashboard.queries_cascade import cascade
from dashboard.queries_closed import left_behind
from dashboard.queries_groups import group_rates
from dashboard.queries_outcomes import verdicts
from tests.connector.sync_scenes import dump

AS_OF = date(2026, 11, 20)


@dataclass(frozen=True, slots=True)
class Scene:
    """A played demonstration with its server running, and what is true of its story."""

    folder: DemoFolder
    played: Played
    truth: Truth
    codes: dict[str, str]
    lock: Path

    def open(self) -> Engine:
        return open_database(self.folder.database_url, read_only=True)


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Let the processes of a parallel test run in one after the other."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


SMALL, FULL = "four healing groups", "all healing groups"


@pytest.fixture(scope="module", params=[SMALL, pytest.param(FULL, marks=pytest.mark.soak)])
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The demonstration; of full size in `make soak`. Of several processes one plays it, the others find it played."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    size = request.param.split()[0]
    with ExitStack() as running:
        with one_at_a_time(base / f"demo-{size}.lock"):
            folder = open_folder(base / f"demo-{size}", AS_OF, request.param == SMALL, AS_OF)
            played = running.enter_context(played_demo(folder, port=0))
        journal = Journal(folder.path / "phones")
        journal.close()
        codes = {deed.removeprefix("fill intake/"): code for deed, code in journal.all_facts("client_code").items()}
        yield Scene(folder, played, reckon(played.programme), codes, base / f"demo-{size}.lock")


@pytest.fixture
def connection(scene: Scene) -> Iterator[Connection]:
    engine = scene.open()
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def copy(scene: Scene, tmp_path: Path) -> Iterator[Engine]:
    """A database of one's own with the demonstration's content."""
    shutil.copy(scene.folder.path / "healing.db", tmp_path / "healing.db")
    engine = open_database(f"sqlite:///{tmp_path}/healing.db")
    yield engine
    engine.dispose()


def counted(connection: Connection, *columns: Any, where: Any = True) -> dict[Any, int]:
    """Rows by the values of some columns; one column stands for itself."""
    rows = connection.execute(select(*columns, func.count()).where(where).group_by(*columns))
    return {row[0] if len(columns) == 1 else tuple(row[:-1]): row[-1] for row in rows}


def test_every_record_of_the_story_is_there(scene: Scene, connection: Connection) -> None:
    assert counted(connection, submission.c.form_id, where=submission.c.deleted_at.is_(None)) == scene.truth.records
    assert len(scene.truth.edited) > 0 and len(scene.truth.deleted) > 0


def test_deleted_records_are_marked_or_were_never_fetched(scene: Scene, connection: Connection) -> None:
    marked = connection.scalar(select(func.count()).where(submission.c.deleted_at.is_not(None))) or 0
    assert marked <= len(scene.truth.deleted)


def test_the_cascade_on_the_dashboard_is_the_true_one(scene: Scene, connection: Connection) -> None:
    shown = cascade(connection, ALL, AS_OF)
    assert dict(zip(shown["step"], shown["n"], strict=True)) == scene.truth.cascade


@pytest.mark.parametrize(("by", "name"), [("sex", "cascade_by_sex"), ("sector_code", "cascade_by_sector")])
def test_the_cascade_is_true_for_each_part(scene: Scene, connection: Connection, by: str, name: str) -> None:
    shown = cascade(connection, ALL, AS_OF, by=by)
    found = {(row["step"], row[by]): row["n"] for _, row in shown.iterrows() if row["n"]}
    assert found == getattr(scene.truth, name)


def test_sessions_held_not_held_and_not_reported_are_the_true_ones(scene: Scene, connection: Connection) -> None:
    assert counted(connection, session.c.status, where=session.c.due_on <= AS_OF) == scene.truth.sessions
    assert counted(connection, session.c.kind, where=session.c.status == "held") == scene.truth.session_kinds


def test_the_group_that_broke_up_is_closed_and_its_people_are_not_forgotten(
    scene: Scene, connection: Connection
) -> None:
    [group] = [each for each in scene.played.programme.groups if each.ended_on]
    shown = group_rates(connection, ALL, AS_OF).set_index("healing_group")
    closed = shown[shown["is_closed"]]
    assert dict(zip(closed.index, closed["end_reason"], strict=True)) == {group.code: "broke_up"}
    assert list(closed["ended_on"]) == [group.ended_on]
    assert (list(closed["due"]), dict(closed["members"])) == ([7], scene.truth.closed)
    assert Counter(left_behind(connection, ALL, AS_OF)["healing_group"]) == scene.truth.closed
    found = counted(connection, problem.c.kind, problem.c.healing_group, where=problem.c.kind.like("%closed%"))
    assert found == {("members_of_closed_group", group.code): 1}
    assert counted(connection, problem.c.kind, where=problem.c.kind == "session_after_end") == {}


def test_two_sessions_in_one_meeting_are_counted_once(scene: Scene, connection: Connection) -> None:
    merged = select(func.count(), func.count(session.c.head_count), func.count(session.c.merged_into))
    rows, counted_rows, others = connection.execute(merged.where(session.c.kind == "merged")).one()
    assert rows == scene.truth.session_kinds.get("merged", 0)
    assert counted_rows == others == rows / 2


def test_newcomers_are_joined_by_their_codes_alone(scene: Scene, connection: Connection) -> None:
    found = counted(connection, newcomer.c.client_code.is_not(None))
    overdue = select(func.count()).where(problem.c.kind == "newcomer_without_intake")
    truth = scene.truth.newcomers
    assert found[True] == truth["joined"] > 0
    assert found[False] == truth["waiting"] + truth["overdue"]
    assert connection.scalar(overdue) == truth["overdue"] > 0
    assert counted(connection, problem.c.kind, where=problem.c.kind.like("%newcomer_code%")) == {}


def test_interviews_that_stopped_are_the_true_ones(scene: Scene, connection: Connection) -> None:
    stopped = counted(connection, assessment.c.root_uuid, where=assessment.c.stopped)
    assert len(stopped) == scene.truth.stopped > 0


def test_attendance_is_true_for_everybody_and_every_week(scene: Scene, connection: Connection) -> None:
    is_due = attendance_mark.c.due_on <= AS_OF
    found = counted(connection, attendance_mark.c.state, func.coalesce(attendance_mark.c.reason, ""), where=is_due)
    assert found == scene.truth.marks


def test_every_answer_and_score_is_the_true_one(scene: Scene, connection: Connection) -> None:
    items: dict[tuple[str, str], dict[str, str]] = {}
    for row in connection.execute(select(item_answer)):
        answer = row.missing if row.value is None else str(row.value)
        items.setdefault((row.root_uuid, row.instrument), {})[row.item] = answer
    found = Counter(
        (
            row.client_code,
            row.wave,
            row.instrument,
            row.score,
            tuple(sorted(items[row.root_uuid, row.instrument].items())),
        )
        for row in connection.execute(select(assessment))
    )
    true = Counter(
        (scene.codes[each.client_id], each.wave, each.instrument, each.score, tuple(sorted(each.items.items())))
        for each in scene.truth.assessments
    )
    assert found == true


def test_the_phone_and_the_connector_agree_on_every_score(connection: Connection) -> None:
    rows = connection.execute(select(assessment.c.score, assessment.c.score_on_device)).all()
    assert len(rows) > 100
    assert all(row.score == row.score_on_device for row in rows)


@pytest.mark.parametrize(("instrument", "points"), [("phq9", 6), ("gad7", 4), ("pcl5", 10)])
def test_the_outcomes_on_the_dashboard_are_the_true_ones(
    scene: Scene, connection: Connection, instrument: str, points: int
) -> None:
    scores: dict[str, dict[str, int]] = {}
    for each in scene.truth.assessments:
        if each.instrument == instrument and each.score is not None:
            scores.setdefault(each.client_id, {})[each.wave] = each.score
    before_and_after = [(by.get("baseline", by.get("screening")), by.get("endline")) for by in scores.values()]
    changes = [after - before for before, after in before_and_after if before is not None and after is not None]
    (shown,) = verdicts(connection, ALL, instrument).to_dict("records")
    assert len(changes) > 20
    assert {name: shown[name] for name in ("improved", "no_change", "worse", "paired")} == {
        "improved": sum(change <= -points for change in changes),
        "no_change": sum(-points < change < points for change in changes),
        "worse": sum(change >= points for change in changes),
        "paired": len(changes),
    }


def test_alerts_are_the_true_ones(scene: Scene, connection: Connection) -> None:
    found = counted(connection, alert.c.level, where=alert.c.kind == "safety")
    assert found == {level: count for level, count in scene.truth.safety_alerts.items() if count}
    assert counted(connection, alert.c.level, where=alert.c.kind == "distress") == scene.truth.distress
    assert counted(connection, alert.c.kind)["follow_up"] == scene.truth.follow_up
    assert "client" in counted(connection, alert.c.person)


def test_names_and_phones_are_in_their_own_tables_alone(scene: Scene, copy: Engine) -> None:
    content = dump(copy)
    apart = ("client_identity", "submission_identity", "submission_version_identity", "cha_identity")
    elsewhere = repr({name: rows for name, rows in content.items() if name not in apart})
    people = [client.person for client in scene.played.programme.clients.values()]
    phones = {person.phone for person in people if person.phone}
    assert any(phone in repr(content["client_identity"]) for phone in phones)
    assert [phone for phone in phones if phone in elsewhere] == []
    assert [p.short_name for p in people if f"'{p.short_name}'" in elsewhere or f'"{p.short_name}"' in elsewhere] == []


def test_playing_it_again_doubles_nothing(scene: Scene) -> None:
    before = dump(scene.open())
    with one_at_a_time(scene.lock), played_demo(scene.folder, port=0) as again:
        assert again.report.done == {}
        assert again.result.line.startswith("0 new, 0 edited, 0 deleted")
    after = dump(scene.open())
    assert {**after, "deployment": []} == {**before, "deployment": []}


def test_rebuilding_gives_the_same_tables(copy: Engine) -> None:
    before = dump(copy)
    with copy.begin() as connection:
        rebuild(connection)
    assert dump(copy) == before


def test_one_sync_from_nothing_gives_what_many_gave(scene: Scene, copy: Engine) -> None:
    before = dump(copy)
    with copy.begin() as connection:
        for table in (submission, submission_identity, sync_cursor):
            connection.execute(delete(table))
        for table in (submission_version, submission_version_identity):
            connection.execute(delete(table))
        rebuild(connection)
    sync(copy, KoboClient(scene.played.server, scene.folder.token))
    after = dump(copy)
    assert {name: after[name] for name in derived.tables} == {name: before[name] for name in derived.tables}
    assert {row[1] for row in after["submission"]} == {row[1] for row in before["submission"] if row[-1]}
    assert set(after) == {*derived.tables, *precious.tables} - {"sync_run"}


def test_the_same_folder_tells_the_same_story(scene: Scene) -> None:
    found = open_folder(scene.folder.path, None, scene.folder.is_small, date(2030, 1, 1))
    assert (found.as_of, found.is_small, found.token) == (AS_OF, scene.folder.is_small, scene.folder.token)


def test_a_folder_with_another_story_is_refused(scene: Scene) -> None:
    with pytest.raises(SettingsError, match="ending on 2026-11-20"):
        open_folder(scene.folder.path, date(2026, 1, 1), True, AS_OF)


def test_the_full_demonstration_has_the_size_of_a_programme() -> None:
    programme = simulate(SEED, AS_OF)
    assert len({group.sector for group in programme.groups}) >= 5
    assert len(programme.groups) >= 40
    assert sum(client.is_enrolled for client in programme.clients.values()) >= 800
    assert {each.week for each in programme.sessions} == set(range(1, 17))


def test_the_full_demonstration_has_everything_that_happens_in_the_field() -> None:
    truth = reckon(simulate(SEED, AS_OF))
    assert {"planned", "merged", "made_up"} == set(truth.session_kinds)
    assert truth.edited and truth.deleted and truth.stopped and truth.follow_up
    assert all(truth.newcomers[each] for each in ("joined", "overdue"))
    assert all(truth.safety_alerts[level] for level in ("low", "moderate", "imminent"))
    assert len(truth.assessments) > 1000 and sum(truth.distress.values()) > 0


# The commands, on a server that behaves as KoboToolbox does.


def run(scene: Scene, *arguments: str) -> int:
    return main([*arguments, "--config", str(scene.folder.path / "healing.toml"), "--server", scene.played.server])


def test_the_commands_work_with_the_settings_of_the_demonstration(
    scene: Scene, capsys: pytest.CaptureFixture[str], copy: Engine
) -> None:
    assert run(scene, "sync", "--rosters", "--database-url", str(copy.url)) == 0
    assert run(scene, "deploy", "--database-url", str(copy.url)) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "3 forms deployed, 0 changed, 0 unknown accounts"
    assert run(scene, "sync", "--rosters", "--database-url", str(copy.url)) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("0 new, 0 edited, 0 deleted, ")
    assert run(scene, "status", "--database-url", str(copy.url)) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("problems wait")


def test_a_wrong_token_ends_with_3_and_changes_nothing(
    scene: Scene, capsys: pytest.CaptureFixture[str], copy: Engine
) -> None:
    run(scene, "deploy", "--database-url", str(copy.url))
    before = dump(copy)
    assert run(scene, "sync", "--token", "0" * 40, "--database-url", str(copy.url)) == 3
    assert "token" in capsys.readouterr().err.lower()
    assert dump(copy) == before


def test_a_project_that_is_not_there_ends_with_3(
    scene: Scene, capsys: pytest.CaptureFixture[str], copy: Engine
) -> None:
    assert run(scene, "deploy", "--asset", "intake=aNobodyMadeThis", "--database-url", str(copy.url)) == 3
    assert "aNobodyMadeThis" in capsys.readouterr().err


def test_the_demonstration_as_a_command_ends_with_what_happened(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--folder", str(scene.folder.path), "--no-dashboard", "--server-port", "0"]
    with one_at_a_time(scene.lock):
        assert main(["demo", *arguments]) == 0
    told = capsys.readouterr()
    assert [line[:6] for line in told.out.splitlines()[:4]] == ["1 of 6", "2 of 6", "3 of 6", "4 of 6"]
    assert told.out.splitlines()[-1].startswith(f"demo ready in {scene.folder.path}: 0 new, 0 edited")
