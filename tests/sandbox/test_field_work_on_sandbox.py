"""Simulated field work reaches a KoboToolbox-shaped server as phones and a coordinator would bring it there, once."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from connector.deploy import deploy_form, push_media
from connector.errors import InvalidTokenError, MissingAssetError, RequestRefusedError, UnreachableServerError
from connector.kobo import KoboClient
from connector.sandbox.field_journal import Journal
from connector.sandbox.field_phone import FieldPhone, Shelf
from connector.sandbox.field_work import FieldReport, FieldWork
from connector.sandbox.server import SandboxUser, prepare, running_sandbox
from connector.sandbox.simulation import simulate
from connector.sandbox.story import Client, Cohort, ProgrammeSize, Record
from connector.sandbox.story_rosters import roster_on
from connector.sandbox.story_truth import reckon
from connector.sandbox.story_visits import SUPERVISORS
from forms.client_code import is_newcomer, is_valid
from forms.library import FORMS
from forms.xlsform import build_form

TINY = ProgrammeSize(sectors=1, cohorts=(Cohort(1, 24, True), Cohort(1, 3)), members=(5, 6))
STORY = simulate(27, dt.date(2026, 8, 31), TINY)
TRUTH = reckon(STORY)
TOKEN = "c0" * 20
Row = Mapping[str, Any]


class StoppedError(Exception):
    """Somebody pulls the plug."""


@dataclass
class Place:
    """A sandbox with the three forms deployed, and the folder in which the field work keeps what is done."""

    url: str
    folder: Path
    uids: Mapping[str, str]
    client: KoboClient
    published: list[dt.date] = field(default_factory=list)
    moves: list[tuple[str, str, dt.date]] = field(default_factory=list)

    def work(self, folder: Path | None = None) -> FieldWork:
        return FieldWork(
            STORY,
            self.url,
            asset_uids=self.uids,
            password_of=password_of,
            folder=folder or self.folder,
            publish_rosters=self.publish,
            record_move=lambda *move: self.moves.append(move),
        )

    def publish(self, day: dt.date) -> None:
        """What the connector does from its database, done here from the story."""
        self.published.append(day)
        media = {"groups.csv": groups_csv(), "members.csv": members_csv(day, self.work().client_codes())}
        for form_id in ("attendance", "outcome"):
            push_media(self.client, self.uids[form_id], media)

    def rows(self, form_id: str) -> list[Row]:
        """Every record of a form on the server."""
        return [row for page in self.client.record_pages(self.uids[form_id]) for row in page.records]


def password_of(username: str) -> str:
    return f"password of {username}"


def groups_csv() -> bytes:
    rows = [f"{group.code},{group.label},{group.sector},{group.cha.username}" for group in STORY.groups]
    return "\n".join(["name,label,sector,cha", *rows, ""]).encode()


def members_csv(day: dt.date, codes: Mapping[str, str]) -> bytes:
    listed = roster_on(STORY, day)
    rows = [f"{codes[client]},Name,{group},1" for group, clients in listed.items() for client in clients]
    return "\n".join(["name,label,healing_group,active", *sorted(rows), ""]).encode()


def deploy_everything(client: KoboClient) -> dict[str, str]:
    accounts = [cha.username for cha in STORY.chas] + list(SUPERVISORS)
    empty = {"groups.csv": groups_csv(), "members.csv": b"name,label,healing_group,active\n"}
    uids = {}
    for form_id, form in FORMS.items():
        media = {roster.filename: empty[roster.filename] for roster in form.rosters}
        deployed = deploy_form(
            client,
            form_id=form_id,
            title=form.title,
            workbook=build_form(form),
            media=media,
            asset_uid=None,
            submitters=accounts,
        )
        uids[form_id] = deployed.asset_uid
    return uids


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A server's data file with the forms deployed and nothing sent yet, to be copied."""
    data_file = tmp_path_factory.mktemp("deployed") / "server.db"
    users = [cha.username for cha in STORY.chas] + list(SUPERVISORS)
    people = [SandboxUser(name, password_of(name), f"{number:040x}") for number, name in enumerate(users, 1)]
    prepare(data_file, [SandboxUser("coordinator", password_of("coordinator"), TOKEN), *people])
    with running_sandbox(data_file) as server:
        uids = deploy_everything(KoboClient(server.url, TOKEN))
    return data_file, uids


@pytest.fixture(scope="module")
def open_place(
    deployed: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Place]]:
    """Opens any number of servers with the forms deployed."""
    data_file, uids = deployed
    running = []

    def open_one() -> Place:
        folder = tmp_path_factory.mktemp("place")
        shutil.copy(data_file, folder / "server.db")
        server = running_sandbox(folder / "server.db")
        running.append(server)
        url = server.__enter__().url
        return Place(url, folder / "phones", uids, KoboClient(url, TOKEN))

    yield open_one
    for server in running:
        server.__exit__(None, None, None)


@pytest.fixture(scope="module")
def played(open_place: Callable[[], Place]) -> tuple[Place, FieldReport]:
    """The whole story, played once without interruption."""
    place = open_place()
    return place, place.work().run()


def record_of(place: Place, record: Record) -> Row:
    """The one record on the server that a record of the story became."""
    return next(row for row in place.rows(record.form) if row["meta/rootUuid"] == instance_id(place, record))


def instance_id(place: Place, record: Record) -> str:
    journal = Journal(place.folder)
    journal.close()
    return journal.facts(f"fill {record.record_id}")["instance_id"]


def comparable(rows: list[Row]) -> dict[str, Row]:
    """Records by root UUID, without what a server makes up for itself."""
    made_up = {"_id", "_validation_status", "_attachments"}
    return {row["meta/rootUuid"]: {name: row[name] for name in row if name not in made_up} for row in rows}


def test_every_record_of_the_story_is_on_the_server_once(played: tuple[Place, FieldReport]) -> None:
    place, _ = played
    assert {form_id: place.client.count(place.uids[form_id]) for form_id in FORMS} == TRUTH.records


def test_phones_listed_the_members_that_the_story_reckons(played: tuple[Place, FieldReport]) -> None:
    assert played[1].roster_differences == ()


def test_the_report_counts_the_deeds(played: tuple[Place, FieldReport]) -> None:
    done = played[1].done
    assert done["fill"] == done["send"] == len(STORY.records)
    assert done["edit"] == sum(record.edited_at is not None for record in STORY.records) > 0
    assert done["delete"] == len(TRUTH.deleted) > 0


def test_rosters_go_out_on_the_roster_days(played: tuple[Place, FieldReport]) -> None:
    assert tuple(played[0].published) == STORY.roster_days


def test_records_arrive_from_the_right_account_at_the_time_of_the_story(played: tuple[Place, FieldReport]) -> None:
    for record in STORY.records[:20]:
        if record.deleted_at is None:
            row = record_of(played[0], record)
            assert row["_submitted_by"] == row["username"] == record.username
            assert row["_submission_time"] == record.sent_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")
            assert row["start"].startswith(record.started_at.strftime("%Y-%m-%dT%H:%M:%S"))


def test_scores_computed_on_the_phone_are_the_ones_added_by_hand(played: tuple[Place, FieldReport]) -> None:
    place, _ = played
    by_record = {record.record_id: record for record in STORY.records}
    rows = {row["meta/rootUuid"]: row for form_id in ("intake", "outcome") for row in place.rows(form_id)}
    assert len(TRUTH.assessments) > 60
    for each in TRUTH.assessments:
        row = rows[instance_id(place, by_record[each.record_id])]
        found = row.get(f"interview/{each.instrument}/{each.instrument}_score", "")
        assert found == ("" if each.score is None else str(each.score))


def test_levels_of_risk_computed_on_the_phone_are_the_ones_worked_out_by_hand(
    played: tuple[Place, FieldReport],
) -> None:
    place, _ = played
    rows = [row for form_id in ("intake", "outcome") for row in place.rows(form_id)]
    levels = [row[name] for row in rows for name in row if name.endswith(("/safety_level", "/safety_2_level"))]
    assert {level: levels.count(level) for level in set(levels)} == {k: n for k, n in TRUTH.safety_alerts.items() if n}


def test_everybody_in_distress_has_the_level_of_the_own_triage(played: tuple[Place, FieldReport]) -> None:
    rows = played[0].rows("attendance")
    levels = [
        row[name] for row in rows for name in row if name.startswith("care/distress_") and name.endswith("_level")
    ]
    assert len(levels) == sum(len(row.get("care/distress_members", "").split()) for row in rows) > 2


def test_who_came_before_the_screening_shows_the_card_with_the_code_of_that_session(
    played: tuple[Place, FieldReport],
) -> None:
    made = {code for row in played[0].rows("attendance") for code in row.get("roster/newcomer_codes", "").split()}
    typed = [row["about/newcomer_code"] for row in played[0].rows("intake") if "about/newcomer_code" in row]
    assert len(typed) == TRUTH.newcomers["joined"] > 0
    assert set(typed) <= made and all(is_newcomer(code) for code in made)


def test_a_merged_session_is_one_report_of_two_weeks(played: tuple[Place, FieldReport]) -> None:
    merged = [row for row in played[0].rows("attendance") if row["session/session_kind"] == "merged"]
    assert [(row["session/was_held"], row["session/merged_week"] != row["session/week"]) for row in merged] == [
        ("yes", True)
    ]


def test_every_client_has_a_valid_code_of_its_own(played: tuple[Place, FieldReport]) -> None:
    codes = played[0].work().client_codes()
    assert set(codes) == set(STORY.clients)
    assert len(set(codes.values())) == len(codes)
    assert all(is_valid(code) for code in codes.values())


def test_edits_keep_the_record_and_change_its_version(played: tuple[Place, FieldReport]) -> None:
    edited = [record for record in STORY.records if record.corrected and not record.deleted_at]
    for record in edited:
        row = record_of(played[0], record)
        assert row["_uuid"] != instance_id(played[0], record).removeprefix("uuid:")
        assert row["meta/deprecatedID"] == instance_id(played[0], record)
        assert row["_submitted_by"] == record.username


def test_a_corrected_intake_keeps_its_client_code(played: tuple[Place, FieldReport]) -> None:
    place, _ = played
    codes = place.work().client_codes()
    for record in STORY.records:
        if record.corrected and isinstance(record.final, Client) and not record.deleted_at:
            assert record_of(place, record)["client_code"] == codes[record.final.client_id]


def test_reviews_reach_the_records(played: tuple[Place, FieldReport]) -> None:
    place, _ = played
    reviewed = [record for record in STORY.records if record.reviewed_at and not record.deleted_at]
    assert reviewed
    assert {record_of(place, each)["_validation_status"]["uid"] for each in reviewed} <= {
        each.review for each in reviewed
    }


def test_playing_again_does_nothing(played: tuple[Place, FieldReport]) -> None:
    place, _ = played
    before = [row["_id"] for form_id in FORMS for row in place.rows(form_id)]
    assert place.work().run().done == {}
    assert [row["_id"] for form_id in FORMS for row in place.rows(form_id)] == before


@pytest.mark.parametrize(
    "stop_after", [40, pytest.param(3, marks=pytest.mark.soak), pytest.param(90, marks=pytest.mark.soak)]
)
def test_stopped_in_the_middle_and_played_on_gives_the_same_records(
    played: tuple[Place, FieldReport], open_place: Callable[[], Place], stop_after: int
) -> None:
    place = open_place()

    def stop(what: str, done: int, total: int | None) -> None:
        if done == stop_after:
            raise StoppedError

    with pytest.raises(StoppedError):
        place.work().run(stop)
    place.work().run()
    for form_id in FORMS:
        assert comparable(place.rows(form_id)) == comparable(played[0].rows(form_id))


def test_with_the_phones_memory_lost_nothing_is_doubled(played: tuple[Place, FieldReport], tmp_path: Path) -> None:
    before = {form_id: comparable(played[0].rows(form_id)) for form_id in FORMS}
    again = replace(played[0], folder=tmp_path / "new phones", published=[], moves=[])
    assert again.work().run().done["fill"] > 0
    assert {form_id: comparable(again.rows(form_id)) for form_id in FORMS} == before


def test_a_wrong_password_is_named_with_its_account_and_not_shown(played: tuple[Place, FieldReport]) -> None:
    phone = FieldPhone(played[0].url, "cha001", "Sentinel", Shelf())
    with pytest.raises(InvalidTokenError, match="cha001") as caught:
        phone.refresh()
    assert "Sentinel" not in str(caught.value)


def test_a_form_that_is_not_offered_is_named(played: tuple[Place, FieldReport]) -> None:
    phone = FieldPhone(played[0].url, "cha001", password_of("cha001"), Shelf())
    with pytest.raises(MissingAssetError, match="aNobodyKnows"):
        phone.form("aNobodyKnows")


def test_what_the_server_refuses_is_told_in_its_words(played: tuple[Place, FieldReport]) -> None:
    phone = FieldPhone(played[0].url, "cha001", password_of("cha001"), Shelf())
    with pytest.raises(RequestRefusedError, match="400"):
        phone.send("<?xml version='1.0' ?><data id='x'><meta/></data>")


def test_a_server_that_is_not_there_is_named() -> None:
    phone = FieldPhone("http://127.0.0.1:9", "cha001", "secret", Shelf())
    with pytest.raises(UnreachableServerError, match=r"127\.0\.0\.1:9"):
        phone.refresh()


def test_a_phone_downloads_a_form_again_only_when_it_has_changed(open_place: Callable[[], Place]) -> None:
    place = open_place()
    uid = place.uids["attendance"]
    phone = FieldPhone(place.url, "cha001", password_of("cha001"), Shelf())
    first = phone.form(uid)
    phone.refresh()
    assert phone.form(uid) is first
    push_media(place.client, uid, {"members.csv": b"name,label,healing_group,active\nA,Ana,G001,1\n"})
    phone.refresh()
    assert phone.form(uid).members == {"A": "G001"}
    assert phone.form(place.uids["intake"]).hash != first.hash


def test_phones_with_the_same_version_share_one_parsed_form(open_place: Callable[[], Place]) -> None:
    place = open_place()
    shelf = Shelf()
    phones = [FieldPhone(place.url, name, password_of(name), shelf) for name in ("cha001", SUPERVISORS[0])]
    assert phones[0].form(place.uids["outcome"]) is phones[1].form(place.uids["outcome"])
