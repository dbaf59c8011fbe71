"""Knows how the psychologist of the invented programme reacts to alerts: mostly in time, sometimes late, seldom not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from random import Random

from sqlalchemy import Connection, select

from connector.alert_handling import STATES, add_handling
from connector.fact_schema import alert
from connector.precious_schema import alert_handling

UNSEEN, LATE = 0.03, 0.08
"""Shares of alerts that nobody reacts to, and that somebody reacts to after the time set for them."""
DAYS_TO_CLOSE = (2, 30)
PSYCHOLOGIST = "psychologist"


def react_to_alerts(connection: Connection, seed: int, now: dt.datetime) -> int:
    """Record what the psychologist has done about every alert until `now` (UTC); returns how many entries are new.

    The same seed gives the same reactions, and a second call adds only what has happened since.
    """
    told = {tuple(row) for row in connection.execute(select(alert_handling.c.alert_id, alert_handling.c.state))}
    alerts = connection.execute(select(alert.c.alert_id, alert.c.opened_at, alert.c.due_at).order_by(alert.c.alert_id))
    added = 0
    for alert_id, opened_at, due_at in alerts.all():
        for state, moment in _reactions(Random(f"{seed}/alert/{alert_id}"), opened_at, due_at):
            if moment <= now and (alert_id, state) not in told:
                add_handling(connection, alert_id, state, PSYCHOLOGIST, moment)
                added += 1
    return added


def _reactions(rng: Random, opened_at: dt.datetime, due_at: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
    """Yield (state, moment) in order: seen, spoken to, closed; nothing for an alert that is overlooked."""
    if rng.random() < UNSEEN:
        return
    time_set = due_at - opened_at
    share = rng.uniform(1.2, 3) if rng.random() < LATE else rng.uniform(0.1, 0.9)
    contacted = opened_at + share * time_set
    closed = contacted + dt.timedelta(days=rng.uniform(*DAYS_TO_CLOSE))
    yield from zip(STATES, (opened_at + 0.3 * share * time_set, contacted, closed), strict=True)
