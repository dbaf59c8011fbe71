"""What a person is told about a database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.errors import HealingError
from connector.status import status_lines
from tests.connector.fake_kobo import FakeKobo, html
from tests.connector.sync_scenes import NOW, empty_database, fill, run


def test_records_completeness_and_the_last_run_are_told() -> None:
    engine, kobo = empty_database(), FakeKobo()
    fill(kobo)
    result = run(engine, kobo)
    with engine.connect() as connection:
        lines = status_lines(connection, NOW + timedelta(hours=3))
    assert "intake: 6 records, 0 deleted, complete as of 2026-11-23 09:00 UTC (3 h ago)" in lines
    assert f"last sync: ok, ended 2026-11-23 09:00 UTC (3 h ago): {result.line}" in lines
    assert lines[-1] == f"{result.problems} problems wait"


def test_a_failed_run_is_told_with_its_reason() -> None:
    engine, kobo = empty_database(), FakeKobo()
    kobo.faults = dict.fromkeys(range(1, 100), html)
    with pytest.raises(HealingError) as caught:
        run(engine, kobo)
    with engine.connect() as connection:
        lines = status_lines(connection, NOW)
    assert f"last sync: failed, ended 2026-11-23 09:00 UTC (0 min ago): {caught.value.message}" in lines
