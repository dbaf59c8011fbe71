"""Knows the demonstration: a programme's worth of field work, played through the product's own steps."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Engine

from connector.areas import WHOLE
from connector.commands.forms import write_if_changed
from connector.commands.tables import import_files
from connector.database import open_database
from connector.demo_folder import COORDINATOR, SEED, DemoFolder, closing_of, move_of, registry_of
from connector.deployment import deploy_programme
from connector.errors import SettingsError
from connector.kobo import KoboClient
from connector.progress import OnProgress, no_progress
from connector.rosters import publish_rosters
from connector.sandbox.field_alerts import react_to_alerts
from connector.sandbox.field_work import FieldReport, FieldWork
from connector.sandbox.server import SandboxUser, prepare, running_sandbox
from connector.sandbox.simulation import simulate
from connector.sandbox.story import HealingGroup, Programme, ProgrammeSize
from connector.sync import SyncResult, sync
from forms.xlsform import build_all

USUAL_PORT = 8770
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Played:
    """What a demonstration came to: the story with its known truth, what phones did, and the last sync."""

    programme: Programme
    server: str
    report: FieldReport
    result: SyncResult


@contextlib.contextmanager
def played_demo(
    folder: DemoFolder, *, port: int | None = None, say: Say = lambda line: None, on_progress: OnProgress = no_progress
) -> Iterator[Played]:
    """Play whatever of the demonstration is not played yet, and keep its server running while the block lasts.

    `say` is told of each step, `on_progress` of the progress within. A second run doubles nothing.
    Without `port`, the usual one is used, or any free one. Raises the errors of the steps.
    """
    say("1 of 6: building the forms")
    for name, content in build_all().items():
        write_if_changed(folder.path / "xlsforms" / name, content)
    programme = programme_of(folder)
    engine = open_database(folder.database_url)
    with _server(folder, programme, port) as server:
        say(f"2 of 6: a KoboToolbox-shaped server runs on {server}")
        client = KoboClient(server, folder.token)
        folder.write_settings(server)
        say("3 of 6: registry: " + _registry(engine, folder, programme))
        deployed = deploy_programme(engine, client, plan=WHOLE, also=interviewers(programme), on_progress=on_progress)
        say(f"4 of 6: {len(deployed)} forms deployed, {sum(form.redeployed for form in deployed)} changed")
        uids = {form.form_id: form.asset_uid for form in deployed}
        say("5 of 6: CHAs fill in forms on their phones and send them (some minutes the first time)")
        results: list[SyncResult] = []
        report = _field_work(folder, programme, engine, client, uids, results, on_progress).run(on_progress)
        say(f"5 of 6: {_counted(report)}")
        results.append(sync(engine, client, on_progress=on_progress))
        result = sum_up(results)
        publish_rosters(engine, client, on_progress, plan=WHOLE)
        with engine.begin() as connection:
            reactions = react_to_alerts(connection, SEED, dt.datetime.combine(folder.today, dt.time(8)))
        engine.dispose()
        say(f"5 of 6: the psychologist has recorded {reactions} reactions to alerts")
        say(f"6 of 6: sync: {result.line}")
        yield Played(programme, server, report, result)


def sum_up(results: list[SyncResult]) -> SyncResult:
    """Return what several runs of sync changed together; problems and notes are those of the last."""
    totals = {
        name: sum(getattr(each, name) for each in results) for name in ("new", "edited", "revalidated", "deleted")
    }
    return replace(results[-1], **totals)


def _counted(report: FieldReport) -> str:
    words = {"send": "sent", "edit": "corrected", "review": "reviewed", "delete": "deleted", "move": "transfers"}
    words |= {"close": "healing groups closed"}
    done = [f"{report.done[kind]} {word}" for kind, word in words.items() if report.done.get(kind)]
    return ", ".join(done) or "nothing left to do"


def programme_of(folder: DemoFolder) -> Programme:
    """Return the story that a folder tells; the same folder, the same story."""
    return simulate(SEED, folder.as_of, ProgrammeSize.small() if folder.is_small else ProgrammeSize())


def interviewers(programme: Programme) -> list[str]:
    """Return the accounts that submit without being a CHA's: supervisors and evaluators."""
    return sorted({record.username for record in programme.records} - {cha.username for cha in programme.chas})


@contextlib.contextmanager
def _server(folder: DemoFolder, programme: Programme, port: int | None) -> Iterator[str]:
    usernames = [COORDINATOR, *(cha.username for cha in programme.chas), *interviewers(programme)]
    prepare(folder.server_file, [SandboxUser(n, folder.password_of(n), folder.token_of(n)) for n in usernames])
    with contextlib.ExitStack() as stack:
        try:
            address = stack.enter_context(running_sandbox(folder.server_file, USUAL_PORT if port is None else port))
        except SettingsError:
            if port is not None:
                raise
            address = stack.enter_context(running_sandbox(folder.server_file, 0))
        yield address.url


def _registry(engine: Engine, folder: DemoFolder, programme: Programme) -> str:
    files = registry_of(programme)
    for name, content in files.items():
        write_if_changed(folder.path / "registry" / name, content)
    results = import_files(engine, files)
    return ", ".join(f"{name} {each.added} added, {each.unchanged} unchanged" for name, each in results.items())


def _field_work(
    folder: DemoFolder,
    programme: Programme,
    engine: Engine,
    client: KoboClient,
    uids: dict[str, str],
    results: list[SyncResult],
    on_progress: OnProgress,
) -> FieldWork:
    def publish(day: dt.date) -> None:
        """What a coordinator does now and then: fetch what has arrived, and give phones the new lists."""
        results.append(sync(engine, client, on_progress=on_progress))
        publish_rosters(engine, client, on_progress, plan=WHOLE)

    def record_move(client_code: str, group: str, day: dt.date) -> None:
        import_files(engine, move_of(client_code, group, day))

    def record_closing(group: HealingGroup) -> None:
        import_files(engine, closing_of(group))

    return FieldWork(
        programme,
        client.server,
        asset_uids=uids,
        password_of=folder.password_of,
        folder=folder.path / "phones",
        coordinator=COORDINATOR,
        publish_rosters=publish,
        record_move=record_move,
        record_closing=record_closing,
    )
