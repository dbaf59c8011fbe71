"""Questions about change: how people scored before and after, who is missing, and who got better or worse."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    FromClause,
    Subquery,
    and_,
    case,
    func,
    literal,
    or_,
    select,
)

from connector.fact_schema import assessment, change, client, item_answer
from connector.precious_schema import healing_group as registry
from dashboard.filters import Filters, narrow
from forms.instrument import AT_MOST, CutOff, Instrument
from forms.programme import PROGRAMME

_BEFORE, _AFTER = change.c.before_score.is_not(None), change.c.after_score.is_not(None)
VERDICTS = ("improved", "no_change", "worse")


def _counted(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _of(instrument: str, filters: Filters) -> list[ColumnElement[bool]]:
    return [change.c.instrument == instrument, *narrow(change, filters)]


def _with_group() -> FromClause:
    clients = change.join(client, client.c.client_code == change.c.client_code)
    return clients.outerjoin(registry, registry.c.code == client.c.healing_group)


def coverage(connection: Connection, filters: Filters, instrument: str, today: date) -> pd.DataFrame:
    """Return one row that accounts for every enrolled client, once: paired, no_before, no_after, not_due, of enrolled.

    paired: a score before and after. not_due: no score after, and the window of the endline is still open.
    no_after: none although the window is over. no_before: a score after and none before.
    """
    wave = PROGRAMME.wave("endline")
    closed = case((registry.c.started_on <= today - timedelta(days=wave.due_days + wave.window_days), 1), else_=0) == 1
    columns = (
        func.count().label("enrolled"),
        _counted(and_(_BEFORE, _AFTER)).label("paired"),
        _counted(and_(~_BEFORE, _AFTER)).label("no_before"),
        _counted(and_(~_AFTER, closed)).label("no_after"),
        _counted(and_(~_AFTER, ~closed)).label("not_due"),
    )
    return pd.read_sql(select(*columns).select_from(_with_group()).where(*_of(instrument, filters)), connection)


def stopped_interviews(connection: Connection, filters: Filters) -> pd.DataFrame:
    """Return one row: `interviews` at the end in which any instrument was begun, and `stopped` among them.

    Stopping is a person's right and neither a refusal nor a gap; instruments after the stop were not asked.
    """
    a = assessment.c
    each = select(func.max(case((a.stopped.is_(True), 1), else_=0)).label("stopped")).group_by(a.root_uuid)
    of_end = each.where(a.wave == "endline", *narrow(assessment, filters)).subquery()
    columns = (func.count().label("interviews"), func.coalesce(func.sum(of_end.c.stopped), 0).label("stopped"))
    return pd.read_sql(select(*columns).select_from(of_end), connection)


def band_pairs(connection: Connection, filters: Filters, instrument: str) -> pd.DataFrame:
    """Return before_band, after_band and `people` for everybody with both scores."""
    c = change.c
    query = select(c.before_band, c.after_band, func.count().label("people"))
    query = query.where(_BEFORE, _AFTER, *_of(instrument, filters)).group_by(c.before_band, c.after_band)
    return pd.read_sql(query.order_by(c.before_band, c.after_band), connection)


def verdicts(connection: Connection, filters: Filters, instrument: str, by: str | None = None) -> pd.DataFrame:
    """Return `improved`, `no_change`, `worse` and `paired` (their sum), in one row or one for each value of `by`.

    Denominator: people with both scores. improved and worse: a difference of the instrument's reliable change or more.
    """
    counts = [_counted(change.c.verdict == verdict).label(verdict) for verdict in VERDICTS]
    keys = [] if by is None else [client.c[by]]
    joined = change.join(client, client.c.client_code == change.c.client_code)
    query = select(*keys, *counts, func.count().label("paired")).select_from(joined)
    query = query.where(_BEFORE, _AFTER, *_of(instrument, filters))
    return pd.read_sql(query.group_by(*keys).order_by(*keys) if keys else query, connection)


def change_by_group(connection: Connection, filters: Filters, instrument: str) -> pd.DataFrame:
    """Return sums for each healing group, from which mean and interval follow.

    Columns: healing_group, people (with both scores), difference, difference_squared, before, after (sums).
    """
    c = change.c
    sums = {"difference": c.difference, "difference_squared": c.difference * c.difference}
    sums |= {"before": c.before_score, "after": c.after_score}
    joined = change.join(client, client.c.client_code == c.client_code)
    columns = [func.sum(value).label(name) for name, value in sums.items()]
    query = select(client.c.healing_group, func.count().label("people"), *columns).select_from(joined)
    query = query.where(_BEFORE, _AFTER, *_of(instrument, filters)).group_by(client.c.healing_group)
    return pd.read_sql(query.order_by(client.c.healing_group), connection)


def shifts(connection: Connection, filters: Filters, instrument: str) -> pd.DataFrame:
    """Return one row: how many of those with both scores have a `lower`, the `same` or a `higher` one after."""
    difference = change.c.difference
    columns = (
        _counted(difference < 0).label("lower"),
        _counted(difference == 0).label("same"),
        _counted(difference > 0).label("higher"),
    )
    return pd.read_sql(select(*columns).where(_BEFORE, _AFTER, *_of(instrument, filters)), connection)


def cut_off_counts(connection: Connection, filters: Filters, instrument: Instrument) -> pd.DataFrame:
    """Return one row for each cut-off of the instrument, among people with both scores, of its sex where it has one.

    Columns: cut_off (its name), points, paired, before (positive by it), after, recovered (positive, then not).
    """
    rows = [pd.read_sql(_cut_off_query(filters, instrument, each), connection) for each in instrument.cut_offs]
    columns = ["cut_off", "points", "paired", "before", "after", "recovered"]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)


def _cut_off_query(filters: Filters, instrument: Instrument, cut_off: CutOff) -> Executable:
    before, after = (_is_positive(column, cut_off) for column in (change.c.before_score, change.c.after_score))
    columns = (
        literal(cut_off.name).label("cut_off"),
        literal(cut_off.points).label("points"),
        func.count().label("paired"),
        _counted(before).label("before"),
        _counted(after).label("after"),
        _counted(and_(before, ~after)).label("recovered"),
    )
    of_sex = [client.c.sex == cut_off.sex] if cut_off.sex else []
    joined = change.join(client, client.c.client_code == change.c.client_code)
    return select(*columns).select_from(joined).where(_BEFORE, _AFTER, *of_sex, *_of(instrument.name, filters))


def _is_positive(score: ColumnElement[int], cut_off: CutOff) -> ColumnElement[bool]:
    return score <= cut_off.points if cut_off.direction == AT_MOST else score >= cut_off.points


def _safety_answers(instrument: Instrument, filters: Filters) -> Subquery:
    """The highest answer to the safety item at the assessments that count as before and as after, for each client."""
    is_before = and_(assessment.c.wave == change.c.before_wave, assessment.c.assessed_on == change.c.before_on)
    is_after = and_(assessment.c.wave == "endline", assessment.c.assessed_on == change.c.after_on)
    same = and_(
        assessment.c.client_code == change.c.client_code,
        assessment.c.instrument == change.c.instrument,
        or_(is_before, is_after),
    )
    answered = and_(item_answer.c.root_uuid == assessment.c.root_uuid, item_answer.c.item == instrument.safety_item)
    columns = (
        func.max(case((is_before, item_answer.c.value))).label("before"),
        func.max(case((is_after, item_answer.c.value))).label("after"),
    )
    joined = change.join(assessment, same).join(item_answer, answered)
    query = select(change.c.client_code, *columns).select_from(joined).where(*_of(instrument.name, filters))
    return query.group_by(change.c.client_code).subquery()


def safety_item_change(connection: Connection, filters: Filters, instrument: Instrument) -> pd.DataFrame:
    """Return one row about the safety item: `answered` both times, `before` ≥ 1, `after` ≥ 1, `new`.

    The item is PHQ-9 item 9 or SRQ-20 item 17 (1 = yes). new: 0 before and 1 or more after. Denominator of all:
    `answered`.
    """
    answers = _safety_answers(instrument, filters).c
    columns = (
        func.count().label("answered"),
        _counted(answers.before >= 1).label("before"),
        _counted(answers.after >= 1).label("after"),
        _counted(and_(answers.before == 0, answers.after >= 1)).label("new"),
    )
    return pd.read_sql(select(*columns).where(answers.before.is_not(None), answers.after.is_not(None)), connection)
