"""A server that cuts, drips, lies or redirects on a real connection cannot harm us."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connector.errors import BadAnswerError, HealingError, NotKoboError, ServerError, UnreachableServerError
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


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
def test_a_redirect_takes_neither_us_nor_the_token_elsewhere(
    serve: Callable[[Behaviour], RawServer], status: str
) -> None:
    other = serve(says(OK, TYPE, f"Content-Length: {len(ME)}", body=ME))
    first = serve(says(f"HTTP/1.1 {status}", f"Location: {other.url}/me/", "Content-Length: 0"))
    with pytest.raises(NotKoboError, match=f"a redirect to {other.url}/me/"):
        client_for(first).me()
    assert other.requests == []


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
