"""A watch runs at its interval, goes on after failures that pass, and stops where a person must act or says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from connector import errors
from connector.errors import HealingError
from connector.sync_watch import JITTER, Pace, is_passing, watch

EVERY = 900.0


@dataclass(slots=True)
class Day:
    """A clock that sleeping moves, `runs` that take so many seconds or fail, and then Ctrl-C."""

    runs: list[float | BaseException]
    chance: float = 0.5
    now: float = 1000.0
    slept: list[float] = field(default_factory=list)
    began: list[float] = field(default_factory=list)
    told: list[HealingError] = field(default_factory=list)

    def run(self) -> None:
        self.began.append(self.now)
        what = self.runs.pop(0)
        if isinstance(what, BaseException):
            raise what
        self.now += what

    def sleep(self, seconds: float) -> None:
        if not self.runs:
            raise KeyboardInterrupt
        self.slept.append(seconds)
        self.now += seconds

    def watch(self) -> int:
        return watch(self.run, Pace(EVERY, lambda: self.now, self.sleep, lambda: self.chance), self.told.append)


def all_errors(kind: type[HealingError] = HealingError) -> Iterator[type[HealingError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from all_errors(child)


def test_runs_begin_one_interval_after_another_however_long_they_take() -> None:
    day = Day([10, 300, 0, 10])
    assert day.watch() == 4
    assert day.began == [1000, 1900, 2800, 3700]


def test_a_run_that_takes_longer_than_the_interval_is_followed_by_the_next_after_a_breath() -> None:
    day = Day([5000, 10])
    day.watch()
    assert day.slept == [5]


@pytest.mark.parametrize(("chance", "interval"), [(0, 0.8 * EVERY), (0.5, EVERY), (1, 1.2 * EVERY)])
def test_chance_moves_each_run_by_a_fifth_at_most(chance: float, interval: float) -> None:
    day = Day([0, 0], chance)
    day.watch()
    assert day.slept == [pytest.approx(interval)]
    assert JITTER == 0.2


@pytest.mark.parametrize(
    "kind", [kind for kind in all_errors() if is_passing(kind("x"))], ids=lambda kind: kind.__name__
)
def test_a_failure_that_passes_is_told_and_the_next_run_comes_at_its_time(kind: type[HealingError]) -> None:
    error = kind("the server is away")
    day = Day([error, error, 10])
    assert day.watch() == 3
    assert day.told == [error, error] and day.began == [1000, 1900, 2800]


@pytest.mark.parametrize(
    "kind", [kind for kind in all_errors() if not is_passing(kind("x"))], ids=lambda kind: kind.__name__
)
def test_a_failure_for_which_a_person_must_act_ends_the_watch(kind: type[HealingError]) -> None:
    day = Day([10, kind("the token is refused"), 10])
    with pytest.raises(kind):
        day.watch()
    assert day.told == [] and len(day.runs) == 1


@pytest.mark.parametrize(
    ("kind", "passes"),
    [
        (errors.UnreachableServerError, True),
        (errors.ServerFailedError, True),
        (errors.NotKoboError, True),
        (errors.BadAnswerError, True),
        (errors.BusyError, True),
        (errors.DatabaseLockedError, True),
        (errors.DatabaseUnreachableError, True),
        (errors.MassDeletionError, True),
        (errors.MissingAssetError, True),
        (errors.FormRefusedError, True),
        (errors.InvalidTokenError, False),
        (errors.AccessError, False),
        (errors.SettingsError, False),
        (errors.SchemaTooNewError, False),
        (errors.StorageError, False),
        (HealingError, False),
    ],
)
def test_which_failures_pass(kind: type[HealingError], passes: bool) -> None:
    assert is_passing(kind("x")) is passes


def test_a_fault_of_the_program_ends_the_watch() -> None:
    with pytest.raises(ZeroDivisionError):
        Day([ZeroDivisionError()]).watch()


def stopping(day: Day) -> Callable[[], None]:
    def run() -> None:
        day.run()
        if not day.runs:
            raise KeyboardInterrupt

    return run


def test_stopped_in_the_midst_of_a_run_the_others_are_counted() -> None:
    day = Day([10, 10])
    ended = watch(stopping(day), Pace(EVERY, lambda: day.now, day.sleep, lambda: 0.5), day.told.append)
    assert ended == 1 and day.told == []
