"""Questions about the way through the programme: how many people reached each step, or are not due yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from sqlalchemy import Boolean, ColumnElement, Connection, FromClause, and_, case, func, literal, or_, select

from connector.fact_schema import client, session
from connector.precious_schema import healing_group as registry
from dashboard.filters import Filters, narrow
from forms.programme import PROGRAMME


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the cascade: the column that says whether a client reached it, and its definition in words."""

    code: str
    label: str
    column: str
    definition: str


STEPS = (
    Step("screened", "Screened", "screened_on", "people with an intake record"),
    Step("eligible", "Eligible", "is_eligible", "screened people who meet the programme's conditions"),
    Step("consented", "Consented", "has_consented", "eligible people who agreed to take part"),
    Step("enrolled", "Enrolled", "is_enrolled", "people who agreed and were given a place in a healing group"),
    Step("week_1", "Week 1", "attended_week_1", "enrolled people present at the session of week 1"),
    Step("week_8", "Week 8", "attended_week_8", "enrolled people present at the session of week 8"),
    Step(
        "completed",
        "Completed",
        "has_completed",
        f"enrolled people present at {PROGRAMME.completion_share:.0%} or more of all planned sessions",
    ),
    Step("endline", "Endline", "has_endline", "enrolled people interviewed at the end"),
)


def _reached(step: Step) -> ColumnElement[bool]:
    column = client.c[step.column]
    return column.is_(True) if isinstance(column.type, Boolean) else column.is_not(None)


_WEEK_1, _WEEK_8, _LAST = (session.alias(name) for name in ("week_1", "week_8", "last_week"))


def _with_calendar() -> FromClause:
    """Clients beside their healing group and three of its sessions."""
    group = registry.c.code == client.c.healing_group
    joined = client.outerjoin(registry, group)
    for alias, week in ((_WEEK_1, literal(1)), (_WEEK_8, literal(8)), (_LAST, registry.c.weeks)):
        joined = joined.outerjoin(alias, and_(alias.c.healing_group == client.c.healing_group, alias.c.week == week))
    return joined


def _is_due(step: Step, today: date) -> ColumnElement[bool]:
    """Whether a client who has not reached the step could have: the session was held after they had joined.

    Who is in a closed healing group has not completed, from its end on: closing one takes nobody out of a share.
    """
    if step.code in ("week_1", "week_8"):
        calendar = (_WEEK_1 if step.code == "week_1" else _WEEK_8).c
        takes_place = func.coalesce(calendar.held_on, calendar.due_on)
        was_held = and_(calendar.status == "held", takes_place <= today)
        return and_(was_held, or_(client.c.joined_on.is_(None), client.c.joined_on <= takes_place))
    if step.code == "completed":
        return or_(_LAST.c.due_on <= today, registry.c.ended_on < today)
    if step.code == "endline":
        wave = PROGRAMME.wave("endline")
        return registry.c.started_on <= today - timedelta(days=wave.due_days + wave.window_days)
    return literal(1) == 1


def _counted(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _columns(today: date) -> list[ColumnElement[int]]:
    columns: list[ColumnElement[int]] = []
    for before, step in zip((STEPS[0], *STEPS), STEPS, strict=False):
        reached, came_before = _reached(step), _reached(before)
        waiting = and_(_reached(STEPS[3]), ~reached, _not(_is_due(step, today))) if step.code in _TIMED else None
        columns += [
            _counted(reached).label(f"{step.code}_n"),
            (_counted(waiting) if waiting is not None else literal(0)).label(f"{step.code}_waiting"),
            _counted(and_(came_before, reached)).label(f"{step.code}_kept"),
            _counted(and_(came_before, waiting) if waiting is not None else literal(False)).label(
                f"{step.code}_kept_waiting"
            ),
        ]
    return columns


_TIMED = ("week_1", "week_8", "completed", "endline")


def _not(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The contrary, where an unknown date counts as not due."""
    return case((condition, 0), else_=1) == 1


def cascade(connection: Connection, filters: Filters, today: date, by: str | None = None) -> pd.DataFrame:
    """Return one row for each step (and each value of the client column `by`, such as sex or sector_code).

    Columns: [`by`], step, n (reached it), waiting (enrolled, did not reach it, and could not
    have: not due yet, joined after it, or the session was not held or not reported),
    before_n (numerator: reached this step and the one before), before_of (denominator: reached the step before, less
    those among them who are waiting), screened_of (denominator: screened less waiting; its numerator is n).
    """
    keys: Sequence[ColumnElement[str]] = [] if by is None else [client.c[by]]
    query = select(*keys, *_columns(today)).select_from(_with_calendar()).where(*narrow(client, filters))
    wide = pd.read_sql(query.group_by(*keys).order_by(*keys) if keys else query, connection)
    return pd.DataFrame([row for _, record in wide.iterrows() for row in _rows(record, by)], columns=_names(by))


def _names(by: str | None) -> list[str]:
    return [*([] if by is None else [by]), "step", "n", "waiting", "before_n", "before_of", "screened_of"]


def _rows(record: pd.Series, by: str | None) -> list[dict[str, object]]:
    rows = []
    screened = int(record["screened_n"])
    for before, step in zip((STEPS[0], *STEPS), STEPS, strict=False):
        n, waiting, kept, kept_waiting = (int(record[f"{step.code}_{part}"]) for part in _PARTS)
        row: dict[str, object] = {"step": step.code, "n": n, "waiting": waiting, "before_n": kept}
        row |= {"before_of": int(record[f"{before.code}_n"]) - kept_waiting, "screened_of": screened - waiting}
        rows.append(row if by is None else {by: record[by], **row})
    return rows


_PARTS = ("n", "waiting", "kept", "kept_waiting")
