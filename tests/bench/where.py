"""Knows where the CPU time of a sync goes: which part of the program is at work, asked every few milliseconds."""

from __future__ import annotations

import json
import signal
import sys
from collections import Counter
from types import FrameType

from connector.cli import main as healing

EVERY = 0.002
PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("database", ("connector.bulk", "connector.live_rows", "sqlalchemy", "psycopg", "sqlite3")),
    ("scores", ("connector.recompute", "connector.instrument_rows", "connector.version_scoring", "forms.expression")),
    ("facts", ("connector.facts", "connector.refresh", "connector.person", "connector.derive")),
    ("typing", ("connector.records", "connector.adopted", "connector.answer", "connector.layout")),
    ("raw record", ("connector.store", "connector.submission", "connector.identity", "connector.project")),
    ("JSON", ("connector.strict_json", "connector.kobo_page")),
    ("HTTP", ("requests", "urllib3", "http", "socket", "ssl", "connector.kobo", "connector.page_flight")),
    ("loading modules", ("importlib", "forms", "<")),
)
"""What the innermost frame that is in one of these modules is doing."""


class Sampler:
    """Counts, at each tick of the CPU clock, which part is at work."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()

    def tick(self, _signal: int, frame: FrameType | None) -> None:
        """Look from the innermost frame outwards for a part that is known."""
        while frame is not None:
            name = str(frame.f_globals.get("__name__", "<"))
            for part, modules in PARTS:
                if name.startswith(modules):
                    self.found[part] += 1
                    return
            frame = frame.f_back
        self.found["other"] += 1

    def shares(self) -> dict[str, float]:
        """Per cent of the ticks by part."""
        whole = sum(self.found.values()) or 1
        return {part: round(100 * count / whole, 1) for part, count in self.found.most_common()}


def main() -> None:
    """Run `healing sync` with the environment's settings; the last line printed is the shares, as JSON."""
    sampler = Sampler()
    signal.signal(signal.SIGPROF, sampler.tick)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    code = healing(["sync"])
    signal.setitimer(signal.ITIMER_PROF, 0)
    print(json.dumps(sampler.shares()))
    sys.exit(code)


if __name__ == "__main__":
    main()
