"""Knows the calls about records: pages that miss nothing, counts, and a project's history."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from connector.errors import (
    AccessError,
    BadAnswerError,
    InvalidTokenError,
    ServerFailedError,
    TooLongAnswerError,
    UnreachableServerError,
)
from connector.kobo_answer import Answer, read_object
from connector.kobo_caller import Caller, objects
from connector.kobo_page import Keep, read_page
from connector.kobo_values import HistoryEvent, Json, Page, bare_uuid, moment

LARGEST_PAGE = 1000
"""The server's own limit; it cuts a larger wish silently."""
SMALLER_PAGES = (500, 100, 10)
"""What is asked for when the server fails over a larger page, or it is too long: it has two minutes for one."""
TRIES_OF_LARGE_PAGES = 2
UUIDS_A_CALL = 100
"""A request line over 8 kB is refused with 414; this many, with their numbers, keep it near 6 kB."""
LENGTH_OF_UUID = 36
IDS_A_CALL = 300
"""The same limit: this many keep it near 4 kB."""
RECORD_HISTORY = "action:modify-submission OR action:delete-submission OR action:add-submission"
FIRST_LOOK = 100
"""Rows of history asked for first: between two runs there are seldom more."""


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
        return page_of(uid, self._records(uid, query, sort, fields, limit))

    def count(self, uid: str, query: Json | None = None, after_id: int = 0, up_to: int | None = None) -> int:
        """How many records match and have `after_id` < `_id` <= `up_to`, counted by the server."""
        wanted = query if not after_id and up_to is None else _numbered(query, after_id, up_to)
        return self.data_page(uid, query=wanted, fields=("_id",), limit=1).count

    def record_pages(
        self,
        uid: str,
        *,
        after_id: int = 0,
        up_to: int | None = None,
        query: Json | None = None,
        fields: Sequence[str] | None = None,
        page_size: int = LARGEST_PAGE,
    ) -> Iterator[Page]:
        """All records with `after_id` < `_id` <= `up_to`, ascending, page by page, until the server says none remain.

        Pages continue from the last `_id`, so a record deleted meanwhile shifts nothing; a page that the server
        cut short is followed by another, and one over which it fails is asked for again smaller.
        Raises BadAnswerError if the `_id`s do not rise: the server then ignored query or order.
        """
        last, size = after_id, page_size
        while True:
            page, size = self.sized_page(uid, _numbered(query, last, up_to), fields, size)
            if page.size:
                last = last_id(page, last, uid)
                yield page
            if page.count <= page.size:
                return

    def sized_page(
        self, uid: str, query: Json | None, fields: Sequence[str] | None = None, size: int = LARGEST_PAGE
    ) -> tuple[Page, int]:
        """One page by `_id` and the size that the server could bear; that is the size to ask for next."""
        answer, size = self.sized_answer(uid, query, fields, size)
        return page_of(uid, answer), size

    def sized_answer(self, uid: str, query: Json | None, fields: Sequence[str] | None, size: int) -> tuple[Answer, int]:
        """The page of `sized_page` before it is read: a third of its size in memory, and no work for the processor."""
        for smaller in (smaller for smaller in SMALLER_PAGES if smaller < size):
            try:
                return self._records(uid, query, None, fields, size, TRIES_OF_LARGE_PAGES), size
            except ServerFailedError as error:
                if error.status == 429:
                    break
                size = smaller
            except (UnreachableServerError, TooLongAnswerError):
                size = smaller
        return self._records(uid, query, None, fields, size), size

    def pages_by_root_uuid(
        self, uid: str, root_uuids: Iterable[str], numbers: Mapping[str, int] = MappingProxyType({})
    ) -> Iterator[Page]:
        """The records with these root UUIDs (with or without `uuid:`), in no special order; absent ones are left out.

        `numbers` are their last known `_id`s, by root UUID without prefix: a server that was upgraded may show an
        identity by which it does not find the record. Who has such a number now is given, too, whoever that is.
        What is left out is gone, or cannot be seen by this account.
        """
        wanted = sorted({bare_uuid(root_uuid) for root_uuid in root_uuids})
        together = UUIDS_A_CALL if all(len(root) <= LENGTH_OF_UUID for root in wanted) else UUIDS_A_CALL // 2
        for start in range(0, len(wanted), together):
            some = wanted[start : start + together]
            query: Json = {"meta/rootUuid": {"$in": [f"uuid:{root}" for root in some]}}
            if known := sorted(numbers[root] for root in some if root in numbers):
                query = {"$or": [query, {"_id": {"$in": known}}]}
            yield from self.record_pages(uid, query=query)

    def pages_by_id(self, uid: str, ids: Iterable[int]) -> Iterator[Page]:
        """The records with these numbers, ascending; absent ones are left out."""
        wanted = sorted(set(ids))
        for start in range(0, len(wanted), IDS_A_CALL):
            yield from self.record_pages(uid, query={"_id": {"$in": wanted[start : start + IDS_A_CALL]}})

    def history(self, uid: str, since: datetime) -> tuple[HistoryEvent, ...] | None:
        """What was added, modified and deleted at `since` or later, newest first, without repetitions.

        None if this account or this server offers no history (403, 404), or if the log is empty: nothing follows
        from that. Rows are written after the fact and may be false: look at the record before believing in a deletion.
        """
        try:
            events = list(self._events(uid, since))
        except InvalidTokenError:
            raise
        except AccessError:
            return None
        return tuple(dict.fromkeys(event for event in events if event.at >= since)) if events else None

    def _records(
        self,
        uid: str,
        query: Json | None,
        sort: Mapping[str, int] | None,
        fields: Sequence[str] | None,
        limit: int,
        tries: int | None = None,
    ) -> Answer:
        params: dict[str, str | int] = {"sort": _compact(sort or {"_id": 1}), "limit": limit}
        if query:
            params["query"] = _compact(query)
        if fields is not None:
            params["fields"] = _compact(list(fields))
        return self._send("GET", f"/api/v2/assets/{uid}/data/", params=params, tries=tries)

    def _events(self, uid: str, since: datetime) -> Iterator[HistoryEvent]:
        """Rows of the log, newest first, until one is older than `since`."""
        path, done = f"/api/v2/assets/{uid}/history/", 0
        while True:
            params = {"q": RECORD_HISTORY, "limit": LARGEST_PAGE, "start": done} if done else _FIRST
            answer = self._send("GET", path, params=params)
            page = read_object(answer, "results", "next")
            rows = objects(page["results"], answer.where)
            yield from (HistoryEvent.from_json(row, answer.where) for row in rows)
            done += len(rows)
            count, is_last = page.get("count", done), page["next"] is None
            if not isinstance(count, int) or (done < count if is_last else not rows):
                raise BadAnswerError(f"{answer.where}: a log of {count} rows ended after {done}.")
            if is_last or moment(rows[-1].get("date_created"), answer.where) < since:
                return


_ASSET_UID = re.compile("a[2-9A-HJ-NP-Za-km-z]{21}")
_FIRST: Mapping[str, str | int] = {"q": RECORD_HISTORY, "limit": FIRST_LOOK}


def page_of(uid: str, answer: Answer, keep: Keep | None = None) -> Page:
    """The page in an answer about a project; see `read_page`, whose errors it raises.

    Raises BadAnswerError also for records of another project; very old ones carry a name where others have the uid.
    """

    def keep_own(record: Json) -> Any:
        owner = record.get("_xform_id_string", uid)
        if owner != uid and isinstance(owner, str) and _ASSET_UID.fullmatch(owner):
            raise BadAnswerError(f"{answer.where}: the page holds records of another project.")
        return keep(record) if keep else record

    return read_page(answer, keep_own)


def last_id(page: Page, before: int, uid: str) -> int:
    """The highest `_id` of a page, all of which must rise from `before`. Raises BadAnswerError."""
    for number in page.numbers:
        if number <= before:
            raise BadAnswerError(f"Records of {uid}: _id {number} came after {before}, out of order.")
        before = number
    highest = max([before, *(item.server_id for item in page.refused if item.server_id)])
    if not page.records and highest == before and page.count > page.size:
        raise BadAnswerError(f"Records of {uid}: after {before} come only records without a number in _id.")
    return highest


def _numbered(query: Json | None, after_id: int, up_to: int | None) -> Json:
    """A query for records in a range of `_id`, whatever else it asks of them."""
    asked = dict(query or {})
    bounds = {"$gt": after_id} | ({} if up_to is None else {"$lte": up_to})
    return {**asked, "_id": {**asked.get("_id", {}), **bounds}}


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
