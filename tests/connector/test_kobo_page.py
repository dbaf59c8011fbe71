"""One record that cannot be read never takes its page with it; a page that is not whole is not used at all."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import BadAnswerError, InvalidTokenError, NotKoboError
from connector.kobo_answer import Answer
from connector.kobo_page import LONGEST_TEXT, _read_at_once, _read_in_pieces, read_page
from connector.kobo_values import Page, Refused
from tests.connector.kobo_exchanges import recorded

JSON = {"Content-Type": "application/json"}
FIRST = b'{"_id":1,"meta/rootUuid":"uuid:first","name":"A \\"quoted\\": text, with ] and } in it"}'
LAST = b'{"_id":9,"meta/rootUuid":"uuid:last"}'


def answer(body: bytes, status: int = 200) -> Answer:
    return Answer("GET /api/v2/assets/x/data/ on https://kobo.test", status, JSON, body)


def page_of(*records: bytes, count: int | None = None) -> Page:
    """The page that holds these records as texts."""
    total = len(records) if count is None else count
    return read_page(answer(b'{"count":%d,"next":null,"previous":null,"results":[%s]}' % (total, b",".join(records))))


def refused(text: bytes) -> Refused:
    """What becomes of a record between two good ones, which must both be there."""
    page = page_of(FIRST, text, LAST)
    assert [record["_id"] for record in page.records] == [1, 9] and page.size == 3
    return page.refused[0]


BAD = {
    "a key twice": (b'{"_id":5,"_uuid":"u","a":1,"a":2}', "a key occurs twice in one object", 5, "u"),
    "a key twice in a repeat": (b'{"_id":5,"r":[{"a":1,"a":2}]}', "a key occurs twice in one object", 5, "row-5"),
    "its number twice": (b'{"_id":5,"_id":6,"_uuid":"u"}', "a key occurs twice in one object", None, "u"),
    "its root twice": (
        b'{"_id":5,"meta/rootUuid":"a","meta/rootUuid":"b"}',
        "a key occurs twice in one object",
        5,
        "row-5",
    ),
    "no number": (b'{"meta/rootUuid":"uuid:r"}', "no whole number over 0 in _id", None, "r"),
    "a number as text": (b'{"_id":"5","_uuid":"u"}', "no whole number over 0 in _id", None, "u"),
    "a number with a point": (b'{"_id":5.0}', "no whole number over 0 in _id", None, None),
    "true for a number": (b'{"_id":true}', "no whole number over 0 in _id", None, None),
    "number nought": (b'{"_id":0}', "no whole number over 0 in _id", None, None),
    "a negative number": (b'{"_id":-5}', "no whole number over 0 in _id", None, None),
    "a number of 64 bits": (b'{"_id":9223372036854775808}', "no whole number over 0 in _id", None, None),
    "a number of 65 bits": (b'{"_id":18446744073709551616}', "no whole number over 0 in _id", None, None),
    "an object for a number": (b'{"_id":{"$oid":"5"}}', "no whole number over 0 in _id", None, None),
    "nothing": (b"{}", "no whole number over 0 in _id", None, None),
    "a null": (b"null", "not an object", None, None),
    "a number alone": (b"7", "not an object", None, None),
    "a text alone": (b'"x, ] }"', "not an object", None, None),
    "a list": (b'[{"_id":5},{"_id":6}]', "not an object", None, None),
    "too many digits": (b'{"_id":5,"a":' + b"7" * 5000 + b"}", "a number with too many digits", 5, "row-5"),
    "a number over all floats": (b'{"_id":5,"a":1e400}', "a number too large", 5, "row-5"),
    "not a number": (b'{"_id":5,"a":NaN}', "NaN or Infinity for a number", 5, "row-5"),
    "too deep": (b'{"_id":5,"a":' + b"[" * 64 + b"]" * 64 + b"}", "nested too deeply", 5, "row-5"),
    "a bomb of brackets": (b'{"_id":5,"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}", "nested too deeply", 5, "row-5"),
    "a bomb of objects": (
        b'{"_uuid":"u","a":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
        "nested too deeply",
        None,
        "u",
    ),
    "another encoding": (b'{"_id":5,"a":"\xe9"}', "bytes that are not UTF-8", 5, "row-5"),
    "another encoding in a key": (b'{"caf\xe9":"1","_id":5,"_uuid":"u"}', "bytes that are not UTF-8", 5, "u"),
    "a raw line break": (b'{"_id":5,"a":"x\ny"}', "a control character that is not escaped", 5, "row-5"),
    "a raw nul": (b'{"_id":5,"a":"x\0y"}', "a control character that is not escaped", 5, "row-5"),
    "a text of nine million": (
        b'{"_id":5,"r":[{"a":"' + b"x" * (LONGEST_TEXT + 1) + b'"}]}',
        "a text over 8 million characters",
        5,
        "row-5",
    ),
}


@pytest.mark.parametrize(("text", "reason", "server_id", "root"), BAD.values(), ids=BAD.keys())
def test_a_record_that_cannot_be_read_is_set_apart_with_what_is_known_of_it(
    text: bytes, reason: str, server_id: int | None, root: str | None
) -> None:
    found = refused(text)
    assert (found.reason, found.server_id, found.root_uuid) == (reason, server_id, root)
    assert found.text.isascii() and "\0" not in found.text and len(found.reason) <= 64


@pytest.mark.parametrize("text", [b'{"_id":5,"a":1,"a":2}', b"[1, 2]", b'{"_id": 5 , "a": 1e400}'])
def test_the_text_of_such_a_record_is_kept_to_the_letter(text: bytes) -> None:
    assert refused(text).text == text.decode()


def test_what_ascii_lacks_is_kept_as_escapes_that_mean_the_same() -> None:
    found = refused('{"_id":5,"a":"é😀","a":""}'.encode())
    assert found.text == '{"_id":5,"a":"\\u00e9\\ud83d\\ude00","a":""}'


def test_bytes_that_are_no_utf8_can_be_told_from_the_kept_text() -> None:
    kept = json.loads(refused(b'{"_id":5,"a":"caf\xe9 \xc3\xa9"}').text)["a"]
    assert kept.encode("utf-8", "surrogateescape") == b"caf\xe9 \xc3\xa9"


def test_a_record_does_not_show_its_answers_in_its_text_form() -> None:
    assert "sentinel" not in repr(page_of(b'{"_id":1,"a":"sentinel"}', b'{"a":"sentinel"}'))


GOOD = {
    "a longest text": b'{"_id":5,"a":"' + b"x" * LONGEST_TEXT + b'"}',
    "half a pair": b'{"_id":5,"a":"\\ud800"}',
    "a nul": b'{"_id":5,"a\\u0000":"\\u0000"}',
    "a number of 65 bits": b'{"_id":5,"a":18446744073709551617}',
    "spaces everywhere": b' {\n "_id" : 5 ,\t"a" : [ 1 , { } ] \r}',
    "quotes and brackets in texts": b'{"_id":5,"a":"\\":,{[\\\\","b\\\\":"]"}',
    "a key that is empty": b'{"_id":5,"":""}',
    "the deepest nesting": b'{"_id":5,"a":' + b"[" * 63 + b"]" * 63 + b"}",
    "a separator of lines": '{"_id":5,"a":"\u2028"}'.encode(),
    "a small float": b'{"_id":5,"_geolocation":[-2.4e-05,0.0]}',
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD.keys())
@pytest.mark.parametrize("neighbour", [FIRST, b"7", b'{"_id":1,"a":1,"a":2}'], ids=["good", "bad", "double"])
def test_a_good_record_is_the_same_whatever_stands_beside_it(text: bytes, neighbour: bytes) -> None:
    records = page_of(neighbour, text, neighbour).records
    assert json.loads(text) in records


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'{"count":1',
        b'{"count":1,"results":[{"_id":1}]} x',
        b'{"count":1,"results":[{"_id":1}]}{}',
        b'\xef\xbb\xbf{"count":1,"results":[{"_id":1}]}',
        '{"count":1,"results":[{"_id":1}]}'.encode("utf-16"),
        b'{"count":1,"count":1,"results":[{"_id":1}]}',
        b'{"count":1,"results":[{"_id":1}],"results":[{"_id":1}]}',
        b'{"count":1,"results":[{"_id":1}],"results":1}',
        b'{"count":1,"results":[{"_id":1,}]}',
        b'{"count":1,"results":[{"_id":1},]}',
        b'{"count":1,"results":[,{"_id":1}]}',
        b'{"count":1,"results":[{"_id":1]}}',
        b'{"count":1,"results":[{"_id":1}}',
        b'{"count":2,"results":[{"_id":1} {"_id":2}]}',
        b'{"count":1,"results":[{"_id":1 "a":2}]}',
        b'{"count":1,"results":[{"_id":1,"a":"]}',
        b'{"count":1,"results":[{"_id":1,"a":"x}]}',
        b'{"count":1,"results":[{\'_id\':1}]}',
        b'{"count":true,"results":[{"_id":1}]}',
        b'{"count":1.0,"results":[{"_id":1}]}',
        b'{"count":"1","results":[{"_id":1}]}',
        b'{"count":-1,"results":[]}',
        b'{"count":NaN,"results":[]}',
        b'{"count":1,"results":{"_id":1}}',
        b'{"count":1,"results":null}',
        b'{"count":0}',
        b'{"results":[]}',
        b'{"detail":"odd"}',
        b'{"count":3,"results":[]}',
        b'{"count":3,"next":null,"results":[]}',
        b'{"count":0,"results":[{"_id":1}]}',
        b'{"count":1,"results":[{"_id":1},7]}',
        b'{"count":1,"next":{"a":1,"a":2},"results":[{"_id":1}]}',
        b'{"count":1,"next":"\xff","results":[{"_id":1}]}',
        b'{"count":1,\\"results":[{"_id":1}]}',
        b"[" * 100_000,
        b'{"results":[' + b"[" * 100_000 + b'],"count":1}',
    ],
)
def test_nothing_is_used_of_a_page_that_is_not_whole(body: bytes) -> None:
    with pytest.raises(BadAnswerError):
        read_page(answer(body))


def test_a_page_of_nothing_is_empty() -> None:
    assert page_of() == Page(0, ())


def test_other_keys_of_the_page_may_stand_anywhere() -> None:
    page = read_page(answer(b'{"results":[{"_id":1},2],"results_per":["results"],"count":2}'))
    assert [record["_id"] for record in page.records] == [1] and len(page.refused) == 1


def test_a_web_page_is_not_a_page_of_records() -> None:
    with pytest.raises(NotKoboError):
        read_page(answer(b"<html></html>"))


def test_a_refusal_is_not_a_page_of_records() -> None:
    with pytest.raises(InvalidTokenError):
        read_page(recorded("refusals", "401: invalid token").answer)


texts = st.text(max_size=20) | st.sampled_from(['":', "},{", '\\":', "]", "a,b", '"', "\\", "\ud800", "\0"])
records = st.dictionaries(texts, texts | st.integers() | st.lists(texts, max_size=3), max_size=5)


@given(st.lists(records, max_size=5), st.booleans(), st.booleans())
def test_any_records_come_back_as_they_were_served(
    served: list[dict[str, Any]], is_ascii: bool, is_spaced: bool
) -> None:
    whole = [{**record, "_id": number} for number, record in enumerate(served, start=1)]
    envelope = {"count": len(whole) + 1, "results": [*whole, None]}
    spaces = (", ", " : ") if is_spaced else (",", ":")
    body = json.dumps(envelope, ensure_ascii=is_ascii, separators=spaces).encode("utf-8", "surrogatepass")
    page = read_page(answer(body))
    halves = [record for record in whole if not is_ascii and _has_half(record)]
    assert list(page.records) == [record for record in whole if record not in halves]
    assert len(page.refused) == 1 + len(halves)


def _has_half(record: dict[str, Any]) -> bool:
    """Whether a record holds half a surrogate pair, which is no UTF-8 unless it is written as an escape."""
    return "\\ud800" in json.dumps(record)


@given(st.lists(records, max_size=6), st.booleans())
def test_a_page_read_in_pieces_is_the_page_read_at_once(served: list[dict[str, Any]], is_marked: bool) -> None:
    """Also where a text holds what looks like the mark between two records, or an object begins with a number."""
    more = {"a": '},{"_id":2,"b":[{"_id":3},{"_id":4}]}', "rows": [{"_id": 3}, {"_id": 4}]} if is_marked else {}
    whole = [{"_id": number, **record, **more, "_id ": 1} for number, record in enumerate(served, start=1)]
    body = json.dumps({"count": len(whole), "next": None, "results": whole}, separators=(",", ":")).encode("utf-8")
    in_pieces, at_once = _read_in_pieces(body, None, piece=1), _read_at_once(body)
    assert in_pieces is None or in_pieces == at_once
    assert read_page(answer(body)).records == tuple(whole)


@pytest.mark.parametrize("piece", [1, 100, 10_000])
def test_a_page_as_servers_write_it_is_read_in_pieces_each_record_while_it_is_at_hand(piece: int) -> None:
    rows = [b'{"_id":%d,"name":"A \\"},{\\"_id\\":text"}' % number for number in range(1, 60)]
    body = b'{"count":59,"next":null,"previous":null,"results":[%s]}' % b",".join(rows)
    page = _read_in_pieces(body, lambda record: record["_id"], piece)
    assert page is not None and page.records == tuple(range(1, 60))


@pytest.mark.parametrize("damage", [b'"_id":7,', b'"_id":7', b'{"_id":7}', b"7", b"]", b'"x"', b"],[", b",", b" "])
def test_no_page_with_damage_is_read_in_pieces(damage: bytes) -> None:
    rows = [b'{"_id":%d,"a":"b"}' % number for number in range(1, 6)]
    good = b'{"count":5,"results":[%s]}' % b",".join(rows)
    for place in range(good.index(b"["), len(good)):
        body = good[:place] + damage + good[place:]
        in_pieces = _read_in_pieces(body, None, piece=1)
        assert in_pieces is None or in_pieces == _read_at_once(body)
