"""Knows how the sandbox server is started and stopped, and that it listens on this machine alone."""

import contextlib
import ipaddress
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from connector.errors import SettingsError, UnreachableServerError
from connector.sandbox.server.app import create_app

START_SECONDS = 30.0
KEEP_ALIVE_SECONDS = 75


@dataclass(frozen=True, slots=True)
class SandboxAddress:
    """Where a running sandbox answers, without a slash at the end."""

    url: str


def serve(data_file: Path, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve `data_file` until interrupted.

    Raises SettingsError when `host` is not this machine's own loopback address, or the port is taken.
    """
    listener = _listen(host, port)
    with contextlib.closing(listener), contextlib.suppress(KeyboardInterrupt):
        _server(data_file).run(sockets=[listener])


@contextlib.contextmanager
def running_sandbox(data_file: Path, port: int = 0) -> Iterator[SandboxAddress]:
    """Serve `data_file` in a thread of this process while the block runs; port 0 takes any free one.

    Raises SettingsError when the port is taken, UnreachableServerError when the server does not start.
    """
    listener = _listen("127.0.0.1", port)
    server = _server(data_file)
    thread = threading.Thread(target=_run, args=(server, listener), daemon=True, name="sandbox")
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield SandboxAddress(f"http://127.0.0.1:{listener.getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join(timeout=START_SECONDS)
        listener.close()


def check_loopback(host: str) -> str:
    """Return the address to bind. Raises SettingsError for any that other machines could reach."""
    address = "127.0.0.1" if host == "localhost" else host
    try:
        is_loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        message = f"The sandbox server listens on this machine alone and cannot be bound to {host!r}."
        raise SettingsError(message, advice="Use 127.0.0.1; the sandbox is for practice and its passwords are known.")
    return address


def _listen(host: str, port: int) -> socket.socket:
    """Bind; naming the protocol lets asyncio switch off Nagle's algorithm, which would cost 40 ms a request."""
    address = check_loopback(host)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError as error:
        listener.close()
        message = f"Port {port} on {address} cannot be used ({error.strerror})."
        raise SettingsError(message, advice="Choose another port, or stop the program that holds it.") from error
    return listener


def _server(data_file: Path) -> uvicorn.Server:
    config = uvicorn.Config(
        create_app(data_file),
        log_level="warning",
        access_log=False,
        lifespan="on",
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


def _run(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve, and then leave the Java engine: a program does not end while a thread that started it is attached."""
    server.run(sockets=[listener])
    jpype = sys.modules.get("jpype")
    if jpype is not None and jpype.isJVMStarted():
        jpype.java.lang.Thread.detach()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise UnreachableServerError("The sandbox server did not start.", advice="Look at the message above.")
        time.sleep(0.01)
