"""What is promised about looking for garbage: seldom inside the block, as before it afterwards."""

from __future__ import annotations

import gc

import pytest

from connector.garbage import OBJECTS_BETWEEN, rare_collections


def test_garbage_is_looked_for_seldom_and_afterwards_as_before() -> None:
    before = gc.get_threshold()
    with pytest.raises(RuntimeError), rare_collections():
        assert gc.get_threshold()[0] == OBJECTS_BETWEEN and gc.get_freeze_count() > 0
        raise RuntimeError
    assert gc.get_threshold() == before and gc.get_freeze_count() == 0
