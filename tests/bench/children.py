"""Knows how a whole program is measured: as a child process, by what the system says of its time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[2]
MEGABYTE = 2**20


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU (user and system) and wall seconds of one child, and the most memory it held, in bytes."""

    cpu: float
    wall: float
    memory: int


@dataclass(frozen=True, slots=True)
class Pairs:
    """A program and its floor, run in turn: ratios of CPU seconds, pair by pair, and the median costs of both."""

    ratios: tuple[float, ...]
    program: Cost
    floor: Cost

    @property
    def ratio(self) -> str:
        """The median ratio, with the lowest and the highest."""
        return f"{median(self.ratios):.2f} [{min(self.ratios):.2f}-{max(self.ratios):.2f}]"


class FailedChildError(RuntimeError):
    """A program that was to be measured did not end well; the text is the end of what it said."""


def run_child(arguments: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> tuple[Cost, str]:
    """Run a program to its end; returns its cost and what it printed. Raises FailedChildError."""
    began = time.perf_counter()
    everything = _surroundings() | dict(environment or {})
    child = subprocess.Popen(
        [*map(str, arguments)], cwd=ROOT, env=everything, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert child.stdout is not None
    said = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stdout.close()
    if child.returncode:
        raise FailedChildError(f"{arguments} ended with {child.returncode}:\n{said[-2000:]}")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - began, used.ru_maxrss * 1024), said


def _surroundings() -> dict[str, str]:
    """The environment of a program as it is once installed: Python keeps what it has compiled, whatever is set here."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": str(ROOT)}


def module(name: str, *arguments: str | Path) -> list[str]:
    """The command that runs a module of this repository with this Python."""
    return [sys.executable, "-m", name, *map(str, arguments)]


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(median(c.cpu for c in costs), median(c.wall for c in costs), int(median(c.memory for c in costs)))


@dataclass(frozen=True, slots=True)
class RunningServer:
    """The bench server in its own process, and one question that only the benchmark asks."""

    address: str

    def ask(self, what: str) -> Any:
        """`change` or `requests`, see the server."""
        with urllib.request.urlopen(f"{self.address}/bench/{what}") as answer:
            return json.load(answer)


@contextmanager
def bench_server(kind: str, size: int, folder: Path, *options: str) -> Iterator[RunningServer]:
    """A server of that many records while the block lasts."""
    command = module("tests.bench.server", kind, str(size), folder, *options)
    process = subprocess.Popen(command, cwd=ROOT, env=_surroundings(), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield RunningServer(f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
