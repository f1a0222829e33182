"""what a person prefers about being written to"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add digest and hours to the holder; null: as the policy says."""
    op.add_column("holder", sa.Column("digest", sa.Boolean(), nullable=True))
    for name in ("digest_at", "quiet_from", "quiet_until"):
        op.add_column("holder", sa.Column(name, sa.Time(), nullable=True))


def downgrade() -> None:
    """Remove them."""
    for name in ("quiet_until", "quiet_from", "digest_at", "digest"):
        op.drop_column("holder", name)
