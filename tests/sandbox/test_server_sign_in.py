"""Who is let in to the sandbox server, and that a signed request cannot be used twice."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from requests.auth import HTTPDigestAuth

from connector.sandbox.server import SandboxUser, prepare, running_sandbox
from tests.sandbox.sandbox_project import CHA, OWNER, USERS


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data_file = tmp_path_factory.mktemp("sandbox") / "sandbox.sqlite"
    prepare(data_file, USERS)
    with running_sandbox(data_file) as sandbox:
        yield sandbox.url


def _challenge(url: str) -> dict[str, str]:
    header = requests.get(f"{url}/formList", timeout=10).headers["WWW-Authenticate"]
    return dict(part.strip().replace('"', "").split("=", 1) for part in header.removeprefix("Digest ").split(","))


def _sign(nonce: str, *, count: int = 1, uri: str = "/formList", user: SandboxUser = CHA, response: str = "") -> str:
    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    secret = md5(f"{user.username}:DJANGO:{user.password}")
    answer = md5(f"{secret}:{nonce}:{count:08x}:abc:auth:{md5(f'GET:{uri}')}")
    return (
        f'Digest username="{user.username}", realm="DJANGO", nonce="{nonce}", uri="{uri}", '
        f'response="{response or answer}", algorithm="MD5", qop=auth, nc={count:08x}, cnonce="abc"'
    )


def _list_forms(url: str, authorization: str) -> requests.Response:
    return requests.get(f"{url}/formList", headers={"Authorization": authorization}, timeout=10)


def test_a_correct_digest_is_let_in(url: str) -> None:
    response = _list_forms(url, _sign(_challenge(url)["nonce"]))
    assert (response.status_code, response.headers["X-KoBoNaUt"]) == (200, "cha001")


def test_a_nonce_serves_again_with_a_higher_count(url: str) -> None:
    nonce = _challenge(url)["nonce"]
    assert [_list_forms(url, _sign(nonce, count=count)).status_code for count in (1, 2, 7)] == [200, 200, 200]


def test_a_signed_request_cannot_be_played_again(url: str) -> None:
    signed = _sign(_challenge(url)["nonce"], count=3)
    assert _list_forms(url, signed).status_code == 200
    again = _list_forms(url, signed)
    assert (again.status_code, 'stale="true"' in again.headers["WWW-Authenticate"]) == (401, True)


def test_a_nonce_of_the_callers_own_making_is_stale(url: str) -> None:
    response = _list_forms(url, _sign("0123456789abcdef0123456789abcdef"))
    assert (response.status_code, 'stale="true"' in response.headers["WWW-Authenticate"]) == (401, True)


def test_a_signature_for_another_address_is_refused(url: str) -> None:
    response = _list_forms(url, _sign(_challenge(url)["nonce"], uri="/submission"))
    assert (response.status_code, 'stale="false"' in response.headers["WWW-Authenticate"]) == (401, True)


@pytest.mark.parametrize("count", ["", "zz", "-1"])
def test_a_count_that_is_no_number_is_refused(url: str, count: str) -> None:
    signed = _sign(_challenge(url)["nonce"]).replace("nc=00000001", f"nc={count}")
    assert _list_forms(url, signed).status_code == 401


def test_a_client_that_keeps_its_nonce_signs_in_once(url: str) -> None:
    with requests.Session() as session:
        session.auth = HTTPDigestAuth(CHA.username, CHA.password)
        first, second = (session.get(f"{url}/formList", timeout=10) for _ in range(2))
    assert (len(first.history), len(second.history)) == (1, 0)


def test_a_password_buys_a_token(url: str) -> None:
    response = requests.get(f"{url}/token/", auth=(OWNER.username, OWNER.password), timeout=10)
    assert response.json() == {"token": OWNER.token}


def test_another_server_name_in_the_credentials_changes_nothing(url: str) -> None:
    response = requests.get(f"{url}/me/", headers={"Authorization": "Basic !!!"}, timeout=10)
    assert response.status_code == 401


def test_preparing_again_changes_passwords_and_keeps_accounts(tmp_path: Path) -> None:
    data_file = tmp_path / "sandbox.sqlite"
    prepare(data_file, USERS)
    prepare(data_file, [SandboxUser("cha001", "a new password", "b" * 40)])
    with running_sandbox(data_file) as sandbox:
        statuses = [
            requests.get(f"{sandbox.url}/me/", auth=pair, timeout=10).status_code
            for pair in (("cha001", CHA.password), ("cha001", "a new password"), (OWNER.username, OWNER.password))
        ]
    assert statuses == [401, 200, 200]


def test_passwords_are_not_kept_in_the_file(tmp_path: Path) -> None:
    data_file = tmp_path / "sandbox.sqlite"
    prepare(data_file, USERS)
    assert CHA.password.encode() not in data_file.read_bytes()


def test_secrets_do_not_show_when_an_account_is_printed() -> None:
    assert CHA.password not in repr(CHA) and CHA.token not in repr(CHA)
