"""Roster files with a trap for phones, or with more about a person than a list may hold, are refused with the line."""

from __future__ import annotations

import random

import pytest

from forms.finding import Fault, Finding
from forms.form import Roster
from forms.questions import GROUPS, MEMBERS
from forms.roster_lint import lint_roster, roster_header

COLUMNS = ("name", "label", "healing_group", "active")
GOOD = "name,label,healing_group,active\nM1,Aline,g1,1\nM2,Bosco,g1,0\n"
ROW = "M3,Chantal,g1,1\n"
TRANSLATED = "has a language, which phones do not read in a file"
CODES = "A list on a phone holds codes and short names only."

BROKEN: list[tuple[str, bytes, list[Fault]]] = [
    (
        "an empty file",
        b"",
        [("file", "is empty, and no phone could open the form", "Write at least the header: name,label.")],
    ),
    (
        "only a byte order mark",
        b"\xef\xbb\xbf\n",
        [("file", "is empty, and no phone could open the form", "Write at least the header: name,label.")],
    ),
    (
        "semicolons",
        GOOD.replace(",", ";").encode(),
        [("header", "holds a semicolon, so that phones split the lines at it", "Separate the columns by commas.")],
    ),
    (
        "one semicolon in the header",
        GOOD.replace("label", "la;bel").encode(),
        [("header", "holds a semicolon, so that phones split the lines at it", "Separate the columns by commas.")],
    ),
    (
        "another encoding",
        (GOOD + "M3,Zoé,g1,1\n").encode("latin-1"),
        [("line 4", "is not UTF-8", "Save the file as CSV UTF-8.")],
    ),
    (
        "a control character",
        (GOOD + "M3,A\x00b,g1,1\n").encode(),
        [("line 4", "holds the character U+0000", "Delete it.")],
    ),
    (
        "an open quote",
        (GOOD + 'M3,"Ab,g1,1\n').encode(),
        [("line 4", "cannot be read (unexpected end of data)", "Correct the quotes.")],
    ),
    (
        "a column missing",
        GOOD.replace("healing_group", "heling_group").encode(),
        [
            ("column heling_group", "is read by no form", "Write healing_group."),
            ("column healing_group", "is missing", "Add it; forms read it."),
        ],
    ),
    (
        "a column twice",
        GOOD.replace("active", "label").encode(),
        [
            ("column label", "is there 2 times", "Keep one."),
            ("column active", "is missing", "Add it; forms read it."),
        ],
    ),
    (
        "a translated label",
        GOOD.replace("label", "label::English (en)").encode(),
        [
            ("column label::English (en)", TRANSLATED, "Write label; names need no translation."),
            ("column label", "is missing", "Add it; forms read it."),
        ],
    ),
    (
        "a column with a space",
        GOOD.replace("active", "is active").encode(),
        [
            ("column is active", "is not a usable name of a column", "Use letters, digits and _."),
            ("column active", "is missing", "Add it; forms read it."),
        ],
    ),
    (
        "surnames",
        b"name,label,healing_group,active,surname\nM1,Aline,g1,1,X\n",
        [
            ("column surname", "tells too much about a person", f"Delete it; {CODES[0].lower()}{CODES[1:]}"),
        ],
    ),
    (
        "scores",
        b"name,label,healing_group,active,phq9_score\nM1,Aline,g1,1,9\n",
        [
            ("column phq9_score", "tells too much about a person", f"Delete it; {CODES[0].lower()}{CODES[1:]}"),
        ],
    ),
    (
        "a column that no form reads",
        b"name,label,healing_group,active,colour\nM1,Aline,g1,1,red\n",
        [
            ("column colour", "is read by no form", "Delete it."),
        ],
    ),
    (
        "a code twice",
        (GOOD + ROW.replace("M3", "M1")).encode(),
        [
            ("line 4, name", "is the same as in line 2; phones would crash", "Codes must be unique."),
        ],
    ),
    (
        "a code with a space",
        (GOOD + ROW.replace("M3", "M 3")).encode(),
        [
            ("line 4, name", "holds a space, which breaks lists where several can be ticked", "Use one word."),
        ],
    ),
    (
        "a code with a space at its end",
        (GOOD + ROW.replace("M3", "M3 ")).encode(),
        [
            ("line 4, name", "holds a space, which breaks lists where several can be ticked", "Use one word."),
        ],
    ),
    ("no code", (GOOD + ROW.replace("M3", "")).encode(), [("line 4, name", "is empty", "Give every row a code.")]),
    (
        "no label",
        (GOOD + ROW.replace("Chantal", "")).encode(),
        [("line 4, label", "is empty", "Write what the phone shows.")],
    ),
    (
        "a cell too many",
        (GOOD + "M3,Cha,ntal,g1,1\n").encode(),
        [
            ("line 4", "has 5 cells, the header has 4", "Correct the commas and quotes."),
        ],
    ),
    (
        "a cell on two lines",
        (GOOD + 'M3,"Cha\nntal",g1,1\n').encode(),
        [
            ("line 5", "holds a line break in a cell", "Write it on one line."),
        ],
    ),
]


@pytest.mark.parametrize("content", [GOOD, "\ufeff" + GOOD, GOOD.replace("\n", "\r\n"), GOOD.splitlines()[0] + "\n"])
def test_a_good_roster_has_no_fault(content: str) -> None:
    assert lint_roster("members.csv", content.encode(), COLUMNS) == ()


@pytest.mark.parametrize(("content", "expected"), [pytest.param(*each[1:], id=each[0]) for each in BROKEN])
def test_a_fault_is_told_with_its_line(content: bytes, expected: list[Fault]) -> None:
    found = lint_roster("members.csv", content, COLUMNS)
    assert list(found) == [Finding("members.csv", *fault) for fault in expected]


def test_too_many_rows_are_told() -> None:
    told = "members.csv · file: 2 rows are more than 1, too slow for a cheap phone."
    found = lint_roster("members.csv", GOOD.encode(), COLUMNS, most_rows=1)
    assert [str(finding) for finding in found] == [
        f"{told} Split the forms by sector, so that each phone carries its own list."
    ]


def test_a_name_that_phones_cannot_take_is_told() -> None:
    told = "My List.csv · file: its name is not usable. Name it like members.csv: small letters, digits, _ and .csv."
    assert [str(finding) for finding in lint_roster("My List.csv", GOOD.encode(), COLUMNS)] == [told]


def test_without_known_columns_name_and_label_are_needed_and_telling_ones_refused() -> None:
    found = lint_roster("staff.csv", b"name,national_id\nS1,1199\n")
    assert [(finding.where, finding.what) for finding in found] == [
        ("column national_id", "tells too much about a person"),
        ("column label", "is missing"),
    ]


@pytest.mark.parametrize("roster", [GROUPS, MEMBERS], ids=lambda roster: roster.name)
def test_the_programmes_rosters_may_be_empty_but_for_their_header(roster: Roster) -> None:
    assert lint_roster(roster.filename, (",".join(roster.columns) + "\n").encode(), roster.columns) == ()


def test_no_finding_shows_what_is_in_a_cell() -> None:
    rows = "".join(f"SENTINEL{number % 3} x,SENTINEL,SENTINEL\n" for number in range(6))
    found = lint_roster("members.csv", f"name,label,healing_group,active\n{rows}".encode(), COLUMNS)
    assert found and not any("SENTINEL" in str(finding) for finding in found)


def test_the_header_is_read_without_its_byte_order_mark() -> None:
    assert roster_header(("\ufeff" + GOOD).encode()) == COLUMNS
    assert roster_header(b"") == ()


def test_no_garbled_roster_makes_the_linter_stumble() -> None:
    rng, found = random.Random(3), 0
    for _ in range(1500):
        content = bytearray(GOOD.encode())
        for _ in range(rng.randint(1, 4)):
            content[rng.randrange(len(content))] = rng.choice((0, 10, 13, 34, 39, 44, 59, 65, 195, 255))
        found += bool(lint_roster("members.csv", bytes(content), COLUMNS))
        roster_header(bytes(content))
    assert found > 500
