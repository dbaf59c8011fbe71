"""Lists of members reach the phones as a phone sees it, whatever breaks off on the way, and nothing is done twice."""

from __future__ import annotations

import datetime as dt

import pytest
import requests
from sqlalchemy import update

from connector.deployment import deploy_programme
from connector.errors import NeedsPersonError
from connector.kobo import KoboClient, md5
from connector.kobo_values import Deployment, MediaFile
from connector.precious_schema import healing_group
from connector.rosters import publish_rosters, write_rosters
from forms.questions import MEMBERS
from tests.connector.derived_database import CODES
from tests.connector.test_areas_on_sandbox import BOSS, CHA1, CHA2, FIRST, PLAN, SECOND, Scene, add_member, scene

__all__ = ["scene"]
CLOSING = ("ended_on", "end_reason")


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


class DyingClient(KoboClient):
    """A client whose process ends right after one of its calls that change something."""

    dies_after = ""

    def delete_file(self, uid: str, file_uid: str) -> None:
        super().delete_file(uid, file_uid)
        self._die("delete_file")

    def upload_file(self, uid: str, filename: str, content: bytes) -> MediaFile:
        made = super().upload_file(uid, filename, content)
        self._die("upload_file")
        return made

    def deploy(self, uid: str) -> Deployment:
        made = super().deploy(uid)
        self._die("deploy")
        return made

    def _die(self, step: str) -> None:
        if self.dies_after == step:
            raise Killed


def dying(scene: Scene, step: str) -> DyingClient:
    client = DyingClient(scene.url, BOSS.token)
    client.dies_after = step
    return client


def wanted(scene: Scene, area: str) -> str:
    """The md5 of the list of members that an area should have."""
    with scene.engine.connect() as connection:
        return md5(write_rosters(connection, area)[MEMBERS.filename])


def on_phone(scene: Scene, area: str) -> str | None:
    """The md5 of the list of members that the phone of the area's CHA is offered."""
    account = {FIRST: CHA1, SECOND: CHA2}[area]
    return (scene.offered(account, scene.projects()["attendance", area]) or {}).get(MEMBERS.filename)


def archive(scene: Scene, uid: str) -> None:
    """Archive a project as somebody does on the website."""
    where = f"{scene.url}/api/v2/assets/{uid}/deployment/"
    headers = {"Authorization": f"Token {BOSS.token}"}
    assert requests.patch(where, json={"active": False}, headers=headers, timeout=30).status_code == 200


def test_a_list_that_was_left_on_the_way_is_made_good_by_the_next_run(scene: Scene) -> None:
    plan = {FIRST: PLAN[FIRST]}
    deploy_programme(scene.engine, scene.client, plan=plan)
    for code, step in zip(CODES, ("delete_file", "upload_file", "deploy"), strict=False):
        add_member(scene.engine, code, "g1")
        with pytest.raises(Killed):
            publish_rosters(scene.engine, dying(scene, step), plan=plan)
        made_good = () if step == "deploy" else (f"attendance/{FIRST}",)
        assert publish_rosters(scene.engine, scene.client, plan=plan) == made_good
        assert on_phone(scene, FIRST) == wanted(scene, FIRST)
        assert publish_rosters(scene.engine, scene.client, plan=plan) == ()


def test_what_is_wrong_with_one_project_does_not_keep_the_lists_from_the_others(scene: Scene) -> None:
    deploy_programme(scene.engine, scene.client, plan=PLAN)
    archive(scene, scene.projects()["attendance", FIRST])
    add_member(scene.engine, CODES[0], "g1")
    add_member(scene.engine, CODES[1], "g2")
    told: list[str] = []
    with pytest.raises(NeedsPersonError, match="is archived"):
        publish_rosters(scene.engine, scene.client, lambda text, done, total: told.append(text), plan=PLAN)
    assert on_phone(scene, SECOND) == wanted(scene, SECOND)
    version = KoboClient(scene.url, BOSS.token).phone_form(scene.projects()["attendance", SECOND])
    assert version is not None and any(f"offered version {version.version} " in line for line in told)


def test_a_closed_group_leaves_the_phones_and_comes_back_when_it_is_opened_again(scene: Scene) -> None:
    plan = {FIRST: PLAN[FIRST]}
    deploy_programme(scene.engine, scene.client, plan=plan)
    add_member(scene.engine, CODES[0], "g1")
    publish_rosters(scene.engine, scene.client, plan=plan)
    before, there = on_phone(scene, FIRST), healing_group.c.code == "g1"
    for values in ({"ended_on": dt.date(2026, 3, 20), "end_reason": "broke_up"}, dict.fromkeys(CLOSING)):
        with scene.engine.begin() as connection:
            connection.execute(update(healing_group).where(there).values(values))
        changed = publish_rosters(scene.engine, scene.client, plan=plan)
        assert f"attendance/{FIRST}" in changed and f"outcome/{FIRST}" not in changed
        assert on_phone(scene, FIRST) == wanted(scene, FIRST)
        assert (on_phone(scene, FIRST) == before) is (values["ended_on"] is None)
