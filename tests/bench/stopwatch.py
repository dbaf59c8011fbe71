"""Knows how steps are compared on a noisy machine: in turn, in one run, CPU seconds, as a ratio to a floor."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Comparison:
    """CPU seconds of the floor (median) and the ratio of the step to it, pair by pair: lowest, median, highest."""

    floor_seconds: float
    lowest: float
    middle: float
    highest: float


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds, user and system, of this process for one round of work."""
    start = time.process_time()
    work()
    return time.process_time() - start


def compare(
    step: str, work: Callable[[], object], floor: Callable[[], object], *, against: str, rounds: int = ROUNDS
) -> Comparison:
    """Run floor and step in turn after one warm-up each, and print the ratio."""
    cpu_seconds(floor)
    cpu_seconds(work)
    pairs = [(cpu_seconds(floor), cpu_seconds(work)) for _ in range(rounds)]
    ratios = sorted(seconds / base for base, seconds in pairs)
    found = Comparison(median(base for base, _ in pairs), ratios[0], median(ratios), ratios[-1])
    print(
        f"\n  {step}: {found.middle:.2f} × {against} [{found.lowest:.2f}-{found.highest:.2f}]"
        f" (floor {1000 * found.floor_seconds:.0f} ms CPU)",
        end="",
    )
    return found
