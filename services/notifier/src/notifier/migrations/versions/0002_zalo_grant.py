"""The grant of Zalo's Official Account and the journal of its rotations."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "zalo_grant",
        sa.Column("oa_id", sa.Text, primary_key=True),
        sa.Column("app_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("access_enc", sa.Text, nullable=False),
        sa.Column("refresh_enc", sa.Text, nullable=False),
        sa.Column("consented_at", INSTANT, nullable=False),
        sa.Column("rotate_at", INSTANT, nullable=False),
        sa.Column("rotated_at", INSTANT),
        sa.Column("access_until", INSTANT),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("retry_at", INSTANT),
        sa.Column("detail", sa.Text),
        sa.Column("recoveries", sa.Integer, nullable=False, server_default="1"),
        sa.Column("alarm", sa.Text),
        sa.Column("alarmed_at", INSTANT),
    )
    op.create_table(
        "zalo_rotation",
        sa.Column("oa_id", sa.Text, primary_key=True),
        sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("outcome", sa.Text),
        sa.Column("detail", sa.Text),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("zalo_rotation")
    op.drop_table("zalo_grant")
