"""Healing groups can be closed: the last day and the reason; both are empty in rows that are there."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns to the registry of healing groups."""
    op.add_column("healing_group", sa.Column("ended_on", sa.Date(), comment="its last day; NULL: it is not closed"))
    reason = "completed | broke_up | merged | never_started (forms.end_reasons)"
    op.add_column("healing_group", sa.Column("end_reason", sa.String(16), comment=reason))
