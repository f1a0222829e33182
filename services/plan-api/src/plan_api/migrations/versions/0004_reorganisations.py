"""reorganisations"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add reorganisations, the rows they changed, and what took the place of transferred obligations."""
    op.create_table(
        "reorganisation",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("legal_reference", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("report", postgresql.JSONB(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_table(
        "reorganisation_change",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("reorganisation_id", sa.Uuid(), sa.ForeignKey("reorganisation.id"), nullable=False),
        sa.Column("table_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("after", postgresql.JSONB(), nullable=False),
    )
    op.create_index(op.f("ix_reorganisation_change_reorganisation_id"), "reorganisation_change", ["reorganisation_id"])
    op.create_table(
        "obligation_transfer",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("from_id", sa.Uuid(), sa.ForeignKey("obligation.id"), nullable=False),
        sa.Column("to_id", sa.Uuid(), sa.ForeignKey("obligation.id"), nullable=False),
        sa.Column("opened", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("from_id", "to_id"),
    )
    op.create_index(op.f("ix_obligation_transfer_to_id"), "obligation_transfer", ["to_id"])


def downgrade() -> None:
    """Remove them."""
    op.drop_table("obligation_transfer")
    op.drop_table("reorganisation_change")
    op.drop_table("reorganisation")
