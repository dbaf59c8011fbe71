"""Knows that the safeguards of the suite hold: no outside network, the same examples, no skip in disguise."""

import socket

import pytest
from hypothesis import settings

from tests.conftest import OutsideNetworkError, is_this_machine, turn_skip_into_failure

DOCUMENTATION_ADDRESS = "192.0.2.1"  # RFC 5737: belongs to nobody


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost", b"localhost", None, ""])
def test_loopback_is_this_machine(host: object) -> None:
    assert is_this_machine(host)


@pytest.mark.parametrize("host", [DOCUMENTATION_ADDRESS, "10.0.0.1", "0.0.0.0", "example.org", "localhost.example.org"])
def test_everything_else_is_another_machine(host: str) -> None:
    assert not is_this_machine(host)


def test_a_connection_to_another_machine_is_stopped() -> None:
    with socket.socket() as outgoing, pytest.raises(OutsideNetworkError, match=DOCUMENTATION_ADDRESS):
        outgoing.connect((DOCUMENTATION_ADDRESS, 80))


def test_a_datagram_to_another_machine_is_stopped() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as outgoing, pytest.raises(OutsideNetworkError):
        outgoing.sendto(b"", (DOCUMENTATION_ADDRESS, 9))


def test_the_name_of_another_machine_is_not_looked_up() -> None:
    with pytest.raises(OutsideNetworkError):
        socket.getaddrinfo("example.org", 443)


def test_an_invalid_name_is_unknown_as_it_is_everywhere() -> None:
    with pytest.raises(socket.gaierror):
        socket.create_connection(("kobo.invalid", 443))


def test_a_connection_to_this_machine_goes_through(loopback_listener: tuple[str, int]) -> None:
    with socket.create_connection(loopback_listener) as outgoing:
        assert outgoing.getpeername()[:2] == loopback_listener


def test_random_examples_are_the_same_each_run() -> None:
    assert settings.get_profile("reproducible").derandomize


def test_a_soak_tries_new_and_many_more_examples() -> None:
    soak, usual = settings.get_profile("soak"), settings.get_profile("reproducible")
    assert not soak.derandomize
    assert soak.max_examples >= 10 * usual.max_examples


def skipped_report(reason: str) -> pytest.TestReport:
    return pytest.TestReport("a test", ("file.py", 1, "a test"), {}, "skipped", ("file.py", 1, reason), "call")


def test_a_skip_becomes_a_failure_that_keeps_its_reason() -> None:
    report = skipped_report("Skipped: no browser")
    turn_skip_into_failure(report)
    assert report.failed
    assert "no browser" in str(report.longrepr)


def test_an_expected_failure_is_no_skip() -> None:
    report = skipped_report("reason: known")
    report.wasxfail = "known"
    turn_skip_into_failure(report)
    assert report.skipped
