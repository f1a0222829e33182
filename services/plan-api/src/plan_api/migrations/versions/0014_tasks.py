"""tasks of plans"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add tasks, coordinating units, derivation, and reports about tasks."""
    text = sqlmodel.sql.sqltypes.AutoString
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("document_id", sa.Uuid(), sa.ForeignKey("document.id"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", text(), nullable=True),
        sa.Column("title", text(), nullable=False),
        sa.Column("lead_unit_id", sa.Uuid(), sa.ForeignKey("unit.id"), nullable=True),
        sa.Column("frame", postgresql.JSONB(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("expected_result", text(), nullable=True),
        sa.Column("quantity", sa.Numeric(), nullable=True),
        sa.Column("measure", text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("document_id", "position"),
    )
    op.create_index(op.f("ix_task_lead_unit_id"), "task", ["lead_unit_id"])
    op.create_table(
        "task_unit",
        sa.Column("task_id", sa.Uuid(), sa.ForeignKey("task.id"), primary_key=True),
        sa.Column("unit_id", sa.Uuid(), sa.ForeignKey("unit.id"), primary_key=True),
    )
    op.create_index(op.f("ix_task_unit_unit_id"), "task_unit", ["unit_id"])
    op.create_table(
        "task_parent",
        sa.Column("task_id", sa.Uuid(), sa.ForeignKey("task.id"), primary_key=True),
        sa.Column("parent_task_id", sa.Uuid(), sa.ForeignKey("task.id"), primary_key=True),
    )
    op.create_index(op.f("ix_task_parent_parent_task_id"), "task_parent", ["parent_task_id"])
    op.create_table(
        "task_report",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("task_id", sa.Uuid(), sa.ForeignKey("task.id"), nullable=False),
        sa.Column("unit_id", sa.Uuid(), sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), sa.ForeignKey("obligation.id"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=True),
        sa.Column("note", text(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("seat_id", sa.Uuid(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("task_id", "obligation_id"),
    )
    op.create_index(op.f("ix_task_report_unit_id"), "task_report", ["unit_id"])
    op.create_index(op.f("ix_task_report_obligation_id"), "task_report", ["obligation_id"])


def downgrade() -> None:
    """Remove them."""
    for table in ("task_report", "task_parent", "task_unit", "task"):
        op.drop_table(table)
