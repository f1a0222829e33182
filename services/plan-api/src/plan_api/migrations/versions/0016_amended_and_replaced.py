"""assignees let go of, documents replaced"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add when a document let a unit go, and which document replaced it."""
    op.add_column("assignment", sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("document", sa.Column("replaced_by_id", sa.Uuid(), nullable=True))
    op.create_foreign_key("fk_document_replaced_by_id", "document", "document", ["replaced_by_id"], ["id"])


def downgrade() -> None:
    """Remove them."""
    op.drop_constraint("fk_document_replaced_by_id", "document")
    op.drop_column("document", "replaced_by_id")
    op.drop_column("assignment", "released_at")
