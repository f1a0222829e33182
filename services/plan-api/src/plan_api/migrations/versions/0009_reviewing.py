"""Marks on returned fields, submissions frozen while they are read, entries for units that telephoned, calls."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add what reviewers and trackers note."""
    op.add_column("submission", sa.Column("return_marks", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("submission", sa.Column("entered_for", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column("submission", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("submission", sa.Column("confirmed_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column("obligation", sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("obligation", sa.Column("frozen_by", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.create_table(
        "obligation_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spoke_with", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("caller", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["obligation_id"], ["obligation.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_obligation_call_obligation_id"), "obligation_call", ["obligation_id"], unique=False)


def downgrade() -> None:
    """Forget what reviewers and trackers noted."""
    op.drop_table("obligation_call")
    op.drop_column("obligation", "frozen_by")
    op.drop_column("obligation", "frozen_at")
    for column in ("confirmed_by", "confirmed_at", "entered_for", "return_marks"):
        op.drop_column("submission", column)
