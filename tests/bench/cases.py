"""Knows what is measured: first loads against the floor and dlt, memory, requests of later runs, a slow line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Self

from tests.bench.checked import wrong_rows
from tests.bench.children import MEGABYTE, ROOT, Cost, Pairs, RunningServer, bench_server, middle, module, run_child
from tests.bench.corpus import KINDS
from tests.bench.databases import Databases, Target, parts_of
from tests.bench.prepare import TOKEN

DLT_PYTHON = ROOT / ".venv-bench" / "bin" / "python"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report: what was measured, what was found, what it should be; `note` says how."""

    what: str
    found: str
    bound: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bench:
    """How much is measured: `size` records, `rounds` pairs; corpora are kept in `folder`."""

    size: int
    rounds: int
    folder: Path

    @contextmanager
    def server(self, kind: str, *options: str, size: int | None = None) -> Iterator[RunningServer]:
        """A server of a corpus, which it makes if need be: a child counts as large as its parent was as it began."""
        whole = size or self.size
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{kind}.json").write_text(json.dumps(KINDS[kind].content()), encoding="utf-8")
        with bench_server(kind, whole, self.folder, *options) as server:
            yield server

    # The programs.

    def floor(self, kind: str, target: Target, server: RunningServer) -> Cost:
        """The least that a load can be."""
        content = self.folder / f"{kind}.json"
        command = module("tests.bench.floor", server.address, KINDS[kind].uid, target.plain, "--content", content)
        return run_child(command)[0]

    def prepare(self, kind: str, target: Target, server: RunningServer, size: int | None = None) -> None:
        """What is not measured: tables and adoption, which another command does, once."""
        run_child(module("tests.bench.prepare", kind, target.url, server.address, str(size or self.size)))

    def sync(self, target: Target, server: RunningServer) -> tuple[Cost, str]:
        """The whole command `healing sync`."""
        return run_child(module("connector", "sync"), _settings(target, server))

    def dlt(self, kind: str, databases: Databases, target: Target, server: RunningServer) -> Cost:
        """dlt's merge of the same records."""
        place = target.plain if databases.server is None else ",".join(parts_of(target).values())
        with TemporaryDirectory(prefix="healing-dlt-") as folder:
            script = ROOT / "tests" / "bench" / "dlt_merge.py"
            return run_child([DLT_PYTHON, script, server.address, KINDS[kind].uid, folder, place])[0]

    # What is asked of them.

    def first_load(self, kind: str, databases: Databases) -> Pairs:
        """Floor and first load in turn, after one of each that is not counted."""
        floors, loads = list[Cost](), list[Cost]()
        with self.server(kind) as server:
            for _ in range(self.rounds + 1):
                with databases.new() as target:
                    floors.append(self.floor(kind, target, server))
                with databases.new() as target:
                    self.prepare(kind, target, server)
                    loads.append(self.sync(target, server)[0])
        return _paired(loads[1:], floors[1:])

    def against_dlt(self, kind: str, databases: Databases) -> Pairs:
        """First load and dlt's merge in turn; the ratio is how much more dlt takes."""
        loads, merges = list[Cost](), list[Cost]()
        with self.server(kind) as server:
            for _ in range(self.rounds):
                with databases.new() as target:
                    self.prepare(kind, target, server)
                    loads.append(self.sync(target, server)[0])
                with databases.new() as target:
                    merges.append(self.dlt(kind, databases, target, server))
        return _paired(merges, loads)

    def later_runs(self, databases: Databases, has_history: bool) -> list[Line]:
        """Requests, and what is left wrong, when nothing and when 200 records changed since the last run."""
        how = "with the history log" if has_history else "without the history log"
        with self.server("survey", *([] if has_history else ["--no-history"])) as server, databases.new() as target:
            self.prepare("survey", target, server)
            for _ in range(2):  # the second run settles what the first could not know
                self.sync(target, server)
            server.ask("requests")
            idle, _ = self.sync(target, server)
            quiet = Asked.of(server.ask("requests"))
            changed = server.ask("change")
            cost, _ = self.sync(target, server)
            asked = Asked.of(server.ask("requests"))
            wrong = wrong_rows(target.url, server.address, changed)
        bound = "≤ 10" if has_history else "≤ 110"
        told = "; ".join(wrong) or "nothing left wrong"
        what = f"100 new, 50 edited, 30 re-validated, 20 deleted of {self.size:,}, {how}: requests for the form"
        return [
            Line(f"nothing changed, {how}: requests for the form", str(quiet.of_form), "≤ 3", quiet.rest),
            Line("the same: CPU seconds", f"{idle.cpu:.2f}", "", f"{idle.memory / MEGABYTE:.0f} MB"),
            Line(what, str(asked.of_form), bound, f"{asked.rest}; {told}"),
            Line("the same: CPU seconds", f"{cost.cpu:.2f}", "", f"{cost.memory / MEGABYTE:.0f} MB"),
        ]

    def slow_line(self, databases: Databases, size: int, delay: float) -> Line:
        """Wall seconds of a first load when every answer takes `delay` seconds."""
        with self.server("survey", "--delay", str(delay), size=size) as server, databases.new() as target:
            self.prepare("survey", target, server, size)
            cost, _ = self.sync(target, server)
        memory = f"{cost.memory / MEGABYTE:.0f} MB, {cost.cpu:.1f} s of CPU"
        return Line(
            f"{size:,} records at {1000 * delay:.0f} ms a page: wall seconds", f"{cost.wall:.1f}", "≤ 10", memory
        )

    def where(self, kind: str, databases: Databases) -> str:
        """The parts of the program by share of CPU time."""
        with self.server(kind) as server, databases.new() as target:
            self.prepare(kind, target, server)
            _, said = run_child([sys.executable, "-m", "tests.bench.where"], _settings(target, server))
        shares = json.loads(said.splitlines()[-1])
        return " · ".join(f"{part} {share:.0f} %" for part, share in shares.items() if share >= 0.5)


def _settings(target: Target, server: RunningServer) -> dict[str, str]:
    return {"KOBO_SERVER": server.address, "KOBO_TOKEN": TOKEN, "DATABASE_URL": target.url}


def _paired(programs: Sequence[Cost], floors: Sequence[Cost]) -> Pairs:
    ratios = tuple(program.cpu / floor.cpu for program, floor in zip(programs, floors, strict=True))
    return Pairs(ratios, middle(programs), middle(floors))


@dataclass(frozen=True, slots=True)
class Asked:
    """How many requests were about the form; those for the account and the list of forms are for all forms of a run."""

    of_form: int
    of_all: int

    @classmethod
    def of(cls, requests: Sequence[str]) -> Self:
        """Count the requests of one run."""
        of_form = sum(request.startswith("/api/v2/assets/a") for request in requests)
        return cls(of_form, len(requests) - of_form)

    @property
    def rest(self) -> str:
        """The requests that are not counted, in words."""
        return f"and {self.of_all} for all forms of a run together"


def load_line(what: str, pairs: Pairs, size: int, bound: str, against: str) -> Line:
    """A ratio with what it is made of: CPU of both in µs a record, and the memory of the program."""
    each, floor = (1e6 * cost.cpu / size for cost in (pairs.program, pairs.floor))
    memory = f"{pairs.program.memory / MEGABYTE:.0f} MB"
    return Line(what, pairs.ratio, bound, f"{each:.0f} µs a record, {against} {floor:.0f} µs; {memory}")


def median_ratio(pairs: Pairs) -> float:
    """The middle of the ratios."""
    return median(pairs.ratios)
