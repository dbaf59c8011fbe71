"""Over the thirty records of the recording, the data API answers every recorded query as the real server did."""

from collections.abc import Iterator

import pytest

from tests.sandbox.recorded_records import ASSET, RECORDS, sandbox_with_records
from tests.sandbox.replay import Exchange, Replay, compare_values, load_exchanges

UNMATCHED = {
    "07-049": "geojson, which the product does not read",
    "07-048": "raw XML is what the phone sent, and the recording kept only what became of it",
    "07-054": "raw XML is what the phone sent, and the recording kept only what became of it",
    "07-107": "the settings of exports and sharing that the recorded project had gathered by then",
}
EXCHANGES = [item for item in load_exchanges("07_data") if item.id >= "07-044"]
MATCHED = [item for item in EXCHANGES if item.id not in UNMATCHED]


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    """A sandbox that holds the recorded thirty records, under their recorded numbers."""
    with sandbox_with_records(tmp_path_factory.mktemp("sandbox")) as replay:
        yield replay


@pytest.mark.parametrize("exchange", [pytest.param(item, id=f"{item.id} {item.name}") for item in MATCHED])
def test_a_recorded_query_is_answered_as_recorded(exchange: Exchange, replay: Replay) -> None:
    assert replay.play(exchange) == []


def test_the_project_counts_its_records(replay: Replay) -> None:
    assert replay.api("GET", ASSET).json()["deployment__submission_count"] == len(RECORDS)


def test_every_record_reads_as_it_was_recorded(replay: Replay) -> None:
    live = replay.api("GET", f"{ASSET}data/").json()["results"]
    assert list(compare_values(RECORDS, live, replay.url)) == []
    assert [record["_id"] for record in live] == [record["_id"] for record in RECORDS]
