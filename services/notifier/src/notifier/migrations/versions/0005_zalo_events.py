"""Webhooks of Zalo's, recorded before they are answered."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "zalo_event",
        sa.Column("id", sa.LargeBinary, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("happened_at", INSTANT, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("signed_by", sa.Text, nullable=False),
        sa.Column("body_enc", sa.Text),
        sa.Column("worked_at", INSTANT),
        sa.Column("outcome", sa.Text),
    )
    op.create_index(
        "zalo_event_waiting", "zalo_event", ["next_at"], postgresql_where=sa.text("worked_at is null")
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("zalo_event")
