"""Knows the two lists that phones carry, healing groups and their members, and when phones need them anew."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, select

from connector.answer import LONGEST_ROSTER_NAME, ROSTER_NAME
from connector.areas import Plan, plan_of_programme
from connector.deploy import project_key, push_media
from connector.errors import (
    FormRefusedError,
    MissingAssetError,
    NeedsPersonError,
    RequestRefusedError,
    ServerFailedError,
)
from connector.fact_schema import client_identity, membership
from connector.kobo import KoboClient
from connector.precious_schema import cha, healing_group
from connector.progress import OnProgress, no_progress
from connector.sync_state import deployed_projects, utc_now
from forms.library import FORMS
from forms.programme import PROGRAMME
from forms.questions import GROUPS, MEMBERS

LONGEST_LABEL = 40
INTERVIEWS = "outcome"
"""The form in which whoever is or was in a healing group is looked up."""
OF_ONE_PROJECT = (NeedsPersonError, MissingAssetError, RequestRefusedError, FormRefusedError, ServerFailedError)
"""Errors that say nothing about the other projects on the server."""


def write_rosters(
    connection: Connection, area: str = "", today: dt.date | None = None, *, with_closed: bool = False
) -> dict[str, bytes]:
    """Return groups.csv and members.csv of an area: UTF-8, LF, ordered, so that equal content is equal bytes.

    `area` is the code of a sector, "" means all healing groups. Those that were closed are left out with their members
    once there has been time to report the last session (`today`, else the day in UTC), unless `with_closed`. A list
    without rows still has its header: KoboCollect opens the form and offers nothing (it cannot open a form whose list
    is an empty file). A client appears once, where they are on that day, else where they will be or were last. No cell
    holds a semicolon, a control character or a blank at an end, names are unique and without blanks: whatever else
    KoboCollect or a web form would stumble over is left out.
    """
    day = today or utc_now().date()
    closed = () if with_closed else closed_groups(connection, day)
    return {
        GROUPS.filename: _table(GROUPS.columns, group_rows(connection, area, closed)),
        MEMBERS.filename: _table(MEMBERS.columns, member_rows(connection, day, area, closed)),
    }


def rosters_of(connection: Connection, form_id: str, area: str, today: dt.date | None = None) -> dict[str, bytes]:
    """Return the rosters that a form reads, as they are to be on phones.

    Of a closed healing group no session can be reported, and nobody can be enrolled in it. Who was in it is interviewed
    as before: the form for this keeps it.
    """
    return media_of(form_id, write_rosters(connection, area, today, with_closed=_keeps_closed(form_id)))


def _keeps_closed(form_id: str) -> bool:
    return form_id == INTERVIEWS


def media_of(form_id: str, rosters: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return those of the rosters that a form reads."""
    return {roster.filename: rosters[roster.filename] for roster in FORMS[form_id].rosters}


def publish_rosters(
    engine: Engine,
    client: KoboClient,
    on_progress: OnProgress = no_progress,
    *,
    plan: Plan | None = None,
    today: dt.date | None = None,
) -> tuple[str, ...]:
    """Bring the rosters of today to the phones; return the projects deployed again because a list had changed.

    What counts as changed is what phones are offered: a run that was killed between sending a list and deploying it is
    made good by the next one. A project that the plan (else the programme's own) no longer has, such as that of the
    whole programme after a split by sectors, gets no new list. What is wrong with one project does not keep the lists
    from the others: the first such error is raised when all have been tried.
    Raises the client's errors, NeedsPersonError for a project that is not deployed, and StorageError.
    """
    areas = plan_of_programme() if plan is None else plan
    with engine.connect() as connection:
        projects = [
            each for each in deployed_projects(connection, client.server) if each.form_id in areas.get(each.area, ())
        ]
        wanted = {(each.area, _keeps_closed(each.form_id)) for each in projects}
        rosters = {one: write_rosters(connection, one[0], today, with_closed=one[1]) for one in wanted}
    changed, failures = [], []
    for each in projects:
        media = media_of(each.form_id, rosters[each.area, _keeps_closed(each.form_id)])
        key = project_key(each.form_id, each.area)
        try:
            if media and push_media(client, each.asset_uid, media, lambda text: on_progress(text, 0, None)):
                changed.append(key)
        except OF_ONE_PROJECT as error:
            if isinstance(error, ServerFailedError) and error.status:
                raise
            on_progress(f"{key}: {error.message}", 0, None)
            failures.append(error)
    if failures:
        raise failures[0]
    return tuple(changed)


def closed_groups(connection: Connection, today: dt.date) -> set[str]:
    """Return the healing groups that are closed, and of which the last session should have been reported by now."""
    last_day = today - dt.timedelta(hours=PROGRAMME.report_within_hours)
    return set(connection.scalars(select(healing_group.c.code).where(healing_group.c.ended_on < last_day)))


def group_rows(connection: Connection, area: str = "", closed: Collection[str] = ()) -> list[tuple[str, ...]]:
    """Return (code, label, sector, username of the CHA) of the healing groups of an area but the closed ones, by code.

    Groups of one CHA with the same label are told apart by their code.
    """
    columns = (healing_group.c.code, healing_group.c.label, healing_group.c.sector_code, cha.c.username)
    query = (
        select(*columns)
        .join(cha, cha.c.cha_code == healing_group.c.cha_code, isouter=True)
        .order_by(healing_group.c.code)
    )
    found = connection.execute(query.where(healing_group.c.sector_code == area) if area else query)
    rows = [row for row in found if is_choice_name(row.code) and row.code not in closed]
    labels = _told_apart([(row.username, row.label, row.code) for row in rows])
    return [
        (row.code, label, one_line(row.sector_code), one_line(row.username))
        for row, label in zip(rows, labels, strict=True)
    ]


def member_rows(
    connection: Connection, today: dt.date, area: str = "", closed: Collection[str] = ()
) -> list[tuple[str, ...]]:
    """Return (client code, short name, healing group, 1 for an active member else 0), by healing group and code.

    A leave or a transfer of a day to come takes nobody off the list before that day. Two people of one healing group
    with the same short name are told apart by the end of their code. Those whose healing group is one of the closed
    ones are left out.
    """
    inside = set(connection.scalars(select(healing_group.c.code).where(healing_group.c.sector_code == area)))
    found = _counting(connection.execute(_memberships()), today, closed)
    found = [row for row in found if row.healing_group not in closed and (not area or row.healing_group in inside)]
    rows = [row for row in found if is_choice_name(row.client_code)]
    names = _told_apart([(row.healing_group, row.short_name, row.client_code) for row in rows])
    return [
        (row.client_code, name, one_line(row.healing_group), "0" if _is_over(row, today) else "1")
        for row, name in zip(rows, names, strict=True)
    ]


def clean(value: str | None) -> str:
    """Return text as a label on a phone can hold it: one line, no control characters or semicolons, at most 40 long."""
    return one_line(value)[:LONGEST_LABEL].rstrip()


def one_line(value: str | None) -> str:
    """Return text on one line, without control characters, semicolons and blanks at the ends.

    A semicolon can make a reader of the file take it for the separator of columns.
    """
    text = "".join(character if character.isprintable() else " " for character in value or "")
    return " ".join(text.replace(";", ",").split())


def is_choice_name(code: str) -> bool:
    """Whether a code can be ticked: several ticks are stored with blanks between them, so it may hold none."""
    return ROSTER_NAME.fullmatch(code) is not None


def _told_apart(rows: Sequence[tuple[str | None, str | None, str]]) -> list[str]:
    """Labels for rows of (among whom, label, code): the end of the code, or all of it, follows where labels repeat."""
    labels = [clean(label) or code for _, label, code in rows]
    for shown in (4, LONGEST_ROSTER_NAME):
        count = Counter((row[0], label) for row, label in zip(rows, labels, strict=True))
        labels = [
            label if count[row[0], label] == 1 else _with_code(row[1], row[2][-shown:])
            for row, label in zip(rows, labels, strict=True)
        ]
    return labels


def _with_code(label: str | None, code: str) -> str:
    ending = f" ({code})"
    return f"{clean(label)[: LONGEST_LABEL - len(ending)].rstrip()}{ending}".strip()


def _memberships() -> Select[Any]:
    columns = (membership.c.client_code, membership.c.healing_group, membership.c.joined_on, membership.c.left_on)
    return (
        select(*columns, client_identity.c.short_name)
        .join(client_identity, client_identity.c.client_code == membership.c.client_code, isouter=True)
        .order_by(membership.c.client_code, membership.c.joined_on, membership.c.healing_group)
    )


def _counting(
    rows: Iterable[Row[tuple[object, ...]]], today: dt.date, closed: Collection[str]
) -> list[Row[tuple[object, ...]]]:
    """The interval that counts for each client: the first that is not over, else the last; `rows` come by day."""
    found: dict[str, Row[tuple[object, ...]]] = {}
    for row in rows:
        earlier = found.get(row.client_code)
        if earlier is None or _is_over(earlier, today) or earlier.healing_group in closed:
            found[row.client_code] = row
    return sorted(found.values(), key=lambda row: (row.healing_group, row.client_code))


def _is_over(row: Row[tuple[object, ...]], today: dt.date) -> bool:
    return row.left_on is not None and row.left_on <= today


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")
