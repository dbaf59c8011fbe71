"""Records that name a file which has not come are found at once, however many others there are."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add an index that holds these records alone."""
    is_awaiting = sa.text("awaits_files > 0")
    op.create_index(
        "submission_awaiting",
        "submission",
        ["asset_uid", "server_id"],
        sqlite_where=is_awaiting,
        postgresql_where=is_awaiting,
    )
