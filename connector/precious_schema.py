"""The tables that are kept and migrated, never rebuilt: submissions, their versions, the registry, what was done."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    column,
    literal,
)

precious = MetaData()

IS_AWAITING = column("awaits_files", Integer) > literal(0, literal_execute=True)
"""Which records of `submission` name files that are not there: in the words of the index that holds these alone."""

submission = Table(
    "submission",
    precious,  # the body comes last, and the index holds what is counted, so that counting reads no body
    Column("asset_uid", String(32), nullable=False),
    Column("root_uuid", String(64), nullable=False, comment="meta/rootUuid without prefix: one record for life"),
    Column("form_id", String(31), nullable=False),
    Column("server_id", BigInteger, nullable=False, comment="_id: changes when a deleted record is sent again"),
    Column("version_uuid", String(64), nullable=False, comment="_uuid: changes at every edit"),
    Column("form_version", String(64), comment="__version__ as the phone sent it"),
    Column("submitted_at", DateTime(timezone=False), comment="_submission_time, UTC"),
    Column("submitted_by", String(64)),
    Column("validation_status", String(48)),
    Column("validation_at", BigInteger, comment="seconds since 1970"),
    Column("body_hash", String(64), nullable=False, comment="SHA-256 of the texts of body and identity"),
    Column("first_seen_at", DateTime(timezone=False), nullable=False),
    Column("deleted_at", DateTime(timezone=False), comment="when its absence on the server was proved"),
    Column("awaits_files", Integer, nullable=False, server_default="0", comment="files named in it that are not there"),
    Column("files_hash", String(32), comment="digest of its files and which of them are deleted; none: no files"),
    Column("body", Text, nullable=False, comment="the record as served, JSON; identifying values are null"),
    PrimaryKeyConstraint("root_uuid", "asset_uid"),
    Index("submission_by_server_id", "asset_uid", "server_id", "deleted_at", "validation_status"),
    Index("submission_awaiting", "asset_uid", "server_id", sqlite_where=IS_AWAITING, postgresql_where=IS_AWAITING),
)

submission_identity = Table(
    "submission_identity",
    precious,
    Column("asset_uid", String(32), primary_key=True),
    Column("root_uuid", String(64), primary_key=True),
    Column("body", Text, nullable=False, comment="identifying and unknown values by path, JSON"),
    comment="What was taken out of submission.body; kept apart so that access can be refused",
)

submission_version = Table(
    "submission_version",
    precious,
    Column("asset_uid", String(32), primary_key=True),
    Column("root_uuid", String(64), primary_key=True),
    Column("body_hash", String(64), primary_key=True),
    Column("version_uuid", String(64), nullable=False),
    Column("server_id", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("replaced_at", DateTime(timezone=False), nullable=False),
    comment="Earlier contents of edited records",
)

submission_version_identity = Table(
    "submission_version_identity",
    precious,
    Column("asset_uid", String(32), primary_key=True),
    Column("root_uuid", String(64), primary_key=True),
    Column("body_hash", String(64), primary_key=True),
    Column("body", Text, nullable=False),
)

quarantine = Table(
    "quarantine",
    precious,
    Column("quarantine_id", Integer, primary_key=True, autoincrement=True),
    Column("asset_uid", String(32), nullable=False),
    Column("body_hash", String(64), nullable=False, comment="SHA-256 of body: the same record is kept once"),
    Column("server_id", BigInteger, comment="_id, where it could be read"),
    Column("root_uuid", String(64), comment="meta/rootUuid without prefix, where it could be read"),
    Column("reason", String(64), nullable=False, comment="why it could not be read, without any answer"),
    Column("body", Text, nullable=False, comment="the text as served, ASCII; may name a person"),
    Column("first_seen_at", DateTime(timezone=False), nullable=False),
    Column("last_seen_at", DateTime(timezone=False), nullable=False),
    Column("tries", Integer, nullable=False, server_default="1"),
    Column("resolved_at", DateTime(timezone=False), comment="when it could be read, or was gone from the server"),
    Index("quarantine_by_body", "asset_uid", "body_hash", unique=True),
    comment="Records that cannot be read: kept, counted, tried again at every run",
)

adopted_asset = Table(
    "adopted_asset",
    precious,
    Column("asset_uid", String(32), primary_key=True),
    Column("server", String(255), nullable=False),
    Column("table_name", String(31), nullable=False, unique=True, comment="of its records; a repeat adds its name"),
    Column("title", Text, nullable=False),
    Column("settings", Text, nullable=False, server_default="{}", comment="JSON: which questions are kept apart"),
    Column("adopted_at", DateTime(timezone=False), nullable=False),
    comment="Projects of the account beside the programme's own, read by their XLSForm alone",
)

asset_version = Table(
    "asset_version",
    precious,
    Column("asset_uid", String(32), primary_key=True),
    Column("version_uid", String(64), primary_key=True, comment="__version__ of records filled in with it"),
    Column("number", Integer, nullable=False, comment="from 1, in the order of deployment"),
    Column("content", Text, nullable=False, comment="survey and choices as served, JSON"),
    Column("fetched_at", DateTime(timezone=False), nullable=False),
)

attachment = Table(
    "attachment",
    precious,
    Column("asset_uid", String(32), primary_key=True),
    Column("root_uuid", String(64), primary_key=True),
    Column("attachment_uid", String(64), primary_key=True),
    Column("question", String(255), comment="path of the question that asked for it"),
    Column("mimetype", String(127)),
    Column("state", String(12), nullable=False, comment="waiting | kept | failed | gone"),
    Column("size", BigInteger, comment="bytes"),
    Column("sha256", String(64)),
    Column("stored_as", String(255), comment="path below the folder of attachments"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("reason", String(64), comment="why it failed"),
    Column("seen_at", DateTime(timezone=False), nullable=False),
    Column("kept_at", DateTime(timezone=False)),
    Index("attachment_by_state", "state"),
    comment="The queue of files that came with records; filled only where somebody asked for files",
)

deployment = Table(
    "deployment",
    precious,
    Column("server", String(255), primary_key=True),
    Column("form_id", String(31), primary_key=True),
    Column("area", String(8), primary_key=True, server_default="", comment="sector; empty: the whole programme"),
    Column("asset_uid", String(32), nullable=False),
    Column("workbook_hash", String(64), nullable=False),
    Column("version_uid", String(64), nullable=False),
    Column("deployed_at", DateTime(timezone=False), nullable=False),
    Column("accepted_texts", Text, comment="JSON: reason and texts, when drafts or gaps were deployed by choice"),
)

form_version = Table(
    "form_version",
    precious,
    Column("version_uid", String(64), primary_key=True, comment="__version__ of records filled in with it"),
    Column("form_id", String(31), nullable=False),
    Column("area", String(8), nullable=False, server_default="", comment="sector; empty: the whole programme"),
    Column("server", String(255), comment="where it was deployed"),
    Column("asset_uid", String(32)),
    Column("workbook_hash", String(64), nullable=False),
    Column("content_version", String(12), comment="hash of survey and choices: the version in the workbook"),
    Column("scoring_version", String(12), comment="hash of every calculation"),
    Column("definition", Text, comment="everything asked, offered and scored, ASCII JSON"),
    Column("deployed_at", DateTime(timezone=False), nullable=False),
    Column("accepted_texts", Text, comment="JSON: reason and texts, when drafts or gaps were deployed by choice"),
)

sync_cursor = Table(
    "sync_cursor",
    precious,
    Column("asset_uid", String(32), primary_key=True),
    Column("form_id", String(31), nullable=False),
    Column("last_id", BigInteger, nullable=False, comment="highest _id whose page is committed"),
    Column("history_since", String(32), comment="newest history row dealt with, as the server writes it"),
    Column("complete_as_of", DateTime(timezone=False), comment="UTC, start of the last run that proved completeness"),
    Column("server_count", Integer),
    Column("swept_at", DateTime(timezone=False), comment="UTC, start of the last run that compared every record"),
    Column("feed", String(16), comment="history | markers | modified: how the last run found what had changed"),
    Column("modified_since", String(40), comment="newest _date_modified dealt with, where a server gives one"),
    Column("validated_since", BigInteger, comment="newest _validation_status.timestamp dealt with"),
    Column("asset_version", String(64), comment="version of the project's content that was read last"),
    Column(
        "doubted_at",
        DateTime(timezone=False),
        comment="UTC, start of a run whose counts contradicted each other; till all records are compared",
    ),
)

sync_run = Table(
    "sync_run",
    precious,
    Column("run_id", Integer, primary_key=True, autoincrement=True),
    Column("started_at", DateTime(timezone=False), nullable=False),
    Column("finished_at", DateTime(timezone=False)),
    Column("status", String(12), nullable=False, comment="running | ok | failed"),
    Column("exit_code", Integer),
    Column("new", Integer, nullable=False, default=0),
    Column("edited", Integer, nullable=False, default=0),
    Column("revalidated", Integer, nullable=False, default=0),
    Column("deleted", Integer, nullable=False, default=0),
    Column("problems", Integer, nullable=False, default=0),
    Column("quarantined", Integer, nullable=False, server_default="0", comment="records that wait unread"),
    Column("requests", Integer, comment="to the server"),
    Column("message", Text, comment="the last line that the run printed"),
)

cha = Table(
    "cha",
    precious,
    Column("cha_code", String(16), primary_key=True),
    Column("username", String(64), nullable=False, unique=True, comment="KoboToolbox account on the phone"),
    Column("sector_code", String(8)),
    Column("is_active", Boolean, nullable=False, default=True),
)

cha_identity = Table(
    "cha_identity",
    precious,
    Column("cha_code", String(16), primary_key=True),
    Column("full_name", Text),
    Column("phone", Text),
)

healing_group = Table(
    "healing_group",
    precious,
    Column("code", String(24), primary_key=True),
    Column("label", Text, nullable=False, comment="what people call it"),
    Column("district_code", String(4)),
    Column("sector_code", String(8), nullable=False),
    Column("cha_code", String(16), nullable=False),
    Column("cohort", String(16), nullable=False),
    Column("started_on", Date, nullable=False, comment="day of week 1"),
    Column("weeks", Integer, nullable=False),
    Column("ended_on", Date, comment="its last day; NULL: it is not closed"),
    Column("end_reason", String(16), comment="completed | broke_up | merged | never_started (forms.end_reasons)"),
)

membership_move = Table(
    "membership_move",
    precious,
    Column("client_code", String(16), primary_key=True),
    Column("joined_on", Date, primary_key=True),
    Column("healing_group", String(24), primary_key=True),
    Column("reason", String(32)),
    Column(
        "kind", String(12), nullable=False, server_default="transfer", comment="join | transfer | leave, on joined_on"
    ),
    comment="Transfers entered by a coordinator",
)

person_merge = Table(
    "person_merge",
    precious,
    Column("merge_id", Integer, primary_key=True, autoincrement=True),
    Column("kept_code", String(16), nullable=False),
    Column("merged_code", String(16), nullable=False, index=True, comment="read as kept_code while not undone"),
    Column("reason", String(64), nullable=False),
    Column("merged_at", DateTime(timezone=False), nullable=False, comment="UTC"),
    Column("merged_by", String(64), nullable=False, comment="role or initials of the person who decided"),
    Column("undone_at", DateTime(timezone=False)),
    Column("undone_by", String(64)),
    comment="Two codes that a person found to be one client; undoing brings both back",
)

person_distinct = Table(
    "person_distinct",
    precious,
    Column("first_code", String(16), primary_key=True),
    Column("second_code", String(16), primary_key=True),
    Column("decided_at", DateTime(timezone=False), nullable=False, comment="UTC"),
    Column("decided_by", String(64), nullable=False),
    comment="Pairs that look alike and that a person found to be two clients; first_code is the smaller",
)

alert_handling = Table(
    "alert_handling",
    precious,
    Column("handling_id", Integer, primary_key=True, autoincrement=True),
    Column("alert_id", String(64), nullable=False, index=True),
    Column("state", String(16), nullable=False, comment="acknowledged | contacted | closed"),
    Column("handled_at", DateTime(timezone=False), nullable=False, comment="UTC"),
    Column("handled_by", String(64), nullable=False, comment="role or initials of the person who acted"),
    Column("level", String(16), comment="of the alert then: what was done about a less serious one does not count"),
    comment="What people did about alerts; the latest row is the state",
)
