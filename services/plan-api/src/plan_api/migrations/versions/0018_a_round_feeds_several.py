"""a round's consolidation answers several parents"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what a round reports into beside `round.reports_into_round_id`."""
    op.create_table(
        "round_feed",
        sa.Column("round_id", sa.Uuid(), sa.ForeignKey("round.id"), primary_key=True),
        sa.Column("into_round_id", sa.Uuid(), sa.ForeignKey("round.id"), primary_key=True),
    )
    op.create_index(op.f("ix_round_feed_into_round_id"), "round_feed", ["into_round_id"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("round_feed")
