"""Knows small proofs of how a sync behaves towards others: another run, a failing server, whoever stands in between."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from connector.database import open_database
from connector.errors import BusyError, HealingError
from connector.writer_lock import single_writer
from tests.connector.fake_kobo import SERVER
from tests.connector.proofs.faults import BY_NAME
from tests.connector.proofs.killing import in_memory
from tests.connector.proofs.probes import Program, after_first_run
from tests.connector.proofs.scenario import server
from tests.connector.proofs.state import prepared

MOST_TRIES = 5


def lets_nobody_else_write(program: Program) -> None:
    """While another run is active there is no second one."""
    with TemporaryDirectory(dir=in_memory(Path.cwd())) as folder:
        engine = prepared(open_database(f"sqlite:///{folder}/healing.db"))
        world = program.world(server("markers"), engine)
        world.projects = world.projects[:1]
        with single_writer(engine), pytest.raises(BusyError):
            world.run()
        engine.dispose()


def gives_up(program: Program) -> None:
    """A server that goes on failing is asked no more than a few times."""
    world = after_first_run(program, "markers")
    BY_NAME["503"].put(world.kobo, 1, is_lasting=True)
    with pytest.raises(HealingError):
        world.run()
    assert len(world.kobo.requests) <= MOST_TRIES


def stays_with_its_server(program: Program) -> None:
    """A redirect is not followed: nobody else hears of us."""
    world = after_first_run(program, "markers")
    BY_NAME["redirect"].put(world.kobo, 1, is_lasting=False)
    with pytest.raises(HealingError):
        world.run()
    assert world.kobo.hosts == {SERVER}


def shows_its_own_token(program: Program) -> None:
    """What a file named .netrc says of the server does not take the token's place."""
    world = after_first_run(program, "markers")
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as environment:
        netrc = Path(folder) / "netrc"
        netrc.write_text("machine kobo.invalid login somebody password else")
        environment.setenv("NETRC", str(netrc))
        world.run()
    assert world.kobo.tokens <= {None, "Token sentineltoken"}


def refuses_a_cut_body(program: Program) -> None:
    """A packed body without its end is not used, even if what is there can be read."""
    world = after_first_run(program, "markers")
    BY_NAME["gzip without its end"].put(world.kobo, 1, is_lasting=True)
    with pytest.raises(HealingError):
        world.run()
