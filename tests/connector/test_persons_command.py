"""What a person sees and does about clients who are entered twice; no name is printed unless it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from connector.cli import main
from connector.database import open_database
from connector.fact_schema import client
from connector.settings import VARIABLES
from tests.connector.derived_database import ANA, BEA, CLEA
from tests.connector.made_records import intake, keep, register
from tests.connector.sync_scenes import migrated_database


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two women who are one and a third one, in the database where the commands look for it."""
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    engine = migrated_database("sqlite:///healing.db")
    with engine.begin() as connection:
        register(connection)
        twice = {"short_name": "Sentinel", "phone": "0788123456"}
        keep(connection, intake(1, ANA, **twice), intake(2, BEA, **twice), intake(3, CLEA, short_name="Sentinele"))
    engine.dispose()


def healing(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    code = main(["persons", *arguments])
    out = capsys.readouterr()
    return code, (out.out or out.err).splitlines()


def clients() -> set[str]:
    engine = open_database("sqlite:///healing.db", read_only=True)
    with engine.connect() as connection:
        return set(connection.scalars(select(client.c.client_code)))


def test_duplicates_are_listed_with_what_agrees_and_without_names(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = healing(capsys, "duplicates")
    agreeing = "same name, same phone, same birth year, same sex, same sector, same village (16 points)"
    assert (code, lines[0]) == (0, f"certain  {ANA} and {BEA}: {agreeing}")
    assert lines[-1] == "3 pairs of clients who may be one person: 1 certain, 0 likely, 2 possible"
    assert "Sentinel" not in repr(lines) and "0788" not in repr(lines)


def test_the_person_in_charge_can_ask_for_names_and_for_the_sure_ones(capsys: pytest.CaptureFixture[str]) -> None:
    _, lines = healing(capsys, "duplicates", "--grade", "certain", "--show-names")
    assert len(lines) == 2 and f"{ANA} [Sentinel] and {BEA} [Sentinel]" in lines[0]


def test_a_merge_is_made_listed_and_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = healing(capsys, "merge", ANA, BEA, "--reason", "same card", "--by", "MK")
    assert code == 0 and lines[-1].startswith(f"{BEA} is read as {ANA}, in 1 records")
    assert clients() == {ANA, CLEA}
    _, lines = healing(capsys, "list")
    assert lines[0].endswith(f"merged   {BEA} into {ANA} by MK: same card") and lines[-1] == "1 decisions"
    assert healing(capsys, "unmerge", BEA, "--by", "MK")[0] == 0
    assert clients() == {ANA, BEA, CLEA}


def test_two_people_are_told_to_be_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert healing(capsys, "distinct", ANA, BEA, "--by", "MK") == (0, [f"{ANA} and {BEA} are two people"])
    assert healing(capsys, "duplicates")[1][-1].startswith("2 pairs")
    assert healing(capsys, "distinct", ANA, BEA, "--by", "MK", "--undo")[0] == 0
    assert healing(capsys, "duplicates")[1][-1].startswith("3 pairs")


def test_what_makes_no_sense_is_refused_with_its_own_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = healing(capsys, "merge", ANA, ANA, "--reason", "x", "--by", "MK")
    assert (code, lines[0]) == (2, "healing persons: These are the same code.")
    with pytest.raises(SystemExit):
        main(["persons", "merge", ANA, BEA])
