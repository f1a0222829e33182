"""links of persons' Zalo to their seats"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the user id of a holder, the codes that link it, and wrong ones."""
    op.add_column("holder", sa.Column("zalo_encrypted", sa.LargeBinary(), nullable=True))
    op.add_column("holder", sa.Column("zalo_index", sa.LargeBinary(), nullable=True))
    op.add_column("holder", sa.Column("zalo_linked_at", INSTANT, nullable=True))
    op.create_index("ix_holder_zalo", "holder", ["zalo_index"], postgresql_where=sa.text("zalo_index is not null"))
    op.create_table(
        "zalo_code",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("holder_id", sa.Uuid(), sa.ForeignKey("holder.id"), nullable=False),
        sa.Column("code_index", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.Column("used_by", sa.LargeBinary(), nullable=True),
    )
    op.create_index("ix_zalo_code_holder_id", "zalo_code", ["holder_id"])
    op.create_index("ix_zalo_code_index", "zalo_code", ["code_index"])
    op.create_table(
        "zalo_miss",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("user_index", sa.LargeBinary(), nullable=False),
        sa.Column("missed_at", INSTANT, nullable=False),
    )
    op.create_index("ix_zalo_miss_user", "zalo_miss", ["user_index", "missed_at"])


def downgrade() -> None:
    """Remove them."""
    op.drop_table("zalo_miss")
    op.drop_table("zalo_code")
    op.drop_index("ix_holder_zalo", "holder")
    for name in ("zalo_linked_at", "zalo_index", "zalo_encrypted"):
        op.drop_column("holder", name)
