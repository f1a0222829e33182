"""recurring reports and the periods that do not apply"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what returns every period, its exemptions, and the round's tie to it."""
    op.create_table(
        "recurrence",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("document_id", sa.Uuid(), sa.ForeignKey("document.id"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("every", sa.String(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("next_period", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("next_opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index(op.f("ix_recurrence_document_id"), "recurrence", ["document_id"])
    op.create_index(
        "ix_recurrence_next", "recurrence", ["next_opens_at"], postgresql_where=sa.text("next_opens_at is not null")
    )
    op.create_table(
        "period_exemption",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("recurrence_id", sa.Uuid(), sa.ForeignKey("recurrence.id"), nullable=False),
        sa.Column("period", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), sa.ForeignKey("unit.id"), nullable=True),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index(op.f("ix_period_exemption_recurrence_id"), "period_exemption", ["recurrence_id"])
    op.add_column("round", sa.Column("recurrence_id", sa.Uuid(), nullable=True))
    op.create_foreign_key("fk_round_recurrence_id", "round", "recurrence", ["recurrence_id"], ["id"])
    op.create_unique_constraint("uq_round_recurrence_id_period", "round", ["recurrence_id", "period"])


def downgrade() -> None:
    """Remove them."""
    op.drop_constraint("uq_round_recurrence_id_period", "round")
    op.drop_constraint("fk_round_recurrence_id", "round")
    op.drop_column("round", "recurrence_id")
    op.drop_table("period_exemption")
    op.drop_table("recurrence")
