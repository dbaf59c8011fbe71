"""Knows the calls about records: pages that miss nothing, counts, and a project's history."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connector.errors import AccessError, BadAnswerError, InvalidTokenError
from connector.kobo_answer import read_object
from connector.kobo_caller import Caller
from connector.kobo_values import HistoryEvent, Json, Page, bare_uuid

LARGEST_PAGE = 1000
"""The server's own limit; it cuts a larger wish silently."""
UUIDS_A_CALL = 100
"""A request line over 8 kB is refused with 414; this many keep it near 5 kB."""
RECORD_ACTIONS = ("add-submission", "modify-submission", "delete-submission")


class DataCalls(Caller):
    """Calls that read records. Each may also raise the errors of `Wire.send` and `error_of`."""

    def data_page(
        self,
        uid: str,
        *,
        query: Json | None = None,
        sort: Mapping[str, int] | None = None,
        fields: Sequence[str] | None = None,
        limit: int = LARGEST_PAGE,
    ) -> Page:
        """One page of a project's records, by `_id` unless `sort` says otherwise; perhaps shorter than `limit`.

        `query` is a MongoDB query (answers compare as text, `_id` as a number); with `fields` the server adds
        `_id`, `_uuid`, `meta/rootUuid` and `_validation_status` by itself.
        Raises BadAnswerError for a page that contradicts its own count.
        """
        params: dict[str, str | int] = {"sort": _compact(sort or {"_id": 1}), "limit": limit}
        if query:
            params["query"] = _compact(query)
        if fields is not None:
            params["fields"] = _compact(list(fields))
        answer = self._send("GET", f"/api/v2/assets/{uid}/data/", params=params)
        return _page(read_object(answer, "count", "results"), answer.where)

    def count(self, uid: str, query: Json | None = None) -> int:
        """How many records match, counted by the server."""
        return self.data_page(uid, query=query, fields=("_id",), limit=1).count

    def record_pages(
        self,
        uid: str,
        *,
        after_id: int = 0,
        query: Json | None = None,
        fields: Sequence[str] | None = None,
        page_size: int = LARGEST_PAGE,
    ) -> Iterator[Page]:
        """All records with `_id` over `after_id`, ascending, page by page, until the server says none remain.

        Pages continue from the last `_id`, so a record deleted meanwhile shifts nothing; a page that the server
        cut short is followed by another. `query` must not speak of `_id`.
        Raises BadAnswerError if the `_id`s do not rise: the server then ignored query or order.
        """
        last = after_id
        while True:
            page = self.data_page(uid, query={**(query or {}), "_id": {"$gt": last}}, fields=fields, limit=page_size)
            if page.records:
                last = _last_id(page, last, uid)
                yield page
            if page.count <= len(page.records):
                return

    def records_by_root_uuid(self, uid: str, root_uuids: Iterable[str]) -> Iterator[Json]:
        """The records with these root UUIDs (with or without `uuid:`), in no special order; absent ones are left out.

        What is left out is gone, or cannot be seen by this account.
        """
        wanted = sorted({f"uuid:{bare_uuid(root_uuid)}" for root_uuid in root_uuids})
        for start in range(0, len(wanted), UUIDS_A_CALL):
            query = {"meta/rootUuid": {"$in": wanted[start : start + UUIDS_A_CALL]}}
            for page in self.record_pages(uid, query=query):
                yield from page.records

    def history(
        self, uid: str, since: datetime, actions: Sequence[str] = RECORD_ACTIONS
    ) -> tuple[HistoryEvent, ...] | None:
        """What happened to records at `since` or later, newest first for each action, without repetitions.

        None if this account or this server offers no history (403, 404): then only a full comparison tells.
        Rows are written after the fact and may be false: look at the record before believing in a deletion.
        """
        try:
            events = [event for action in actions for event in self._events(uid, since, action)]
        except InvalidTokenError:
            raise
        except AccessError:
            return None
        return tuple(dict.fromkeys(events))

    def _events(self, uid: str, since: datetime, action: str) -> Iterator[HistoryEvent]:
        path = f"/api/v2/assets/{uid}/history/"
        start = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        query = f'date_created__gte:"{start}" AND action:{action}'
        for item in self._list(path, {"q": query, "limit": LARGEST_PAGE}):
            if _is_about_a_record(item):
                yield HistoryEvent.from_json(item, f"GET {path}")


def _is_about_a_record(event: Json) -> bool:
    """A row that names no record cannot be acted on; a full comparison finds what it meant."""
    metadata = event.get("metadata")
    return isinstance(metadata, dict) and "root_uuid" in (metadata.get("submission") or ())


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _page(value: Mapping[str, Any], where: str) -> Page:
    count, records = value["count"], value["results"]
    if not isinstance(count, int) or not isinstance(records, list):
        raise BadAnswerError(f"{where}: count and results of the page are of the wrong kind.")
    if count < len(records) or (count > 0 and not records):
        advice = "Nothing was used of it. Try again; if it stays so, the server's data store is not whole."
        raise BadAnswerError(f"{where}: {len(records)} records in a page of {count}.", advice=advice)
    for record in records:
        if not isinstance(record, dict) or not isinstance(record.get("_id"), int):
            raise BadAnswerError(f"{where}: a record without a number in _id.")
    return Page(count, tuple(records))


def _last_id(page: Page, before: int, uid: str) -> int:
    """The highest `_id` of a page, all of which must rise from `before`."""
    for record in page.records:
        if record["_id"] <= before:
            raise BadAnswerError(f"Records of {uid}: _id {record['_id']} came after {before}, out of order.")
        before = record["_id"]
    return before
