"""Deployments by area, and versions of forms with what they ask and how they score."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEPT = ("server", "form_id", "asset_uid", "workbook_hash", "version_uid", "deployed_at")


def upgrade() -> None:
    """Give deployments an area as part of their key, and versions a content; rows that are there keep what they say."""
    remake_deployment()
    add_to_form_version()
    say_where_versions_are()


def remake_deployment() -> None:
    """SQLite cannot change a primary key: the table is made anew, filled, and the old one dropped."""
    op.rename_table("deployment", "deployment_before")
    op.create_table(
        "deployment",
        sa.Column("server", sa.String(length=255), nullable=False),
        sa.Column("form_id", sa.String(length=31), nullable=False),
        sa.Column(
            "area",
            sa.String(length=8),
            server_default="",
            nullable=False,
            comment="sector; empty: the whole programme",
        ),
        sa.Column("asset_uid", sa.String(length=32), nullable=False),
        sa.Column("workbook_hash", sa.String(length=64), nullable=False),
        sa.Column("version_uid", sa.String(length=64), nullable=False),
        sa.Column("deployed_at", sa.DateTime(), nullable=False),
        sa.Column(
            "accepted_texts",
            sa.Text(),
            nullable=True,
            comment="JSON: reason and texts, when drafts or gaps were deployed by choice",
        ),
        sa.PrimaryKeyConstraint("server", "form_id", "area"),
    )
    before, after = (sa.table(name, *map(sa.column, KEPT)) for name in ("deployment_before", "deployment"))
    op.execute(after.insert().from_select(KEPT, sa.select(*before.c)))
    op.drop_table("deployment_before")


def add_to_form_version() -> None:
    """Columns that are empty for versions deployed before they were kept."""
    columns = (
        sa.Column(
            "area", sa.String(length=8), server_default="", nullable=False, comment="sector; empty: the whole programme"
        ),
        sa.Column("server", sa.String(length=255), nullable=True, comment="where it was deployed"),
        sa.Column("asset_uid", sa.String(length=32), nullable=True),
        sa.Column(
            "content_version",
            sa.String(length=12),
            nullable=True,
            comment="hash of survey and choices: the version in the workbook",
        ),
        sa.Column("scoring_version", sa.String(length=12), nullable=True, comment="hash of every calculation"),
        sa.Column("definition", sa.Text(), nullable=True, comment="everything asked, offered and scored, ASCII JSON"),
        sa.Column(
            "accepted_texts",
            sa.Text(),
            nullable=True,
            comment="JSON: reason and texts, when drafts or gaps were deployed by choice",
        ),
    )
    for column in columns:
        op.add_column("form_version", column)


def say_where_versions_are() -> None:
    """A version that is still deployed is on the server and in the project of its deployment."""
    version = sa.table("form_version", *map(sa.column, ("version_uid", "server", "asset_uid")))
    deployed = sa.table("deployment", *map(sa.column, ("version_uid", "server", "asset_uid")))
    for name in ("server", "asset_uid"):
        found = sa.select(sa.func.min(deployed.c[name])).where(deployed.c.version_uid == version.c.version_uid)
        op.execute(version.update().values({name: found.scalar_subquery()}))
