"""notices sent again on purpose"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add which notice one repeats, and why."""
    op.add_column("notice", sa.Column("resend_of", sa.Uuid(), nullable=True))
    op.add_column("notice", sa.Column("resend_reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.create_index("ix_notice_resend_of", "notice", ["resend_of"], postgresql_where=sa.text("resend_of is not null"))
    op.create_index("ix_notice_created", "notice", ["created_at", "id"])


def downgrade() -> None:
    """Remove it."""
    op.drop_index("ix_notice_created", "notice")
    op.drop_index("ix_notice_resend_of", "notice")
    op.drop_column("notice", "resend_reason")
    op.drop_column("notice", "resend_of")
