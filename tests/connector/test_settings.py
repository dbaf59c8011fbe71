"""Settings come from flags, the environment or one file, and a wrong one says where it stands and how to mend it."""

from pathlib import Path

import pytest

from connector.errors import SettingsError
from connector.settings import DEFAULT_DATABASE_URL, VARIABLES, Settings, load_settings

SERVER = "https://kf.example.org"
TOKEN = "b7c1d2e3f405162738495a6b7c8d9e0f10213243"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str, name: str = "healing.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_without_any_source_the_database_is_a_file_here_and_no_server_is_known(folder: Path) -> None:
    assert load_settings() == Settings(database_url="sqlite:///healing.db")


def test_a_flag_wins_over_the_environment_and_the_environment_over_the_file(folder: Path) -> None:
    write(folder, f'server = "https://file.org"\nkc_server = "https://kc.file.org"\ntoken = "{TOKEN}"\n')
    environ = {"KOBO_SERVER": "https://environment.org", "KOBO_KC_SERVER": "https://kc.environment.org"}
    settings = load_settings({"server": "https://flag.org"}, environ)
    assert (settings.server, settings.kc_server, settings.token) == (
        "https://flag.org",
        "https://kc.environment.org",
        TOKEN,
    )


def test_a_flag_that_was_not_given_and_an_empty_variable_count_as_absent(folder: Path) -> None:
    write(folder, f'server = "{SERVER}"')
    assert load_settings({"server": None}, {"KOBO_SERVER": " "}).server == SERVER


def test_a_named_file_is_read_instead_of_the_one_in_the_folder(folder: Path) -> None:
    write(folder, 'server = "https://here.org"')
    other = write(folder, 'server = "https://other.org"', "other.toml")
    settings = load_settings(config_file=other)
    assert (settings.server, settings.config_file) == ("https://other.org", other)


def test_tables_of_other_programs_in_the_file_are_left_alone(folder: Path) -> None:
    write(folder, f'server = "{SERVER}"\n[theme]\ncolour = "green"\n')
    assert load_settings().server == SERVER


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://kf.example.org/", SERVER),
        (" https://kf.example.org/#/projects/home ", SERVER),
        ("https://kf.example.org/?next=/", SERVER),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost:8000/", "http://localhost:8000"),
    ],
)
def test_an_address_copied_from_a_browser_is_cut_to_its_host(given: str, kept: str) -> None:
    assert load_settings({"server": given}).server == kept


@pytest.mark.parametrize("address", ["kf.example.org", "ftp://kf.example.org", "https://", "https://host:port/", "[::"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match=r"^the environment variable KOBO_SERVER is not a server"):
        load_settings(environ={"KOBO_SERVER": address})


def test_an_unencrypted_address_is_refused_unless_it_is_this_machine_or_allowed() -> None:
    with pytest.raises(SettingsError, match="unencrypted"):
        load_settings({"server": "http://kobo.lan"})
    assert load_settings({"server": "http://kobo.lan", "allow_http": "yes"}).server == "http://kobo.lan"


def test_a_password_inside_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"server": "https://admin:hunter2@kf.example.org"})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("token", [f"Token {TOKEN}", "two words", "línea", "a\nb"])
def test_what_cannot_be_a_token_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(SettingsError, match="KOBO_TOKEN is not a token") as caught:
        load_settings(environ={"KOBO_TOKEN": token})
    assert token not in str(caught.value)


@pytest.mark.parametrize("url", ["healing.db", "mysql://host/db", "sqlite:/x"])
def test_a_database_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="--database-url is not a database address"):
        load_settings({"database_url": url})


@pytest.mark.parametrize("url", [DEFAULT_DATABASE_URL, "postgresql+psycopg://me:pw@host/db", "postgresql://host/db"])
def test_sqlite_and_postgresql_are_taken(url: str) -> None:
    assert load_settings(environ={"DATABASE_URL": url}).database_url == url


def test_neither_the_token_nor_the_database_password_shows_in_the_text_form() -> None:
    settings = load_settings({"token": TOKEN, "database_url": "postgresql://me:hunter2@host/db"})
    assert TOKEN not in repr(settings) and "hunter2" not in str(settings)


def test_asking_for_the_connection_names_what_is_missing_and_all_places_to_write_it() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"server": SERVER}).connection()
    message = str(caught.value)
    assert all(part in message for part in ("token", "--token", "KOBO_TOKEN", "healing.toml"))


def test_the_connection_is_server_and_token() -> None:
    assert load_settings({"server": SERVER, "token": TOKEN}).connection() == (SERVER, TOKEN)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("server = \n", r"not valid TOML \(at line 1"),
        ('serverr = "https://x.org"', "key 'serverr' is unknown"),
        ("token = 12345", "'token' must be text"),
        ('server = "x"', "'server' in .*healing.toml is not a server address"),
        ('allow_http = "perhaps"', "neither yes nor no"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_place(folder: Path, text: str, complaint: str) -> None:
    write(folder, text)
    with pytest.raises(SettingsError, match=complaint):
        load_settings()


def test_a_file_that_is_not_text_is_refused(folder: Path) -> None:
    (folder / "healing.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not valid TOML"):
        load_settings()


def test_a_mistake_in_the_file_does_not_show_the_token_of_the_next_line(folder: Path) -> None:
    write(folder, f'server = = \ntoken = "{TOKEN}"')
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert TOKEN not in str(caught.value)


def test_a_named_file_that_is_not_there_is_an_error(folder: Path) -> None:
    with pytest.raises(SettingsError, match="there is no file"):
        load_settings(config_file=folder / "absent.toml")


def test_true_in_the_file_allows_an_unencrypted_address(folder: Path) -> None:
    write(folder, 'allow_http = true\nserver = "http://kobo.lan"')
    assert load_settings().server == "http://kobo.lan"


def test_every_key_has_one_variable() -> None:
    assert len(set(VARIABLES.values())) == len(VARIABLES)


def test_the_token_may_lie_in_a_file_of_its_own(folder: Path) -> None:
    write_token(folder, f"{TOKEN}\n")
    assert load_settings(environ={"KOBO_TOKEN_FILE": str(folder / "token")}).token == TOKEN
    assert load_settings({"token": "other"}, {"KOBO_TOKEN_FILE": str(folder / "token")}).token == "other"


def test_a_file_with_the_token_that_everybody_may_read_is_refused(folder: Path) -> None:
    write_token(folder, TOKEN, 0o644)
    with pytest.raises(SettingsError, match="everybody on this machine may read it") as caught:
        load_settings({"token_file": str(folder / "token")})
    assert "chmod 600" in caught.value.advice and TOKEN not in str(caught.value)


def test_a_file_with_the_token_that_is_not_there_is_told_with_where_it_was_named(folder: Path) -> None:
    with pytest.raises(SettingsError, match=r"KOBO_TOKEN_FILE names .*absent, which cannot be read: No such file"):
        load_settings(environ={"KOBO_TOKEN_FILE": str(folder / "absent")})


@pytest.mark.parametrize("content", ["two words", "", "é"])
def test_a_file_with_something_else_than_a_token_is_refused_and_not_repeated(folder: Path, content: str) -> None:
    write_token(folder, content)
    with pytest.raises(SettingsError, match="token") as caught:
        load_settings({"token_file": str(folder / "token")})
    assert not content or content not in str(caught.value)


def write_token(folder: Path, content: str, mode: int = 0o600) -> None:
    """A file with the token."""
    (folder / "token").write_text(content, encoding="utf-8")
    (folder / "token").chmod(mode)


def test_a_log_is_asked_for_by_flag_variable_or_file(folder: Path) -> None:
    assert load_settings().log is None
    assert load_settings(environ={"HEALING_LOG": "-"}).log == "-"
    assert load_settings({"log": "a.log"}, {"HEALING_LOG": "-"}).log == "a.log"
    write(folder, 'log = "b.log"')
    assert load_settings().log == "b.log"
