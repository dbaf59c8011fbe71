"""Knows what a row of the registry's tables must look like, and says what is wrong with one that does not."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.answer import LATEST_YEAR
from connector.registry_sheets import Cells, plain_name
from forms.client_code import is_valid
from forms.end_reasons import END_REASONS, NEVER_STARTED
from forms.places import all_places
from forms.programme import PROGRAMME

_CODE = re.compile(r"[A-Za-z0-9_.-]+")
_USERNAME = re.compile(r"[a-z][a-z0-9_]*")
_PHONE = re.compile(r"\+?[0-9]{9,15}")
_UNCALCULATED = ("=", "#")
KINDS = ("join", "transfer", "leave")
WITHDRAW = "withdraw"
"""The kind by which a row of moves that was entered wrongly is taken out of the registry."""
_YES_NO = {"yes": True, "no": False, "1": True, "0": False, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Known:
    """What rows may refer to; reading a row adds what it brings, so that a file cannot contradict itself."""

    cha_by_username: dict[str, str]
    cha_codes: set[str]
    group_codes: set[str]


def read_cha(cells: Cells, known: Known) -> dict[str, Any]:
    """Return the row of a CHA, name and phone included. Raises ValueError saying what is wrong."""
    code = _code(cells, "cha_code", 16)
    username = _text(cells, "username", 64)
    if not _USERNAME.fullmatch(username):
        raise ValueError("username is not a KoboToolbox username: small letters, digits and _")
    if known.cha_by_username.get(username, code) != code:
        raise ValueError("username belongs to another CHA")
    active = cells.values.get("is_active", "yes").lower()
    if active not in _YES_NO:
        raise ValueError("is_active is neither yes nor no")
    sector = _sector(cells) if "sector_code" in cells.values else None
    known.cha_by_username[username] = code
    person = {"full_name": _optional(cells, "full_name"), "phone": _phone(cells)}
    return {"cha_code": code, "username": username, "sector_code": sector, "is_active": _YES_NO[active], **person}


def read_healing_group(cells: Cells, known: Known) -> dict[str, Any]:
    """Return the row of a healing group. Raises ValueError saying what is wrong."""
    sector, cha_code = _sector(cells), _code(cells, "cha_code", 16)
    if cha_code not in known.cha_codes:
        raise ValueError("cha_code is not in the registry: import the CHA first")
    started_on = _day(cells, "started_on")
    weeks = cells.values.get("weeks", str(PROGRAMME.weeks))
    if not re.fullmatch(r"\d{1,3}", weeks, re.ASCII) or not 1 <= int(weeks) <= PROGRAMME.weeks:
        raise ValueError(f"weeks is not a number from 1 to {PROGRAMME.weeks}, which is what the form can record")
    return {
        "code": _code(cells, "code", 24),
        "label": _text(cells, "label", 200),
        "district_code": sector[:2],
        "sector_code": sector,
        "cha_code": cha_code,
        "cohort": _undated(cells, "cohort", 16),
        "started_on": started_on,
        "weeks": int(weeks),
        **_closing(cells, started_on),
    }


def _closing(cells: Cells, started_on: dt.date) -> dict[str, Any]:
    """The last day of a healing group and why it ended; both, or neither."""
    told = [name for name in ("ended_on", "end_reason") if name in cells.values]
    if not told:
        return {"ended_on": None, "end_reason": None}
    ended_on = _day(cells, "ended_on")
    reason = plain_name(_text(cells, "end_reason", 40))
    if reason not in END_REASONS.codes:
        raise ValueError(f"end_reason is none of {', '.join(END_REASONS.codes)}")
    if _ends_before_it_starts(started_on, ended_on, reason):
        raise ValueError(f"ended_on is before started_on: only a group that is {NEVER_STARTED} can end so")
    return {"ended_on": ended_on, "end_reason": reason}


def require_possible_closing(row: Mapping[str, Any]) -> None:
    """Check a healing group against the closing that the registry keeps, of which the file says nothing.

    Raises ValueError saying what is wrong.
    """
    if row["ended_on"] and _ends_before_it_starts(row["started_on"], row["ended_on"], row["end_reason"]):
        closed = f"started_on is after {row['ended_on']}, on which the registry closed this healing group"
        raise ValueError(f"{closed}: add the columns ended_on and end_reason, and correct or empty them")


def _ends_before_it_starts(started_on: dt.date, ended_on: dt.date, reason: str) -> bool:
    return ended_on < started_on and reason != NEVER_STARTED


def read_move(cells: Cells, known: Known) -> dict[str, Any]:
    """Return the row of a join, a transfer or a leave. Raises ValueError saying what is wrong."""
    client_code, group = _code(cells, "client_code", 16), _code(cells, "healing_group", 24)
    if not is_valid(client_code):
        raise ValueError("client_code has a typing error")
    if group not in known.group_codes:
        raise ValueError("healing_group is not in the registry: import the group first")
    kind = cells.values.get("kind", "transfer").lower()
    if kind not in (*KINDS, WITHDRAW):
        raise ValueError(f"kind is none of {', '.join(KINDS)}, {WITHDRAW}")
    reason = _code(cells, "reason", 32) if "reason" in cells.values else None
    joined_on = _day(cells, "joined_on")
    key = {"client_code": client_code, "joined_on": joined_on, "healing_group": group}
    return {**key, "reason": reason, "kind": kind}


def _text(cells: Cells, column: str, longest: int) -> str:
    value = cells.values.get(column, "")
    if not value:
        raise ValueError(f"{column} is empty")
    if len(value) > longest:
        raise ValueError(f"{column} has more than {longest} characters")
    if "\x00" in value:
        raise ValueError(f"{column} holds a character that cannot be stored")
    if value.startswith(_UNCALCULATED):
        raise ValueError(f"{column} holds a formula or its error, not a value")
    return value


def _phone(cells: Cells) -> str | None:
    """A number as it is dialled inside the country: a first zero that a spreadsheet took away comes back."""
    if "phone" not in cells.values:
        return None
    number = re.sub(r"[\s().-]", "", _text(cells, "phone", 40))
    number = re.sub(r"^(\+|00)?250(?=7[0-9]{8}$)", "0", number)
    if re.fullmatch(r"7[0-9]{8}", number):
        number = f"0{number}"
    if not _PHONE.fullmatch(number):
        raise ValueError("phone is not a number of 9 to 15 digits: format the column as text")
    return number


def _optional(cells: Cells, column: str) -> str | None:
    return _text(cells, column, 200) if column in cells.values else None


def _undated(cells: Cells, column: str, longest: int) -> str:
    """A text that a spreadsheet may take for a date, such as 2026-03."""
    if column in cells.dates:
        raise ValueError(f"{column} was made a date by the spreadsheet: format the column as text")
    return _text(cells, column, longest)


def _code(cells: Cells, column: str, longest: int) -> str:
    value = _undated(cells, column, longest)
    if not _CODE.fullmatch(value):
        raise ValueError(f"{column} may hold only letters, digits, _, . and -")
    return value


def _sector(cells: Cells) -> str:
    code = _code(cells, "sector_code", 8)
    place = all_places().get(code)
    if place is None or place.level != "sector":
        raise ValueError("sector_code is not the official code of a sector")
    return code


def _day(cells: Cells, column: str) -> dt.date:
    value = _text(cells, column, 26)
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        raise ValueError(f"{column} is not a day like 2026-03-02")
    try:
        day = dt.date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{column} is not a day of the calendar") from None
    if not 2000 <= day.year <= LATEST_YEAR:
        raise ValueError(f"{column} is not in this century")
    return day
