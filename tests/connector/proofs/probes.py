"""Knows small proofs, each of one promise of a sync, that a program with a fault in that place does not stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Engine

from connector.database import open_database
from connector.errors import MassDeletionError
from connector.kobo import KoboClient
from connector.project import Project
from connector.quarantine import count_waiting
from connector.sync_form import FormSync
from tests.connector.fake_kobo import FakeKobo
from tests.connector.proofs.enumeration import fault_cases, request_cases, run_all, step_cases
from tests.connector.proofs.fast_client import fast_client
from tests.connector.proofs.faults import BY_NAME
from tests.connector.proofs.killing import in_memory
from tests.connector.proofs.light_project import light_record
from tests.connector.proofs.scenario import server, told
from tests.connector.proofs.state import empty_light_database, prepared, state_of
from tests.connector.proofs.world import PROJECTS, A, World

LONG_AGO = "1970-01-01T00:00:00"
EVERY_THIRD = 3
"""Of many cases, which are all tried in the enumeration, these will do to catch a bug."""


@dataclass(frozen=True, slots=True)
class Program:
    """What runs: the real thing, or one in which some part was replaced by one with a bug."""

    form_sync: type[FormSync] = FormSync
    client: Callable[[FakeKobo], KoboClient] = fast_client
    projects: Sequence[Project] = PROJECTS

    def world(self, kobo: FakeKobo, engine: Engine) -> World:
        """A server and a database on which it runs."""
        return World(kobo, engine, client=self.client, projects=self.projects, form_sync=self.form_sync)


Probe = Callable[[Program], None]


def sees_all_changes(program: Program, feed: str = "history") -> None:
    """After two runs, the second over changes of every kind, database and server are equal."""
    told(feed, empty_light_database(), program.world)


def bears_fault(program: Program, name: str, feed: str = "history") -> None:
    """A fault at a request, once or lasting, does no harm and is told of."""
    cases = fault_cases(told(feed, empty_light_database(), program.world), BY_NAME[name])
    run_all(islice(cases, 0, None, EVERY_THIRD))


def bears_ends_at_requests(program: Program) -> None:
    """An end at each request is made good."""
    run_all(request_cases(told("history", empty_light_database(), program.world)))


def bears_ends_at_steps(program: Program) -> None:
    """An end at every third step of the database is made good."""
    with TemporaryDirectory(dir=in_memory(Path.cwd())) as folder:
        engine = prepared(open_database(f"sqlite:///{folder}/healing.db"))
        run_all(islice(step_cases(told("history", engine, program.world)), 0, None, EVERY_THIRD))
        engine.dispose()


def after_first_run(program: Program, feed: str, records: int = 0) -> World:
    """A world after its first run, perhaps with more records than the story has."""
    kobo = server(feed)
    for number in range(records):
        kobo.add(A, light_record(number), f"more-{number}")
    world = program.world(kobo, empty_light_database())
    world.projects = [project for project in world.projects if project.asset_uid in kobo.projects]
    world.run_clean()
    kobo.forget()
    return world


def keeps_what_is_hidden(program: Program) -> None:
    """A record that the list does not show, and the server's other count counts, is not called deleted."""
    world = after_first_run(program, "markers")
    world.change(lambda kobo: kobo.project(A).hidden.add(106))
    world.run_checked()
    world.now += timedelta(days=8)
    world.run_checked()


def keeps_what_one_list_lacks(program: Program) -> None:
    """A record that is missing from one list, at any request, is not called deleted."""
    world = after_first_run(program, "markers")
    world.now += timedelta(days=8)
    for at in range(1, 9):
        world.kobo.forget()
        BY_NAME["one row less"].put(world.kobo, at, is_lasting=False)
        world.run_checked()


def asks_before_many_deletions(program: Program) -> None:
    """Seven of nine records gone: a person has to say that this is meant."""
    world = after_first_run(program, "markers")
    for number in sorted(world.kobo.project(A).records)[:7]:
        world.change(partial(_delete, number=number))
    with pytest.raises(MassDeletionError):
        world.run()


def _delete(kobo: FakeKobo, number: int) -> None:
    kobo.delete(A, number)


def pages_without_a_gap(program: Program, is_sweep: bool = False) -> None:
    """A record deleted between two pages makes no other one missing, neither here nor in a comparison."""
    for at in range(3, 9):
        kobo = server("markers")
        kobo.page_cap = 2
        world = program.world(kobo, empty_light_database())
        world.projects = world.projects[:1]
        if is_sweep:
            world.run_clean()
            kobo.forget()
            world.now += timedelta(days=8)
        kobo.before[at] = partial(world.change, lambda kobo: kobo.delete(A, min(kobo.project(A).records)))
        world.run_checked()
        assert state_of(world.engine).live.keys() >= world.served().keys(), "a record was passed over"


def finds_what_is_far_behind(program: Program) -> None:
    """A record that appears far below what was read is here after the next run, whatever its date."""
    world = after_first_run(program, "markers")
    world.change(lambda kobo: _leap(kobo, 5000))
    world.run_clean()
    world.change(lambda kobo: kobo.add(A, light_record(1), "far-behind", number=104, submitted_at=LONG_AGO))
    world.run_clean()


def _leap(kobo: FakeKobo, by: int) -> None:
    kobo.serve_others(by)
    for number in range(3):
        kobo.add(A, light_record(number), f"beyond-{number}")


def finds_what_hides_each_other(program: Program, submitted_at: str | None = None) -> None:
    """A record that came far behind and one that went leave the count as it was; the date of the first shows it.

    Where that date is wrong (`submitted_at`), a comparison finds them.
    """
    world = after_first_run(program, "markers")
    world.change(lambda kobo: _leap(kobo, 5000))
    world.run_clean()
    world.change(lambda kobo: kobo.add(A, light_record(1), "far-behind", number=104, submitted_at=submitted_at))
    world.change(lambda kobo: kobo.delete(A, 103))
    world.now += timedelta(days=8 if submitted_at else 0)
    world.run_clean()


def revives_what_is_sent_again(program: Program) -> None:
    """A record that was deleted, and known to be so, is here again when a phone sends it again."""
    world = after_first_run(program, "history")
    record = world.kobo.delete(A, 106)
    world.note()
    world.run_clean()
    world.change(lambda kobo: kobo.resend(A, record))
    world.run_clean()


def sees_what_happens_in_one_second(program: Program) -> None:
    """An edit in the second in which a run asked for the time is seen by the next."""
    world = after_first_run(program, "history")
    world.kobo.clock.tick = 0
    for at in range(1, 7):
        world.kobo.forget()
        world.kobo.before[at] = partial(world.change, partial(_edit, version=f"in-one-second-{at}"))
        world.run_checked()
        world.kobo.forget()
        world.run_clean()


def _edit(kobo: FakeKobo, version: str) -> None:
    kobo.edit(A, 103, version, colour=version)


def sees_an_edit_far_behind(program: Program) -> None:
    """An edit of an old record is here after the next run without a history, too."""
    world = after_first_run(program, "markers")
    world.change(partial(_edit, version="edited"))
    world.run_clean()


def sees_what_is_dated_back(program: Program) -> None:
    """A record whose phone says 1970 is new."""
    world = after_first_run(program, "markers")
    world.change(lambda kobo: kobo.add(A, light_record(1), "dated-back", submitted_at="1970-01-01T00:00:00"))
    world.run_clean()


def finds_what_is_just_behind(program: Program) -> None:
    """A record that appears just below the last one is here after the next run."""
    world = after_first_run(program, "markers")
    world.change(lambda kobo: kobo.add(A, light_record(1), "just-behind", number=max(kobo.project(A).records) - 1))
    world.run_clean()


def believes_its_own_count(program: Program) -> None:
    """It is not called complete while the list lacks a record that the server's other count counts."""
    world = after_first_run(program, "markers")
    before = state_of(world.engine).complete
    world.change(lambda kobo: kobo.add(A, light_record(1), "unseen"))
    world.change(lambda kobo: kobo.project(A).hidden.add(kobo.next_id))
    world.run_checked()
    assert state_of(world.engine).complete == before, "called complete without the record that is hidden"


def keeps_what_cannot_be_read(program: Program) -> None:
    """A record that cannot be read is set apart, and the others come."""
    world = after_first_run(program, "markers")
    deep: object = "x"
    for _ in range(80):
        deep = [deep]
    world.kobo.add(A, {"deep": deep}, "too-deep")
    world.kobo.add(A, light_record(1), "good")
    world.run()
    with world.engine.connect() as connection:
        assert count_waiting(connection) == 1
    assert (A, "good") in state_of(world.engine).live
