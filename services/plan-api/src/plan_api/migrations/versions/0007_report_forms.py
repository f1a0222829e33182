"""Report forms: frozen definitions, the round that carries one, the values a submission fills in."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0007"
down_revision: str | None = "0005"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add forms; a round or submission without one stays as it is."""
    op.create_table(
        "form",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sha256"),
    )
    op.add_column("round", sa.Column("form_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(None, "round", "form", ["form_id"], ["id"])
    op.add_column("submission", sa.Column("filled", postgresql.JSONB(astext_type=sa.Text()), nullable=True))


def downgrade() -> None:
    """Forget forms and what was filled in."""
    op.drop_column("submission", "filled")
    op.drop_column("round", "form_id")
    op.drop_table("form")
