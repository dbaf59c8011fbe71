"""Knows how a person's reaction to an alert is recorded; nothing that was recorded is ever changed."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select

from connector.errors import HealingError
from connector.fact_schema import alert
from connector.precious_schema import alert_handling
from forms.safety import LEVELS

STATES = ("acknowledged", "contacted", "closed")
"""What can be recorded, in the order in which it usually happens; the latest entry is the state of the alert."""
INITIALS = re.compile(r"[^\W\d_][\w .'-]{0,23}")


class HandlingRefusedError(HealingError):
    """What somebody wants to record about an alert makes no sense; nothing was written."""

    exit_code = 2


def record_handling(engine: Engine, alert_id: str, state: str, handled_by: str, handled_at: datetime) -> None:
    """Add one entry about an alert in a transaction of its own; see `add_handling`."""
    with engine.begin() as connection:
        add_handling(connection, alert_id, state, handled_by, handled_at)


def add_handling(connection: Connection, alert_id: str, state: str, handled_by: str, handled_at: datetime) -> None:
    """Add one entry about an alert; `handled_by` is a role or initials, `handled_at` UTC without zone.

    Kept with it is the level that the alert has now: when a record that is edited, or another report of the session,
    makes it more serious, it is open again. Raises HandlingRefusedError for an unknown state, missing initials, an
    alert that is not there or already closed; StorageError when the database can't be written.
    """
    if state not in STATES:
        raise HandlingRefusedError(
            f"'{state}' is not a state of an alert.", advice=f"Choose one of: {', '.join(STATES)}."
        )
    person = " ".join(handled_by.split())
    if not INITIALS.fullmatch(person):
        raise HandlingRefusedError("Who acted is missing.", advice="Write initials or a role, up to 24 letters.")
    level = _level_of_open(connection, alert_id)
    entry = {"alert_id": alert_id, "state": state, "handled_at": handled_at, "handled_by": person, "level": level}
    connection.execute(insert(alert_handling), entry)


def _level_of_open(connection: Connection, alert_id: str) -> str:
    level = connection.scalar(select(alert.c.level).where(alert.c.alert_id == alert_id))
    if level is None:
        raise HandlingRefusedError(
            "This alert is no longer there.", advice="Its record was corrected; reload the page."
        )
    entries = select(alert_handling.c.state, alert_handling.c.level).where(alert_handling.c.alert_id == alert_id)
    latest = connection.execute(entries.order_by(alert_handling.c.handling_id.desc()).limit(1)).first()
    if latest is not None and latest.state == "closed" and level not in more_serious_than(latest.level):
        raise HandlingRefusedError("Somebody has closed this alert already.", advice="Reload the page to see who.")
    return str(level)


def more_serious_than(level: str | None) -> tuple[str, ...]:
    """Return the levels of an alert for which what was done about one of this level is not enough."""
    return LEVELS[LEVELS.index(level) + 1 :] if level in LEVELS else ()
