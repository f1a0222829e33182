"""What was sent to an address on a day, for the cap of messages a person and day."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "delivery_sent_to",
        "delivery",
        ["address_index", "transmitting_at"],
        postgresql_where=sa.text("transmitting_at is not null"),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("delivery_sent_to", "delivery")
