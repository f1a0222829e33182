"""Batches, notices, deliveries, suppressions and channel health."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "batch",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("month", sa.Date, nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("notices", sa.Integer, nullable=False),
        sa.Column("cursor", sa.Uuid),
        sa.Column("taken_over_at", INSTANT),
        sa.Column("finished_at", INSTANT),
    )
    op.create_table(
        "notice",
        sa.Column("month", sa.Date, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("batch_id", sa.Uuid, sa.ForeignKey("batch.id"), nullable=False),
        sa.Column("facts", JSONB, nullable=False),
        sa.Column("recipient", JSONB, nullable=False),
        sa.Column("link_enc", sa.Text),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("template_version", sa.SmallInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("channel", sa.Text),
        sa.Column("detail", sa.Text),
        sa.Column("settled_at", INSTANT),
        sa.Column("reported_at", INSTANT),
    )
    op.create_index("notice_of_batch", "notice", ["batch_id", "id"])
    op.create_index("notice_open", "notice", ["batch_id"], postgresql_where=sa.text("state = 'pending'"))
    op.create_index(
        "notice_unreported",
        "notice",
        ["batch_id"],
        postgresql_where=sa.text("state <> 'pending' and reported_at is null"),
    )
    op.create_table(
        "delivery",
        sa.Column("month", sa.Date, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("batch_id", sa.Uuid, sa.ForeignKey("batch.id"), nullable=False),
        sa.Column("notice_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.SmallInteger, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("address_enc", sa.Text, nullable=False),
        sa.Column("address_index", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("attempt_token", sa.Uuid),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("retry_at", INSTANT),
        sa.Column("claimed_at", INSTANT),
        sa.Column("transmitting_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        sa.Column("message_id", sa.Text),
        sa.Column("detail", sa.Text),
        sa.UniqueConstraint("month", "notice_id", "address_index", name="delivery_once"),
    )
    op.create_index("delivery_by_id", "delivery", ["id"])
    op.create_index("delivery_of_batch", "delivery", ["batch_id", "id"])
    op.create_index("delivery_waiting", "delivery", ["batch_id", "id"], postgresql_where=sa.text("state = 'pending'"))
    op.create_index(
        "delivery_held", "delivery", ["batch_id"], postgresql_where=sa.text("state in ('claimed', 'transmitting')")
    )
    op.create_index(
        "delivery_trouble",
        "delivery",
        ["state"],
        postgresql_where=sa.text("state not in ('accepted', 'standby', 'withheld')"),
    )
    op.create_table(
        "suppression",
        sa.Column("address_index", sa.LargeBinary, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
    )
    op.create_table(
        "channel_health",
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("retry_at", INSTANT),
        sa.Column("detail", sa.Text),
    )


def downgrade() -> None:
    """Take back."""
    for name in ("channel_health", "suppression", "delivery", "notice", "batch"):
        op.drop_table(name)
