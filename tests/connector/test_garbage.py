"""What is promised about looking for garbage: seldom inside the block, as before it afterwards."""

from __future__ import annotations

import ctypes
import gc
import resource
from types import SimpleNamespace

import pytest

from connector.garbage import OBJECTS_BETWEEN, keep_freed_memory, rare_collections


def test_garbage_is_looked_for_seldom_and_afterwards_as_before() -> None:
    before = gc.get_threshold()
    with pytest.raises(RuntimeError), rare_collections():
        assert gc.get_threshold()[0] == OBJECTS_BETWEEN and gc.get_freeze_count() > 0
        raise RuntimeError
    assert gc.get_threshold() == before and gc.get_freeze_count() == 0


@pytest.mark.parametrize("library", [SimpleNamespace(), SimpleNamespace(mallopt=lambda *_: 1)], ids=["other", "glibc"])
def test_freed_memory_is_kept_only_where_the_system_can(monkeypatch: pytest.MonkeyPatch, library: object) -> None:
    monkeypatch.setattr("ctypes.CDLL", {None: library}.__getitem__)
    keep_freed_memory()


def test_pages_use_the_memory_of_those_before() -> None:
    def faults_of_a_page() -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        _ = [bytes(10_000) for _ in range(1000)]
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    keep_freed_memory()
    faults_of_a_page()
    if hasattr(ctypes.CDLL(None), "mallopt"):
        assert faults_of_a_page() < 10_000_000 / resource.getpagesize() / 10
