"""reports received as a reply to a notice"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the mail a version came by, each mail once."""
    op.add_column("submission", sa.Column("mail_id", sa.String(), nullable=True))
    op.create_index(
        "uq_submission_mail", "submission", ["mail_id"], unique=True, postgresql_where=sa.text("mail_id is not null")
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_index("uq_submission_mail", "submission")
    op.drop_column("submission", "mail_id")
