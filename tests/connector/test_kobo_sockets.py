"""A server that cuts, drips, lies or redirects on a real connection cannot harm us."""

import gzip
import socket
import struct
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connector.errors import (
    AccessError,
    BadAnswerError,
    HealingError,
    NotKoboError,
    ServerError,
    UnreachableServerError,
)
from connector.kobo import KoboClient, Limits
from tests.connector.kobo_exchanges import TOKEN, recorded

ME = recorded("account", "me (token)").bytes
Behaviour = Callable[[socket.socket], None]


class RawServer:
    """A loopback server that reads one request and then does what it is told; it keeps what it was sent."""

    def __init__(self, behave: Behaviour) -> None:
        self.requests: list[bytes] = []
        self._behave = behave
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                self.requests.append(connection.recv(65536))
                self._behave(connection)
            except OSError:
                return

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def serve() -> Iterator[Callable[[Behaviour], RawServer]]:
    """Start raw servers; all are closed afterwards."""
    servers: list[RawServer] = []

    def start(behave: Behaviour) -> RawServer:
        servers.append(RawServer(behave))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def client_for(server: RawServer, limits: Limits | None = None) -> KoboClient:
    return KoboClient(server.url, TOKEN, sleep=lambda _: None, limits=limits or Limits(tries=2))


def says(*lines: str, body: bytes = b"") -> Behaviour:
    """Send a head of these lines, then the body, then close, as announced."""
    head = "\r\n".join([*lines, "Connection: close"]).encode() + b"\r\n\r\n"
    return lambda connection: connection.sendall(head + body)


OK = "HTTP/1.1 200 OK"
TYPE = "Content-Type: application/json"
PACKED = gzip.compress(ME)
CUT = {
    "shorter than its length": says(OK, TYPE, f"Content-Length: {len(ME)}", body=ME[:-7]),
    "in the middle of a chunk": says(OK, TYPE, "Transfer-Encoding: chunked", body=b"40\r\n" + ME[:30]),
    "before the last chunk": says(OK, TYPE, "Transfer-Encoding: chunked", body=b"4\r\n" + ME[:4] + b"\r\n"),
    "without any length": says(OK, TYPE, body=ME[:-7]),
    "in its packing": says(OK, TYPE, "Content-Encoding: gzip", body=PACKED[:-12]),
    "in the end mark of its packing": says(OK, TYPE, "Content-Encoding: gzip", body=PACKED[:-3]),
    "in the size of a chunk": says(OK, TYPE, "Transfer-Encoding: chunked", body=b"4"),
    "where a chunk should be": says(OK, TYPE, "Transfer-Encoding: chunked", body=b"zz\r\n" + ME + b"\r\n0\r\n\r\n"),
    "before it began": says(OK, TYPE),
    "before it began, as announced": says(OK, TYPE, "Content-Length: 0"),
    "in the head of its packing": says(OK, TYPE, "Content-Encoding: gzip", body=PACKED[:5]),
    "before its packing": says(OK, TYPE, "Content-Encoding: gzip"),
    "in the second part of its packing": says(OK, TYPE, "Content-Encoding: gzip", body=PACKED + PACKED[:9]),
    "in its packing, with a length that fits": says(
        OK, TYPE, "Content-Encoding: gzip", f"Content-Length: {len(PACKED) - 3}", body=PACKED[:-3]
    ),
}


@pytest.mark.parametrize("behave", CUT.values(), ids=CUT.keys())
def test_a_cut_answer_is_never_taken_for_a_whole_one(
    serve: Callable[[Behaviour], RawServer], behave: Behaviour
) -> None:
    with pytest.raises(BadAnswerError, match="cut short"):
        client_for(serve(behave)).me()


@pytest.mark.parametrize("cut", CUT.values(), ids=CUT.keys())
def test_a_cut_answer_is_asked_for_again(serve: Callable[[Behaviour], RawServer], cut: Behaviour) -> None:
    answers = [cut, says(OK, TYPE, f"Content-Length: {len(ME)}", body=ME)]
    server = serve(lambda connection: answers.pop(0)(connection))
    assert client_for(server).me().username == "coordinator"


RESET = struct.pack("ii", 1, 0)


def resets(sent: bytes) -> Behaviour:
    """Send some bytes, then break the connection off with RST."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(sent)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.close()

    return behave


HEAD = f"{OK}\r\n{TYPE}\r\nContent-Length: {len(ME)}\r\n\r\n".encode()
BROKEN = {
    "reset before the answer": resets(b""),
    "reset in the status": resets(b"HTTP/1.1 20"),
    "reset in the head": resets(HEAD[:30]),
    "reset in the body": resets(HEAD + ME[:20]),
    "closed before the answer": lambda connection: connection.close(),
    "closed in the head": lambda connection: connection.sendall(HEAD[:30]),
    "damaged in its packing": says(OK, TYPE, "Content-Encoding: gzip", body=PACKED[:-9] + b"\0" + PACKED[-8:]),
    "rubbish after its packing": says(OK, TYPE, "Content-Encoding: gzip", body=PACKED + b"rubbish"),
    "packed in another way": says(OK, TYPE, "Content-Encoding: br", body=PACKED),
    "packed twice": says(OK, TYPE, "Content-Encoding: gzip, gzip", body=gzip.compress(PACKED)),
    "a status that is none": lambda connection: connection.sendall(b"HTTP/1.1 abc\r\n\r\n"),
    "a status of four digits": lambda connection: connection.sendall(b"HTTP/1.1 2000 OK\r\n\r\n"),
    "another program": lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "bytes": lambda connection: connection.sendall(bytes(range(256))),
    "lengths that differ": says(OK, TYPE, "Content-Length: 5", f"Content-Length: {len(ME)}", body=ME),
    "a thousand headers": says(OK, TYPE, *[f"X-{number}: x" for number in range(1000)], body=ME),
    "a header of a megabyte": says(OK, TYPE, "X-Long: " + "x" * 2**20, body=ME),
}


@pytest.mark.parametrize("behave", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_answer_is_told_after_the_last_try(serve: Callable[[Behaviour], RawServer], behave: Behaviour) -> None:
    server = serve(behave)
    with pytest.raises(ServerError) as caught:
        client_for(server).me()
    assert len(server.requests) == 2 and "GET /me/" in str(caught.value)


@pytest.mark.parametrize("behave", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_answer_is_asked_for_again(serve: Callable[[Behaviour], RawServer], behave: Behaviour) -> None:
    answers = [behave, says(OK, TYPE, f"Content-Length: {len(ME)}", body=ME)]
    assert client_for(serve(lambda connection: answers.pop(0)(connection))).me().username == "coordinator"


@pytest.mark.parametrize("length", ["-5", "many", "", "1e3"])
def test_a_length_that_is_none_does_not_make_half_an_answer_whole(
    serve: Callable[[Behaviour], RawServer], length: str
) -> None:
    with pytest.raises(ServerError):
        client_for(serve(says(OK, TYPE, f"Content-Length: {length}", body=ME[:-9]))).me()


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden", "404 Not Found"])
def test_a_refusal_is_taken_at_its_first_word(serve: Callable[[Behaviour], RawServer], status: str) -> None:
    body = b'{"detail":"no"}'
    server = serve(says(f"HTTP/1.1 {status}", TYPE, f"Content-Length: {len(body)}", body=body))
    with pytest.raises(AccessError):
        client_for(server).asset("aAsset")
    assert len(server.requests) == 1


def test_an_answer_packed_in_several_parts_is_read(serve: Callable[[Behaviour], RawServer]) -> None:
    body = gzip.compress(ME[:10]) + gzip.compress(ME[10:])
    assert client_for(serve(says(OK, TYPE, "Content-Encoding: gzip", body=body))).me().username == "coordinator"


def test_an_answer_in_many_chunks_is_read(serve: Callable[[Behaviour], RawServer]) -> None:
    body = b"".join(b"1\r\n%c\r\n" % letter for letter in ME) + b"0\r\n\r\n"
    assert client_for(serve(says(OK, TYPE, "Transfer-Encoding: chunked", body=body))).me().username == "coordinator"


def test_a_page_with_one_text_of_seven_megabytes_is_read(serve: Callable[[Behaviour], RawServer]) -> None:
    body = b'{"count":1,"results":[{"_id":1,"a":"%s"}]}' % (b"x" * 7_000_000)
    page = client_for(serve(says(OK, TYPE, f"Content-Length: {len(body)}", body=body))).data_page("aAsset")
    assert len(page.records[0]["a"]) == 7_000_000


def test_a_gibibyte_in_a_mebibyte_does_not_fill_the_memory(serve: Callable[[Behaviour], RawServer]) -> None:
    bomb = gzip.compress(bytes(2**24)) * 64
    server = serve(says(OK, TYPE, "Content-Encoding: gzip", f"Content-Length: {len(bomb)}", body=bomb))
    tracemalloc.start()
    try:
        with pytest.raises(BadAnswerError, match="over 64 MiB"):
            client_for(server, Limits(tries=1)).me()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 200 * 2**20


def test_a_length_over_the_limit_is_not_even_read(serve: Callable[[Behaviour], RawServer]) -> None:
    server = serve(says(OK, TYPE, f"Content-Length: {2**40}", body=b"{"))
    with pytest.raises(BadAnswerError, match="over 64 MiB"):
        client_for(server, Limits(tries=1)).me()


def test_bytes_after_an_answer_are_not_taken_for_the_next_one(serve: Callable[[Behaviour], RawServer]) -> None:
    forged = ME.replace(b"coordinator", b"somebodyels")

    def keep_open(connection: socket.socket) -> None:
        connection.sendall(HEAD + ME + HEAD + forged)
        connection.recv(65536)
        connection.sendall(HEAD + ME)

    client = client_for(serve(keep_open))
    assert [client.me().username for _ in range(3)] == ["coordinator"] * 3


def test_a_connection_that_is_kept_open_is_used_again(serve: Callable[[Behaviour], RawServer]) -> None:
    def answer_three(connection: socket.socket) -> None:
        connection.sendall(HEAD + ME)
        for _ in range(2):
            connection.recv(65536)
            connection.sendall(HEAD + ME)

    server = serve(answer_three)
    client = client_for(server)
    assert [client.me().username for _ in range(3)] == ["coordinator"] * 3 and len(server.requests) == 1


def test_a_connection_that_the_server_closed_meanwhile_is_made_again(serve: Callable[[Behaviour], RawServer]) -> None:
    server = serve(lambda connection: connection.sendall(HEAD + ME))
    client = client_for(server)
    assert [client.me().username for _ in range(3)] == ["coordinator"] * 3 and len(server.requests) == 3


def test_four_threads_get_each_the_answer_to_its_own_request(serve: Callable[[Behaviour], RawServer]) -> None:
    def echo(connection: socket.socket) -> None:
        number = int(server.requests[-1].split(b"/assets/a")[1].split(b"/")[0])
        body = b'{"count":1,"results":[{"_id":%d}]}' % number
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        connection.sendall(b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    class OneByOne(RawServer):
        def _answer(self, connection: socket.socket) -> None:
            with lock:
                super()._answer(connection)

    lock = threading.Lock()
    server = OneByOne(echo)
    client = client_for(server)
    with ThreadPoolExecutor(4) as threads:
        pages = threads.map(lambda number: client.data_page(f"a{number}"), range(1, 61))
    assert [page.records[0]["_id"] for page in pages] == list(range(1, 61))
    server.close()


def test_a_packed_answer_is_read(serve: Callable[[Behaviour], RawServer]) -> None:
    server = serve(says(OK, TYPE, "Content-Encoding: gzip", f"Content-Length: {len(PACKED)}", body=PACKED))
    assert client_for(server).me().username == "coordinator"


def test_a_small_packed_answer_cannot_fill_the_memory(serve: Callable[[Behaviour], RawServer]) -> None:
    bomb = gzip.compress(bytes(30 * 2**20))
    server = serve(says(OK, TYPE, "Content-Encoding: gzip", f"Content-Length: {len(bomb)}", body=bomb))
    with pytest.raises(BadAnswerError, match="over 1 MiB"):
        client_for(server, Limits(max_bytes=2**20, tries=1)).me()


def test_an_endless_answer_is_stopped(serve: Callable[[Behaviour], RawServer]) -> None:
    def pour(connection: socket.socket) -> None:
        connection.sendall(f"{OK}\r\n{TYPE}\r\n\r\n".encode())
        while True:
            connection.sendall(b" " * 65536)

    with pytest.raises(BadAnswerError, match="over 1 MiB"):
        client_for(serve(pour), Limits(max_bytes=2**20, tries=1)).me()


@pytest.mark.parametrize("start", [b"", f"{OK}\r\n{TYPE}\r\n\r\n".encode()], ids=["in its head", "in its body"])
def test_an_answer_that_drips_is_given_up_at_the_deadline(
    serve: Callable[[Behaviour], RawServer], start: bytes
) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(start)
        for letter in (f"{OK}\r\nX-Slow: ".encode() if not start else b"") + b" " * 200:
            connection.sendall(bytes([letter]))
            time.sleep(0.05)

    began = time.monotonic()
    with pytest.raises(UnreachableServerError, match=r"no whole answer within 0\.4 s"):
        client_for(serve(drip), Limits(deadline_seconds=0.4, tries=1)).me()
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("start", [b"", f"{OK}\r\n{TYPE}\r\n\r\n".encode()], ids=["in its head", "in its body"])
def test_nothing_is_left_behind_of_an_answer_that_was_given_up(
    serve: Callable[[Behaviour], RawServer], start: bytes
) -> None:
    left = threading.Event()

    def hold(connection: socket.socket) -> None:
        connection.sendall(start)
        if connection.recv(1) == b"":
            left.set()

    before = threading.active_count()
    with pytest.raises(UnreachableServerError):
        client_for(serve(hold), Limits(deadline_seconds=0.2, tries=1)).me()
    assert left.wait(5)
    deadline = time.monotonic() + 5
    while threading.active_count() > before + 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before + 1  # the server's own thread


def test_silence_is_given_up(serve: Callable[[Behaviour], RawServer]) -> None:
    server = serve(lambda _: time.sleep(5))
    with pytest.raises(UnreachableServerError, match="no answer in time"):
        client_for(server, Limits(read_seconds=0.2, tries=1)).me()


def test_a_silent_server_is_not_asked_again_and_again(serve: Callable[[Behaviour], RawServer]) -> None:
    server = serve(lambda _: time.sleep(2))
    with pytest.raises(UnreachableServerError):
        client_for(server, Limits(read_seconds=0.2, deadline_seconds=0.3, tries=50)).me()
    assert len(server.requests) == 2


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x00\x01\x02", b"HTTP/1.1 abc\r\n\r\n"])
def test_another_kind_of_server_is_told(serve: Callable[[Behaviour], RawServer], greeting: bytes) -> None:
    with pytest.raises(ServerError):
        client_for(serve(lambda connection: connection.sendall(greeting)), Limits(tries=1)).me()


def test_a_port_where_nobody_listens_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(UnreachableServerError, match="cannot be reached"):
        KoboClient(url, TOKEN, sleep=lambda _: None).me()


def test_an_unknown_host_is_told() -> None:
    with pytest.raises(UnreachableServerError, match="cannot be reached"):
        KoboClient("http://kobo.invalid", TOKEN, sleep=lambda _: None).me()


def test_a_web_page_with_status_200_is_not_kobo(serve: Callable[[Behaviour], RawServer]) -> None:
    page = b"<!DOCTYPE html><html><body>Welcome to the hotel</body></html>"
    server = serve(says(OK, "Content-Type: text/html", f"Content-Length: {len(page)}", body=page))
    with pytest.raises(NotKoboError):
        client_for(server).me()


REDIRECTS = ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]


@pytest.mark.parametrize("status", REDIRECTS)
def test_a_redirect_takes_neither_us_nor_the_token_elsewhere(
    serve: Callable[[Behaviour], RawServer], status: str
) -> None:
    other = serve(says(OK, TYPE, f"Content-Length: {len(ME)}", body=ME))
    first = serve(says(f"HTTP/1.1 {status}", f"Location: {other.url}/me/", "Content-Length: 0"))
    with pytest.raises(NotKoboError, match=f"a redirect to {other.url}/me/"):
        client_for(first).me()
    assert other.requests == []


@pytest.mark.parametrize("location", ["/accounts/login/?next=/me/", "//127.0.0.1/x", "http://kobo.invalid/", ""])
def test_a_redirect_to_a_page_for_signing_in_is_not_followed(
    serve: Callable[[Behaviour], RawServer], location: str
) -> None:
    server = serve(says("HTTP/1.1 302 Found", f"Location: {location}", "Content-Length: 0"))
    with pytest.raises(NotKoboError, match="a redirect"):
        client_for(server).me()
    assert len(server.requests) == 1


def test_a_link_in_a_list_does_not_take_the_token_elsewhere(serve: Callable[[Behaviour], RawServer]) -> None:
    thief = serve(says(OK, TYPE, "Content-Length: 2", body=b"{}"))
    following = b'{"count":2,"next":"%s/api/v2/x/","results":[]}' % thief.url.encode()
    answers = [following, b'{"count":2,"next":null,"results":[]}']
    server = serve(lambda connection: says(OK, TYPE, body=answers.pop(0))(connection))
    client_for(server).files("aAsset")
    assert thief.requests == [] and b"GET /api/v2/x/ " in server.requests[1]


def test_cookies_are_neither_kept_nor_sent(serve: Callable[[Behaviour], RawServer]) -> None:
    server = serve(says(OK, TYPE, "Set-Cookie: kobonaut=1; Path=/", f"Content-Length: {len(ME)}", body=ME))
    client = client_for(server)
    client.me()
    client.me()
    assert b"cookie" not in server.requests[1].lower()


def test_a_netrc_file_does_not_replace_the_token(
    serve: Callable[[Behaviour], RawServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password stolen\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(says(OK, TYPE, f"Content-Length: {len(ME)}", body=ME))
    client_for(server).me()
    assert f"Authorization: Token {TOKEN}".encode() in server.requests[0]


def test_a_proxy_of_the_environment_is_not_used(
    serve: Callable[[Behaviour], RawServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(says(OK, TYPE, "Content-Length: 2", body=b"{}"))
    monkeypatch.setenv("http_proxy", proxy.url)
    server = serve(says(OK, TYPE, f"Content-Length: {len(ME)}", body=ME))
    client_for(server).me()
    assert proxy.requests == []


def test_every_such_failure_is_one_that_a_user_can_read(serve: Callable[[Behaviour], RawServer]) -> None:
    with pytest.raises(HealingError) as caught:
        client_for(serve(lambda connection: connection.close()), Limits(tries=1)).me()
    assert "Traceback" not in str(caught.value) and "GET /me/" in str(caught.value)
