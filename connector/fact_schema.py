"""The programme's facts as tables, at the grain that pages read; all are derived and can be dropped and rebuilt."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    case,
    cast,
    func,
    select,
)

from connector.derived_view import make_view
from forms.instrument import REFUSED, STOPPED

SKIPPED, NOT_ASKED, BLANK = "skipped", "not_asked", "blank"
MISSING = (REFUSED, STOPPED, SKIPPED, NOT_ASKED, BLANK)
"""Why an item has no scored code: refused; the interview stopped at it; it is not asked of this sex; it came after the
stop; or nothing is known. An instrument that was never begun has no rows at all."""

derived = MetaData()

client = Table(
    "client",
    derived,
    Column("client_code", String(16), primary_key=True, comment="made on the phone at intake"),
    Column("root_uuid", String(64), nullable=False, comment="the intake record"),
    Column("sex", String(8), comment="female | male"),
    Column("birth_year", Integer),
    Column("age_band", String(8), comment="five-year band at screening: 18-24, 25-29, …, 65+"),
    Column("district_code", String(4)),
    Column("sector_code", String(8), comment="of residence; where it was not asked, of the CHA who screened"),
    Column("cell_code", String(8)),
    Column("healing_group", String(24), comment="the current one, or the last one when the person left"),
    Column("cohort", String(16)),
    Column("cha_code", String(16), comment="of the healing group; for somebody in none, the one who screened"),
    Column("group_ended_on", Date, comment="last day of the healing group, where it was closed"),
    Column("group_end_reason", String(16), comment="why: completed | broke_up | merged | never_started"),
    Column("screened_on", Date),
    Column("screened_month", String(7), comment="YYYY-MM"),
    Column("is_eligible", Boolean),
    Column("ineligible_reason", String(32)),
    Column("has_consented", Boolean),
    Column("has_research_consent", Boolean),
    Column("is_enrolled", Boolean),
    Column("not_enrolled_reason", String(32)),
    Column("joined_on", Date, comment="first day in the first healing group"),
    Column("left_on", Date, comment="NULL while the person is a member"),
    Column("left_reason", String(32)),
    Column("sessions_attended", Integer, comment="sessions with state present"),
    Column("sessions_held", Integer, comment="sessions with state present or absent"),
    Column("last_attended_on", Date),
    Column("missed_in_row", Integer, comment="absences since the last presence, over held sessions"),
    Column("attended_week_1", Boolean),
    Column("attended_week_8", Boolean),
    Column("has_completed", Boolean, comment="attended at least the programme's share of planned sessions"),
    Column("has_endline", Boolean),
    Index("client_by_group", "healing_group"),
    Index("client_by_sector", "sector_code", "sex"),
)

client_identity = Table(
    "client_identity",
    derived,
    Column("client_code", String(16), primary_key=True),
    Column("short_name", Text, comment="the name used on the roster"),
    Column("phone", Text),
    Column("village_code", String(8)),
    Column("born_about", Integer, comment="year of birth told, else estimated from the age told"),
    comment="Names, phones and exact places: the only derived table that holds them",
)

person_block = Table(
    "person_block",
    derived,
    Column("client_code", String(16), primary_key=True),
    Column("block", String(32), primary_key=True, index=True, comment="digest; whoever shares one is compared"),
    comment="Made of names and phones, so kept apart like them",
)

person_pair = Table(
    "person_pair",
    derived,
    Column("first_code", String(16), primary_key=True),
    Column("second_code", String(16), primary_key=True, index=True),
    Column("grade", String(12), nullable=False, comment="certain | likely | possible"),
    Column("points", Integer, nullable=False),
    Column("reasons", Text, nullable=False, comment="codes of what agrees and what does not, space-separated"),
    comment="Two clients who may be one person, unless somebody found them to be two",
)

told_code = Table(
    "told_code",
    derived,
    Column("root_uuid", String(64), primary_key=True),
    Column("question", String(31), primary_key=True),
    Column("told", Text, nullable=False, comment="the client codes as the record has them"),
    comment="What records say where they name somebody by a code that was merged into another",
    sqlite_with_rowid=False,
)

membership = Table(
    "membership",
    derived,
    Column("client_code", String(16), primary_key=True),
    Column("healing_group", String(24), primary_key=True),
    Column("joined_on", Date, primary_key=True),
    Column("left_on", Date, comment="first day on which the person is no longer a member"),
    Column("left_reason", String(32)),
    Index("membership_by_group", "healing_group"),
    sqlite_with_rowid=False,
)

session = Table(
    "session",
    derived,
    Column("healing_group", String(24), primary_key=True),
    Column("week", Integer, primary_key=True, comment="1 … number of weeks of the cohort"),
    Column("cohort", String(16)),
    Column("district_code", String(4)),
    Column("sector_code", String(8)),
    Column("cha_code", String(16)),
    Column("due_on", Date, nullable=False, comment="start of the group + 7 days × (week − 1)"),
    Column("status", String(12), nullable=False, comment="held | not_held | no_report"),
    Column("kind", String(12), comment="planned | merged | made_up | not_held; NULL where the form did not ask it"),
    Column("not_held_reason", String(32)),
    Column("held_on", Date),
    Column("merged_into", Integer, comment="week done in the same meeting, whose row holds what was counted there"),
    Column("root_uuid", String(64), comment="the attendance record that counts"),
    Column("expected", Integer, comment="members on the roster that the phone showed"),
    Column("present", Integer),
    Column("absent", Integer),
    Column("newcomers", Integer, comment="people who came and are not on the roster yet"),
    Column("head_count", Integer, comment="people counted in the circle; of two different counts the second"),
    Column("head_count_difference", Integer, comment="head count − (expected − absent + newcomers)"),
    Column("minutes", Integer),
    Column("reported_at", DateTime(timezone=False), comment="UTC, when the server received the report"),
    Column("people_in_distress", Integer),
    Column("people_to_follow_up", Integer),
    Index("session_by_due", "due_on", "status"),
    Index("session_by_sector", "sector_code", "due_on"),
)

attendance_mark = Table(
    "attendance_mark",
    derived,
    Column("healing_group", String(24), primary_key=True),
    Column("week", Integer, primary_key=True),
    Column("client_code", String(16), primary_key=True),
    Column("state", String(12), nullable=False, comment="present | absent | not_held | no_report | not_member"),
    Column("reason", String(32), comment="of an absence"),
    Column("due_on", Date, nullable=False),
    Index("attendance_by_client", "client_code", "week"),
    comment="One client at one planned session",
    sqlite_with_rowid=False,
)

newcomer = Table(
    "newcomer",
    derived,
    Column("newcomer_code", String(16), primary_key=True, comment="temporary, made on the CHA's phone"),
    Column("root_uuid", String(64), primary_key=True, comment="the attendance record"),
    Column("healing_group", String(24)),
    Column("week", Integer),
    Column("seen_on", Date, comment="day of the session"),
    Column("client_code", String(16), comment="of the one client whose intake carries the temporary code; else NULL"),
    Index("newcomer_by_group", "healing_group"),
    Index("newcomer_by_client", "client_code", "seen_on"),
    comment="Somebody who came to a session and was not on the roster yet",
)

assessment = Table(
    "assessment",
    derived,
    Column("root_uuid", String(64), primary_key=True),
    Column("instrument", String(16), primary_key=True),
    Column("client_code", String(16)),
    Column("wave", String(16), comment="screening | baseline | endline | six_months | twelve_months"),
    Column("assessed_on", Date),
    Column("assessed_month", String(7)),
    Column("answered", Integer, comment="items with a scored answer"),
    Column("score", Integer, comment="computed by the connector; NULL below the minimum answered"),
    Column("band", String(24)),
    Column("score_on_device", Float, comment="computed by the phone"),
    Column("stopped", Boolean, comment="whether the interview stopped within this instrument"),
    Column("asked_by", String(24), comment="own_cha | other_cha | supervisor | evaluator"),
    Column("answers", Text, comment="the code of each item, or why there is none; item_answer shows them one by one"),
    Index("assessment_by_client", "client_code", "instrument"),
)


def _answers_shown(dialect: str) -> Select[Any]:
    """A row for each answer, from the texts in which each assessment holds all of its answers."""
    if dialect == "postgresql":
        answers = func.json_each_text(cast(assessment.c.answers, JSON))
    else:
        answers = func.json_each(assessment.c.answers)
    each = answers.table_valued("key", "value").c
    is_missing = each.value.in_(MISSING)
    value, missing = case((~is_missing, cast(each.value, Integer))), case((is_missing, each.value))
    shown = (each.key.label("item"), assessment.c.instrument, value.label("value"), missing.label("missing"))
    return select(assessment.c.root_uuid, *shown)


item_answer = make_view(
    "item_answer",
    derived,
    (
        Column("root_uuid", String(64), primary_key=True),
        Column("item", String(31), primary_key=True),
        Column("instrument", String(16), nullable=False),
        Column("value", Integer, comment="the scored code"),
        Column("missing", String(12), comment=f"{' | '.join(MISSING)}, when there is no scored code"),
    ),
    assessment,
    _answers_shown,
)

change = Table(
    "change",
    derived,
    Column("client_code", String(16), primary_key=True),
    Column("instrument", String(16), primary_key=True),
    Column("before_wave", String(16), comment="baseline when asked, else screening"),
    Column("before_on", Date),
    Column("before_score", Integer),
    Column("before_band", String(24)),
    Column("after_on", Date),
    Column("after_score", Integer, comment="endline"),
    Column("after_band", String(24)),
    Column("difference", Integer, comment="after − before; whether less is better, the instrument says"),
    Column("verdict", String(12), comment="improved | worse | no_change | unknown, by reliable change"),
    Index("change_by_instrument", "instrument", "verdict"),
    comment="Before and after, one row for each enrolled client and instrument; NULL where a side is missing",
    sqlite_with_rowid=False,
)

alert = Table(
    "alert",
    derived,
    Column("alert_id", String(64), primary_key=True, comment="stable: kind, record, and what it calls the person"),
    Column("kind", String(16), nullable=False, comment="safety | distress | follow_up"),
    Column("level", String(16), nullable=False, comment="imminent | moderate | low | follow_up"),
    Column("person", String(12), nullable=False, comment="client | newcomer | visitor | unknown"),
    Column("client_code", String(16), comment="of a newcomer without intake the temporary code; NULL of a visitor"),
    Column("healing_group", String(24)),
    Column("district_code", String(4)),
    Column("sector_code", String(8)),
    Column("cha_code", String(16)),
    Column("form_id", String(16), nullable=False),
    Column("root_uuid", String(64), nullable=False),
    Column("opened_at", DateTime(timezone=False), nullable=False, comment="UTC, end of the interview or session"),
    Column("due_at", DateTime(timezone=False), nullable=False, comment="UTC, by when a person must have reacted"),
    Column("actions", Text, comment="codes of what was done at once, space-separated"),
    Index("alert_by_level", "level", "opened_at"),
    Index("alert_by_client", "client_code"),
)

problem = Table(
    "problem",
    derived,
    Column("problem_id", String(64), primary_key=True, comment="stable over rebuilds"),
    Column("kind", String(32), nullable=False, comment="see connector/problem.py"),
    Column("form_id", String(31), nullable=False, comment="form of the programme, or first table of an adopted one"),
    Column("root_uuid", String(64), comment="NULL when it concerns the registry"),
    Column("server_id", BigInteger, comment="_id of the record on the server"),
    Column("path", Text, comment="the question concerned; never its value"),
    Column("healing_group", String(24)),
    Column("client_code", String(16)),
    Column("message", Text, nullable=False, comment="what is wrong and what to do; holds no answer"),
    Index("problem_by_record", "root_uuid"),
    Index("problem_by_client", "client_code"),
    Index("problem_by_group", "kind", "healing_group"),
)
