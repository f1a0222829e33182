"""Receipts of channels that promise only to try, and alarms for the operator."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.add_column("delivery", sa.Column("vendor_id", sa.Text))
    op.add_column("delivery", sa.Column("receipt_by", INSTANT))
    for name, columns, where in (
        ("delivery_by_vendor_id", ["vendor_id"], "vendor_id is not null"),
        ("delivery_by_message_id", ["message_id"], "message_id is not null"),
        ("delivery_awaiting", ["batch_id", "retry_at"], "state = 'awaiting'"),
    ):
        op.create_index(name, "delivery", columns, postgresql_where=sa.text(where))
    op.create_table(
        "alarm",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("first_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("told_at", INSTANT),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("alarm")
    for name in ("delivery_awaiting", "delivery_by_message_id", "delivery_by_vendor_id"):
        op.drop_index(name, "delivery")
    op.drop_column("delivery", "receipt_by")
    op.drop_column("delivery", "vendor_id")
