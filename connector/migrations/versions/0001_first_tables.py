"""The first tables: raw records and their versions, deployments, cursors, runs, the registry, handling of alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every precious table."""
    op.create_table(
        "alert_handling",
        sa.Column("handling_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("alert_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="acknowledged | contacted | closed"),
        sa.Column("handled_at", sa.DateTime(), nullable=False, comment="UTC"),
        sa.Column(
            "handled_by", sa.String(length=64), nullable=False, comment="role or initials of the person who acted"
        ),
        sa.PrimaryKeyConstraint("handling_id"),
        comment="What people did about alerts; the latest row is the state",
    )
    op.create_index(op.f("ix_alert_handling_alert_id"), "alert_handling", ["alert_id"], unique=False)
    op.create_table(
        "cha",
        sa.Column("cha_code", sa.String(length=16), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False, comment="KoboToolbox account on the phone"),
        sa.Column("sector_code", sa.String(length=8), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("cha_code"),
        sa.UniqueConstraint("username"),
    )
    op.create_table(
        "cha_identity",
        sa.Column("cha_code", sa.String(length=16), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("cha_code"),
    )
    op.create_table(
        "deployment",
        sa.Column("server", sa.String(length=255), nullable=False),
        sa.Column("form_id", sa.String(length=31), nullable=False),
        sa.Column("asset_uid", sa.String(length=32), nullable=False),
        sa.Column("workbook_hash", sa.String(length=64), nullable=False),
        sa.Column("version_uid", sa.String(length=64), nullable=False),
        sa.Column("deployed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("server", "form_id"),
    )
    op.create_table(
        "form_version",
        sa.Column(
            "version_uid", sa.String(length=64), nullable=False, comment="__version__ of records filled in with it"
        ),
        sa.Column("form_id", sa.String(length=31), nullable=False),
        sa.Column("workbook_hash", sa.String(length=64), nullable=False),
        sa.Column("deployed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("version_uid"),
    )
    op.create_table(
        "healing_group",
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("label", sa.Text(), nullable=False, comment="what people call it"),
        sa.Column("district_code", sa.String(length=4), nullable=True),
        sa.Column("sector_code", sa.String(length=8), nullable=False),
        sa.Column("cha_code", sa.String(length=16), nullable=False),
        sa.Column("cohort", sa.String(length=16), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False, comment="day of week 1"),
        sa.Column("weeks", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "membership_move",
        sa.Column("client_code", sa.String(length=16), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("healing_group", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("client_code", "joined_on", "healing_group"),
        comment="Transfers entered by a coordinator",
    )
    op.create_table(
        "submission",
        sa.Column("asset_uid", sa.String(length=32), nullable=False),
        sa.Column(
            "root_uuid",
            sa.String(length=64),
            nullable=False,
            comment="meta/rootUuid without prefix: one record for life",
        ),
        sa.Column("form_id", sa.String(length=31), nullable=False),
        sa.Column(
            "server_id", sa.BigInteger(), nullable=False, comment="_id: changes when a deleted record is sent again"
        ),
        sa.Column("version_uuid", sa.String(length=64), nullable=False, comment="_uuid: changes at every edit"),
        sa.Column("form_version", sa.String(length=64), nullable=True, comment="__version__ as the phone sent it"),
        sa.Column("submitted_at", sa.DateTime(), nullable=True, comment="_submission_time, UTC"),
        sa.Column("submitted_by", sa.String(length=64), nullable=True),
        sa.Column("validation_status", sa.String(length=48), nullable=True),
        sa.Column("validation_at", sa.BigInteger(), nullable=True, comment="seconds since 1970"),
        sa.Column(
            "body", sa.Text(), nullable=False, comment="the record as served, ASCII JSON; identifying values are null"
        ),
        sa.Column("body_hash", sa.String(length=64), nullable=False, comment="SHA-256 of the whole record as served"),
        sa.Column("first_seen_at", sa.DateTime(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(), nullable=True, comment="when its absence on the server was proved"),
        sa.PrimaryKeyConstraint("asset_uid", "root_uuid"),
    )
    op.create_index("submission_by_form", "submission", ["form_id"], unique=False)
    op.create_index("submission_by_server_id", "submission", ["asset_uid", "server_id"], unique=False)
    op.create_table(
        "submission_identity",
        sa.Column("asset_uid", sa.String(length=32), nullable=False),
        sa.Column("root_uuid", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="identifying and unknown values by path, ASCII JSON"),
        sa.PrimaryKeyConstraint("asset_uid", "root_uuid"),
        comment="What was taken out of submission.body; kept apart so that access can be refused",
    )
    op.create_table(
        "submission_version",
        sa.Column("asset_uid", sa.String(length=32), nullable=False),
        sa.Column("root_uuid", sa.String(length=64), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("version_uuid", sa.String(length=64), nullable=False),
        sa.Column("server_id", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("asset_uid", "root_uuid", "body_hash"),
        comment="Earlier contents of edited records",
    )
    op.create_table(
        "submission_version_identity",
        sa.Column("asset_uid", sa.String(length=32), nullable=False),
        sa.Column("root_uuid", sa.String(length=64), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("asset_uid", "root_uuid", "body_hash"),
    )
    op.create_table(
        "sync_cursor",
        sa.Column("asset_uid", sa.String(length=32), nullable=False),
        sa.Column("form_id", sa.String(length=31), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False, comment="highest _id whose page is committed"),
        sa.Column(
            "history_since",
            sa.String(length=32),
            nullable=True,
            comment="newest history row dealt with, as the server writes it",
        ),
        sa.Column(
            "complete_as_of",
            sa.DateTime(),
            nullable=True,
            comment="UTC, start of the last run that proved completeness",
        ),
        sa.Column("server_count", sa.Integer(), nullable=True),
        sa.Column(
            "swept_at", sa.DateTime(), nullable=True, comment="UTC, start of the last run that compared every record"
        ),
        sa.PrimaryKeyConstraint("asset_uid"),
    )
    op.create_table(
        "sync_run",
        sa.Column("run_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False, comment="running | ok | failed"),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("edited", sa.Integer(), nullable=False),
        sa.Column("revalidated", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Integer(), nullable=False),
        sa.Column("problems", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True, comment="the last line that the run printed"),
        sa.PrimaryKeyConstraint("run_id"),
    )
