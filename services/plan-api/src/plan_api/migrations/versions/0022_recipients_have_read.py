"""recipients confirm having read"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add when a recipient has read a document, and find the documents a unit is told of."""
    op.add_column("recipient", sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_recipient_unit", "recipient", ["unit_id", "document_id"])


def downgrade() -> None:
    """Remove it."""
    op.drop_index("ix_recipient_unit", table_name="recipient")
    op.drop_column("recipient", "read_at")
