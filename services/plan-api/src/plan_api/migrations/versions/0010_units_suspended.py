"""units suspended for a while"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the dated intervals in which nobody chases a unit."""
    op.create_table(
        "unit_suspension",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("unit_id", sa.Uuid(), sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("named_unit_id", sa.Uuid(), sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("resume_reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("resumed_by", sa.Uuid(), nullable=True),
    )
    op.create_index(op.f("ix_unit_suspension_unit_id"), "unit_suspension", ["unit_id"])
    op.create_index("ix_unit_suspension_named", "unit_suspension", ["named_unit_id", "id"])
    op.create_index(
        "uq_unit_suspension_open",
        "unit_suspension",
        ["unit_id"],
        unique=True,
        postgresql_where=sa.text("until_at is null"),
    )


def downgrade() -> None:
    """Remove them."""
    op.drop_table("unit_suspension")
