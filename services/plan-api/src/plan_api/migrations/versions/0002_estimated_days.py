"""Days of the calendar that are only estimated until they are announced."""

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Let an override say that it is an estimate."""
    op.add_column("calendar_override", sa.Column("estimate", sa.Boolean(), nullable=True))


def downgrade() -> None:
    """Forget which overrides are estimates."""
    op.drop_column("calendar_override", "estimate")
