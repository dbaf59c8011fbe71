"""One request is carried safely: tried again where that is harmless, and the token goes to our hosts only."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import requests
import urllib3

from connector.errors import BadAnswerError, InvalidTokenError, NotKoboError, ServerFailedError, UnreachableServerError
from connector.kobo import KoboClient, Limits, fetch_token
from connector.kobo_patience import Overdue, back_off, retry_after, waits, within
from connector.kobo_wire import Call, Wire
from tests.connector.kobo_exchanges import ASSET, SERVER, TOKEN, Playback, Recorded, client_of, recorded, reply

ME = recorded("account", "me (token)")
DOWN = (503, {"Content-Type": "text/html"}, b"<html>maintenance</html>")
REFUSED = requests.ConnectionError(
    urllib3.exceptions.MaxRetryError(None, "/", urllib3.exceptions.NewConnectionError(None, "refused"))  # type: ignore[arg-type]
)
BROKE = requests.ConnectionError(urllib3.exceptions.ProtocolError("reset"))


def test_a_request_says_who_we_are_and_wants_json() -> None:
    client, network, _ = client_of(ME)
    client.me()
    headers = network.requests[0].headers
    assert headers["Authorization"] == f"Token {TOKEN}"
    assert headers["Accept"] == "application/json"
    assert headers["Accept-Encoding"] == "gzip"


def test_no_request_asks_for_a_format_in_its_address() -> None:
    client, network, _ = client_of(ME)
    client.me()
    assert network.requests[0].url == f"{SERVER}/me/"


@pytest.mark.parametrize("trouble", [DOWN, REFUSED, BROKE, reply({"error": "Server Error (500)"}, 500)])
def test_a_read_is_tried_again_after_trouble(trouble: object) -> None:
    client, _, pauses = client_of(trouble, trouble, ME)  # type: ignore[arg-type]
    assert client.me().username == "coordinator"
    assert pauses == [1.0, 2.0]


def test_the_last_failure_is_told_after_the_last_try() -> None:
    client, network, pauses = client_of(DOWN, DOWN, DOWN)
    with pytest.raises(ServerFailedError, match="status 503"):
        client.me()
    assert (len(network.requests), len(pauses)) == (3, 2)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (REFUSED, "cannot be reached"),
        (requests.ConnectTimeout(), "cannot be reached"),
        (BROKE, "connection broke"),
        (requests.ReadTimeout(), "no answer in time"),
        (requests.exceptions.SSLError("certificate"), "no secure connection"),
    ],
)
def test_no_connection_is_told_in_plain_words(trouble: Exception, words: str) -> None:
    client, _, _ = client_of(trouble, trouble, trouble)
    with pytest.raises(UnreachableServerError, match=words) as caught:
        client.me()
    assert caught.value.exit_code == 5 and caught.value.advice


ASKED = {
    "0": [1.0, 2.0],
    "2": [2.0, 2.0],
    "1.5": [1.5, 1.5],
    "450": [450.0, 450.0],
    "Mon, 23 Nov 2026 10:00:30 GMT": [30.0, 30.0],
    "Mon, 23 Nov 2026 09:00:00 GMT": [1.0, 2.0],
    "soon": [1.0, 2.0],
    "-5": [1.0, 2.0],
    "nan": [1.0, 2.0],
    "1e999": [1.0, 2.0],
    "": [1.0, 2.0],
}
"""What a server may say in Retry-After at 10:00:00 of its own clock, and the pauses that follow."""


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("asked", ASKED)
def test_a_busy_server_is_given_the_time_it_asks_for(status: int, asked: str) -> None:
    busy = reply({"detail": "throttled"}, status, Retry_After=asked, Date="Mon, 23 Nov 2026 10:00:00 GMT")
    client, _, pauses = client_of(busy, busy, ME)
    assert client.me().username == "coordinator"
    assert pauses == ASKED[asked]


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_that_does_not_say_for_how_long_is_tried_again(status: int) -> None:
    client, _, pauses = client_of(reply({}, status), ME)
    assert client.me().username == "coordinator"
    assert pauses == [1.0]


@pytest.mark.parametrize("asked", ["901", "1000000000", "Tue, 23 Nov 2100 10:00:00 GMT"])
def test_a_server_that_asks_for_too_much_patience_is_left_at_once(asked: str) -> None:
    client, network, pauses = client_of(reply({}, 429, Retry_After=asked))
    with pytest.raises(ServerFailedError, match="slow down"):
        client.me()
    assert len(network.requests) == 1 and pauses == []


def test_the_pauses_that_a_server_asks_for_do_not_add_up_without_end() -> None:
    client, network, pauses = client_of(*[reply({}, 429, Retry_After="400")] * 3, limits=Limits(tries=5))
    with pytest.raises(ServerFailedError) as caught:
        client.me()
    assert len(network.requests) == 3 and pauses == [400.0, 400.0] and caught.value.status == 429


@pytest.mark.parametrize("status", [500, 502, 503, 504, 522])
@pytest.mark.parametrize("times", [1, 2, 3, 4])
def test_a_server_that_fails_up_to_four_times_in_a_row_is_waited_for(status: int, times: int) -> None:
    client, _, pauses = client_of(*[reply({}, status)] * times, ME, limits=Limits())
    assert client.me().username == "coordinator"
    assert pauses == [1.0, 2.0, 4.0, 8.0][:times]


@pytest.mark.parametrize("status", [500, 502, 503, 504, 522])
def test_a_server_that_goes_on_failing_is_told_with_its_status(status: int) -> None:
    client, network, pauses = client_of(*[reply({}, status)] * 5, limits=Limits())
    with pytest.raises(ServerFailedError) as caught:
        client.me()
    assert caught.value.status == status and len(network.requests) == 5 and len(pauses) == 4


@pytest.mark.parametrize("trouble", [REFUSED, BROKE, requests.ReadTimeout(), requests.ConnectTimeout()])
@pytest.mark.parametrize("times", [1, 2, 3, 4])
def test_a_connection_that_breaks_up_to_four_times_in_a_row_is_made_again(trouble: Exception, times: int) -> None:
    client, _, _ = client_of(*[trouble] * times, ME, limits=Limits())
    assert client.me().username == "coordinator"


def test_a_call_may_allow_fewer_tries_than_the_limits() -> None:
    network = Playback(DOWN, DOWN)
    wire = Wire(None, adapter=network, sleep=lambda _: None)
    with pytest.raises(ServerFailedError):
        wire.send(Call("GET", SERVER, "/me/", tries=2))
    assert len(network.requests) == wire.sent == 2


def test_every_try_is_counted_whatever_thread_makes_it() -> None:
    wire = Wire(None, adapter=Playback(*[DOWN, ME.reply] * 40), sleep=lambda _: None, limits=Limits(tries=99))
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(wire.send, [Call("GET", SERVER, "/me/")] * 40))
    assert {answer.status for answer in answers} == {200} and wire.sent == 80


def test_a_new_project_is_not_sent_again_when_its_answer_is_lost() -> None:
    client, network, _ = client_of(BROKE)
    with pytest.raises(UnreachableServerError):
        client.import_form(b"workbook", "Intake")
    assert network.calls == ["POST /api/v2/imports/"]


def test_a_new_project_is_not_sent_again_to_a_server_that_failed_on_it() -> None:
    client, network, _ = client_of(DOWN)
    with pytest.raises(ServerFailedError):
        client.import_form(b"workbook", "Intake")
    assert len(network.requests) == 1


def test_a_new_project_is_sent_again_if_the_server_cannot_have_seen_it() -> None:
    poll = recorded("projects", "import create poll")
    create = recorded("projects", "import create (multipart file, library=false)")
    client, network, _ = client_of(REFUSED, reply({"detail": "throttled"}, 429), create, poll)
    assert client.import_form(b"workbook", "Intake") == ASSET
    assert network.calls[:3] == ["POST /api/v2/imports/"] * 3


def test_a_failure_that_would_repeat_itself_is_not_repeated_for_a_change() -> None:
    server_error = recorded("projects", "redeploy with an outdated version_id (Accept json)")
    asset = recorded("projects", "asset GET after deploy")
    client, network, _ = client_of(asset, server_error, asset)
    with pytest.raises(ServerFailedError):
        client.deploy(ASSET)
    assert [call.split()[0] for call in network.calls] == ["GET", "PATCH", "GET"]


@pytest.mark.parametrize("item", [recorded("refusals", "401: invalid token")], ids=["401"])
def test_a_refused_token_is_not_tried_again(item: Recorded) -> None:
    client, network, _ = client_of(item)
    with pytest.raises(InvalidTokenError):
        client.asset(ASSET)
    assert len(network.requests) == 1


def test_a_redirect_is_not_followed() -> None:
    client, network, _ = client_of(recorded("refusals", "no trailing slash (GET)"))
    with pytest.raises(NotKoboError, match="redirect"):
        client.me()
    assert len(network.requests) == 1


def test_links_of_an_answer_keep_to_our_host() -> None:
    evil = "https://evil.example/api/v2/assets/?start=1"
    client, network, _ = client_of(
        reply({"count": 0, "next": evil, "previous": None, "results": []}),
        reply({"count": 0, "next": None, "previous": None, "results": []}),
    )
    client.find_assets("household")
    assert network.requests[1].url == f"{SERVER}/api/v2/assets/?start=1"


def test_cookies_of_the_server_are_not_sent_back() -> None:
    status, headers, body = ME.reply  # type: ignore[misc]
    client, network, _ = client_of((status, {**headers, "Set-Cookie": "kobonaut=1; Path=/"}, body), ME)
    client.me()
    client.me()
    assert "Cookie" not in network.requests[1].headers


def test_a_body_over_the_limit_is_not_taken() -> None:
    big = reply({"username": "x" * 5000})
    client, _, _ = client_of(big, limits=Limits(max_bytes=1000, tries=1))
    with pytest.raises(BadAnswerError, match="the answer is over"):
        client.me()


def test_neither_messages_nor_logs_nor_the_client_show_the_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="connector")  # a command that ran before has set it higher
    client, _, _ = client_of(recorded("refusals", "401: invalid token"))
    with pytest.raises(InvalidTokenError) as caught:
        client.asset(ASSET)
    assert TOKEN not in caplog.text + str(caught.value) + repr(client) + repr(vars(client))
    assert f"/api/v2/assets/{ASSET}/" in caplog.text


def test_a_token_is_fetched_with_username_and_password() -> None:
    network = Playback(recorded("account", "token: basic auth").reply)
    assert fetch_token(SERVER, "coordinator", "pässword", adapter=network) == "TOKEN"
    assert network.requests[0].headers["Authorization"] == "Basic Y29vcmRpbmF0b3I6cMOkc3N3b3Jk"


def test_a_wrong_password_is_told_with_the_case_of_two_factor_sign_in() -> None:
    network = Playback(recorded("account", "token: wrong password").reply)
    with pytest.raises(InvalidTokenError, match="two-factor"):
        fetch_token(SERVER, "coordinator", "wrong", adapter=network)


def test_the_token_goes_to_the_phones_host_too_and_to_no_other_port() -> None:
    network = Playback(recorded("openrosa", "formList: outsider (nothing shared)").reply, ME.reply)
    client = KoboClient("https://kf.test", TOKEN, kc_server="https://kc.test:8443/", adapter=network)
    assert client.phone_form(ASSET) is None
    client.me()
    assert [request.url for request in network.requests] == [
        f"https://kc.test:8443/formList?formID={ASSET}",
        "https://kf.test/me/",
    ]
    assert all("Authorization" in request.headers for request in network.requests)


def test_pauses_between_tries_grow_and_spread_but_stay_below_the_longest() -> None:
    assert [back_off(attempt, 60, 1.0) for attempt in (1, 2, 3, 9)] == [1, 2, 4, 60]
    assert back_off(3, 60, 0.0) == 2


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12", 12), ("1.5", 1.5), ("Mon, 23 Nov 2026 10:00:30 GMT", 30), ("Mon, 23 Nov 2026 09:00:00 GMT", 0)]
    + [(text, 0) for text in ("", "soon", "-5", "nan", "inf")],
)
def test_the_time_a_server_asks_for_is_read_or_ignored(text: str, seconds: float) -> None:
    assert retry_after(text, datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)) == seconds


def test_polling_pauses_add_up_to_the_time_allowed() -> None:
    assert sum(waits(60)) == pytest.approx(60)
    assert max(waits(60)) == 3.0


def test_work_that_fails_in_time_fails_with_its_own_error() -> None:
    def fail() -> None:
        raise KeyError("own")

    with pytest.raises(KeyError, match="own"):
        within(5, fail)


def test_work_that_takes_too_long_is_left() -> None:
    import threading

    never = threading.Event()
    with pytest.raises(Overdue):
        within(0.05, lambda: never.wait(5))
    never.set()
