"""Knows what every test stands on: the same examples each run, no network beyond this machine, no silent skips."""

import gc
import ipaddress
import itertools
import logging
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.postgres"]

IN_MEMORY, ENOUGH_MEMORY = Path("/dev/shm"), 6 * 1024**3


def live_in_memory() -> None:
    """Let all temporary files, databases above all, be where nothing waits for a disk, if there is plenty of room.

    Copying a database of PostgreSQL costs a tenth there. Whoever says where they are to be (TMPDIR) is followed.
    """
    is_free = "TMPDIR" not in os.environ and os.access(IN_MEMORY, os.W_OK | os.X_OK)
    if is_free and shutil.disk_usage(IN_MEMORY).free > ENOUGH_MEMORY:
        os.environ["TMPDIR"] = str(IN_MEMORY)
        tempfile.tempdir = None


live_in_memory()

settings.register_profile(
    "reproducible",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "soak", parent=settings.get_profile("reproducible"), derandomize=False, max_examples=5_000, print_blob=True
)
settings.load_profile("reproducible")


class OutsideNetworkError(RuntimeError):
    """A test tried to reach a machine other than this one; not an OSError, so that no retry can swallow it."""


def is_this_machine(host: object) -> bool:
    """Whether `host`, a name or an address as sockets take them, can only mean this machine."""
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(name)).is_loopback
    except ValueError:
        return False


REACHING = frozenset({"socket.getaddrinfo", "socket.connect", "socket.sendto"})


def guard_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit hook: let sockets reach this machine only; a name ending in `.invalid` is unknown, as it is everywhere."""
    if event not in REACHING:  # a hook hears of everything, a million times in a run
        return
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if str(host).endswith(".invalid"):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    if not is_this_machine(host):
        raise OutsideNetworkError(f"a test tried to reach {host}; tests talk to this machine only")


sys.addaudithook(guard_network)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--no-skips`, for runs where every tool a test may need is there."""
    parser.addoption("--no-skips", action="store_true", help="a test that would be skipped fails, with the reason")


def turn_skip_into_failure(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Make a skipped report a failed one that keeps its reason; an expected failure stays what it is."""
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"--no-skips: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under `--no-skips`, report a skipped test as failed."""
    report = yield
    if item.config.getoption("--no-skips"):
        turn_skip_into_failure(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Under `--no-skips`, report a skipped file as failed."""
    report = yield
    if collector.config.getoption("--no-skips"):
        turn_skip_into_failure(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None]:
    """After a call with `--verbose` nobody tells of the requests of later tests, to a stream that is closed by then."""
    try:
        return (yield)
    finally:
        logger = logging.getLogger("connector")
        logger.handlers.clear()
        logger.setLevel(logging.NOTSET)


@pytest.fixture
def loopback_listener() -> Iterator[tuple[str, int]]:
    """Host and port of a socket on this machine that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[:2]


LONGEST_FIRST = (
    "tests/connector/proofs/test_enumeration.py",
    "tests/connector/proofs/test_schedules.py",
    "tests/connector/proofs/",  # before Java starts, with which a process takes long to copy
    "tests/test_demo.py",
    "tests/sandbox/test_field_work_on_sandbox.py",
    "tests/forms/test_random_walks_at_",
    "tests/forms/test_pyxform3_equivalence.py",
    "tests/forms/test_people_on_phone.py",
    "tests/forms/test_item_space_on_phone.py",
    "tests/browser/",
    "tests/connector/test_areas_on_sandbox.py",
    "tests/connector/test_renamed_on_sandbox.py",
    "tests/sandbox/",
    "tests/dashboard/",
    "tests/bench/",
    "tests/connector/test_sync.py",
    "tests/connector/test_hostile",
    "tests/connector/test_derive",
    "tests/forms/",
)


def rank(item: pytest.Item) -> int:
    """The place of a test's file among the longest; the others come after them."""
    found = (place for place, start in enumerate(LONGEST_FIRST) if item.nodeid.startswith(start))
    return next(found, len(LONGEST_FIRST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that the processes of a parallel run end together."""
    items.sort(key=rank)


def pytest_collection_finish() -> None:
    """Look for garbage in cycles between tests alone.

    What all tests have loaded stays, and looking through it took an eighth. And whenever Java cleans up, JPype lets
    Python look through everything, unless that is off.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    gc.set_threshold(50_000, 20, 50)  # for those who turn it on


OBJECTS_BETWEEN, TESTS_BETWEEN = 50_000, 1_000
"""So many new objects, or tests, until garbage in cycles is looked for: among the young ones, or among all."""
tests_done = itertools.count(1)


def pytest_runtest_logfinish() -> None:
    """After a test."""
    if next(tests_done) % TESTS_BETWEEN == 0:
        gc.collect()
        gc.freeze()
    elif gc.get_count()[0] > OBJECTS_BETWEEN:
        gc.collect(1)
