"""Knows how tests close a healing group the way a coordinator does: in the sheet of healing groups."""

import datetime as dt

from sqlalchemy import Connection

from connector.registry import Imported, import_registry
from tests.connector.derived_database import ANA, BEA, CLEA
from tests.connector.made_records import intake, keep, register, report

TODAY = dt.date(2026, 6, 30)
HEADER = "code,label,sector_code,cha_code,cohort,started_on,ended_on,end_reason\n"


def group_row(ended_on: str = "", end_reason: str = "", code: str = "G1") -> str:
    """The row of a healing group that starts on 2 March 2026, as `register` writes it."""
    return f"{code},{code},2801,C1,2026-A,2026-03-02,{ended_on},{end_reason}\n"


def close(
    connection: Connection, ended_on: str = "", end_reason: str = "", code: str = "G1", preview: bool = False
) -> Imported:
    """Import a sheet that closes a healing group, or (with empty cells) opens it again."""
    files = {"healing_groups.csv": (HEADER + group_row(ended_on, end_reason, code)).encode()}
    return import_registry(connection, files, preview=preview, today=TODAY)["healing_groups.csv"]


def three_weeks(connection: Connection) -> None:
    """Two healing groups; the first has three members and met in weeks 1 to 3, the last day being 16 March."""
    register(connection)
    keep(connection, *(intake(number, code) for number, code in enumerate((ANA, BEA, CLEA), start=1)))
    keep(connection, *(report(10 + week, "G1", week, (ANA, BEA, CLEA)) for week in (1, 2, 3)))
