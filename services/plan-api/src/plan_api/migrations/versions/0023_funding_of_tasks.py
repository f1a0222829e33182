"""funding of tasks as documents state it"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what a task is paid from."""
    op.add_column("task", sa.Column("funding", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    """Remove it."""
    op.drop_column("task", "funding")
