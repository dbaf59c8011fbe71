"""Knows how a person asks for the measurements: `make bench`, in minutes, or all of them with `BENCH_ARGS=--full`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench.cases import DLT_PYTHON, Bench, Line, load_line
from tests.bench.databases import Databases, databases
from tests.bench.report import as_table, machine, write_page

FOLDER = Path.home() / ".cache" / "healing-bench"
CASES = ("load", "programme", "dlt", "later", "slow", "where")


def main() -> None:
    """Measure, print a table, and write it to the docs."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--records", type=int, default=10_000, help="records in each load")
    parser.add_argument("--rounds", type=int, default=3, help="pairs that are measured in turn")
    parser.add_argument("--full", action="store_true", help="100,000 records")
    parser.add_argument("--only", nargs="+", choices=CASES, default=CASES)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where made records are kept")
    parser.add_argument("--keep-page", action="store_true", help="leave docs/benchmarks.md as it is; so does --only")
    asked = parser.parse_args()
    bench = Bench(100_000 if asked.full else asked.records, asked.rounds, asked.folder)
    print(f"{bench.size:,} records; {machine()}")
    with databases() as both:
        lines, parts = list[Line](), list[str]()
        for line in measure(bench, both, asked.only):
            print(line if isinstance(line, str) else as_table([line]).splitlines()[-1], flush=True)
            (parts if isinstance(line, str) else lines).append(line)  # type: ignore[arg-type]
    if not asked.keep_page and set(asked.only) == set(CASES):
        said = " ".join(sys.argv[1:])
        write_page(lines, parts, "make bench" + (f' BENCH_ARGS="{said}"' if said else ""))


def measure(bench: Bench, both: Sequence[Databases], only: Sequence[str]) -> Iterator[Line | str]:
    """The lines of the report, one after the other; a text says where time goes."""
    for each in both if "load" in only else ():
        pairs = bench.first_load("survey", each)
        what = f"first load of {bench.size:,} records of any form into {each.name}: CPU ÷ floor"
        yield load_line(what, pairs, bench.size, "≤ 1.3", "floor")
    for each in both if "programme" in only else ():
        pairs = bench.first_load("outcome", each)
        what = f"first load of {bench.size:,} interviews with scores and facts into {each.name}: CPU ÷ floor"
        yield load_line(what, pairs, bench.size, "≤ 2.5", "floor")
    for each in both if "dlt" in only and DLT_PYTHON.exists() else ():
        pairs = bench.against_dlt("survey", each)
        yield load_line(f"dlt's merge into {each.name}: CPU ÷ ours", pairs, bench.size, "≥ 2", "ours")
    for has_history in (True, False) if "later" in only else ():
        yield from bench.later_runs(both[0], has_history)
    if "slow" in only:
        yield bench.slow_line(both[0], 30_000, 0.5)
    for kind in ("survey", "outcome") if "where" in only else ():
        yield f"{kind}, SQLite: {bench.where(kind, both[0])}"


if __name__ == "__main__":
    main()
