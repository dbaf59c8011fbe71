"""What a connector needs that misses nothing: quarantine, other projects' tables, files, merged persons."""

import sqlalchemy as sa
from alembic import op

from connector.migrations.fingerprints import renew_fingerprints

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add tables and columns; what is there keeps what it says, and records get the fingerprints of this version."""
    make_tables()
    add_columns()
    remake_submission()
    renew_fingerprints(op.get_bind())


KEPT = (
    *("asset_uid", "root_uuid", "form_id", "server_id", "version_uuid", "form_version", "submitted_at", "submitted_by"),
    *("validation_status", "validation_at", "body", "body_hash", "first_seen_at", "deleted_at"),
)


def remake_submission() -> None:
    """The key begins with the record's identity, so that it is found without naming a project.

    SQLite cannot change a primary key: the table is made anew, filled, and the old one dropped.
    """
    op.drop_index("submission_by_form", "submission")
    op.drop_index("submission_by_server_id", "submission")
    op.rename_table("submission", "submission_before")
    op.create_table(
        "submission",
        sa.Column("asset_uid", sa.String(32), nullable=False),
        sa.Column(
            "root_uuid", sa.String(64), nullable=False, comment="meta/rootUuid without prefix: one record for life"
        ),
        sa.Column("form_id", sa.String(31), nullable=False),
        sa.Column(
            "server_id", sa.BigInteger(), nullable=False, comment="_id: changes when a deleted record is sent again"
        ),
        sa.Column("version_uuid", sa.String(64), nullable=False, comment="_uuid: changes at every edit"),
        sa.Column("form_version", sa.String(64), comment="__version__ as the phone sent it"),
        sa.Column("submitted_at", sa.DateTime(timezone=False), comment="_submission_time, UTC"),
        sa.Column("submitted_by", sa.String(64)),
        sa.Column("validation_status", sa.String(48)),
        sa.Column("validation_at", sa.BigInteger(), comment="seconds since 1970"),
        sa.Column("body_hash", sa.String(64), nullable=False, comment="SHA-256 of the texts of body and identity"),
        sa.Column("first_seen_at", sa.DateTime(timezone=False), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=False), comment="when its absence on the server was proved"),
        sa.Column(
            "awaits_files",
            sa.Integer(),
            nullable=False,
            server_default="0",
            comment="files named in it that are not there",
        ),
        sa.Column(
            "files_hash", sa.String(32), comment="digest of its files and which of them are deleted; none: no files"
        ),
        sa.Column("body", sa.Text(), nullable=False, comment="the record as served, JSON; identifying values are null"),
        sa.PrimaryKeyConstraint("root_uuid", "asset_uid"),
    )
    before, after = (sa.table(name, *map(sa.column, KEPT)) for name in ("submission_before", "submission"))
    op.execute(after.insert().from_select(KEPT, sa.select(*before.c).order_by(before.c.root_uuid)))
    op.drop_table("submission_before")
    counted = ["asset_uid", "server_id", "deleted_at", "validation_status"]
    op.create_index("submission_by_server_id", "submission", counted, unique=False)
    if op.get_bind().dialect.supports_comments:
        op.alter_column("submission_identity", "body", comment="identifying and unknown values by path, JSON")


def add_columns() -> None:
    """Columns that are empty, or have the value of a time before them, in rows that are there."""
    added = {
        "sync_cursor": (
            sa.Column(
                "feed", sa.String(16), comment="history | markers | modified: how the last run found what had changed"
            ),
            sa.Column(
                "modified_since", sa.String(40), comment="newest _date_modified dealt with, where a server gives one"
            ),
            sa.Column("validated_since", sa.BigInteger(), comment="newest _validation_status.timestamp dealt with"),
            sa.Column("asset_version", sa.String(64), comment="version of the project's content that was read last"),
            sa.Column(
                "doubted_at",
                sa.DateTime(timezone=False),
                comment="UTC, start of a run whose counts contradicted each other; till all records are compared",
            ),
        ),
        "sync_run": (
            sa.Column(
                "quarantined", sa.Integer(), nullable=False, server_default="0", comment="records that wait unread"
            ),
            sa.Column("requests", sa.Integer(), comment="to the server"),
        ),
        "membership_move": (
            sa.Column(
                "kind",
                sa.String(12),
                nullable=False,
                server_default="transfer",
                comment="join | transfer | leave, on joined_on",
            ),
        ),
    }
    for table, columns in added.items():
        for column in columns:
            op.add_column(table, column)


def make_tables() -> None:
    """New tables."""
    op.create_table(
        "quarantine",
        sa.Column("quarantine_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("asset_uid", sa.String(32), nullable=False),
        sa.Column("body_hash", sa.String(64), nullable=False, comment="SHA-256 of body: the same record is kept once"),
        sa.Column("server_id", sa.BigInteger(), comment="_id, where it could be read"),
        sa.Column("root_uuid", sa.String(64), comment="meta/rootUuid without prefix, where it could be read"),
        sa.Column("reason", sa.String(64), nullable=False, comment="why it could not be read, without any answer"),
        sa.Column("body", sa.Text(), nullable=False, comment="the text as served, ASCII; may name a person"),
        sa.Column("first_seen_at", sa.DateTime(timezone=False), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=False), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="1"),
        sa.Column(
            "resolved_at", sa.DateTime(timezone=False), comment="when it could be read, or was gone from the server"
        ),
        sa.PrimaryKeyConstraint("quarantine_id"),
        comment="Records that cannot be read: kept, counted, tried again at every run",
    )
    op.create_table(
        "adopted_asset",
        sa.Column("asset_uid", sa.String(32), nullable=False),
        sa.Column("server", sa.String(255), nullable=False),
        sa.Column("table_name", sa.String(31), nullable=False, comment="of its records; a repeat adds its name"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "settings", sa.Text(), nullable=False, server_default="{}", comment="JSON: which questions are kept apart"
        ),
        sa.Column("adopted_at", sa.DateTime(timezone=False), nullable=False),
        sa.PrimaryKeyConstraint("asset_uid"),
        sa.UniqueConstraint("table_name"),
        comment="Projects of the account beside the programme's own, read by their XLSForm alone",
    )
    op.create_table(
        "asset_version",
        sa.Column("asset_uid", sa.String(32), nullable=False),
        sa.Column("version_uid", sa.String(64), nullable=False, comment="__version__ of records filled in with it"),
        sa.Column("number", sa.Integer(), nullable=False, comment="from 1, in the order of deployment"),
        sa.Column("content", sa.Text(), nullable=False, comment="survey and choices as served, JSON"),
        sa.Column("fetched_at", sa.DateTime(timezone=False), nullable=False),
        sa.PrimaryKeyConstraint("asset_uid", "version_uid"),
    )
    op.create_table(
        "attachment",
        sa.Column("asset_uid", sa.String(32), nullable=False),
        sa.Column("root_uuid", sa.String(64), nullable=False),
        sa.Column("attachment_uid", sa.String(64), nullable=False),
        sa.Column("question", sa.String(255), comment="path of the question that asked for it"),
        sa.Column("mimetype", sa.String(127)),
        sa.Column("state", sa.String(12), nullable=False, comment="waiting | kept | failed | gone"),
        sa.Column("size", sa.BigInteger(), comment="bytes"),
        sa.Column("sha256", sa.String(64)),
        sa.Column("stored_as", sa.String(255), comment="path below the folder of attachments"),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("reason", sa.String(64), comment="why it failed"),
        sa.Column("seen_at", sa.DateTime(timezone=False), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=False)),
        sa.PrimaryKeyConstraint("asset_uid", "root_uuid", "attachment_uid"),
        comment="The queue of files that came with records; filled only where somebody asked for files",
    )
    op.create_table(
        "person_merge",
        sa.Column("merge_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kept_code", sa.String(16), nullable=False),
        sa.Column("merged_code", sa.String(16), nullable=False, comment="read as kept_code while not undone"),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=False), nullable=False, comment="UTC"),
        sa.Column("merged_by", sa.String(64), nullable=False, comment="role or initials of the person who decided"),
        sa.Column("undone_at", sa.DateTime(timezone=False)),
        sa.Column("undone_by", sa.String(64)),
        sa.PrimaryKeyConstraint("merge_id"),
        comment="Two codes that a person found to be one client; undoing brings both back",
    )
    op.create_table(
        "person_distinct",
        sa.Column("first_code", sa.String(16), nullable=False),
        sa.Column("second_code", sa.String(16), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=False), nullable=False, comment="UTC"),
        sa.Column("decided_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("first_code", "second_code"),
        comment="Pairs that look alike and that a person found to be two clients; first_code is the smaller",
    )
    op.create_index("quarantine_by_body", "quarantine", ["asset_uid", "body_hash"], unique=True)
    op.create_index("attachment_by_state", "attachment", ["state"], unique=False)
    op.create_index("ix_person_merge_merged_code", "person_merge", ["merged_code"], unique=False)
