"""Which numbers to call nobody has tried lately: a form must not send a person in danger to a dead line."""

from __future__ import annotations

import datetime as dt

from forms.programme_shape import HelpLine, Programme

LONGEST_DAYS = 365


def help_line_warnings(programme: Programme, today: dt.date) -> tuple[str, ...]:
    """Return a line for each help line that was never tested, or last more than a year before `today`."""
    return tuple(line for each in programme.help_lines if (line := _warning(each, today)))


def _warning(line: HelpLine, today: dt.date) -> str:
    tested = line.tested_on
    if tested is not None and (today - tested).days <= LONGEST_DAYS:
        return ""
    state = "has never been tested" if tested is None else f"was last tested on {tested:%Y-%m-%d}, over a year ago"
    return (
        f"help line {line.name} {line.number} {state}: call it, then write the day as tested_on in the programme file"
    )
