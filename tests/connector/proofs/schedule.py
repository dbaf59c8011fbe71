"""Knows how chance disturbs a server and the runs against it, the same way each time for one seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from random import Random

from sqlalchemy import Engine

from connector.sync import SyncResult
from tests.connector.fake_kobo import FakeKobo
from tests.connector.fake_kobo_faults import killed
from tests.connector.proofs.changes import CHANGES, hide, reveal, time_passes
from tests.connector.proofs.faults import KINDS
from tests.connector.proofs.light_project import light_record
from tests.connector.proofs.scenario import FAR
from tests.connector.proofs.state import Key, state_of
from tests.connector.proofs.world import PROJECTS, A, B, World

LONG_AFTER = timedelta(days=8)
"""By then all records have been compared one by one."""
REQUESTS = 14
"""A fault comes at one of so many first requests; a run that makes fewer is undisturbed."""
NAMES = tuple(CHANGES)
ALONE = "SCHEDULE_SEED"
"""The variable that says which schedule to live again."""


@dataclass
class Schedule:
    """One life of a server and a database, decided by a seed.

    `may_need_comparison`: something happened that leaves no trace, so that only a comparison of all records shows it.
    """

    seed: int
    engine: Engine
    may_need_comparison: bool = False
    chance: Random = field(init=False)
    world: World = field(init=False)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        uids = (A, B) if self.chance.random() < 0.15 else (A,)
        kobo = self._server(uids)
        self.world = World(kobo, self.engine, projects=[each for each in PROJECTS if each.asset_uid in uids])

    def check(self) -> None:
        """Live it: runs with all that disturbs them, then a clean one that makes all good."""
        for _ in range(self.chance.choice((1, 1, 1, 2, 3))):
            for _ in range(self.chance.randrange(5)):
                self.world.change(self._some_change())
            self._some_run()
        self._make_good()

    def _server(self, uids: Sequence[str]) -> FakeKobo:
        kobo = FakeKobo()
        kobo.clock.tick = self.chance.choice((0, 1, 1, 61))
        kobo.history_status = self.chance.choice((200, 200, 403, 404))
        kobo.dates_modified = self.chance.random() < 0.2
        kobo.page_cap = self.chance.choice((1000, 1000, 3, 2))
        for uid in uids:
            kobo.project(uid)
            for number in range(self.chance.randrange(7)):
                photo = {"photo": f"{number}.jpg"} if self.chance.random() < 0.3 else {}
                kobo.add(uid, light_record(number, **photo), f"{uid[1:3]}-{number}")
            if self.chance.random() < 0.5:
                kobo.serve_others(FAR)
                kobo.add(uid, light_record(9), f"{uid[1:3]}-far")
        return kobo

    def _some_change(self) -> Callable[[FakeKobo], object]:
        uid = self.chance.choice([*self.world.kobo.projects])
        step = CHANGES[self.chance.choice(NAMES)]
        luck = self.chance.random()
        if luck < 0.08:
            step = time_passes
        elif luck < 0.12:
            step, self.may_need_comparison = self.chance.choice((hide, reveal)), True
        elif luck < 0.14:
            return self._turn_history
        return partial(_apply, step=step, uid=uid, seed=self.chance.randrange(10**6))

    def _turn_history(self, kobo: FakeKobo) -> None:
        """A permission is given or taken away."""
        kobo.history_status = 403 if kobo.history_status == 200 else 200

    def _some_run(self) -> None:
        kobo, luck, at = self.world.kobo, self.chance.random(), 1 + self.chance.randrange(REQUESTS)
        kobo.forget()
        if luck < 0.35:
            kind = self.chance.choice(KINDS)
            kind.put(kobo, at, is_lasting=self.chance.random() < 0.5)
            self.may_need_comparison |= kind.is_lie
        elif luck < 0.65:
            kobo.before[at] = partial(self._in_the_middle, self.chance.randrange(1, 3))
        elif luck < 0.75:
            kobo.faults[at] = killed
        self.world.run_checked()

    def _in_the_middle(self, changes: int) -> None:
        for _ in range(changes):
            self.world.change(self._some_change())

    def _make_good(self) -> None:
        world = self.world
        world.kobo.forget()
        world.change(_reveal_all)
        if self.may_need_comparison and isinstance(world.run_checked(), SyncResult) and world.is_whole():
            world.check_whole()
        else:
            world.now += LONG_AFTER if self.may_need_comparison else timedelta()
            world.run_clean()
        if self.seed % 10 == 0:  # the enumeration looks at it in every case
            world.check_idle()


def check_schedule(seed: int, engine: Engine) -> dict[Key, str]:
    """Live one schedule; whatever fails tells its seed. Returns what the database held at the end."""
    try:
        Schedule(seed, engine).check()
    except BaseException as error:
        error.add_note(
            f"in the schedule of seed {seed}; alone: {ALONE}={seed} pytest tests/connector/proofs -k schedule"
        )
        raise
    return dict(state_of(engine).live)


def _reveal_all(kobo: FakeKobo) -> None:
    for project in kobo.projects.values():
        project.hidden.clear()


def _apply(kobo: FakeKobo, step: Callable[[FakeKobo, str, Random], None], uid: str, seed: int) -> None:
    step(kobo, uid, Random(seed))
