"""Knows what `healing phones` writes: a card for each active CHA, by code and account, with nothing about a person."""

import json
import re
import zlib
from base64 import b64decode
from pathlib import Path

import pytest

from connector.cli import main
from connector.phone_card import Account, card_page
from connector.settings import VARIABLES
from tests.connector.qr_reading import matrix_of, read_text
from tests.connector.sync_scenes import migrated_database

CHAS = """\
cha_code,username,sector_code,is_active,full_name,phone
CHA002,mugisha_b,2801,yes,Sentinel Name,0788000000
CHA001,keza_a,2806,yes,Other Sentinel,0788000001
CHA003,gone_c,2806,no,Third Sentinel,0788000002
"""
SERVER = "https://kc.example.org"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with no settings in the environment."""
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def registry(folder: Path) -> Path:
    """The folder, with three CHAs in its database."""
    migrated_database("sqlite:///healing.db").dispose()
    (folder / "chas.csv").write_text(CHAS, encoding="utf-8")
    assert main(["registry", "import", "chas.csv"]) == 0
    return folder


def settings_on(card: Path) -> dict[str, dict[str, object]]:
    """What the code on a card holds, as KoboCollect reads it."""
    found = json.loads(zlib.decompress(b64decode(read_text(matrix_of(card.read_text(encoding="utf-8"))))))
    assert isinstance(found, dict)
    return found


def test_every_active_cha_gets_a_card_named_by_code(registry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["phones", "--server", SERVER]) == 0
    names = {path.name for path in (registry / "phones").iterdir()}
    assert names == {"card_CHA001.html", "card_CHA002.html", "index.html", "guide.en.html", "guide.rw.html"}
    assert capsys.readouterr().out.splitlines()[-1] == "2 cards, their index and the guide in phones"


def test_the_code_on_a_card_sets_server_and_account(registry: Path) -> None:
    assert main(["phones", "--server", SERVER]) == 0
    general = settings_on(registry / "phones" / "card_CHA001.html")["general"]
    assert (general["server_url"], general["username"], general["app_language"]) == (SERVER, "keza_a", "rw")


def test_the_address_for_phones_wins_over_the_address_for_people(registry: Path) -> None:
    assert main(["phones", "--server", "https://kf.example.org", "--kc-server", SERVER]) == 0
    card = registry / "phones" / "card_CHA001.html"
    assert settings_on(card)["general"]["server_url"] == SERVER
    assert "kf.example.org" not in card.read_text(encoding="utf-8")


def test_no_name_telephone_or_password_is_written(registry: Path) -> None:
    assert main(["phones", "--server", SERVER, "--token", "sentineltoken"]) == 0
    pages = [path.read_text(encoding="utf-8") for path in (registry / "phones").iterdir()]
    assert not any(re.search(r"Sentinel|07880000|sentineltoken", page) for page in pages)
    assert "password" not in settings_on(registry / "phones" / "card_CHA002.html")["general"]


def test_a_cha_who_left_is_neither_on_a_card_nor_in_the_index(registry: Path) -> None:
    assert main(["phones", "--server", SERVER]) == 0
    assert "gone_c" not in (registry / "phones" / "index.html").read_text(encoding="utf-8")


def test_the_index_links_to_every_card_in_order(registry: Path) -> None:
    assert main(["phones", "--server", SERVER, "--out", "cards", "--language", "en"]) == 0
    index = (registry / "cards" / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'href="(.*?)"', index) == ["card_CHA001.html", "card_CHA002.html"]
    assert all((registry / "cards" / name).is_file() for name in re.findall(r'href="(.*?)"', index))


def test_the_same_registry_makes_the_same_files(registry: Path) -> None:
    assert main(["phones", "--server", SERVER, "--out", "a"]) == main(["phones", "--server", SERVER, "--out", "b"]) == 0
    for path in (registry / "a").iterdir():
        assert path.read_bytes() == (registry / "b" / path.name).read_bytes()


def test_kinyarwanda_cards_are_marked_as_drafts_and_english_ones_are_not(registry: Path) -> None:
    marked = {
        language: "native speaker" in card_page(Account("C1", "keza_a"), SERVER, language) for language in ("en", "rw")
    }
    assert marked == {"en": False, "rw": True}


def test_an_account_cannot_break_a_card() -> None:
    page = card_page(Account("C1", "<script>&"), SERVER, "en")
    assert "<script>" not in page and "&lt;script&gt;&amp;" in page


def test_without_a_server_address_it_says_where_to_write_one(
    registry: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["phones"]) == 2
    assert capsys.readouterr().err == (
        "healing phones: The address of the server for phones is not set.\n"
        "Give --server or --kc-server, or set KOBO_SERVER, or write server in healing.toml.\n"
    )


def test_without_a_registry_it_says_what_to_do_first(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "healing.db").touch()
    assert main(["phones", "--server", SERVER]) == 4
    assert capsys.readouterr().err == (
        "healing phones: The database has no registry yet.\nRun `healing registry import` first.\n"
    )


def test_without_active_chas_it_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "chas.csv").write_text("cha_code,username,is_active\nCHA003,gone_c,no\n", encoding="utf-8")
    assert main(["registry", "import", "chas.csv"]) == main(["phones", "--server", SERVER]) == 0
    assert "no active CHA" in capsys.readouterr().out


def test_an_address_that_no_phone_can_reach_is_pointed_out(registry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["phones", "--server", "http://127.0.0.1:8080"]) == 0
    assert "No phone can reach http://127.0.0.1:8080" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_is_told_without_traceback(
    registry: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (registry / "taken").write_text("a file", encoding="utf-8")
    assert main(["phones", "--server", SERVER, "--out", "taken"]) == 2
    assert capsys.readouterr().err.startswith("healing phones: taken cannot be written: ")


def test_an_address_too_long_for_a_code_is_told_without_traceback(
    registry: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host = ".".join(f"{number * number * 7919 % 99991:x}{number}" for number in range(120))
    assert main(["phones", "--server", f"https://{host}"]) == 2
    assert "A card cannot be made: the settings make a code of" in capsys.readouterr().err
