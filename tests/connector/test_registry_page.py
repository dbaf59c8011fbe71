"""The page for coordinators says what the program does: its commands exist, its points are those that count."""

import re
import shlex
from pathlib import Path

from connector.cli import build_parser
from connector.person_match import GRADES, POINTS
from connector.registry import KINDS
from connector.registry_rows import KINDS as MOVES
from connector.registry_rows import WITHDRAW
from forms.end_reasons import END_REASONS

PAGE = (Path(__file__).parents[2] / "docs" / "registry.md").read_text(encoding="utf-8")


def test_every_command_on_the_page_can_be_read() -> None:
    commands = [*re.findall(r"^healing (.+)$", PAGE, re.MULTILINE), *re.findall(r"`healing ([a-z][^`]*)`", PAGE)]
    assert len(commands) >= 8
    for command in commands:
        assert build_parser().parse_args(shlex.split(command)).command


def test_the_page_names_every_table_column_and_kind_of_move() -> None:
    words = set(re.findall(r"`(\w+)`", PAGE))
    columns = {column for kind in KINDS.values() for column in (*kind.needed, *kind.optional)}
    assert {*KINDS, *columns, *MOVES, WITHDRAW, *END_REASONS.codes} <= words


def test_the_points_and_grades_on_the_page_are_those_that_count() -> None:
    cells = " ".join(re.findall(r"^\| (?:same|close).*\|$", PAGE, re.MULTILINE))
    told = re.findall(r"[\u2212]?\d+", re.sub(r"[12] (?:or 2 )?years", "", cells))
    once = [*POINTS.values()]
    once.remove(POINTS["same_sector"])  # told together with the same sex
    assert sorted(int(number.replace("\u2212", "-")) for number in told) == sorted(once)
    for grade, least in GRADES:
        assert re.search(rf"rom {least}( points a pair is)? \*{grade}\*", PAGE)
