"""Knows the cases in which the sync is known to claim completeness, or to move its cursor, a moment too early."""

from __future__ import annotations

import pytest

KNOWN_FAULTS = (
    "test_a_known_fault_is_still_there_on_sqlite[133]",
    "test_a_known_fault_is_still_there_on_sqlite[477]",
    "test_a_known_fault_is_still_there_on_sqlite[616]",
    "test_a_fault_at_any_request_loses_and_invents_nothing[not UTF-8]",
    "test_a_change_before_any_request_is_here_after_the_next_run[new-markers]",
    "test_a_change_before_any_request_is_here_after_the_next_run[late-markers]",
    "test_a_change_before_any_request_is_here_after_the_next_run[back-dated-markers]",
    "test_a_change_before_any_request_is_here_after_the_next_run[deleted files-history]",
    "test_a_change_before_any_request_is_here_after_the_next_run[redeployment-markers]",
)
"""Found by the last version of these proofs and not mended yet: docs/sync.md, "Known faults"."""
REASON = "a known fault of the sync, not mended yet: docs/sync.md"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the run go on over what is known; whoever mends a fault is told to take its line out."""
    for item in items:
        if item.name in KNOWN_FAULTS:
            item.add_marker(pytest.mark.xfail(reason=REASON, strict=True))
