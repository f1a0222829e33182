"""replies to notices"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what came as a reply, and by which link it may be handed in."""
    op.add_column("notice", sa.Column("link_hash", sa.LargeBinary(), nullable=True))
    op.create_table(
        "reply",
        sa.Column("mail_id", sa.Text(), primary_key=True),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answer_to_enc", sa.Text()),
        sa.Column("message_id", sa.Text()),
        sa.Column("said", postgresql.JSONB(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answering_at", sa.DateTime(timezone=True)),
        sa.Column("retry_at", sa.DateTime(timezone=True)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text()),
    )
    op.create_index("reply_of_delivery", "reply", ["delivery_id", "received_at"])
    op.create_index(
        "reply_open", "reply", ["received_at"], postgresql_where=sa.text("state in ('to_answer', 'answering')")
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("reply")
    op.drop_column("notice", "link_hash")
