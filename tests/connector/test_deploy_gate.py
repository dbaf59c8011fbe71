"""What is refused before anything is sent: texts that are not ready, faults, and names used for something else."""

from __future__ import annotations

import json

import pytest
import requests
from requests.adapters import BaseAdapter
from sqlalchemy import Engine, insert, select

from connector.areas import WHOLE
from connector.deploy_gate import (
    UNREADY,
    accepted_in_words,
    accepted_texts,
    is_sandbox,
    refuse_reused_names,
    unready_texts,
)
from connector.deployment import deploy_programme
from connector.errors import FormInvalidError, NeedsPersonError, SettingsError
from connector.kobo import KoboClient
from connector.precious_schema import deployment, form_version
from forms.form import Form, Question
from forms.library import FORMS, forms_in
from forms.translation import form_strings, language_of, status_of
from forms.version import describe
from forms.xlsform import form_sheets
from tests.connector.sync_scenes import NOW, empty_database
from tests.forms.changed_forms import with_codes_exchanged

REAL, SANDBOX = "https://kf.example.invalid", "http://127.0.0.1:8770"
ASKING = [form for form in FORMS.values() if form.instruments]


class NoNetwork(BaseAdapter):
    """Fails a test that sends anything."""

    def send(self, request: requests.PreparedRequest, *arguments: object, **options: object) -> requests.Response:
        raise AssertionError(f"sent {request.method} {request.url}")

    def close(self) -> None:
        """Nothing is held open."""


@pytest.fixture
def engine() -> Engine:
    return empty_database()


def client(server: str = REAL) -> KoboClient:
    return KoboClient(server, "sentineltoken", adapter=NoNetwork())


def unready(form: Form, language: str) -> int:
    """How many texts of a form's instruments nobody should be interviewed with, counted another way."""
    wanted = [string for string in form_strings(form) if string.instrument]
    return sum(status_of(string, language_of(language)) in UNREADY for string in wanted)


@pytest.mark.parametrize(
    ("server", "is_here"),
    [
        (SANDBOX, True), ("http://localhost:1", True), ("http://[::1]:8", True),
        (REAL, False), ("https://kf.kobotoolbox.org", False), ("http://127.0.0.1.example.org", False),
    ],
)  # fmt: skip
def test_the_sandbox_is_what_runs_on_this_machine(server: str, is_here: bool) -> None:
    assert is_sandbox(server) is is_here


@pytest.mark.parametrize("language", ["rw", "fr"])
@pytest.mark.parametrize("form", ASKING, ids=lambda form: form.form_id)
def test_every_text_that_is_not_ready_is_counted_by_instrument_and_status(form: Form, language: str) -> None:
    found = unready_texts(form, (language,))
    assert sum(each.count for each in found) == unready(form, language) > 0
    assert {each.instrument for each in found} <= {each.title for each in form.instruments}
    assert {each.status for each in found} <= set(UNREADY)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_wording_of_the_source_is_always_ready(form: Form) -> None:
    assert unready_texts(form, ("en",)) == () == unready_texts(form, ())


def test_a_real_server_refuses_texts_that_are_not_ready_and_nothing_is_sent(engine: Engine) -> None:
    with pytest.raises(NeedsPersonError) as caught:
        deploy_programme(engine, client(), plan=WHOLE, spoken=("rw",))
    assert "  PHQ-9, Kinyarwanda (rw): 19 texts missing\n" in caught.value.message
    assert len(set(caught.value.message.splitlines())) == len(caught.value.message.splitlines())
    assert '--accept-texts "REASON"' in caught.value.advice


def test_each_instrument_is_told_once_for_all_sectors() -> None:
    plan = {area: forms_in(area) for area in ("2801", "2808")}
    messages = []
    for each in (WHOLE, plan):
        with pytest.raises(NeedsPersonError) as caught:
            accepted_texts(REAL, each, ("rw", "fr"), " ")
        messages.append(caught.value.message)
    assert messages[0] == messages[1]


def test_a_reason_is_kept_with_the_texts_of_each_form() -> None:
    kept = accepted_texts(REAL, WHOLE, ("rw",), "  Pilot with\nthe psychologist ")
    assert kept.keys() == {form.form_id for form in ASKING}
    value = json.loads(kept["outcome"])
    assert value["reason"] == "Pilot with the psychologist"
    assert value["texts"] == [str(each) for each in unready_texts(FORMS["outcome"], ("rw",))]
    assert accepted_in_words(kept["outcome"]).startswith("accepted PHQ-9, Kinyarwanda (rw): 19 texts missing")
    assert accepted_in_words(kept["outcome"]).endswith(": Pilot with the psychologist")


def test_the_sandbox_takes_every_text_and_keeps_a_reason_that_is_given() -> None:
    assert accepted_texts(SANDBOX, WHOLE, ("rw",), "") == {}
    assert accepted_texts(SANDBOX, WHOLE, ("rw",), "Training").keys() == {form.form_id for form in ASKING}


def test_nothing_is_accepted_where_all_is_ready() -> None:
    assert accepted_texts(REAL, WHOLE, ("en",), "Just in case") == {}
    assert accepted_in_words(None) == ""


def test_a_reason_has_an_end() -> None:
    with pytest.raises(SettingsError, match="more than 500 characters"):
        accepted_texts(REAL, WHOLE, ("rw",), "x" * 501)


def keep(engine: Engine, form: Form, uid: str = "v1") -> None:
    definition = json.dumps(describe(form, form_sheets(form)))
    row = {"version_uid": uid, "form_id": form.form_id, "workbook_hash": "0", "deployed_at": NOW}
    with engine.begin() as connection:
        connection.execute(insert(form_version).values(**row, content_version=uid, definition=definition))


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_name_with_other_codes_is_refused_and_nothing_is_sent(engine: Engine, form: Form) -> None:
    keep(engine, form)
    plan = {"": {form.form_id: with_codes_exchanged(form)}}
    with pytest.raises(FormInvalidError, match="was the code") as caught:
        deploy_programme(engine, client(), plan=plan, spoken=())
    assert f"  {form.form_id} · " in caught.value.message
    assert "new name" in caught.value.advice
    with engine.connect() as connection:
        assert connection.scalars(select(deployment.c.version_uid)).all() == ["v1", "v1"]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_same_form_may_go_again(engine: Engine, form: Form) -> None:
    keep(engine, form)
    with engine.connect() as connection:
        refuse_reused_names(connection, [(form.form_id, describe(form, form_sheets(form)))])


def test_a_version_whose_content_was_not_kept_refuses_nothing(engine: Engine) -> None:
    row = {"version_uid": "v0", "form_id": "intake", "workbook_hash": "0", "deployed_at": NOW}
    with engine.begin() as connection:
        connection.execute(insert(form_version).values(row))
        form = with_codes_exchanged(FORMS["intake"])
        refuse_reused_names(connection, [("intake", describe(form, form_sheets(form)))])


def test_a_form_with_a_fault_is_refused_first(engine: Engine) -> None:
    broken = Form("broken", "Broken", (Question("Bad Name", "text", "What?"),), FORMS["intake"].instance_name)
    with pytest.raises(FormInvalidError, match="Bad Name"):
        deploy_programme(engine, client(), plan={"": {"broken": broken}}, spoken=())
