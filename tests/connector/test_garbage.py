"""What is promised about looking for garbage: seldom inside the block, as before it afterwards."""

from __future__ import annotations

import gc
import weakref

import pytest

from connector.garbage import OBJECTS_BETWEEN, collect_new, collections_by_hand, rare_collections


def test_garbage_is_looked_for_seldom_and_afterwards_as_before() -> None:
    before = gc.get_threshold()
    with pytest.raises(RuntimeError), rare_collections():
        assert gc.get_threshold()[0] == OBJECTS_BETWEEN and gc.get_freeze_count() > 0
        raise RuntimeError
    assert gc.get_threshold() == before and gc.get_freeze_count() == 0


class Ring:
    """An object that only a look for cycles finds."""

    def __init__(self) -> None:
        self.self = self


@pytest.mark.parametrize("was_enabled", [True, False])
def test_by_hand_new_garbage_is_found_once_it_is_much_and_afterwards_as_before(was_enabled: bool) -> None:
    gc.enable() if was_enabled else gc.disable()
    try:
        with collections_by_hand():
            assert not gc.isenabled()
            ring = weakref.ref(Ring())
            collect_new()
            assert ring() is not None
            _many = [list[int]() for _ in range(2 * OBJECTS_BETWEEN)]
            collect_new()
            assert ring() is None
        assert gc.isenabled() == was_enabled
    finally:
        gc.disable()  # as for all tests
