"""Which Zalo user a telephone number stands for."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "zalo_link",
        sa.Column("phone_index", sa.LargeBinary, primary_key=True),
        sa.Column("user_enc", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("zalo_link")
