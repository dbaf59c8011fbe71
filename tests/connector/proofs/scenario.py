"""Knows the small story that every case of the enumeration disturbs: a run, changes of every kind, a second run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from random import Random

from sqlalchemy import Engine

from tests.connector.fake_kobo import FakeKobo
from tests.connector.proofs.changes import CHANGES
from tests.connector.proofs.light_project import light_record
from tests.connector.proofs.state import State, empty_light_database, state_of
from tests.connector.proofs.world import A, B, World
from tests.connector.sync_scenes import restore, snapshot

FAR = 5000
"""So far are old records behind new ones that what is read twice for safety does not reach them."""
FEEDS = ("history", "markers", "modified")
"""How a run learns what has changed: the project's history, marks on the records, or a date that a server may give."""
TWO_PROJECTS = "history of two projects"
"""The first feed with a second project: what goes wrong in one of them must not touch the other."""


def server(feed: str) -> FakeKobo:
    """A server with some records, of which the history may be read or not, in one project or in two."""
    kobo = FakeKobo()
    kobo.history_status = 200 if feed in ("history", TWO_PROJECTS) else 403
    kobo.dates_modified = feed == "modified"
    for number in range(7):
        kobo.add(A, light_record(number), f"root-{number}")
    kobo.add(A, light_record(8, photo="x.jpg"), "root-with-photo")
    kobo.serve_others(FAR)
    for number in range(2):
        kobo.add(A, light_record(number), f"tail-{number}")
    for number in range(3 if feed == TWO_PROJECTS else 0):
        kobo.add(B, light_record(number), f"other-{number}")
    kobo.validate(A, 106, "validation_status_approved")
    return kobo


def change_everything(kobo: FakeKobo) -> None:
    """One change of each kind in the first project, and a few in the second where there is one."""
    number_of = kobo.project(A).number_of
    first, second, third, fourth, fifth, photo = (
        number_of(root) or 0 for root in ("root-0", "root-1", "root-2", "root-3", "root-4", "root-with-photo")
    )
    kobo.clock.move(3600)
    kobo.edit(A, first, "edit-1", colour="green", visit=None)
    kobo.validate(A, second, None)
    kobo.validate(A, third, "validation_status_on_hold")
    kobo.delete(A, fourth)
    kobo.resend(A, kobo.delete(A, fifth))
    kobo.attach(A, photo, "x.jpg")
    kobo.add(A, light_record(20), "late", number=max(kobo.project(A).records) - 1)
    kobo.add(A, light_record(21), "back-dated", submitted_at="1970-01-01T00:00:00")
    kobo.project(A).redeploy("v2")
    kobo.add(A, light_record(22, new_question="yes"), "of-v2")
    if B in kobo.projects:
        change_second(kobo)
    kobo.clock.move(3600)


def change_second(kobo: FakeKobo) -> None:
    """An edit, a deletion and a new record."""
    kobo.edit(B, kobo.project(B).number_of("other-0") or 0, "edit-2", colour=None)
    kobo.delete(B, kobo.project(B).number_of("other-1") or 0)
    kobo.add(B, light_record(23), "other-new")


@dataclass
class Scenario:
    """The story up to the second run, which can be told again and again.

    `requests` counts what that second run asks of the server. `known` are states of the database of which it is known
    that a clean run makes them good, `idle` those of which it is known that a run finds nothing to do.
    """

    world: World
    start: bytes
    database: bytes
    requests: int = 0
    known: list[State] = field(default_factory=list)
    idle: list[State] = field(default_factory=list)

    def begin(self, page_cap: int = 1000) -> World:
        """The world just before the second run."""
        restore(self.world.engine, self.database)
        self.world.load(self.start)
        self.world.kobo.page_cap = page_cap
        return self.world


@cache
def scenario(feed: str) -> Scenario:
    """The story for one feed, up to its second run."""
    return told(feed, empty_light_database())


def told(feed: str, engine: Engine, make_world: Callable[[FakeKobo, Engine], World] = World) -> Scenario:
    """Tell the story on an empty database, in a world that is made by `make_world`."""
    kobo = server(feed)
    world = make_world(kobo, engine)
    world.projects = [project for project in world.projects if project.asset_uid in kobo.projects]
    world.run_clean()
    world.change(change_everything)
    world.kobo.forget()
    story = Scenario(world, world.save(), snapshot(engine))
    world.run_clean()
    story.requests = len(world.kobo.requests)
    world.check_idle()
    story.known.append(state_of(engine))
    story.idle.append(state_of(engine))
    return story


def happening(world: World, name: str, seed: int) -> Callable[[], None]:
    """A change of this kind, for `before` of the server."""
    return partial(world.change, partial(_apply, name=name, seed=seed))


def _apply(kobo: FakeKobo, name: str, seed: int) -> None:
    chance = Random(seed)
    CHANGES[name](kobo, chance.choice([A, *kobo.projects]), chance)
