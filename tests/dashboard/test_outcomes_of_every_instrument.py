"""Knows that outcomes are right for every instrument: better or worse when higher, without bands, by sex, without a
known reliable change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection
from streamlit.testing.v1 import AppTest

from connector.database import open_database
from dashboard.charts_outcomes import directions, matrix_cells, scores_chart, severity_rows
from dashboard.cut_off_view import cut_off_label, shares
from dashboard.filters import ALL
from dashboard.queries_outcomes import band_pairs, cut_off_counts, shifts, verdicts
from dashboard.queries_person import person_scores
from dashboard.wording import better_word, instrument_of
from forms.instruments.catalogue import CATALOGUE
from tests.dashboard.conftest import make_tables
from tests.dashboard.made_changes import PEOPLE, SCORED, write
from tests.dashboard.pages import metrics, readable

EVERY = pytest.mark.parametrize("name", SCORED)
WITH_BANDS = pytest.mark.parametrize("name", [name for name, each in SCORED.items() if each.bands])
WITHOUT_BANDS = pytest.mark.parametrize("name", [name for name, each in SCORED.items() if not each.bands])
WHO5, SRQ20 = CATALOGUE["who5"], CATALOGUE["srq20"]


@pytest.fixture(scope="module")
def made_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Address of a database with the made changes; nobody may write to it."""
    folder: Path = tmp_path_factory.mktemp("made")
    url = f"sqlite:///{folder}/healing.db"
    make_tables(url)
    engine = open_database(url)
    write(engine)
    engine.dispose()
    return url


@pytest.fixture
def made(made_url: str) -> Iterator[Connection]:
    engine = open_database(made_url, read_only=True)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def page_of_one(name: str) -> None:
    """The part of the page about one instrument, as Streamlit runs it."""
    from dashboard.outcome_view import one_instrument
    from forms.instruments.catalogue import CATALOGUE

    one_instrument(CATALOGUE[name])


def page_of_person(code: str) -> None:
    """The scores of one person, as Streamlit runs them."""
    from dashboard.person_view import courses
    from dashboard.queries_person import person_scores
    from dashboard.source import ask

    courses(ask(person_scores, code))


_SEEN: dict[tuple[str, str], AppTest] = {}


def seen(monkeypatch: pytest.MonkeyPatch, url: str, name: str) -> AppTest:
    """As `shown`, for those who only look at it: opened for the first of them."""
    if (url, name) not in _SEEN:
        _SEEN[url, name] = shown(monkeypatch, url, name)
    return _SEEN[url, name]


def shown(monkeypatch: pytest.MonkeyPatch, url: str, name: str) -> AppTest:
    """What the page shows about one instrument."""
    monkeypatch.setenv("DATABASE_URL", url)
    app = AppTest.from_function(page_of_one, default_timeout=60, kwargs={"name": name}).run()
    assert not app.exception
    return app


def cut_offs_shown(app: AppTest) -> dict[str, list[str]]:
    """The table of cut-offs: Before, After, and Positive then not, by cut-off."""
    frame = next(table.value for table in app.table if "Cut-off" in table.value)
    return {row["Cut-off"]: list(row.iloc[1:]) for _, row in frame.iterrows()}


@EVERY
def test_lower_same_and_higher_scores_are_counted(made: Connection, name: str) -> None:
    assert shifts(made, ALL, name).iloc[0].astype(int).to_dict() == {"lower": 7, "same": 2, "higher": 5}


def test_nobody_has_a_shift_in_an_empty_database(empty: Connection) -> None:
    assert shifts(empty, ALL, "who5").iloc[0].astype(int).to_dict() == {"lower": 0, "same": 0, "higher": 0}


def test_a_rise_of_well_being_is_an_improvement(made: Connection) -> None:
    found = verdicts(made, ALL, "who5").iloc[0].astype(int).to_dict()
    assert found == {"improved": 5, "no_change": 2, "worse": 7, "paired": 14}


def test_a_low_well_being_is_positive_up_to_the_cut_off(made: Connection) -> None:
    found = cut_off_counts(made, ALL, WHO5).set_index("cut_off").astype(int)
    # Before 80 (7 people), 48 (2) and 20 (5); after 32, 48 and 60.
    assert found.loc["international"].to_dict() == {
        "points": 50,
        "paired": 14,
        "before": 7,
        "after": 9,
        "recovered": 5,
    }
    assert found.loc["international_28"].drop("points").to_list() == [14, 5, 0, 5]


def test_a_cut_off_for_one_sex_counts_only_that_sex(made: Connection) -> None:
    found = cut_off_counts(made, ALL, SRQ20).set_index("cut_off").astype(int)
    # Women 16 → 6 (7), 10 → 10 (2), 4 → 12 (1), cut-off 10; men 4 → 12 (4), cut-off 8.
    assert found.loc["rwanda_women"].drop("points").to_list() == [10, 9, 3, 7]
    assert found.loc["rwanda_men"].drop("points").to_list() == [4, 0, 4, 0]


def test_an_instrument_without_cut_offs_gives_no_rows(made: Connection) -> None:
    assert cut_off_counts(made, ALL, CATALOGUE["phq15"]).empty


@WITH_BANDS
def test_the_best_band_comes_first_and_moving_towards_it_is_better(made: Connection, name: str) -> None:
    instrument, pairs = SCORED[name], band_pairs(made, ALL, name)
    moved = directions(instrument, pairs)
    up, down = (7, 5) if instrument.higher_is_worse else (5, 7)
    assert moved == {"milder": up, "same": 2, "worse": down}
    best = instrument.bands[0] if instrument.higher_is_worse else instrument.bands[-1]
    assert severity_rows(instrument, pairs).iloc[0]["band"] == best.label
    assert matrix_cells(instrument, pairs).iloc[0]["before"] == best.label


@EVERY
def test_a_course_is_drawn_over_the_bands_that_there_are(made: Connection, name: str) -> None:
    instrument, scores = SCORED[name], person_scores(made, PEOPLE[0])
    spec = scores_chart(instrument, scores[scores["instrument"] == name]).to_dict()
    named = {row["band"] for rows in spec["datasets"].values() for row in rows if "fill" in row}
    assert named == {band.label for band in instrument.bands}
    assert ("higher is better" in spec["description"]) == (not instrument.higher_is_worse)


@WITH_BANDS
def test_the_page_leads_with_bands_where_there_are_some(
    monkeypatch: pytest.MonkeyPatch, made_url: str, name: str
) -> None:
    heading = seen(monkeypatch, made_url, name).subheader[0].value
    word = better_word(SCORED[name])
    half = "50 % (7 of 14)"
    if SCORED[name].higher_is_worse:
        assert f"{half} are in a {word} band after than before, 36 % (5 of 14) in a worse one." in heading
    else:
        assert f"36 % (5 of 14) are in a {word} band after than before, {half} in a worse one." in heading


@WITHOUT_BANDS
def test_the_page_leads_with_scores_where_there_are_no_bands(
    monkeypatch: pytest.MonkeyPatch, made_url: str, name: str
) -> None:
    heading = seen(monkeypatch, made_url, name).subheader[0].value
    assert "50 % (7 of 14) have a lower score after than before, 36 % (5 of 14) a higher one." in heading


@EVERY
def test_the_page_counts_by_reliable_change_or_says_that_nobody_knows_it(
    monkeypatch: pytest.MonkeyPatch, made_url: str, name: str
) -> None:
    app = seen(monkeypatch, made_url, name)
    is_known = bool(SCORED[name].reliable_change)
    assert ("Improved" in metrics(app)) == is_known
    assert ("Lower score" in metrics(app)) == (not is_known)
    assert ("No source says how many points are a real change" in readable(app)) == (not is_known)


@EVERY
def test_the_page_names_the_source_of_every_cut_off(monkeypatch: pytest.MonkeyPatch, made_url: str, name: str) -> None:
    text = readable(seen(monkeypatch, made_url, name))
    assert all(each.source in text and each.population in text for each in SCORED[name].cut_offs)
    assert ("No published cut-off" in text) == (not SCORED[name].cut_offs)


def test_the_page_shows_the_programmes_set_first_and_the_other_on_request(
    monkeypatch: pytest.MonkeyPatch, made_url: str
) -> None:
    app = shown(monkeypatch, made_url, "phq9")
    assert list(cut_offs_shown(app)) == ["10+ (International)"]
    app.button_group(key="set_phq9").set_value("rwanda").run()
    assert list(cut_offs_shown(app)) == ["5+ (Rwanda)", "7+ (Rwanda)"]


def test_with_one_set_nothing_is_asked(monkeypatch: pytest.MonkeyPatch, made_url: str) -> None:
    app = shown(monkeypatch, made_url, "who5")
    assert not app.button_group
    assert cut_offs_shown(app)["≤ 50 (International)"] == ["50 % (7 of 14)", "64 % (9 of 14)", "71 % (5 of 7)"]


def test_small_counts_by_sex_are_hidden_on_the_page(monkeypatch: pytest.MonkeyPatch, made_url: str) -> None:
    found = cut_offs_shown(shown(monkeypatch, made_url, "srq20"))
    assert found == {"10+ (Rwanda, Female)": ["<5 or hidden"] * 3, "8+ (Rwanda, Male)": ["<5 or hidden"] * 3}


@pytest.mark.parametrize(
    ("counts", "is_hidden"),
    [
        ((40, 20, 10, 10), False),
        ((40, 0, 0, 0), False),
        ((4, 0, 0, 0), True),  # few people
        ((40, 3, 10, 0), True),  # few before
        ((40, 20, 38, 0), True),  # all but few after
        ((40, 20, 10, 18), True),  # all but few of those before
    ],
)
def test_shares_of_one_sex_hide_what_could_point_at_a_person(
    counts: tuple[int, int, int, int], is_hidden: bool
) -> None:
    assert ("<5 or hidden" in shares(SRQ20.cut_offs[0], *counts)) == is_hidden
    assert "<5 or hidden" not in shares(WHO5.cut_offs[0], *counts)


def test_a_cut_off_says_of_whom_it_speaks() -> None:
    assert [cut_off_label(each) for each in SRQ20.cut_offs] == ["10+ (Rwanda, Female)", "8+ (Rwanda, Male)"]


def test_a_person_keeps_the_scores_of_instruments_that_are_no_longer_asked(
    monkeypatch: pytest.MonkeyPatch, made_url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", made_url)
    app = AppTest.from_function(page_of_person, default_timeout=60, kwargs={"code": PEOPLE[0]}).run()
    assert not app.exception
    assert set(app.table[0].value["Instrument"]) == {each.title for each in SCORED.values()}
    assert "32, Low (29–50)" in set(app.table[0].value["Score and band"])
    assert instrument_of("srq20") is SRQ20
