"""A programme split by sectors, end to end against the sandbox: projects, phones, lists, records and versions."""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import requests
from sqlalchemy import Connection, Engine, func, insert, select

from connector.areas import Plan
from connector.commands.versions import version_lines
from connector.deployment import deploy_programme
from connector.derive import rebuild
from connector.errors import FormInvalidError
from connector.fact_schema import assessment, client_identity, membership, problem
from connector.form_versions import all_versions, find_deployed
from connector.kobo import KoboClient
from connector.precious_schema import cha, deployment, form_version, healing_group, submission
from connector.recompute import recompute
from connector.rosters import publish_rosters, write_rosters
from connector.sandbox.server import SandboxUser, prepare, running_sandbox
from connector.sync import sync
from connector.sync_state import deployed_projects
from forms.expression import Literal, OnPhone
from forms.form import Form, Group
from forms.library import FORMS, forms_in
from forms.questions import metadata
from forms.version import content_version, describe
from forms.xlsform import form_sheets, media_files
from tests.connector.derived_database import ANA, BEA
from tests.connector.sync_scenes import migrated_database
from tests.connector.test_rosters import DAY
from tests.forms.changed_forms import rescored, stricter, with_codes_exchanged

ACCOUNTS = [SandboxUser(name, f"{name}-password", name[-1] * 40) for name in ("boss0", "cha1", "cha2", "guest3")]
BOSS, CHA1, CHA2, GUEST = ACCOUNTS
FIRST, SECOND = "2801", "2808"


def small(area: str) -> Form:
    """An attendance form that asks little, which the server converts and checks faster than the real one."""
    whole = forms_in(area)["attendance"]
    picked = (whole.question(name) for name in ("healing_group", "week", "session_kind", "absent_sick"))
    asked = tuple(replace(each, relevant=None, choice_filter=EVERYONE if each.roster else None) for each in picked)
    return replace(whole, children=(*metadata(), Group("session", asked)), instance_name=Literal("x"))


EVERYONE = OnPhone("name != ''", "all")
PLAN: Plan = {area: {"attendance": small(area)} for area in (FIRST, SECOND)}


@dataclass(frozen=True, slots=True)
class Scene:
    """A server, a database with a registry of two sectors, and the coordinator's client."""

    url: str
    engine: Engine
    client: KoboClient

    def projects(self) -> dict[tuple[str, str], str]:
        with self.engine.connect() as connection:
            return {(p.form_id, p.area): p.asset_uid for p in deployed_projects(connection, self.client.server)}

    def offered(self, account: SandboxUser, uid: str) -> Mapping[str, str | None] | None:
        """Media of a project as an account's phone is offered them; None when it is not offered the form."""
        form = KoboClient(self.url, account.token).phone_form(uid)
        return None if form is None else form.media


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    prepare(tmp_path / "sandbox.db", ACCOUNTS)
    engine = migrated_database(f"sqlite:///{tmp_path}/healing.db")
    with engine.begin() as connection:
        for number, sector in enumerate((FIRST, SECOND), start=1):
            code = f"C{number}"
            row = {"cha_code": code, "username": f"cha{number}", "sector_code": sector, "is_active": True}
            connection.execute(insert(cha).values(**row))
            about = {"label": f"Group {number}", "cohort": "2026-A", "started_on": DAY, "weeks": 16}
            place = {"district_code": "28", "sector_code": sector, "cha_code": code}
            connection.execute(insert(healing_group).values(code=f"g{number}", **about, **place))
    with running_sandbox(tmp_path / "sandbox.db") as address:
        yield Scene(address.url, engine, KoboClient(address.url, BOSS.token))
    engine.dispose()


def add_member(engine: Engine, code: str, group: str) -> None:
    with engine.begin() as connection:
        connection.execute(insert(membership).values(client_code=code, healing_group=group, joined_on=DAY))
        connection.execute(insert(client_identity).values(client_code=code, short_name=f"Name {code}"))


def submit(scene: Scene, account: SandboxUser, uid: str, answers: str) -> None:
    """Send one record of a project as an account's phone would, with the version that the project has."""
    with scene.engine.connect() as connection:
        version = connection.scalar(select(deployment.c.version_uid).where(deployment.c.asset_uid == uid))
    root = uuid.uuid4()
    xml = (
        f'<{uid} id="{uid}" version="1">{answers}<__version__>{version}</__version__>'
        f"<meta><instanceID>uuid:{root}</instanceID></meta></{uid}>"
    )
    answer = requests.post(
        f"{scene.url}/submission",
        files={"xml_submission_file": ("submission.xml", xml.encode(), "text/xml")},
        headers={"Authorization": f"Token {account.token}"},
        timeout=30,
    )
    assert answer.status_code == 201, answer.text


def test_the_real_forms_of_a_sector_are_deployed(scene: Scene) -> None:
    done = deploy_programme(scene.engine, scene.client, plan={SECOND: forms_in(SECOND)})
    assert [(each.form_id, each.area) for each in done] == [(form_id, SECOND) for form_id in FORMS]
    for each in done:
        assert scene.client.asset(each.asset_uid).name == forms_in(SECOND)[each.form_id].title
        assert scene.offered(CHA2, each.asset_uid) is not None and scene.offered(CHA1, each.asset_uid) is None


def test_each_sector_has_its_own_project_lists_and_accounts(scene: Scene) -> None:
    add_member(scene.engine, ANA, "g1")
    add_member(scene.engine, BEA, "g2")
    done = deploy_programme(scene.engine, scene.client, plan=PLAN, also=[GUEST.username])
    assert [(each.form_id, each.area, each.redeployed) for each in done] == [
        ("attendance", FIRST, True), ("attendance", SECOND, True),
    ]  # fmt: skip
    first, second = (each.asset_uid for each in done)
    assert scene.client.asset(first).name == PLAN[FIRST]["attendance"].title != scene.client.asset(second).name
    assert scene.offered(CHA1, first) and scene.offered(CHA1, second) is None
    assert scene.offered(CHA2, second) and scene.offered(CHA2, first) is None
    assert scene.offered(GUEST, first) and scene.offered(GUEST, second)
    with scene.engine.connect() as connection:
        lists = {area: write_rosters(connection, area) for area in (FIRST, SECOND)}
    codes = {area: [row["name"] for row in read_csv(files["members.csv"])] for area, files in lists.items()}
    assert codes == {FIRST: [ANA], SECOND: [BEA]}


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_deploying_again_changes_nothing_even_for_a_new_database(scene: Scene, tmp_path: Path) -> None:
    first = deploy_programme(scene.engine, scene.client, plan=PLAN)
    again = deploy_programme(scene.engine, scene.client, plan=PLAN)
    with scene.engine.begin() as connection:
        connection.execute(deployment.delete())
    found = deploy_programme(scene.engine, scene.client, plan=PLAN)
    for other in (again, found):
        assert [each.asset_uid for each in other] == [each.asset_uid for each in first]
        assert not any(each.redeployed for each in other)
    with scene.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(form_version)) == 2


def test_a_changed_list_goes_to_the_phones_of_its_sector_alone(scene: Scene) -> None:
    deploy_programme(scene.engine, scene.client, plan=PLAN)
    before = {key: scene.offered(BOSS, uid) for key, uid in scene.projects().items()}
    assert publish_rosters(scene.engine, scene.client, plan=PLAN) == ()
    add_member(scene.engine, BEA, "g2")
    assert publish_rosters(scene.engine, scene.client, plan=PLAN) == (f"attendance/{SECOND}",)
    after = {key: scene.offered(BOSS, uid) for key, uid in scene.projects().items()}
    assert [key for key in before if before[key] != after[key]] == [("attendance", SECOND)]


def test_records_of_all_sectors_come_into_one_table(scene: Scene) -> None:
    deploy_programme(scene.engine, scene.client, plan=PLAN)
    for account, area, group in ((CHA1, FIRST, "g1"), (CHA2, SECOND, "g2")):
        answers = f"<session><healing_group>{group}</healing_group><week>1</week></session>"
        submit(scene, account, scene.projects()["attendance", area], answers)
    result = sync(scene.engine, scene.client)
    assert result.new == 2
    with scene.engine.connect() as connection:
        found = connection.execute(select(submission.c.form_id, submission.c.asset_uid)).all()
    assert sorted(found) == sorted(("attendance", uid) for uid in scene.projects().values())
    assert sync(scene.engine, scene.client).new == 0


def test_after_a_split_the_old_project_is_still_read_and_gets_no_more_lists(scene: Scene) -> None:
    whole: Plan = {"": {"attendance": small("")}}
    deploy_programme(scene.engine, scene.client, plan=whole)
    deploy_programme(scene.engine, scene.client, plan=PLAN)
    assert scene.projects().keys() == {("attendance", ""), ("attendance", FIRST), ("attendance", SECOND)}
    old = scene.projects()["attendance", ""]
    submit(scene, CHA1, old, "<session><healing_group>g1</healing_group></session>")
    assert sync(scene.engine, scene.client).new == 1
    before = scene.offered(BOSS, old)
    add_member(scene.engine, ANA, "g1")
    assert publish_rosters(scene.engine, scene.client, plan=PLAN) == (f"attendance/{FIRST}",)
    assert scene.offered(BOSS, old) == before


def test_pictures_and_lists_reach_the_phones(scene: Scene) -> None:
    form = FORMS["outcome"]
    (done,) = deploy_programme(scene.engine, scene.client, plan={"": {"outcome": form}})
    assert (scene.offered(BOSS, done.asset_uid) or {}).keys() == {
        *media_files(form), *(roster.filename for roster in form.rosters),
    }  # fmt: skip


def test_what_was_deployed_is_kept_with_its_content(scene: Scene) -> None:
    done = deploy_programme(scene.engine, scene.client, plan=PLAN, spoken=("rw",), accept_texts="Training")
    form = PLAN[SECOND]["attendance"]
    definition = describe(form, form_sheets(form))
    with scene.engine.connect() as connection:
        row = find_deployed(connection, "attendance", SECOND)
        assert row is not None and (row.version_uid, row.asset_uid) == (done[1].version_uid, done[1].asset_uid)
        assert (row.server, row.content_version) == (scene.client.server, content_version(definition))
        assert json.loads(row.definition) == definition
        assert find_deployed(connection, "attendance") is not None
        assert find_deployed(connection, "attendance", "2812") is None


def test_the_choice_to_deploy_drafts_is_kept_and_told(scene: Scene) -> None:
    plan: Plan = {"": {"outcome": FORMS["outcome"]}}
    deploy_programme(scene.engine, scene.client, plan=plan, spoken=("rw",))
    with scene.engine.connect() as connection:
        assert connection.scalars(select(deployment.c.accepted_texts)).all() == [None]
    deploy_programme(scene.engine, scene.client, plan=plan, spoken=("rw",), accept_texts="Pilot, agreed on Monday")
    with scene.engine.connect() as connection:
        (kept,) = connection.scalars(select(deployment.c.accepted_texts))
        (row,) = all_versions(connection)
    assert json.loads(kept)["reason"] == "Pilot, agreed on Monday"
    first, second = version_lines(row)
    assert first.startswith(f"form version {row.content_version} = asset version {row.version_uid}, ")
    assert first.endswith(f"on {scene.client.server}, deployed now")
    assert second.strip().endswith(": Pilot, agreed on Monday")


def test_records_of_an_old_version_keep_their_score_after_a_new_one_is_deployed(scene: Scene) -> None:
    today = FORMS["outcome"]
    instrument = today.instruments[0]
    answers = {item.name: "1" for item in instrument.items[1:]} | {instrument.items[0].name: "refused"}
    expected = []
    for form in (rescored(today, stricter(instrument)), today):
        (done,) = deploy_programme(scene.engine, scene.client, plan={"": {"outcome": form}}, also=[GUEST.username])
        computed = {name: value for name, value in recompute(form, answers).items() if name.startswith(instrument.name)}
        expected.append(int(computed[instrument.score_name]) if computed[instrument.score_name] else None)
        told = {"wave": "endline", **answers, **computed}
        submit(scene, GUEST, done.asset_uid, "".join(f"<{name}>{value}</{name}>" for name, value in told.items()))
    assert len(set(expected)) == 2
    sync(scene.engine, scene.client)
    with scene.engine.begin() as connection:
        assert scores_in_order(connection) == expected
        rebuild(connection)
        assert scores_in_order(connection) == expected
        assert connection.scalars(select(problem.c.path).where(problem.c.kind == "score_differs")).all() == []


def scores_in_order(connection: Connection) -> list[int | None]:
    """The scores of all assessments in the order in which the records arrived."""
    query = select(assessment.c.score).join(submission, submission.c.root_uuid == assessment.c.root_uuid)
    return list(connection.scalars(query.order_by(submission.c.server_id)))


def test_a_name_with_other_codes_is_refused_when_a_form_is_deployed_anew(scene: Scene) -> None:
    deploy_programme(scene.engine, scene.client, plan=PLAN)
    other: Plan = {FIRST: {"attendance": with_codes_exchanged(PLAN[FIRST]["attendance"])}}
    before = scene.client.asset(scene.projects()["attendance", FIRST]).version_id
    with pytest.raises(FormInvalidError, match="Names would be used again"):
        deploy_programme(scene.engine, scene.client, plan=other)
    assert scene.client.asset(scene.projects()["attendance", FIRST]).version_id == before


def test_a_form_of_another_title_stays_in_its_project(scene: Scene) -> None:
    (first,) = deploy_programme(scene.engine, scene.client, plan={"": {"attendance": small("")}})
    renamed = replace(small(""), title="Attendance, new")
    (second,) = deploy_programme(scene.engine, scene.client, plan={"": {"attendance": renamed}})
    assert second.asset_uid == first.asset_uid and second.redeployed
    assert scene.client.asset(first.asset_uid).name == "Attendance, new"
