"""Knows how the bytes of a data page become records, and how one that cannot be read is set apart from the others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from connector.errors import BadAnswerError
from connector.kobo_answer import Answer, require_data
from connector.kobo_values import Json, Page, Refused
from connector.strict_json import DEEPEST, UNSURE, OddJsonError, as_ascii, parse, parse_fast
from connector.submission import root_uuid_of

LONGEST_TEXT = 8 * 2**20
"""Characters of one answer; nobody types more, and databases and exports would choke on it."""
IDENTIFYING = ("_id", "meta/rootUuid", "meta/instanceID", "_uuid")
LEVELS_AROUND = 2
"""A record stands in a list in an object."""
SPACE = b" \t\r\n"
RESULTS, NEXT_RECORD, END = b'"results":[', b'},{"_id":', b"]}"
PIECE = 2**15
"""Bytes of JSON that are parsed at once: what they become, ten times as much, stays in the processor's cache."""
NOTHING_USED = "Nothing was used of it. Try again; if it stays so, the server's data store is not whole."
Keep = Callable[[Json], Any]
_IDENTIFYING = {f'"{key}"'.encode(): key for key in IDENTIFYING}
_KEY = re.compile(rb'[ \t\r\n]*("[^"\\]*+(?:\\.[^"\\]*+)*+")[ \t\r\n]*:', re.DOTALL)
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_COMMA = re.compile(rb",")
_OPENS = {b"}": b"{", b"]": b"["}


def read_page(answer: Answer, keep: Keep | None = None) -> Page:
    """The records of a good answer to a data list, and those among them that cannot be read.

    `keep` returns what is to be kept of a record, right after it is parsed: a page of them is more than a processor
    has at hand, so that whatever is done later takes twice as long.
    Raises what `require_data` raises, and BadAnswerError if the answer is not one whole JSON object with `count` and
    `results` that agree: then nothing of it may be used.
    """
    require_data(answer)
    page = _read_in_pieces(answer.body, keep)
    if page is None:
        page = _read_at_once(answer.body) or _read_apart(answer)
        page = replace(page, records=tuple(map(keep, page.records))) if keep else page
    if page.count < page.size or (page.count > 0 and not page.size):
        raise BadAnswerError(f"{answer.where}: {page.size} records in a page of {page.count}.", advice=NOTHING_USED)
    return page


def _read_in_pieces(body: bytes, keep: Keep | None, piece: int = PIECE) -> Page | None:
    """The page if every record in it is beyond doubt and looks as servers write it today; else None.

    Some records, between two marks where one begins, are parsed by themselves. Marks inside a record give pieces that
    are no JSON. If all pieces are arrays of records, and what is around them is a page without any, then this is the
    page: a text of JSON has one meaning.
    """
    begin = body.find(RESULTS)
    if begin < 0 or not body.endswith(END):
        return None
    begin += len(RESULTS)
    around = parse_fast(b"%b%b" % (body[:begin], END))
    if type(around) is not dict or not _is_envelope(around):
        return None
    records: list[Any] = []
    for text in _pieces(body, begin, piece):
        found = parse_fast(text, DEEPEST + 1)
        if type(found) is not list or not _are_sound(found, len(text)):
            return None
        records += map(keep, found) if keep else found
    return Page(around["count"], tuple(records))


def _pieces(body: bytes, begin: int, size: int) -> Iterator[bytes]:
    """The records of a page that stand from `begin` on, as arrays of some of them, each `size` bytes or more."""
    last = len(body) - len(END)
    while begin < last:
        mark = body.find(NEXT_RECORD, begin + size, last)
        end = mark + 1 if mark > 0 else last
        yield b"[%b]" % body[begin:end]
        begin = end + 1


def _read_at_once(body: bytes) -> Page | None:
    """The page if every record in it is beyond doubt; else None."""
    value = parse_fast(body, DEEPEST + LEVELS_AROUND)
    if value is UNSURE or type(value) is not dict or not _is_envelope(value):
        return None
    records = value["results"]
    return Page(value["count"], tuple(records)) if _are_sound(records, len(body)) else None


def _are_sound(records: list[Any], size: int) -> bool:
    """Whether all have a number and no text that is too long; `size` is that of their JSON."""
    return all(_has_id(record) for record in records) and (
        size <= LONGEST_TEXT or not any(_has_long_text(record) for record in records)
    )


def _read_apart(answer: Answer) -> Page:
    """The page, each record parsed by itself. Raises BadAnswerError."""
    try:
        envelope, texts = _open_envelope(answer.body)
        found = [_read_record(text) for text in texts]
    except ValueError:
        raise BadAnswerError(
            f"{answer.where}: the answer is not JSON, or was cut short.", advice=NOTHING_USED
        ) from None
    if not _is_envelope(envelope):
        raise BadAnswerError(f"{answer.where}: not a page of records with their count.", advice=NOTHING_USED)
    refused = tuple(item for item in found if isinstance(item, Refused))
    return Page(envelope["count"], tuple(item for item in found if not isinstance(item, Refused)), refused)


def _is_envelope(value: Json) -> bool:
    count, results = value.get("count"), value.get("results")
    return type(count) is int and count >= 0 and type(results) is list


def _open_envelope(body: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The page without its records, and the text of each. Raises ValueError."""
    envelope: dict[str, Any] = {}
    texts: list[bytes] = []
    for name, value in _members(body):
        key = parse(name)
        if key in envelope:
            raise ValueError("a key occurs twice in the page")
        if key == "results" and value.startswith(b"["):
            envelope[key], texts = [], list(_parts(value))
        else:
            envelope[key] = parse(value)
    return envelope, texts


def _read_record(text: bytes) -> Json | Refused:
    """One record, or why it cannot be read. Raises json.JSONDecodeError for what is not JSON."""
    try:
        record = parse(text)
    except OddJsonError as error:
        return _refused(error.reason, text)
    except json.JSONDecodeError:
        json.loads(text, strict=False)  # what is left to forgive is a control character that was not escaped
        return _refused("a control character that is not escaped", text)
    if not isinstance(record, dict):
        return _refused("not an object", text)
    if not _has_id(record):
        return _refused("no whole number over 0 in _id", text)
    if len(text) > LONGEST_TEXT and _has_long_text(record):
        return _refused("a text over 8 million characters", text)
    return record


def _has_id(record: Any) -> bool:
    return type(record) is dict and type(number := record.get("_id")) is int and 0 < number < 2**63


def _has_long_text(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) > LONGEST_TEXT
    inside = value.items() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return any(_has_long_text(item) for item in inside)


def _refused(reason: str, text: bytes) -> Refused:
    """A byte that is no UTF-8 is kept as the escape of half a surrogate pair, U+DC80 to U+DCFF."""
    known = _identity(text)
    is_known = "_id" in known or any(isinstance(known.get(key), str) and known[key] for key in IDENTIFYING[1:])
    exact = as_ascii(text.decode("utf-8", "surrogateescape"))
    return Refused(reason, exact, known.get("_id"), root_uuid_of(known) if is_known else None)


def _identity(text: bytes) -> dict[str, Any]:
    """What can still be told of who a record is: of the keys for that, those that occur once and can be read."""
    found: dict[str, list[Any]] = {}
    try:
        for name, value in _members(text):
            if key := _IDENTIFYING.get(name):
                found.setdefault(key, []).append(parse(value))
    except ValueError:
        return {}
    known = {key: values[0] for key, values in found.items() if len(values) == 1}
    return known if _has_id(known) else {key: value for key, value in known.items() if key != "_id"}


def _members(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The text of key and value of each member of an object, doubles too. Raises ValueError if it is none."""
    if not text.lstrip(SPACE).startswith(b"{"):
        raise ValueError("not an object")
    for part in _parts(text):
        key = _KEY.match(part)
        if key is None:
            raise ValueError("a member without a key")
        yield key[1], part[key.end() :].strip(SPACE)


def _parts(text: bytes) -> Iterator[bytes]:
    """What stands between the commas of one object or array. Raises ValueError if its brackets do not match."""
    text = text.strip(SPACE)
    start = 1
    for comma in _commas(_without_texts(text)):
        yield text[start:comma]
        start = comma + 1
    last = text[start:-1]
    if start > 1 or last.strip(SPACE):
        yield last


def _without_texts(text: bytes) -> bytes:
    """JSON with every text in it overwritten, so that each bracket and comma left is one of its structure."""
    pieces = (_ESCAPE.sub(b"..", text) if b"\\" in text else text).split(b'"')
    if len(pieces) % 2 == 0:
        raise ValueError("a quote that is not closed")
    pieces[1::2] = [bytes(len(piece)) for piece in pieces[1::2]]
    return b'"'.join(pieces)


def _commas(text: bytes) -> Iterator[int]:
    """Where the commas of the outermost object or array stand."""
    opened: list[bytes] = []
    before = 0
    for bracket in _BRACKET.finditer(text):
        mark, at = bracket[0], bracket.start()
        if len(opened) == 1:
            yield from (before + comma.start() for comma in _COMMA.finditer(text[before:at]))
        if mark in b"{[":
            opened.append(mark)
        elif not opened or opened.pop() != _OPENS[mark]:
            break
        before = at + 1
        if not opened and before == len(text):
            return
        if not opened:
            break
    raise ValueError("brackets that do not match, or something after the last")
