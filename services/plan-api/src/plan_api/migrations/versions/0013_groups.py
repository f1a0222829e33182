"""named groups of units"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add groups and their dated membership."""
    op.create_table(
        "unit_group",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name_sort", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("owner_unit_id", sa.Uuid(), sa.ForeignKey("unit.id"), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dissolved_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index(
        "uq_unit_group_living", "unit_group", ["code"], unique=True, postgresql_where=sa.text("dissolved_at is null")
    )
    op.create_index(op.f("ix_unit_group_owner_unit_id"), "unit_group", ["owner_unit_id"])
    op.create_table(
        "unit_group_member",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("group_id", sa.Uuid(), sa.ForeignKey("unit_group.id"), nullable=False),
        sa.Column("unit_id", sa.Uuid(), sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
    )
    op.create_index(
        "uq_unit_group_member_current",
        "unit_group_member",
        ["group_id", "unit_id"],
        unique=True,
        postgresql_where=sa.text("valid_to is null"),
    )
    op.create_index(op.f("ix_unit_group_member_unit_id"), "unit_group_member", ["unit_id"])


def downgrade() -> None:
    """Remove them."""
    op.drop_table("unit_group_member")
    op.drop_table("unit_group")
