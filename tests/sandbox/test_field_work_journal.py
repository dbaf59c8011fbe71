"""What is done in the field is remembered across runs, also when a run ends in the middle of a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.sandbox.field_journal import Journal


def reopened(folder: Path) -> Journal:
    return Journal(folder)


def test_a_deed_is_remembered_with_its_facts(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.note("fill intake/a", client_code="X")
    assert "fill intake/a" in journal
    assert "fill intake/b" not in journal
    assert dict(reopened(tmp_path).facts("fill intake/a")) == {"client_code": "X"}


def test_facts_of_one_name_are_found_for_all_deeds_that_have_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.note("fill intake/a", client_code="X", instance_id="1")
    journal.note("send intake/a")
    assert reopened(tmp_path).all_facts("client_code") == {"fill intake/a": "X"}


def test_a_line_cut_short_is_a_deed_not_done_and_harms_no_other(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.note("send a")
    journal.close()
    path = tmp_path / "done.jsonl"
    path.write_text(path.read_text() + '{"deed": "se', encoding="utf-8")
    again = reopened(tmp_path)
    again.note("send b")
    last = reopened(tmp_path)
    assert "send a" in last and "send b" in last


def test_a_form_waits_in_the_outbox_until_it_is_discarded(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.keep("send intake/G001/01", "<data>é</data>")
    assert reopened(tmp_path).kept("send intake/G001/01") == "<data>é</data>"
    journal.discard("send intake/G001/01")
    journal.discard("send intake/G001/01")
    with pytest.raises(FileNotFoundError):
        journal.kept("send intake/G001/01")


def test_forms_with_names_that_differ_only_in_slashes_do_not_meet(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.keep("send a/b", "one")
    journal.keep("send a%2Fb", "two")
    assert (journal.kept("send a/b"), journal.kept("send a%2Fb")) == ("one", "two")
