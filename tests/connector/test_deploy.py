"""A form reaches the phones in the safe order, nothing is done twice, and a failure leaves phones what they had."""

import hashlib
from typing import Any

import pytest

from connector.deploy import DeployedForm, Mark, deploy_form, push_media
from connector.errors import FormRefusedError, MissingAssetError, NeedsPersonError, ServerFailedError
from connector.kobo import Asset, KoboClient, md5
from tests.connector.kobo_exchanges import ASSET, Playback, Recorded, Reply, client_of, recorded, reply

WORKBOOK = b"PK a workbook"
DIGEST = hashlib.sha256(WORKBOOK).hexdigest()[:16]
MEMBERS = b"name,label,hh_id\nm1,Amina,HH001\nm2,Bakari,HH001\nm3,Chidi,HH002\nm4,Dalila,HH002\n"
DRAFT = recorded("projects", "asset GET (before deploy)")
DEPLOYED = recorded("projects", "asset GET after deploy")
RENAMED = recorded("projects", "asset PATCH name")
ARCHIVED = recorded("projects", "deployment PATCH (archive: active=false)")
CREATED = recorded("projects", "import create (multipart file, library=false)")
IMPORTED = recorded("projects", "import create poll")
NONE_FOUND = recorded("projects", "assets list bad query")
FIRST_DEPLOYMENT = recorded("projects", "deploy first time")
NEXT_DEPLOYMENT = recorded("projects", "redeploy same version (version_id given)")
REFUSED = recorded("projects", "deploy invalid form: syntax")
NO_FILES = recorded("files", "files list after delete")
OLD_FILE = recorded("files", "files list")
FILE_GONE = recorded("files", "file delete")
FILE_MADE = recorded("files", "file create (multipart)")
ASSIGNED = recorded("permissions", "list after grant")
GRANTED = recorded("permissions", "grant with relative urls")
UNKNOWN = recorded("permissions", "grant: unknown user")
LISTED = recorded("openrosa", "formList: ?formID=")
NOT_LISTED = recorded("openrosa", "formList: outsider (nothing shared)")
MANIFEST = recorded("openrosa", "manifest")
OLD_MANIFEST = recorded("files", "OpenRosa manifest: after delete, before redeploy")
METADATA = {"filename": "members.csv", "hash": f"md5:{md5(MEMBERS)}"}
NEW_FILE = reply({"count": 1, "next": None, "results": [{"uid": "af2", "metadata": METADATA}]})


def marked(item: Recorded, mark: Mark | None = None, description: str = "") -> Reply:
    """A recorded project whose description carries our mark."""
    value = item.body.get("asset", item.body)
    mark = mark or Mark("intake", DIGEST, value["version_id"])
    return reply({**value, "settings": {**value["settings"], "description": mark.written_into(description)}})


def deploy(client: KoboClient, asset_uid: str | None = ASSET, **options: Any) -> tuple[DeployedForm, list[str]]:
    """Deploy a form with one roster to cha1 and cha2; return what came of it and the steps that were told."""
    steps: list[str] = []
    given = {"media": {"members.csv": MEMBERS}, "submitters": ["cha1", "cha2"], **options}
    done = deploy_form(
        client,
        form_id="intake",
        title="Household visit",
        workbook=WORKBOOK,
        asset_uid=asset_uid,
        on_step=steps.append,
        **given,
    )
    return done, steps


def short(network: Playback) -> list[str]:
    """The calls without the address that they share."""
    return [call.replace(f"/api/v2/assets/{ASSET}/", "") for call in network.calls]


def test_a_new_form_takes_every_step_in_the_safe_order() -> None:
    client, network, _ = client_of(
        NONE_FOUND, CREATED, IMPORTED, DRAFT, DRAFT, marked(DRAFT),
        NO_FILES, FILE_MADE, marked(DRAFT), FIRST_DEPLOYMENT, ASSIGNED, GRANTED, LISTED, MANIFEST, DEPLOYED,
    )  # fmt: skip
    done, steps = deploy(client, asset_uid=None)
    assert short(network) == [
        "GET /api/v2/assets/",
        "POST /api/v2/imports/",
        "GET /api/v2/imports/i3PvdJZrhrj6uGy8TC2YdW/",
        "GET ",
        "GET ",
        "PATCH ",
        "GET files/",
        "POST files/",
        "GET ",
        "POST deployment/",
        "GET permission-assignments/",
        "POST permission-assignments/",
        "GET /formList",
        "GET /xformsManifest/1",
        "GET ",
    ]
    assert done == DeployedForm(
        form_id="intake",
        asset_uid=ASSET,
        version_uid="vJZDjKziiasMkwmU8cxTjq",
        changed_media=("members.csv",),
        redeployed=True,
        granted=("cha2",),
    )
    assert len(steps) == 4


def test_the_project_remembers_the_workbook_and_its_version() -> None:
    client, network, _ = client_of(
        NONE_FOUND, CREATED, IMPORTED, DRAFT, DRAFT, marked(DRAFT),
        DRAFT, FIRST_DEPLOYMENT, ASSIGNED, LISTED, MANIFEST, DEPLOYED,
    )  # fmt: skip
    deploy(client, asset_uid=None, media={}, submitters=[])
    assert network.sent_json(5)["settings"]["description"] == (
        f"[healing form=intake workbook={DIGEST} version=vJZDjKziiasMkwmU8cxTjq]"
    )


def test_nothing_is_done_when_nothing_changed() -> None:
    client, network, _ = client_of(
        marked(DEPLOYED), NEW_FILE, LISTED, MANIFEST, ASSIGNED, LISTED, MANIFEST, marked(DEPLOYED)
    )
    done, _ = deploy(client, submitters=["cha1"])
    assert (done.redeployed, done.changed_media, done.granted) == (False, (), ())
    assert {call.split()[0] for call in network.calls} == {"GET"}


def test_a_changed_workbook_goes_into_the_same_project() -> None:
    old = Mark("intake", "0" * 16, "vJZDjKziiasMkwmU8cxTjq")
    client, network, _ = client_of(
        marked(DEPLOYED, old, "Visits at home"), CREATED, IMPORTED, RENAMED, RENAMED, RENAMED,
        RENAMED, NEXT_DEPLOYMENT, ASSIGNED, LISTED, MANIFEST, DEPLOYED,
    )  # fmt: skip
    done, _ = deploy(client, media={}, submitters=[])
    assert done.redeployed
    assert b"/api/v2/assets/" + ASSET.encode() in network.sent(1)
    assert network.sent_json(5)["settings"]["description"].startswith("Visits at home\n[healing form=intake")


def test_a_change_made_on_the_website_makes_the_mark_void() -> None:
    stale = Mark("intake", DIGEST, "vOlder")
    client, network, _ = client_of(
        marked(DEPLOYED, stale), CREATED, IMPORTED, DEPLOYED, DEPLOYED, marked(DEPLOYED),
        LISTED, MANIFEST, ASSIGNED, LISTED, MANIFEST, DEPLOYED,
    )  # fmt: skip
    deploy(client, media={}, submitters=[])
    assert "POST /api/v2/imports/" in network.calls


def test_a_changed_roster_alone_is_sent_and_deployed() -> None:
    client, network, _ = client_of(
        marked(DEPLOYED), OLD_FILE, FILE_GONE, FILE_MADE,
        DEPLOYED, NEXT_DEPLOYMENT, ASSIGNED, LISTED, MANIFEST, DEPLOYED,
    )  # fmt: skip
    done, _ = deploy(client, submitters=[])
    assert done.changed_media == ("members.csv",) and done.redeployed
    assert "POST /api/v2/imports/" not in network.calls


def test_a_roster_that_was_sent_but_never_deployed_is_deployed() -> None:
    client, _, _ = client_of(
        marked(DEPLOYED), NEW_FILE, LISTED, OLD_MANIFEST,
        DEPLOYED, NEXT_DEPLOYMENT, ASSIGNED, LISTED, MANIFEST, DEPLOYED,
    )  # fmt: skip
    done, _ = deploy(client, submitters=[])
    assert done.redeployed and done.changed_media == ()


def test_an_archived_project_is_brought_back_by_deploying() -> None:
    client, _, _ = client_of(
        marked(ARCHIVED), reply(ARCHIVED.body["asset"]), NEXT_DEPLOYMENT, ASSIGNED, LISTED, MANIFEST, DEPLOYED
    )
    done, _ = deploy(client, media={}, submitters=[])
    assert done.redeployed


def test_a_refused_form_leaves_the_old_deployment_in_force() -> None:
    client, network, _ = client_of(marked(RENAMED), RENAMED, REFUSED)
    with pytest.raises(FormRefusedError, match="Mismatched brackets or parentheses"):
        deploy(client, media={}, submitters=["cha1"])
    assert short(network) == ["GET ", "GET ", "PATCH deployment/"]


def test_a_roster_that_cannot_be_sent_stops_before_deploying() -> None:
    down: Reply = (502, {"Content-Type": "text/html"}, b"<html></html>")
    client, network, _ = client_of(marked(DEPLOYED), OLD_FILE, FILE_GONE, down, down, down)
    with pytest.raises(ServerFailedError):
        deploy(client)
    assert not any("deployment" in call for call in network.calls)


def test_an_account_that_the_server_does_not_know_does_not_stop_the_others() -> None:
    client, _, _ = client_of(marked(DEPLOYED), LISTED, MANIFEST, ASSIGNED, GRANTED, UNKNOWN, LISTED, MANIFEST, DEPLOYED)
    done, steps = deploy(client, media={}, submitters=["nobody_here", "cha2", "cha1"])
    assert (done.granted, done.unknown_submitters) == (("cha2",), ("nobody_here",))
    assert any("'nobody_here'" in step for step in steps)


def test_a_known_project_that_is_gone_is_not_replaced_by_a_new_one() -> None:
    client, network, _ = client_of(recorded("projects", "asset GET nonexisting"))
    with pytest.raises(MissingAssetError):
        deploy(client)
    assert len(network.calls) == 1


def found(*descriptions: str) -> Reply:
    """A list of projects with these descriptions."""
    projects = [
        {**DEPLOYED.body, "uid": f"a{number}", "settings": {"description": text}}
        for number, text in enumerate(descriptions)
    ]
    return reply({"count": len(projects), "next": None, "results": projects})


def test_a_project_of_ours_is_found_again_by_its_mark() -> None:
    ours = Mark("intake", DIGEST, "vJZDjKziiasMkwmU8cxTjq").written_into("")
    others = Mark("outcome", DIGEST, "vJZDjKziiasMkwmU8cxTjq").written_into("")
    client, network, _ = client_of(
        found("somebody's own", others, ours), NOT_LISTED, reply({**DEPLOYED.body, "uid": "a2"}), REFUSED
    )
    with pytest.raises(FormRefusedError):
        deploy(client, asset_uid=None, media={}, submitters=[])
    assert network.calls[-1] == "PATCH /api/v2/assets/a2/deployment/"


def test_several_projects_of_ours_are_for_a_person_to_sort_out() -> None:
    ours = Mark("intake", DIGEST, "v1").written_into("")
    client, _, _ = client_of(found(ours, ours))
    with pytest.raises(NeedsPersonError, match="a0, a1"):
        deploy(client, asset_uid=None)


def test_peoples_words_in_the_description_stay_and_the_mark_is_never_doubled() -> None:
    first, second = Mark("intake", "a" * 16, "v1"), Mark("intake", "b" * 16, "v2")
    text = second.written_into(first.written_into("Asked at the first visit."))
    assert text == "Asked at the first visit.\n[healing form=intake workbook=bbbbbbbbbbbbbbbb version=v2]"
    asset = Asset.from_json({**DEPLOYED.body, "settings": {"description": text}}, "here")
    assert Mark.of(asset) == second


def test_rosters_that_phones_have_are_not_sent_again() -> None:
    client, network, _ = client_of(DEPLOYED, NEW_FILE, LISTED, MANIFEST)
    assert push_media(client, ASSET, {"members.csv": MEMBERS}) is False
    assert {call.split()[0] for call in network.calls} == {"GET"}


def test_a_changed_roster_is_pushed_with_one_deployment_and_seen_by_phones() -> None:
    client, network, pauses = client_of(
        DEPLOYED, OLD_FILE, FILE_GONE, FILE_MADE, DEPLOYED, NEXT_DEPLOYMENT, LISTED, OLD_MANIFEST, LISTED, MANIFEST
    )
    assert push_media(client, ASSET, {"members.csv": MEMBERS}) is True
    assert [call for call in short(network) if "deployment" in call] == ["PATCH deployment/"]
    assert len(pauses) == 1


def test_a_roster_left_behind_by_a_broken_run_is_deployed() -> None:
    client, _, _ = client_of(DEPLOYED, NEW_FILE, NOT_LISTED, DEPLOYED, NEXT_DEPLOYMENT, LISTED, MANIFEST)
    assert push_media(client, ASSET, {"members.csv": MEMBERS}) is True


@pytest.mark.parametrize(
    ("project", "reason"),
    [
        (DRAFT.reply, "is not deployed"),
        (reply(ARCHIVED.body["asset"]), "is archived"),
        (RENAMED.reply, "holds changes that are not deployed"),
    ],
)
def test_a_roster_does_not_publish_or_revive_a_project(project: Reply, reason: str) -> None:
    client, network, _ = client_of(project)
    with pytest.raises(NeedsPersonError, match=reason):
        push_media(client, ASSET, {"members.csv": MEMBERS})
    assert network.calls == [f"GET /api/v2/assets/{ASSET}/"]


def test_a_project_of_a_sector_remembers_it_and_is_told_from_that_of_the_whole() -> None:
    mark = Mark("intake", DIGEST, "v1", "2801")
    text = mark.written_into("")
    assert text == f"[healing form=intake area=2801 workbook={DIGEST} version=v1]"
    asset = Asset.from_json({**DEPLOYED.body, "settings": {"description": text}}, "here")
    assert Mark.of(asset) == mark
    assert Mark("intake", DIGEST, "v2").written_into(text) == f"[healing form=intake workbook={DIGEST} version=v2]"


@pytest.mark.parametrize(("area", "uid"), [("", "a0"), ("2801", "a1"), ("2802", "a2")])
def test_a_project_is_found_again_by_its_form_and_area(area: str, uid: str) -> None:
    marks = [Mark("intake", DIGEST, "vJZDjKziiasMkwmU8cxTjq", each).written_into("") for each in ("", "2801", "2802")]
    client, network, _ = client_of(found(*marks), NOT_LISTED, reply({**DEPLOYED.body, "uid": uid}), REFUSED)
    with pytest.raises(FormRefusedError):
        deploy(client, asset_uid=None, media={}, submitters=[], area=area)
    assert network.calls[-1] == f"PATCH /api/v2/assets/{uid}/deployment/"


def test_several_projects_of_a_sector_are_told_with_what_to_type() -> None:
    ours = Mark("intake", DIGEST, "v1", "2801").written_into("")
    client, _, _ = client_of(found(ours, ours))
    with pytest.raises(NeedsPersonError, match="intake/2801: 2 projects") as caught:
        deploy(client, asset_uid=None, area="2801")
    assert "--asset intake/2801=UID" in caught.value.advice
