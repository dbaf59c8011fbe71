"""Each kind of answer, good or bad, becomes the right value or the right error."""

import gzip
import json

import pytest

from connector.errors import (
    AccessError,
    BadAnswerError,
    HealingError,
    InvalidTokenError,
    MissingAssetError,
    NotKoboError,
    RequestRefusedError,
    ServerFailedError,
)
from connector.kobo_answer import Answer, error_of, read_json, read_object, read_xml, unpack_body
from connector.strict_json import parse
from tests.connector.kobo_exchanges import Recorded, every_exchange, recorded

JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html; charset=utf-8"}
refusals = [item for item in every_exchange() if item.status >= 300]


def answer(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    return Answer("GET /api/v2/x/ on https://kobo.test", status, JSON if headers is None else headers, body)


def expected_error(item: Recorded) -> type[HealingError]:
    """What a person should be told, by status; a web page that is not KoboToolbox's own is no answer at all."""
    if 300 <= item.status < 400:
        return NotKoboError
    if item.status == 414:
        return NotKoboError
    by_status = {401: InvalidTokenError, 403: AccessError, 404: MissingAssetError, 500: ServerFailedError}
    return by_status.get(item.status, RequestRefusedError)


@pytest.mark.parametrize("item", refusals, ids=lambda item: f"{item.status} {item.name}")
def test_every_recorded_refusal_is_the_right_error(item: Recorded) -> None:
    error = error_of(item.answer)
    assert type(error) is expected_error(item)
    assert error.advice


@pytest.mark.parametrize("item", refusals, ids=lambda item: f"{item.status} {item.name}")
def test_no_message_repeats_a_query_or_a_web_page(item: Recorded) -> None:
    message = str(error_of(item.answer))
    assert "$in" not in message and "<" not in message


def test_the_servers_own_words_are_repeated() -> None:
    refusal = recorded("permissions", "grant: unknown user")
    assert "user: Invalid hyperlink - Object does not exist." in str(error_of(refusal.answer))


def test_words_without_a_field_are_repeated_as_they_are() -> None:
    error = error_of(answer(b'["No submissions match the given `submission_ids`"]', 400))
    assert "No submissions match the given `submission_ids`" in str(error)


def test_very_long_words_are_cut() -> None:
    error = error_of(answer(json.dumps({"detail": "x" * 100_000}).encode(), 400))
    assert len(str(error)) < 2_000


def test_a_refusal_that_is_not_json_is_told_without_its_body() -> None:
    error = error_of(answer(b"\xff\xfe secret", 400, {"Content-Type": "text/plain"}))
    assert isinstance(error, RequestRefusedError) and "secret" not in str(error)


@pytest.mark.parametrize("status", [401, 403, 404, 400, 413])
def test_a_web_page_of_another_program_is_not_kobo(status: int) -> None:
    page = answer(b"<html><title>Hotel Wi-Fi</title></html>", status, HTML)
    assert isinstance(error_of(page), NotKoboError)


def test_a_page_of_kobo_itself_keeps_its_meaning() -> None:
    gone = recorded("projects", "data GET after asset delete")
    assert isinstance(error_of(gone.answer), MissingAssetError)


def test_a_web_page_instead_of_data_is_not_kobo() -> None:
    with pytest.raises(NotKoboError, match="a web page instead of data"):
        read_json(answer(b"<!DOCTYPE html><html>Sign in</html>", headers=HTML))


def test_a_web_page_that_calls_itself_json_is_not_kobo_either() -> None:
    with pytest.raises(NotKoboError):
        read_json(answer(b"\n <!doctype html><html></html>"))


def test_a_redirect_names_where_it_leads_without_its_query() -> None:
    moved = answer(b"", 302, {"Location": "https://login.example.org/?token=secret"})
    assert "https://login.example.org/;" in str(error_of(moved)) and "secret" not in str(error_of(moved))


not_json = [b"", b"{", b'{"a": 1', b'{"a": 1} x', b'{"a": NaN}', b"[Infinity]", b'{"a": 1, "a": 2}', b"\xff"]


@pytest.mark.parametrize("body", [*not_json, b"\xef\xbb\xbf{}"])
def test_what_is_not_strict_json_is_a_bad_answer(body: bytes) -> None:
    with pytest.raises(BadAnswerError, match="not JSON"):
        read_json(answer(body))


def test_json_nested_beyond_reason_is_a_bad_answer() -> None:
    with pytest.raises(BadAnswerError):
        read_json(answer(b"[" * 200_000))


def test_a_key_twice_deep_inside_is_found() -> None:
    with pytest.raises(ValueError, match="twice"):
        parse(b'{"results": [{"_id": 1, "_id": 2}]}')


def test_no_content_is_nothing() -> None:
    assert read_json(answer(b"", 204, {})) is None


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"3"])
def test_another_kind_of_json_than_an_object_is_a_bad_answer(body: bytes) -> None:
    with pytest.raises(BadAnswerError, match="expected a JSON object"):
        read_object(answer(body))


def test_an_object_without_a_key_that_is_needed_is_a_bad_answer() -> None:
    with pytest.raises(BadAnswerError, match="lacks uid, status"):
        read_object(answer(b"{}"), "uid", "status")


def test_recorded_openrosa_lists_are_read_as_xml() -> None:
    root = read_xml(recorded("openrosa", "formList: token").answer)
    assert [child.tag.rpartition("}")[2] for child in root] == ["xform"]


@pytest.mark.parametrize("body", [b"<a>", b"", b"{}", "<a>é</a>".encode("utf-16")])
def test_what_is_not_xml_is_a_bad_answer(body: bytes) -> None:
    with pytest.raises(BadAnswerError, match="not XML"):
        read_xml(answer(body, headers={"Content-Type": "text/xml"}))


def test_xml_with_entities_is_refused_before_it_is_read() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb">]><a>&b;</a>'
    with pytest.raises(BadAnswerError, match="document type"):
        read_xml(answer(bomb, headers={"Content-Type": "text/xml"}))


def test_a_packed_body_is_unpacked() -> None:
    assert unpack_body(gzip.compress(b"[1]"), "gzip", 100, "GET /") == b"[1]"


@pytest.mark.parametrize("missing", [1, 4, 8, 12])
def test_a_packed_body_without_its_end_is_cut_short(missing: int) -> None:
    packed = gzip.compress(b'{"results": []}')
    with pytest.raises(BadAnswerError, match="cut short"):
        unpack_body(packed[:-missing], "gzip", 100, "GET /")


def test_a_damaged_packed_body_is_told() -> None:
    with pytest.raises(BadAnswerError, match="damaged"):
        unpack_body(b"not gzip at all", "gzip", 100, "GET /")


def test_a_small_body_that_unpacks_without_end_is_stopped_at_the_limit() -> None:
    bomb = gzip.compress(bytes(50 * 2**20))
    with pytest.raises(BadAnswerError, match="over 1 MiB"):
        unpack_body(bomb, "gzip", 2**20, "GET /")


def test_a_packing_that_was_not_asked_for_is_refused() -> None:
    with pytest.raises(BadAnswerError, match="packed in a way"):
        unpack_body(b"x", "br", 100, "GET /")
