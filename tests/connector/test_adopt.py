"""Knows that a person can adopt a form of their account, that sync follows its versions, and that it can be let go."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, Table, inspect, select

from connector.adopted_account import Wishes, adopt, forget, list_account
from connector.adopted_labels import asset_choice, asset_question
from connector.adopted_sync import adopted_projects
from connector.cli import build_parser, main
from connector.derive import rebuild
from connector.errors import NeedsPersonError, SettingsError
from connector.kobo import KoboClient
from connector.precious_schema import adopted_asset, asset_version, submission, submission_identity
from connector.sandbox.server import SandboxUser, prepare, running_sandbox
from connector.store import store_page
from connector.sync import sync
from forms.xlsform import write_workbook
from tests.connector.adopted_scenes import NOW, fresh_database
from tests.connector.fake_kobo import FakeKobo, client_of
from tests.connector.fake_kobo_faults import Fault, answer_with
from tests.connector.light_project import LIGHT_CONTENT, light_answers
from tests.connector.sync_scenes import ATTENDANCE, INTAKE, intake

LIGHT = "aLight"


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A migrated database in memory that knows of the programme's forms."""
    engine = fresh_database()
    yield engine
    engine.dispose()


@pytest.fixture
def kobo() -> FakeKobo:
    """A server with the programme's projects and one other, which has two records."""
    kobo = FakeKobo()
    kobo.project(INTAKE)
    kobo.project(LIGHT).redeploy("v1", dict(LIGHT_CONTENT))
    for number in (4, 5):
        kobo.add(LIGHT, {"__version__": "v1", **light_answers(number)}, f"root-{number}")
    return kobo


def read(engine: Engine, client: KoboClient) -> None:
    """What a sync does of it: the projects as they are now, and all their records."""
    for project in adopted_projects(engine, client, client.list_assets()):
        for page in client.record_pages(project.asset_uid):
            with engine.begin() as connection:
                store_page(connection, project, page.records, NOW)


def refusing(path: str, status: int) -> Fault:
    """Refuses every request for a path that ends like that, and no other."""
    return lambda request: answer_with(request, status, {}) if request.path_url.endswith(path) else None


def rows(engine: Engine, table: str) -> list[dict[str, Any]]:
    """All rows of a table of an adopted form."""
    with engine.connect() as connection:
        found = Table(table, MetaData(), autoload_with=connection)
        return [dict(row._mapping) for row in connection.execute(select(found))]


def test_a_form_is_adopted_by_its_id_and_its_records_come(engine: Engine, kobo: FakeKobo) -> None:
    client = client_of(kobo)
    project = adopt(engine, client, LIGHT, Wishes("light"))
    assert rows(engine, "light") == []
    read(engine, client)
    assert [row["age"] for row in rows(engine, "light")] == [4, 5]
    assert project.media_keys == frozenset()
    with engine.connect() as connection:
        labels = connection.execute(select(asset_question.c.column_name, asset_question.c.labels)).all()
        codes = connection.execute(select(asset_choice.c.code, asset_choice.c.label)).all()
    assert ("age", json.dumps({"": "Age"})) in [tuple(row) for row in labels] and ("no", "No") in [*map(tuple, codes)]


def test_sync_reads_it_with_the_programme_s_own_forms(engine: Engine, kobo: FakeKobo) -> None:
    adopt(engine, client_of(kobo), LIGHT, Wishes("light"))
    kobo.add(INTAKE, intake(1), "root-1")
    kobo.project(ATTENDANCE)
    result = sync(engine, client_of(kobo))
    assert result.new == 3 and [row["age"] for row in rows(engine, "light")] == [4, 5]
    first, second = sorted(kobo.project(LIGHT).records)
    kobo.edit(LIGHT, first, "second", age="50")
    kobo.delete(LIGHT, second)
    assert sync(engine, client_of(kobo)).line.startswith("0 new, 1 edited, 1 deleted")
    assert [row["age"] for row in rows(engine, "light")] == [50]


def test_nothing_is_asked_again_while_the_form_stays(engine: Engine, kobo: FakeKobo) -> None:
    client = client_of(kobo)
    adopt(engine, client, LIGHT, Wishes("light"))
    listed = client.list_assets()
    before = client.sent
    adopted_projects(engine, client, listed)
    assert client.sent == before


def test_a_question_that_is_renamed_retyped_and_added_on_the_website_loses_no_answer(
    engine: Engine, kobo: FakeKobo
) -> None:
    client = client_of(kobo)
    adopt(engine, client, LIGHT, Wishes("light"))
    read(engine, client)
    survey = [dict(row) for row in LIGHT_CONTENT["survey"]]
    survey[2] |= {"name": "years"}
    survey[4] |= {"type": "text"}
    survey.append({"type": "select_one", "select_from_list_name": "yn", "name": "again", "label": ["Again?"]})
    kobo.project(LIGHT).redeploy("v2", {**LIGHT_CONTENT, "survey": survey})
    kobo.add(LIGHT, {"__version__": "v2", "years": "6", "weight": "heavy", "again": "yes"}, "root-6")
    read(engine, client)
    assert [(row["years"], row["again"]) for row in rows(engine, "light")] == [(4, None), (5, None), (6, "yes")]
    assert [row["weight"] for row in rows(engine, "light_apart")] == ["4.5", "5.5", "heavy"]


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_version_that_the_server_does_not_tell_stops_no_other_form(
    engine: Engine, kobo: FakeKobo, status: int
) -> None:
    adopt(engine, client_of(kobo), LIGHT, Wishes("light"))
    survey = [*LIGHT_CONTENT["survey"], {"type": "integer", "name": "again", "label": ["Again?"]}]
    kobo.project(LIGHT).redeploy("v2", {**LIGHT_CONTENT, "survey": survey})
    kobo.add(LIGHT, {"__version__": "v2", "again": "7", **light_answers(6)}, "root-6")
    kobo.project(ATTENDANCE)
    kobo.add(INTAKE, intake(1), "root-1")
    kobo.faults |= dict.fromkeys(range(1, 200), refusing("/versions/v2/", status))
    assert sync(engine, client_of(kobo)).new == 4
    kobo.faults.clear()
    assert sync(engine, client_of(kobo)).new == 0
    assert [row["again"] for row in rows(engine, "light")] == [None, None, 7]


def test_the_list_tells_what_is_adopted_and_what_is_the_programme_s(engine: Engine, kobo: FakeKobo) -> None:
    client = client_of(kobo)
    adopt(engine, client, LIGHT, Wishes("light"))
    found = {each.asset.uid: (each.table_name, each.form_id) for each in list_account(engine, client)}
    assert found[LIGHT] == ("light", None) and found[INTAKE] == (None, "intake")


def test_what_a_person_wants_apart_leaves_old_raw_records_too(engine: Engine, kobo: FakeKobo) -> None:
    client = client_of(kobo)
    adopt(engine, client, LIGHT, Wishes("light"))
    read(engine, client)
    adopt(engine, client, LIGHT, Wishes(answers=("full_name",), apart=("age",)))
    assert {"age", "full_name"} & set(rows(engine, "light")[0]) == {"full_name"}
    assert [row["age"] for row in rows(engine, "light_apart")] == [4, 5]
    with engine.connect() as connection:
        bodies = [json.loads(text) for text in connection.scalars(select(submission.c.body))]
        identities = [json.loads(text) for text in connection.scalars(select(submission_identity.c.body))]
    assert [body["age"] for body in bodies] == [None, None] and bodies[0]["full_name"].startswith("Person")
    assert sorted(identity["age"] for identity in identities) == ["4", "5"]


def test_letting_go_asks_first_and_keeps_raw_records_and_versions(engine: Engine, kobo: FakeKobo) -> None:
    client = client_of(kobo)
    adopt(engine, client, LIGHT, Wishes("light"))
    read(engine, client)
    with pytest.raises(NeedsPersonError, match="2 raw records stay"):
        forget(engine, "light", is_sure=False)
    assert set(forget(engine, "light", is_sure=True)) >= {"light", "light_apart", "light_child"}
    with engine.connect() as connection:
        assert not [name for name in inspect(connection).get_table_names() if name.startswith("light")]
        assert connection.execute(select(adopted_asset)).all() == []
        assert len(connection.execute(select(submission)).all()) == 2
        assert len(connection.execute(select(asset_version)).all()) == 1
    adopt(engine, client, LIGHT, Wishes("light"))
    assert [row["age"] for row in rows(engine, "light")] == [4, 5]


@pytest.mark.parametrize(
    ("uid", "wishes", "words"),
    [
        (INTAKE, Wishes(), "programme's own form intake"),
        (LIGHT, Wishes("Intake"), "cannot be the name"),
        (LIGHT, Wishes("intake"), "taken"),
        (LIGHT, Wishes("person"), "taken"),
        (LIGHT, Wishes("light", answers=("nobody",)), "has a question nobody"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(
    engine: Engine, kobo: FakeKobo, uid: str, wishes: Wishes, words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        adopt(engine, client_of(kobo), uid, wishes)
    with engine.connect() as connection:
        assert connection.execute(select(adopted_asset)).all() == []


@pytest.mark.parametrize(("title", "name"), [("aLIGHT", "form2_alight"), ("aLight-2025", "form2_alight_2025")])
def test_a_project_whose_title_is_another_one_s_or_begins_with_it_gets_a_name_of_its_own(
    engine: Engine, kobo: FakeKobo, title: str, name: str
) -> None:
    kobo.project(title).redeploy("w1", dict(LIGHT_CONTENT))
    adopt(engine, client_of(kobo), LIGHT, Wishes())
    assert adopt(engine, client_of(kobo), title, Wishes()).form_id == name


@pytest.mark.parametrize("title", ["sqlite_stock", "pg_class"])
def test_no_table_is_called_as_those_that_a_database_makes_for_itself(
    engine: Engine, kobo: FakeKobo, title: str
) -> None:
    kobo.project(title).redeploy("w1", dict(LIGHT_CONTENT))
    with pytest.raises(SettingsError, match="is taken"):
        adopt(engine, client_of(kobo), title, Wishes(title))
    assert adopt(engine, client_of(kobo), title, Wishes()).form_id == f"form2_{title}"


def test_the_command_can_be_read() -> None:
    parsed = build_parser().parse_args(["adopt", "aUid", "--as", "visit", "--answers", "a,b"])
    assert (parsed.asset, parsed.name, parsed.answers) == ("aUid", "visit", ["a,b"])


def test_every_command_of_the_docs_can_be_read() -> None:
    text = (Path(__file__).parents[2] / "docs" / "any-form.md").read_text(encoding="utf-8")
    commands = re.findall(r"^    healing (.+)$", text, re.MULTILINE)
    assert len(commands) == 5
    for command in commands:
        assert build_parser().parse_args(shlex.split(command)).command


def test_the_commands_work_against_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    user = SandboxUser("coordinator", "secret", "a" * 40)
    prepare(tmp_path / "sandbox.db", [user])
    rows = [{"type": "text", "name": "who", "label": "Who?"}, {"type": "integer", "name": "age", "label": "Age?"}]
    content = write_workbook({"survey": rows, "settings": [{"form_title": "Stock count", "form_id": "stock"}]})
    with running_sandbox(tmp_path / "sandbox.db") as address:
        client = KoboClient(address.url, user.token)
        uid = client.import_form(content, "stock")
        client.deploy(uid)
        flags = ["--server", address.url, "--token", user.token]
        for arguments, told in (
            (["--list"], f"{uid}  Stock count: 0 records, not adopted\n1 projects, 0 adopted"),
            ([uid], f"{uid} is adopted as stock_count; its records come with `healing sync`"),
            (["--list"], f"{uid}  Stock count: 0 records, adopted as stock_count\n1 projects, 1 adopted"),
            (["--forget", "stock_count", "--yes"], "stock_count: 2 tables dropped (stock_count, stock_count_apart)"),
        ):
            assert main(["adopt", *arguments, *flags]) == 0
            assert told in capsys.readouterr().out
            if arguments == [uid]:
                assert main(["sync", *flags]) == 0
    assert main(["adopt"]) == 2 and main(["adopt", "--forget", "stock_count"]) == 2


def test_a_rebuild_of_everything_makes_the_tables_again_and_forgotten_records_are_no_problem(
    engine: Engine, kobo: FakeKobo
) -> None:
    client = client_of(kobo)
    adopt(engine, client, LIGHT, Wishes("light"))
    read(engine, client)
    before = rows(engine, "light"), rows(engine, "light_child"), rows(engine, "asset_question")
    with engine.begin() as connection:
        rebuild(connection)
    assert (rows(engine, "light"), rows(engine, "light_child"), rows(engine, "asset_question")) == before
    forget(engine, "light", is_sure=True)
    with engine.begin() as connection:
        rebuild(connection)
    assert rows(engine, "problem") == []
