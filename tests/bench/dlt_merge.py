"""Knows how dlt loads the same records: a resource of pages, merged by `_id`. Runs in an environment of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

QUIET = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
    "DATA_WRITER__DISABLE_COMPRESSION": "true",
    "LOAD__WORKERS": "1",
}


def main() -> None:
    """dlt_merge SERVER UID FOLDER DATABASE: a path, or three parts of PostgreSQL's address with commas between."""
    os.environ.update(QUIET)
    import dlt  # type: ignore[import-not-found]
    import requests

    server, uid, folder, database = sys.argv[1:]

    @dlt.resource(name="record", primary_key="_id", write_disposition="merge")
    def records(
        since: Any = dlt.sources.incremental("_submission_time", initial_value="2000-01-01T00:00:00"),  # noqa: B008
    ) -> Iterator[list[dict[str, Any]]]:
        session, start, count = requests.Session(), 0, 1
        while start < count:
            params = {"limit": "1000", "start": str(start), "sort": '{"_id":1}'}
            page = session.get(f"{server}/api/v2/assets/{uid}/data/", params=params).json()
            yield page["results"]
            start, count = start + len(page["results"]), page["count"]

    if "," in database:
        host, username, name = database.split(",")
        # dlt wants a host by name; the folder of the socket, said later in the address, is what counts
        place = {"host": "localhost", "port": 5432, "query": {"host": host}}
        credentials = {"username": username, "database": name, "password": "x", **place}
        destination = dlt.destinations.postgres(credentials)
    else:
        destination = dlt.destinations.sqlalchemy(f"sqlite:///{database}")
    pipeline = dlt.pipeline("bench", destination=destination, dataset_name="main", pipelines_dir=folder)
    pipeline.run(records)


if __name__ == "__main__":
    main()
