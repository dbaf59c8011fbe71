"""What was done about an alert counts for the level that it had then."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the level; of entries that are there nobody knows it, and they count as before."""
    comment = "of the alert then: what was done about a less serious one does not count"
    op.add_column("alert_handling", sa.Column("level", sa.String(16), comment=comment))
