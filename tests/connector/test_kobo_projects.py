"""Projects, deployments, files and permissions are read and changed as a real server wants it."""

import pytest

from connector.errors import (
    AccessError,
    BadAnswerError,
    FormRefusedError,
    HealingError,
    InvalidTokenError,
    MissingAssetError,
    RequestRefusedError,
    ServerFailedError,
)
from connector.kobo import Assignment, Deployment, MediaFile, md5
from tests.connector.kobo_exchanges import ASSET, Reply, client_of, recorded, reply

MEMBERS = b"name,label,hh_id\nm1,Amina,HH001\nm2,Bakari,HH001\nm3,Chidi,HH002\n"
MORE_MEMBERS = MEMBERS + b"m4,Dalila,HH002\n"
CREATED = recorded("projects", "import create (multipart file, library=false)")
DRAFT = recorded("projects", "asset GET (before deploy)")
DEPLOYED = recorded("projects", "asset GET after deploy")
NO_FILES = recorded("files", "files list after delete")
ONE_FILE = recorded("files", "files list")
FILE_MADE = recorded("files", "file create (multipart)")
FILE_EXISTS = recorded("files", "file create duplicate name")
FILE_GONE = recorded("files", "file delete")


def test_me_is_the_account_of_the_token() -> None:
    client, _, _ = client_of(recorded("account", "me (token)"))
    account = client.me()
    assert (account.username, account.is_superuser) == ("coordinator", False)
    assert account.server_time.isoformat() == "2026-11-23T03:28:29+00:00"


@pytest.mark.parametrize("name", ["token: wrong token", "me (anonymous)"])
def test_a_refused_token_is_told(name: str) -> None:
    client, _, _ = client_of(recorded("account", name))
    with pytest.raises(InvalidTokenError, match="KOBO_TOKEN"):
        client.me()


def test_a_draft_project_is_not_deployed() -> None:
    client, _, _ = client_of(DRAFT)
    asset = client.asset(ASSET)
    assert (asset.name, asset.has_deployment, asset.is_active, asset.is_up_to_date) == (
        "Household visit",
        False,
        False,
        False,
    )


def test_a_deployed_project_is_up_to_date() -> None:
    client, _, _ = client_of(DEPLOYED)
    asset = client.asset(ASSET)
    assert asset.is_up_to_date and asset.version_id == asset.deployed_version_id == "vJZDjKziiasMkwmU8cxTjq"


def test_a_renamed_project_is_no_longer_up_to_date() -> None:
    client, _, _ = client_of(recorded("projects", "asset PATCH name"))
    assert not client.asset(ASSET).is_up_to_date


@pytest.mark.parametrize("name", ["asset GET nonexisting", "asset GET as outsider"])
def test_a_project_that_is_gone_or_not_shared_is_missing(name: str) -> None:
    client, _, _ = client_of(recorded("projects", name))
    with pytest.raises(MissingAssetError, match="the server does not say which"):
        client.asset(ASSET)


def test_projects_are_found_by_a_part_of_their_name() -> None:
    listing = recorded("projects", "assets list with query")
    rest = reply({"count": 6, "next": None, "previous": None, "results": []})
    client, network, _ = client_of(listing, rest)
    assert client.find_assets("household")[0].uid == ASSET
    assert network.requests[0].path_url == (
        "/api/v2/assets/?q=asset_type%3Asurvey+AND+name__icontains%3A%22household%22&limit=100"
    )


def test_a_list_is_read_through_to_its_last_page() -> None:
    listing = recorded("projects", "assets list with query")
    last = reply({**listing.body, "next": None})
    client, network, _ = client_of(listing, last)
    assert len(client.find_assets("household")) == 4
    assert "start=2" in network.requests[1].path_url


def test_a_list_that_leads_back_to_itself_is_a_bad_answer() -> None:
    listing = recorded("projects", "assets list with query")
    client, _, _ = client_of(listing, listing, listing)
    with pytest.raises(BadAnswerError, match="back to itself"):
        client.find_assets("household")


def test_quotes_in_a_name_cannot_change_the_search() -> None:
    client, network, _ = client_of(recorded("projects", "assets list bad query"))
    client.find_assets('x" OR name:"y')
    assert (network.requests[0].path_url or "").count("%22") == 2


def test_a_search_that_is_too_short_is_refused_in_the_servers_words() -> None:
    client, _, _ = client_of(recorded("projects", "assets list search word (too short)"))
    with pytest.raises(RequestRefusedError, match="Your query is too short"):
        client.find_assets("ab")


def test_a_new_form_becomes_a_survey_project() -> None:
    client, network, _ = client_of(CREATED, recorded("projects", "import create poll"))
    assert client.import_form(b"PK workbook", "Household visit") == ASSET
    body = network.sent(0)
    assert b'name="library"\r\n\r\nfalse' in body and b"PK workbook" in body and b"destination" not in body
    assert network.calls[1] == "GET /api/v2/imports/i3PvdJZrhrj6uGy8TC2YdW/"


def test_a_changed_form_goes_into_its_project_by_path() -> None:
    uid = "aduTMyEkKYWGHMgnC3u8q4"
    client, network, _ = client_of(CREATED, recorded("projects", "import into destination (path only) poll"))
    assert client.import_form(b"workbook", "Household visit", destination=uid) == uid
    assert f"/api/v2/assets/{uid}/".encode() in network.sent(0)


@pytest.mark.parametrize(
    ("poll", "words"),
    [
        ("import junk poll", "Unsupported format, or corrupt file (XlsFormatException)"),
        ("import nothing poll", "must contain"),
        ("import invalid form: type poll", "unknown type ['textt'] (ValueError)"),
        ("import invalid form: dup poll", "Duplicate node name: hh_id (DuplicateNameException)"),
    ],
)
def test_a_form_that_the_server_cannot_import_is_refused_in_its_words(poll: str, words: str) -> None:
    client, _, _ = client_of(CREATED, recorded("projects", poll))
    with pytest.raises(FormRefusedError) as caught:
        client.import_form(b"workbook", "Intake")
    assert words in str(caught.value) and caught.value.exit_code == 8


@pytest.mark.parametrize(
    "poll", ["import into destination (bare uid) poll", "import into destination without permission poll"]
)
def test_a_project_that_may_not_be_changed_is_a_matter_of_access(poll: str) -> None:
    client, _, _ = client_of(CREATED, recorded("projects", poll))
    with pytest.raises(AccessError):
        client.import_form(b"workbook", "Intake", destination=ASSET)


@pytest.mark.parametrize(
    ("first", "poll", "error"),
    [
        ("import: anonymous", None, InvalidTokenError),
        ("import create (multipart file, library=false)", "import task of somebody else", MissingAssetError),
    ],
)
def test_an_import_that_is_not_ours_is_told(first: str, poll: str | None, error: type[HealingError]) -> None:
    client, _, _ = client_of(recorded("projects", first), *([recorded("projects", poll)] if poll else []))
    with pytest.raises(error):
        client.import_form(b"workbook", "Intake")


def test_an_import_is_waited_for() -> None:
    waiting = reply({"uid": "i1", "status": "processing", "messages": {}})
    client, _, pauses = client_of(CREATED, waiting, waiting, recorded("projects", "import create poll"))
    client.import_form(b"workbook", "Intake")
    assert len(pauses) == 2


def test_an_import_that_never_ends_is_given_up() -> None:
    waiting = [reply({"uid": "i1", "status": "created"})] * 200
    client, _, pauses = client_of(CREATED, *waiting)
    with pytest.raises(ServerFailedError, match="did not end in 180 s"):
        client.import_form(b"workbook", "Intake")
    assert sum(pauses) == pytest.approx(180)


def test_an_import_that_names_no_project_is_a_bad_answer() -> None:
    client, _, _ = client_of(CREATED, reply({"status": "complete", "messages": {}}))
    with pytest.raises(BadAnswerError, match="names no project"):
        client.import_form(b"workbook", "Intake")


def test_the_description_is_changed_and_other_settings_are_kept() -> None:
    client, network, _ = client_of(DRAFT, recorded("projects", "asset PATCH settings"))
    assert client.describe(ASSET, "d").description == "d"
    assert network.sent_json(1) == {"settings": {**DRAFT.body["settings"], "description": "d"}}


def test_a_first_deployment_is_active_at_once() -> None:
    client, network, _ = client_of(DRAFT, recorded("projects", "deploy first time"))
    assert client.deploy(ASSET) == Deployment(ASSET, "vJZDjKziiasMkwmU8cxTjq", True)
    assert (network.calls[1].split()[0], network.sent_json(1)) == ("POST", {"active": True})


def test_a_later_deployment_names_the_version_just_read() -> None:
    client, network, _ = client_of(DEPLOYED, recorded("projects", "redeploy same version (version_id given)"))
    client.deploy(ASSET)
    assert network.calls[1].startswith("PATCH")
    assert network.sent_json(1) == {"active": True, "version_id": "vJZDjKziiasMkwmU8cxTjq"}


@pytest.mark.parametrize("kind", ["relevant", "choices", "group", "syntax"])
def test_a_form_that_cannot_be_deployed_is_refused_in_the_servers_words(kind: str) -> None:
    refusal = recorded("projects", f"deploy invalid form: {kind}")
    client, _, _ = client_of(DRAFT, refusal)
    with pytest.raises(FormRefusedError) as caught:
        client.deploy(ASSET)
    assert refusal.body["error"] in str(caught.value)


def test_a_project_deployed_by_somebody_meanwhile_is_deployed_again() -> None:
    again = recorded("projects", "redeploy same version (version_id given)")
    client, network, _ = client_of(DRAFT, recorded("projects", "deploy: POST again"), DEPLOYED, again)
    client.deploy(ASSET)
    assert [call.split()[0] for call in network.calls] == ["GET", "POST", "GET", "PATCH"]


def test_a_version_that_became_old_meanwhile_is_read_again() -> None:
    renamed = recorded("projects", "asset PATCH name")
    failed = recorded("projects", "redeploy with an outdated version_id")
    client, network, _ = client_of(DEPLOYED, failed, renamed, recorded("projects", "redeploy with {} body"))
    client.deploy(ASSET)
    assert network.sent_json(3)["version_id"] == renamed.body["version_id"]


@pytest.mark.parametrize(
    ("file", "name", "error"),
    [
        ("projects", "deployment: no permission (outsider)", MissingAssetError),
        ("projects", "deployment: anonymous", InvalidTokenError),
        ("permissions", "deploy as cha1", AccessError),
        ("projects", "deploy the advanced form", ServerFailedError),
        ("projects", "deployment PATCH before first deploy", RequestRefusedError),
    ],
)
def test_a_deployment_that_fails_otherwise_is_told(file: str, name: str, error: type[HealingError]) -> None:
    client, _, _ = client_of(DRAFT, recorded(file, name), DRAFT)
    with pytest.raises(error):
        client.deploy(ASSET)


def test_media_files_are_listed_with_their_digest() -> None:
    client, network, _ = client_of(ONE_FILE)
    assert client.files(ASSET) == (MediaFile("afWdZGSpp9MW7eUSBZV2ZY7", "members.csv", md5(MEMBERS)),)
    assert network.requests[0].path_url.endswith("/files/?file_type=form_media")


def test_a_file_is_sent_with_all_that_the_server_wants() -> None:
    client, network, _ = client_of(FILE_MADE)
    assert client.upload_file(ASSET, "members.csv", MEMBERS).md5 == md5(MEMBERS)
    body = network.sent(0)
    assert all(part in body for part in (b"form_media", b"default", b'{"filename": "members.csv"}', MEMBERS))


def test_a_file_with_the_same_bytes_is_not_sent() -> None:
    client, network, _ = client_of(ONE_FILE)
    assert client.replace_file_if_changed(ASSET, "members.csv", MEMBERS) is False
    assert len(network.calls) == 1


def test_a_changed_file_is_removed_and_sent_anew() -> None:
    client, network, _ = client_of(ONE_FILE, FILE_GONE, FILE_MADE)
    assert client.replace_file_if_changed(ASSET, "members.csv", MORE_MEMBERS) is True
    assert [call.split()[0] for call in network.calls] == ["GET", "DELETE", "POST"]
    assert network.calls[1].endswith("/files/afWdZGSpp9MW7eUSBZV2ZY7/")


def test_a_missing_file_is_sent() -> None:
    client, network, _ = client_of(NO_FILES, FILE_MADE)
    assert client.replace_file_if_changed(ASSET, "members.csv", MEMBERS) is True
    assert [call.split()[0] for call in network.calls] == ["GET", "POST"]


def test_a_file_of_another_name_is_left_alone() -> None:
    client, network, _ = client_of(ONE_FILE, FILE_MADE)
    client.replace_file_if_changed(ASSET, "groups.csv", MEMBERS)
    assert [call.split()[0] for call in network.calls] == ["GET", "POST"]


def test_an_upload_whose_answer_was_lost_counts_when_the_file_is_there() -> None:
    down: Reply = (502, {"Content-Type": "text/html"}, b"<html></html>")
    client, _, _ = client_of(down, FILE_EXISTS, ONE_FILE)
    assert client.upload_file(ASSET, "members.csv", MEMBERS).filename == "members.csv"


def test_another_file_of_that_name_is_not_taken_for_ours() -> None:
    client, _, _ = client_of(FILE_EXISTS, ONE_FILE)
    with pytest.raises(RequestRefusedError, match="File already exists"):
        client.upload_file(ASSET, "members.csv", MORE_MEMBERS)


def test_a_file_that_is_gone_already_counts_as_removed() -> None:
    client, network, _ = client_of(recorded("projects", "asset GET nonexisting"))
    client.delete_file(ASSET, "af1")
    assert [request.method for request in network.requests] == ["DELETE"]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("file create: disallowed type (exe)", RequestRefusedError),
        ("file create: missing description", RequestRefusedError),
        ("file create: missing metadata", RequestRefusedError),
        ("file create: no content", RequestRefusedError),
        ("file create: base64 without prefix", RequestRefusedError),
        ("file create as outsider", MissingAssetError),
        ("file create: multipart without metadata", ServerFailedError),
    ],
)
def test_a_file_that_the_server_does_not_take_is_told(name: str, error: type[HealingError]) -> None:
    client, _, _ = client_of(recorded("files", name), NO_FILES)
    with pytest.raises(error):
        client.upload_file(ASSET, "y.exe", b"MZ")


def test_a_remote_file_has_no_digest_to_compare() -> None:
    remote = recorded("files", "file create: redirect_url")
    assert MediaFile.from_json(remote.body, "files").md5 is None


def test_permissions_are_listed_by_account_and_name() -> None:
    client, _, _ = client_of(recorded("permissions", "list after grant"))
    assert Assignment("cha1", "add_submissions") in client.assignments(ASSET)


@pytest.mark.parametrize("name", ["grant with relative urls", "grant again (idempotent?)"])
def test_an_account_is_allowed_to_submit(name: str) -> None:
    client, network, _ = client_of(recorded("permissions", name))
    client.grant(ASSET, "cha2")
    assert network.calls == [f"POST /api/v2/assets/{ASSET}/permission-assignments/"]
    assert network.sent_json(0) == {
        "user": "/api/v2/users/cha2/",
        "permission": "/api/v2/permissions/add_submissions/",
    }


@pytest.mark.parametrize("name", ["grant: unknown user", "grant: unknown permission", "grant: user by name only"])
def test_an_account_that_is_unknown_is_named(name: str) -> None:
    client, _, _ = client_of(recorded("permissions", name))
    with pytest.raises(RequestRefusedError, match="'nobody_here'"):
        client.grant(ASSET, "nobody_here")


@pytest.mark.parametrize("name", ["grant: as cha1 (no manage permission)", "list as cha1"])
def test_permissions_of_a_project_that_is_not_ours_are_missing(name: str) -> None:
    client, _, _ = client_of(recorded("permissions", name), recorded("permissions", name))
    with pytest.raises(MissingAssetError):
        client.grant(ASSET, "cha2")
    with pytest.raises(MissingAssetError):
        client.assignments(ASSET)


def test_a_username_cannot_reach_into_the_address() -> None:
    client, network, _ = client_of(recorded("permissions", "grant with relative urls"))
    client.grant(ASSET, "../cha 2?")
    assert network.sent_json(0)["user"] == "/api/v2/users/..%2Fcha%202%3F/"


@pytest.mark.parametrize("body", [{"uid": "a1"}, [], {"results": []}])
def test_an_answer_of_another_shape_is_a_bad_answer(body: object) -> None:
    client, _, _ = client_of(reply(body))
    with pytest.raises(BadAnswerError):
        client.asset(ASSET)
