"""Deliveries that wait for a person's hour and are gathered into one message."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.add_column("delivery", sa.Column("not_before", INSTANT))
    op.add_column("delivery", sa.Column("digest", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("delivery", sa.Column("digest_at", INSTANT))
    op.add_column("delivery", sa.Column("daily_cap", sa.SmallInteger))
    op.create_index(
        "delivery_gathered", "delivery", ["address_index"], postgresql_where=sa.text("state = 'pending' and digest")
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("delivery_gathered", "delivery")
    for name in ("daily_cap", "digest_at", "digest", "not_before"):
        op.drop_column("delivery", name)
