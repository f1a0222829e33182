"""Corrections of accepted reports, and the consolidations above that do not hold them yet."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add the marks; nothing that was consolidated before is out of date."""
    op.add_column("submission", sa.Column("correction_reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.create_table(
        "difference",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("former_id", sa.Uuid(), nullable=True),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cleared_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"]),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"]),
        sa.ForeignKeyConstraint(["former_id"], ["submission.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("round_id", "submission_id"),
    )
    op.create_index(
        "ix_difference_open", "difference", ["round_id"], unique=False, postgresql_where=sa.text("cleared_at is null")
    )
    op.create_index("ix_submission_consolidation", "submission", ["consolidation_id"], unique=False,
                    postgresql_where=sa.text("consolidation_id is not null"))


def downgrade() -> None:
    """Forget which consolidations are out of date."""
    op.drop_index("ix_submission_consolidation", table_name="submission")
    op.drop_table("difference")
    op.drop_column("submission", "correction_reason")
