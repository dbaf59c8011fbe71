"""What bringing a database to this version promises: all or nothing, and never over what a newer version wrote."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    column,
    func,
    insert,
    inspect,
    select,
    table,
    update,
)
from sqlalchemy.types import TypeEngine

from connector.database import open_database
from connector.derive import refresh_all_facts
from connector.errors import SchemaTooNewError, StorageError
from connector.migration import FOLDER, known_revisions, migrate, schema_state
from connector.precious_schema import (
    deployment,
    form_version,
    healing_group,
    precious,
    submission,
    submission_version,
    submission_version_identity,
)
from connector.project import ProgrammeProject
from connector.schema import derived
from connector.store import store_page
from connector.submission import files_hash, fingerprint
from connector.sync_state import deployed_projects
from forms.library import FORMS
from tests.connector.fake_kobo import SERVER, FakeKobo
from tests.connector.fake_kobo_faults import Killed
from tests.connector.sync_scenes import NOW, KillSwitch, dump, empty_database, fill, run

FIRST_DEPLOYMENT, FIRST_VERSION = (
    table(name, *(column(each, DateTime() if each == "deployed_at" else String()) for each in columns))
    for name, columns in (
        ("deployment", ("server", "form_id", "asset_uid", "workbook_hash", "version_uid", "deployed_at")),
        ("form_version", ("version_uid", "form_id", "workbook_hash", "deployed_at")),
    )
)
"""The tables as the first release had them."""
VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path}/healing.db")
    yield engine
    engine.dispose()


def tables(engine: Engine) -> set[str]:
    return {*inspect(engine).get_table_names(), *inspect(engine).get_view_names()}


def test_an_empty_database_gets_every_table(engine: Engine) -> None:
    assert schema_state(engine) == "empty"
    assert migrate(engine) is True
    assert tables(engine) == {*precious.tables, *derived.tables, "alembic_version"}
    assert schema_state(engine) == "current"


def test_doing_it_again_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    assert migrate(engine) is False


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_steps_lead_to_the_tables_that_the_code_describes(kind: str, request: pytest.FixtureRequest) -> None:
    url = "sqlite://" if kind == "sqlite" else request.getfixturevalue("empty_postgres_url")
    engine = open_database(url)
    migrate(engine)
    with engine.connect() as connection:
        options = {"include_object": lambda thing, name, kind, *rest: kind != "table" or name in precious.tables}
        context = MigrationContext.configure(connection, opts={**options, "compare_type": True})
        assert compare_metadata(context, precious) == []
    engine.dispose()


def test_a_step_that_is_ended_leaves_nothing_behind(engine: Engine) -> None:
    switch = KillSwitch(engine, at=25)
    with pytest.raises(Killed):
        migrate(engine)
    switch.remove()
    assert tables(engine) == set()
    migrate(engine)
    assert schema_state(engine) == "current"


def test_what_a_newer_version_wrote_is_refused_and_left_alone(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(update(VERSION).values(version_num="9999"))
    with pytest.raises(SchemaTooNewError, match="newer version") as caught:
        migrate(engine)
    assert "Install the newer version" in caught.value.advice
    assert schema_state(engine) == "newer"


def test_derived_tables_of_another_shape_are_made_anew_with_the_same_content() -> None:
    engine, kobo = empty_database(), FakeKobo()
    fill(kobo)
    run(engine, kobo)
    before = dump(engine)
    old = Table("client", MetaData(), Column("client_code", Integer, primary_key=True))
    with engine.begin() as connection:
        derived.tables["client"].drop(connection)
        derived.tables["problem"].drop(connection)
        old.create(connection)
    assert schema_state(engine) == "older"
    assert migrate(engine) is True
    assert dump(engine) == before
    with engine.connect() as connection:
        assert len(connection.execute(select(submission)).all()) == 8


def at_first_revision(url: str) -> Engine:
    """A database as the first release made it, with two forms deployed, one of them twice."""
    engine, config = open_database(url), Config()
    config.set_main_option("script_location", str(FOLDER))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        version = {"workbook_hash": "0" * 64, "deployed_at": NOW}
        deployed = [
            {"server": SERVER, "form_id": form, "asset_uid": f"a-{form}", **version} for form in ("intake", "outcome")
        ]
        connection.execute(
            insert(FIRST_DEPLOYMENT), [{**row, "version_uid": f"v2-{row['form_id']}"} for row in deployed]
        )
        versions = [{**version, "form_id": "intake", "version_uid": uid} for uid in ("v1-intake", "v2-intake")]
        connection.execute(insert(FIRST_VERSION), versions)
    return engine


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_deployments_and_versions_of_the_first_release_are_kept(kind: str, request: pytest.FixtureRequest) -> None:
    engine = at_first_revision("sqlite://" if kind == "sqlite" else request.getfixturevalue("empty_postgres_url"))
    migrate(engine)
    with engine.connect() as connection:
        deployed = connection.execute(select(deployment).order_by(deployment.c.form_id)).all()
        versions = connection.execute(select(form_version).order_by(form_version.c.version_uid)).all()
        projects = [(each.form_id, each.area, each.asset_uid) for each in deployed_projects(connection, SERVER)]
    assert projects == [("intake", "", "a-intake"), ("outcome", "", "a-outcome")]
    assert [(row.version_uid, row.workbook_hash, row.deployed_at, row.accepted_texts) for row in deployed] == [
        ("v2-intake", "0" * 64, NOW, None),
        ("v2-outcome", "0" * 64, NOW, None),
    ]
    assert [(row.version_uid, row.area, row.server, row.asset_uid, row.definition) for row in versions] == [
        ("v1-intake", "", None, None, None),
        ("v2-intake", "", SERVER, "a-intake", None),
    ]
    engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_form_is_deployed_once_in_each_area(kind: str, request: pytest.FixtureRequest) -> None:
    engine = at_first_revision("sqlite://" if kind == "sqlite" else request.getfixturevalue("empty_postgres_url"))
    migrate(engine)
    row = {"server": SERVER, "form_id": "intake", "asset_uid": "b", "version_uid": "v3", "workbook_hash": "0"}
    with engine.begin() as connection:
        connection.execute(insert(deployment).values(**row, deployed_at=NOW, area="2801"))
    with pytest.raises(StorageError), engine.begin() as connection:
        connection.execute(insert(deployment).values(**row, deployed_at=NOW))
    engine.dispose()


def test_a_step_of_the_second_release_that_is_ended_leaves_the_first(tmp_path: Path) -> None:
    engine = at_first_revision(f"sqlite:///{tmp_path}/healing.db")
    for moment in range(4, 16, 3):
        switch = KillSwitch(engine, at=moment)
        with pytest.raises(Killed):
            migrate(engine)
        switch.remove()
        with engine.connect() as connection:
            assert len(connection.execute(select(FIRST_DEPLOYMENT)).all()) == 2
        assert "deployment_before" not in tables(engine)
    migrate(engine)
    assert schema_state(engine) == "current"
    engine.dispose()


# What the second release stored: the fingerprints of records were made otherwise, and the key began with the project.

KEY = ("asset_uid", "root_uuid")
TYPES: dict[str, TypeEngine[Any]] = {"server_id": Integer(), "first_seen_at": DateTime(), "replaced_at": DateTime()}
SECOND = {
    name: table(name, *(column(each, TYPES.get(each, String())) for each in columns))
    for name, columns in {
        "submission": (*KEY, "form_id", "server_id", "version_uuid", "body", "body_hash", "first_seen_at"),
        "submission_identity": (*KEY, "body"),
        "submission_version": (*KEY, "body_hash", "version_uuid", "server_id", "body", "replaced_at"),
        "submission_version_identity": (*KEY, "body_hash", "body"),
    }.items()
}
RECORDS, EDITED = 510, 3
"""More than one batch; the number of a record that was edited twice."""


def whole_record(number: int, version: str = "v1") -> dict[str, Any]:
    """A record with a name, and every second with a file."""
    files = [{"uid": f"att{number}", "is_deleted": False}] if number % 2 else []
    system = {"_id": number, "_uuid": version, "meta/rootUuid": f"uuid:r{number:04d}", "_attachments": files}
    return system | {"person/short_name": f"Sentinel é {number}"}


def second_rows(number: int, version: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Key, content and identity of a record as the second release kept them, under a fingerprint of that time."""
    record = whole_record(number, version)
    named = {"person/short_name": record["person/short_name"]}
    content = {"body": json.dumps(record | {"person/short_name": None}), "body_hash": f"{number:032d}{version:>32}"}
    key = {"asset_uid": f"a{number % 2}", "root_uuid": f"r{number:04d}"}
    return key, content | {"server_id": number, "version_uuid": version}, {"body": json.dumps(named)}


def at_second_revision(url: str, records: int = RECORDS) -> Engine:
    """A database as the second release left it."""
    engine, config = at_first_revision(url), Config()
    config.set_main_option("script_location", str(FOLDER))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        parts = [second_rows(number, "v3") for number in range(records)]
        more = {"form_id": "intake", "first_seen_at": NOW}
        connection.execute(insert(SECOND["submission"]), [key | content | more for key, content, _ in parts])
        connection.execute(insert(SECOND["submission_identity"]), [key | identity for key, _, identity in parts])
        for version in ("v1", "v2"):
            key, content, identity = second_rows(EDITED, version)
            connection.execute(insert(SECOND["submission_version"]).values(key | content | {"replaced_at": NOW}))
            named = key | identity | {"body_hash": content["body_hash"]}
            connection.execute(insert(SECOND["submission_version_identity"]).values(named))
    return engine


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_records_of_the_second_release_get_the_fingerprints_of_this_one(
    kind: str, request: pytest.FixtureRequest
) -> None:
    url = "sqlite://" if kind == "sqlite" else request.getfixturevalue("empty_postgres_url")
    engine = at_second_revision(url)
    migrate(engine)
    with engine.connect() as connection:
        found = {row.server_id: row for row in connection.execute(select(submission))}
        versions = connection.execute(select(submission_version.c.version_uuid, submission_version.c.body_hash)).all()
        names = connection.scalars(select(submission_version_identity.c.body_hash)).all()
    assert len(found) == RECORDS
    for number, row in found.items():
        record = whole_record(number, "v3")
        assert (row.body_hash, row.files_hash) == (fingerprint(record), files_hash(record))
        assert (row.asset_uid, row.first_seen_at, row.awaits_files) == (f"a{number % 2}", NOW, 0)
    expected = {version: fingerprint(whole_record(EDITED, version)) for version in ("v1", "v2")}
    assert dict(versions) == expected and set(names) == set(expected.values())
    engine.dispose()


def test_a_record_of_the_second_release_that_comes_again_is_unchanged() -> None:
    engine = at_second_revision("sqlite://")
    migrate(engine)
    project = ProgrammeProject(FORMS["intake"], "a1")
    with engine.begin() as connection:
        counts = store_page(connection, project, [whole_record(1, "v3"), whole_record(EDITED, "v4")], NOW)
    assert (counts.unchanged, counts.edited) == (1, 1)


def upgrade(engine: Engine) -> None:
    """Everything that a migration does with the tables that are kept."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def test_a_step_to_this_release_that_is_ended_anywhere_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "healing.db"
    engine = at_second_revision(f"sqlite:///{path}", records=5)
    engine.dispose()
    before, moment, is_whole = list(sqlite3.connect(path).iterdump()), 0, False
    while not is_whole:
        moment += 1
        switch = KillSwitch(engine, at=moment)
        with contextlib.suppress(Killed):
            upgrade(engine)
        switch.remove()
        engine.dispose()
        is_whole = switch.done < moment
        assert is_whole or list(sqlite3.connect(path).iterdump()) == before, f"statement {moment}"
    assert moment > 30
    migrate(engine)
    assert schema_state(engine) == "current"
    engine.dispose()


GROUP_BEFORE = table(
    "healing_group",
    *(column(each) for each in ("code", "label", "district_code", "sector_code", "cha_code", "cohort")),
    column("started_on", Date()),
    column("weeks", Integer()),
)
"""The table as the third release had it."""
GROUP = {"code": "G1", "label": "Ejo", "district_code": "28", "sector_code": "2801", "cha_code": "C1", "cohort": "A"}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_healing_groups_of_the_third_release_are_kept_open_and_can_be_closed(
    kind: str, request: pytest.FixtureRequest
) -> None:
    url = "sqlite://" if kind == "sqlite" else request.getfixturevalue("empty_postgres_url")
    engine, day = at_second_revision(url, records=3), date(2026, 3, 2)
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        connection.execute(insert(GROUP_BEFORE).values(**GROUP, started_on=day, weeks=15))
    assert schema_state(engine) == "older"
    migrate(engine)
    with engine.begin() as connection:
        (kept,) = connection.execute(select(healing_group)).mappings()
        assert dict(kept) == {**GROUP, "started_on": day, "weeks": 15, "ended_on": None, "end_reason": None}
        assert connection.scalar(select(func.count()).select_from(derived.tables["session"])) == 15
        connection.execute(update(healing_group).values(ended_on=day, end_reason="broke_up"))
        refresh_all_facts(connection)
        assert connection.scalar(select(func.count()).select_from(derived.tables["session"])) == 1
    engine.dispose()


def test_revisions_are_a_single_line_and_files_are_named_by_them() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    steps = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]
    assert known_revisions() == tuple(steps) == ("0006", "0005", "0004", "0003", "0002", "0001")
