"""Knows how a process that syncs is made from this one in no time, and killed at any instant."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from connector.database import sqlite_file


def run_in_child(work: Callable[[], object]) -> int:
    """Do this in a process of its own, a copy of this one; return its number at once."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)


def seconds_of(work: Callable[[], object]) -> float:
    """How long it takes in a process of its own when nobody disturbs it."""
    began = time.monotonic()
    _, status = os.waitpid(run_in_child(work), 0)
    assert os.waitstatus_to_exitcode(status) == 0
    return time.monotonic() - began


def kill_after(seconds: float, work: Callable[[], object]) -> bool:
    """Kill the process that does this after so many seconds; whether it was still at work then."""
    child = run_in_child(work)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def put_back(engine: Engine, content: bytes) -> None:
    """Give a database in a file an earlier content, without what a killed writer left beside it."""
    path = sqlite_file(engine)
    assert path is not None
    engine.dispose()
    for left in path.parent.glob(f"{path.name}-*"):
        left.unlink()
    path.write_bytes(content)


def check_integrity(engine: Engine) -> None:
    """The file itself is whole."""
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def in_memory(otherwise: Path) -> Path:
    """A folder that lives in memory where the system has one: a kill is the same there, and the disk is spared."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() else otherwise
