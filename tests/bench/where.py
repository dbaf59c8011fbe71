"""Knows where the CPU time of a sync goes: which part of the program is at work, asked every few milliseconds."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections import Counter
from types import FrameType

EVERY = 0.002
LOADING = "loading modules"
PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("database", ("connector.bulk", "connector.live_rows", "connector.raw_rows", "sqlalchemy", "psycopg", "sqlite3")),
    ("scores", ("connector.recompute", "connector.instrument_rows", "connector.version_scoring", "forms.expression")),
    ("facts", ("connector.fact", "connector.refresh", "connector.person", "connector.derive")),
    (
        "typing",
        (
            "connector.record",
            "connector.plain",
            "connector.many",
            "connector.adopted",
            "connector.answer",
            "connector.layout",
        ),
    ),
    (
        "raw record",
        ("connector.store", "connector.prepared", "connector.submission", "connector.identity", "connector.project"),
    ),
    ("JSON", ("connector.strict_json", "connector.kobo_page")),
    ("HTTP", ("requests", "urllib3", "http", "socket", "ssl", "connector.kobo", "connector.page_flight")),
)
"""What the innermost frame that is in one of these modules is doing."""


class Sampler:
    """Adds up, at each tick of the CPU clock, the time since the tick before for the part that is at work.

    A tick waits until a call into C is over, however long that takes; the time in it is counted whole.
    """

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()
        self.last = time.process_time()

    def tick(self, _signal: int, frame: FrameType | None) -> None:
        """Count the CPU time since the last tick, of all threads, for what this one does."""
        now = time.process_time()
        self.found[part_of(frame)] += round((now - self.last) * 1e6)
        self.last = now

    def shares(self) -> dict[str, float]:
        """Per cent of the CPU time by part."""
        whole = sum(self.found.values()) or 1
        return {part: round(100 * count / whole, 1) for part, count in self.found.most_common()}


def part_of(frame: FrameType | None) -> str:
    """The part of the innermost frame that is in one; what a module does while it is loaded is loading."""
    found = ""
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name.startswith(("importlib._bootstrap", "_frozen_importlib")):
            return LOADING
        found = found or next((part for part, modules in PARTS if name.startswith(modules)), "")
        frame = frame.f_back
    return found or "other"


def main() -> None:
    """Run `healing sync` with the environment's settings; the last line printed is the shares, as JSON."""
    sampler = Sampler()
    sampler.last, sampler.found[LOADING] = time.process_time(), round(time.process_time() * 1e6)
    signal.signal(signal.SIGPROF, sampler.tick)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    from connector.cli import main as healing

    code = healing(["sync"])
    signal.setitimer(signal.ITIMER_PROF, 0)
    print(json.dumps(sampler.shares()))
    sys.exit(code)


if __name__ == "__main__":
    main()
