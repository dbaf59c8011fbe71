"""Knows how a step is timed on a noisy machine: several rounds, the fastest counts, printed beside its budget."""

import time
from collections.abc import Callable

ROUNDS = 3


def fastest_seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Wall-clock seconds of the fastest of several rounds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def check_budget(step: str, work: Callable[[], object], budget_seconds: float, rounds: int = ROUNDS) -> None:
    """Time a step and print it. Raises AssertionError when the fastest round is over the budget."""
    seconds = fastest_seconds(work, rounds)
    print(f"\n  {step}: {seconds:.2f} s (budget {budget_seconds:g} s)", end="")
    assert seconds <= budget_seconds, f"{step} took {seconds:.2f} s, budget {budget_seconds:g} s"
