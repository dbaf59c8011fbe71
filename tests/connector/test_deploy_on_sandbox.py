"""Deploying and reading work from end to end against the sandbox server, over real connections."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from connector.deploy import DeployedForm, deploy_form, push_media
from connector.errors import AccessError, FormRefusedError, InvalidTokenError, MissingAssetError
from connector.kobo import KoboClient, fetch_token, md5
from connector.sandbox.server import SandboxUser, prepare, running_sandbox
from forms.library import FORMS
from forms.xlsform import build_form, write_workbook

COORDINATOR = SandboxUser("coordinator", "coordinator-password", "c" * 40)
CHA = SandboxUser("cha1", "cha-password", "1" * 40)
STRANGER = SandboxUser("stranger", "stranger-password", "5" * 40)
MEMBERS = {"members.csv": b"name,label,healing_group,active\nc1,Keza,g1,1\n"}
MORE_MEMBERS = {"members.csv": MEMBERS["members.csv"] + b"c2,Gatera,g1,1\n"}


def workbook(label: str = "How many?", calculation: str = "1 + 1") -> bytes:
    """A small form."""
    return write_workbook(
        {
            "survey": [
                {"type": "integer", "name": "number", "label": label},
                {"type": "calculate", "name": "sum", "calculation": calculation},
            ],
            "settings": [{"form_title": "Counting", "form_id": "counting"}],
        }
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a sandbox with a coordinator, a CHA and a stranger."""
    data_file: Path = tmp_path_factory.mktemp("sandbox") / "sandbox.db"
    prepare(data_file, [COORDINATOR, CHA, STRANGER])
    with running_sandbox(data_file) as address:
        yield address.url


@pytest.fixture
def client(server: str) -> KoboClient:
    return KoboClient(server, COORDINATOR.token)


@pytest.fixture
def form_id() -> str:
    """A form that no other test has deployed."""
    return f"counting_{uuid.uuid4().hex[:8]}"


def deploy(
    client: KoboClient,
    form_id: str,
    content: bytes | None = None,
    media: dict[str, bytes] | None = None,
    asset_uid: str | None = None,
    submitters: tuple[str, ...] = ("cha1",),
) -> DeployedForm:
    return deploy_form(
        client,
        form_id=form_id,
        title="Counting",
        workbook=content or workbook(),
        media=MEMBERS if media is None else media,
        asset_uid=asset_uid,
        submitters=submitters,
    )


def submit(server: str, asset_uid: str, root: str) -> None:
    """Send one record as cha1's phone would."""
    xml = (
        f'<{asset_uid} id="{asset_uid}" version="1"><number>3</number>'
        f"<meta><instanceID>uuid:{root}</instanceID></meta></{asset_uid}>"
    )
    answer = requests.post(
        f"{server}/submission",
        files={"xml_submission_file": ("submission.xml", xml.encode(), "text/xml")},
        headers={"Authorization": f"Token {CHA.token}"},
        timeout=30,
    )
    assert answer.status_code == 201, answer.text


def test_a_token_is_fetched_by_password_and_opens_the_account(server: str) -> None:
    token = fetch_token(server, COORDINATOR.username, COORDINATOR.password)
    assert KoboClient(server, token).me().username == "coordinator"


def test_a_wrong_password_and_a_wrong_token_are_refused(server: str) -> None:
    with pytest.raises(InvalidTokenError):
        fetch_token(server, COORDINATOR.username, "wrong")
    with pytest.raises(InvalidTokenError):
        KoboClient(server, "0" * 40).me()


def test_a_new_form_reaches_the_phones_of_those_who_may_submit(server: str, client: KoboClient, form_id: str) -> None:
    done = deploy(client, form_id)
    offered = KoboClient(server, CHA.token).phone_form(done.asset_uid)
    assert offered is not None and offered.has_media({"members.csv": md5(MEMBERS["members.csv"])})
    assert KoboClient(server, STRANGER.token).phone_form(done.asset_uid) is None
    assert (done.redeployed, done.granted, done.version_uid[0]) == (True, ("cha1",), "v")


def test_the_same_form_again_changes_nothing_even_when_its_project_was_forgotten(
    client: KoboClient, form_id: str
) -> None:
    first = deploy(client, form_id)
    before = client.phone_form(first.asset_uid)
    again = deploy(client, form_id, asset_uid=None)
    assert (again.asset_uid, again.version_uid) == (first.asset_uid, first.version_uid)
    assert (again.redeployed, again.changed_media, again.granted) == (False, (), ())
    assert client.phone_form(first.asset_uid) == before


def test_a_changed_form_becomes_a_new_version_of_the_same_project(client: KoboClient, form_id: str) -> None:
    first = deploy(client, form_id)
    second = deploy(client, form_id, workbook("How many exactly?"), asset_uid=first.asset_uid)
    assert second.asset_uid == first.asset_uid and second.version_uid != first.version_uid
    assert client.asset(first.asset_uid).is_up_to_date


def test_a_refused_form_leaves_phones_what_they_had_and_a_good_one_mends_it(client: KoboClient, form_id: str) -> None:
    first = deploy(client, form_id)
    before = client.phone_form(first.asset_uid)
    with pytest.raises(FormRefusedError, match="no_such_question"):
        deploy(client, form_id, workbook(calculation="${no_such_question}"), asset_uid=first.asset_uid)
    assert client.phone_form(first.asset_uid) == before
    assert deploy(client, form_id, workbook("Mended"), asset_uid=first.asset_uid).redeployed


def test_a_file_that_is_no_workbook_is_refused(client: KoboClient, form_id: str) -> None:
    with pytest.raises(FormRefusedError, match="Unsupported format"):
        deploy(client, form_id, b"not a workbook")


def test_an_unknown_account_does_not_stop_the_deployment(client: KoboClient, form_id: str) -> None:
    done = deploy(client, form_id, submitters=("nobody_here", "cha1"))
    assert (done.granted, done.unknown_submitters) == (("cha1",), ("nobody_here",))


def test_a_project_of_somebody_else_is_not_touched(server: str, client: KoboClient, form_id: str) -> None:
    done = deploy(client, form_id)
    with pytest.raises(MissingAssetError):
        deploy(KoboClient(server, STRANGER.token), form_id, asset_uid=done.asset_uid)
    with pytest.raises(AccessError):
        KoboClient(server, STRANGER.token).import_form(workbook(), "Mine now", destination=done.asset_uid)


def test_a_changed_roster_reaches_phones_and_an_unchanged_one_is_left(client: KoboClient, form_id: str) -> None:
    done = deploy(client, form_id)
    assert push_media(client, done.asset_uid, MEMBERS) is False
    assert push_media(client, done.asset_uid, MORE_MEMBERS) is True
    offered = client.phone_form(done.asset_uid)
    assert offered is not None and offered.media == {"members.csv": md5(MORE_MEMBERS["members.csv"])}


def test_a_roster_sent_by_a_run_that_broke_off_is_deployed_by_the_next(client: KoboClient, form_id: str) -> None:
    done = deploy(client, form_id)
    client.replace_file_if_changed(done.asset_uid, "members.csv", MORE_MEMBERS["members.csv"])
    assert push_media(client, done.asset_uid, MORE_MEMBERS) is True


def test_records_are_read_counted_and_found_and_their_history_is_told(
    server: str, client: KoboClient, form_id: str
) -> None:
    uid = deploy(client, form_id).asset_uid
    roots = [str(uuid.uuid4()) for _ in range(5)]
    for root in roots:
        submit(server, uid, root)
    pages = list(client.record_pages(uid, page_size=2))
    assert [len(page.records) for page in pages] == [2, 2, 1]
    assert client.count(uid) == client.asset(uid).submission_count == 5
    given = client.pages_by_root_uuid(uid, [*roots[:2], "absent"])
    found = [str(record["meta/rootUuid"]) for page in given for record in page.records]
    assert sorted(found) == sorted(f"uuid:{root}" for root in roots[:2])
    events = client.history(uid, datetime.now(UTC) - timedelta(minutes=5))
    assert events is not None and {event.root_uuid for event in events} == set(roots)
    assert KoboClient(server, CHA.token).history(uid, datetime.now(UTC)) is None


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_of_the_programme_is_deployed(client: KoboClient, form_id: str, form: object) -> None:
    definition = FORMS[form.form_id]  # type: ignore[attr-defined]
    media = {roster.filename: (",".join(roster.columns) + "\n").encode() for roster in definition.rosters}
    done = deploy_form(
        client,
        form_id=definition.form_id,
        title=definition.title,
        workbook=build_form(definition),
        media=media,
        asset_uid=None,
        submitters=["cha1"],
    )
    assert client.asset(done.asset_uid).name == definition.title
    assert done.redeployed and done.changed_media == tuple(sorted(media))
