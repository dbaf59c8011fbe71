"""What phones are offered is read from the same lists that KoboCollect reads."""

import pytest

from connector.errors import BadAnswerError, InvalidTokenError, NotKoboError, ServerFailedError
from connector.kobo import PhoneForm, md5
from tests.connector.kobo_exchanges import ASSET, client_of, recorded

LISTED = recorded("openrosa", "formList: ?formID=")
EMPTY_LIST = recorded("openrosa", "formList: outsider (nothing shared)")
MANIFEST = recorded("openrosa", "manifest")
OLD_MANIFEST = recorded("files", "OpenRosa manifest: after delete, before redeploy")
NO_MEDIA = recorded("files", "OpenRosa manifest: before any file")
MEMBERS = b"name,label,hh_id\nm1,Amina,HH001\nm2,Bakari,HH001\nm3,Chidi,HH002\nm4,Dalila,HH002\n"
WANTED = {"members.csv": md5(MEMBERS)}


def test_a_form_is_offered_with_its_version_and_media() -> None:
    client, network, _ = client_of(LISTED, MANIFEST)
    assert client.phone_form(ASSET) == PhoneForm(
        form_id=ASSET,
        version="2 (2026-11-23 03:30:26)",
        md5="d8d6f7ede3fc74bf5874e9b49e6b9f29",
        media={"members.csv": "e1576c03d543af833d7960f4f56d1caa"},
    )
    assert network.calls == ["GET /formList", "GET /xformsManifest/1"]


def test_a_form_that_is_not_shared_or_archived_is_not_offered() -> None:
    client, _, _ = client_of(EMPTY_LIST)
    assert client.phone_form(ASSET) is None


def test_another_form_in_the_list_is_not_taken_for_ours() -> None:
    client, _, _ = client_of(LISTED)
    assert client.phone_form("aOther") is None


def test_a_form_without_media_has_no_manifest() -> None:
    status, headers, body = LISTED.reply  # type: ignore[misc]
    without = body.replace(b"<manifestUrl>http://kobo.test/xformsManifest/1</manifestUrl>", b"")
    client, network, _ = client_of((status, headers, without))
    form = client.phone_form(ASSET)
    assert form is not None and form.media == {} and len(network.calls) == 1


def test_the_manifest_is_fetched_from_our_host_whatever_its_link_says() -> None:
    status, headers, body = LISTED.reply  # type: ignore[misc]
    client, network, _ = client_of((status, headers, body.replace(b"kobo.test", b"evil.example")), MANIFEST)
    client.phone_form(ASSET)
    assert network.requests[1].url == "http://kobo.test/xformsManifest/1"


def test_phones_are_waited_for_until_the_new_file_is_there() -> None:
    client, _, pauses = client_of(EMPTY_LIST, LISTED, NO_MEDIA, LISTED, OLD_MANIFEST, LISTED, MANIFEST)
    assert client.wait_for_phones(ASSET, WANTED).media == WANTED
    assert len(pauses) == 3


def test_a_form_without_wanted_media_needs_only_to_be_listed() -> None:
    client, _, pauses = client_of(LISTED, MANIFEST)
    client.wait_for_phones(ASSET, {})
    assert pauses == []


def test_waiting_for_phones_ends_and_says_what_is_late() -> None:
    client, _, pauses = client_of(*[LISTED, OLD_MANIFEST] * 10)
    with pytest.raises(ServerFailedError, match=r"not offered members\.csv yet"):
        client.wait_for_phones(ASSET, WANTED, seconds=1)
    assert sum(pauses) == pytest.approx(1)


def test_a_form_that_never_appears_is_told() -> None:
    client, _, _ = client_of(*[EMPTY_LIST] * 10)
    with pytest.raises(ServerFailedError, match="not offered the form yet"):
        client.wait_for_phones(ASSET, {}, seconds=1)


@pytest.mark.parametrize(
    "item",
    [
        recorded("openrosa", "form XML: outsider"),
        recorded("refusals", "404: unknown API route (Accept: application/json)"),
        recorded("refusals", "404: unknown API route (Accept: */*)"),
        recorded("refusals", "no trailing slash (GET)"),
    ],
    ids=lambda item: item.name,
)
def test_a_host_that_serves_no_forms_advises_the_address_of_phones(item: object) -> None:
    client, _, _ = client_of(item)  # type: ignore[arg-type]
    with pytest.raises(NotKoboError, match="KOBO_KC_SERVER"):
        client.phone_form(ASSET)


def test_a_refused_token_is_told() -> None:
    client, _, _ = client_of(recorded("openrosa", "formList: no auth (401 + digest challenge)"))
    with pytest.raises(InvalidTokenError):
        client.phone_form(ASSET)


def test_a_list_that_is_not_xml_is_a_bad_answer() -> None:
    client, _, _ = client_of(*[(200, {"Content-Type": "text/xml"}, b"<xforms><xform>")] * 3)
    with pytest.raises(BadAnswerError, match="not XML"):
        client.phone_form(ASSET)
