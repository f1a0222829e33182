"""news: what is told without a ladder"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None

_OF_LADDERS = ("document_id", "round_id", "ladder_id", "step_id")


def upgrade() -> None:
    """Add news; a batch belongs to a step of a ladder or to a news, a notice of news may be for one person."""
    op.create_table(
        "news",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), sa.ForeignKey("document.id"), nullable=True),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
    )
    op.create_index(
        "uq_news_open", "news", ["kind", "subject_id"], unique=True, postgresql_where=sa.text("closed_at is null")
    )
    op.add_column("batch", sa.Column("news_id", sa.Uuid(), sa.ForeignKey("news.id"), nullable=True))
    op.create_index(op.f("ix_batch_news_id"), "batch", ["news_id"])
    for column in _OF_LADDERS:
        op.alter_column("batch", column, nullable=True)
    op.add_column("notice", sa.Column("holder_id", sa.Uuid(), nullable=True))
    op.add_column("notice", sa.Column("content", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    """Remove them, with every batch of news."""
    op.execute("delete from notice where batch_id in (select id from batch where news_id is not null)")
    op.execute("delete from batch where news_id is not null")
    op.drop_column("notice", "content")
    op.drop_column("notice", "holder_id")
    for column in _OF_LADDERS:
        op.alter_column("batch", column, nullable=False)
    op.drop_index(op.f("ix_batch_news_id"), "batch")
    op.drop_column("batch", "news_id")
    op.drop_table("news")
