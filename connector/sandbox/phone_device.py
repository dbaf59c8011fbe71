"""Knows what a form learns from the phone itself: who is signed in, what time it is, chance and new ids."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from connector.sandbox.phone_engine import JavaObject, implement, java, java_list, java_time

KIGALI = dt.timezone(dt.timedelta(hours=2))
"""Rwanda's clock, all year."""


def wall_clock() -> dt.datetime:
    """The real time, in Rwanda's zone."""
    return dt.datetime.now(KIGALI)


class Chance:
    """The random numbers and ids of one filled form; each question draws from a stream of its own.

    JavaRosa calculates questions in an order that differs from one start of Java to the next, so a single stream would
    give the same seed another client code each time.
    """

    def __init__(self, rng: random.Random) -> None:
        self._base = rng.getrandbits(64)
        self._drawn: Counter[str] = Counter()

    def number(self, path: str) -> float:
        """The next random number, from 0 to below 1, for the question at `path`."""
        return self._next(path).random()

    def new_uuid(self, path: str) -> str:
        """The next random UUID for the question at `path`."""
        return str(uuid.UUID(int=self._next(path).getrandbits(128), version=4))

    def _next(self, path: str) -> random.Random:
        self._drawn[path] += 1
        return random.Random(f"{self._base}/{path}/{self._drawn[path]}")


@dataclass(frozen=True, slots=True)
class Device:
    """The phone in somebody's hand: who is signed in, its clock (aware datetimes), its source of chance and of ids."""

    username: str = "cha001"
    device_id: str = "collect:demo0000000001"
    clock: Callable[[], dt.datetime] = wall_clock
    rng: random.Random = field(default_factory=random.SystemRandom)

    def java_now(self, *, whole_day: bool = False) -> JavaObject:
        """The clock's time as a `java.util.Date`, or midnight of that day in Rwanda."""
        now = self.clock()
        if whole_day:
            now = now.astimezone(KIGALI).replace(hour=0, minute=0, second=0, microsecond=0)
        return java_time(round(now.timestamp() * 1000))


def attach_device(definition: JavaObject, device: Callable[[], Device], chance: Callable[[], Chance]) -> None:
    """Let a parsed form ask for the time, chance, ids and its metadata (start, end, today, instance ID)."""
    answers: dict[str, Callable[[str], Any]] = {
        "sim-today": lambda path: device().java_now(whole_day=True),
        "sim-now": lambda path: device().java_now(),
        "sim-uuid": lambda path: chance().new_uuid(path),
        "sim-random": lambda path: chance().number(path),
    }
    for name, answer in answers.items():
        definition.addFunctionHandler(_function_handler(name, answer))
    date_time, text, date = (java(f"core.model.data.{kind}") for kind in ("DateTimeData", "StringData", "DateData"))
    first: dict[str, Callable[[str], Any]] = {
        "uid": lambda asked: text("uuid:" + chance().new_uuid("instanceID")),
        "date": lambda asked: date(device().java_now(whole_day=True)),
        "timestamp": lambda asked: date_time(device().java_now()) if asked == "start" else None,
    }
    for kind, fill in first.items():
        definition.getPreloader().addPreloadHandler(_preload_handler(kind, fill, device))


def sign_in(device: Device) -> None:
    """Tell JavaRosa, which keeps it once for the whole process, whose phone this is."""
    known = {"username": device.username, "deviceid": device.device_id}
    manager = implement(
        "core.services.IPropertyManager",
        getProperty=lambda name: None,
        setProperty=lambda name, value: None,
        getSingularProperty=lambda name: known.get(name.split(":")[-1]),
        addRules=lambda rules: None,
        getRules=lambda: java_list(),
    )
    java("core.services.PropertyManager").setPropertyManager(manager)


def _function_handler(name: str, answer: Callable[[str], Any]) -> JavaObject:
    return implement(
        "core.model.condition.IFunctionHandler",
        getName=lambda: name,
        getPrototypes=lambda: java_list(),
        rawArgs=lambda: True,
        realTime=lambda: False,
        eval=lambda arguments, context: answer(str(context.getContextRef().toString(True))),
    )


def _preload_handler(kind: str, fill: Callable[[str], Any], device: Callable[[], Device]) -> JavaObject:
    def at_the_end(node: JavaObject, asked: str) -> bool:
        if kind != "timestamp" or asked != "end":
            return False
        node.setAnswer(java("core.model.data.DateTimeData")(device().java_now()))
        return True

    return implement(
        "core.model.utils.IPreloadHandler",
        preloadHandled=lambda: kind,
        handlePreload=fill,
        handlePostProcess=at_the_end,
    )
