"""Tables of policies, ladders, steps, batches and notices.

A policy version and a ladder are never edited. A step is taken once (its batch is unique), an obligation is recorded
once a step. Notices carry a month so that they can be partitioned later without rewriting keys.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, UniqueConstraint, Uuid, text
from sqlmodel import Field, SQLModel

from plan_api.tables import instant, json, key, reference, word


class PolicyRow(SQLModel, table=True):
    """A version of an escalation policy; `body` is the rules' own form of it."""

    __tablename__ = "policy"
    __table_args__ = (UniqueConstraint("code", "version"),)

    id: UUID = key()
    code: str
    version: int
    name: str
    rehearsal: bool = False
    body: dict[str, Any] = json()
    created_at: datetime = instant()


class Ladder(SQLModel, table=True):
    """The armed steps of a policy for one round and one due time (or, for reviews, one anchor)."""

    __tablename__ = "ladder"
    __table_args__ = (Index("ix_ladder_round", "round_id", "kind", "mode", "due_at"),)

    id: UUID = key()
    document_id: UUID = reference("document.id", index=True)
    round_id: UUID = reference("round.id")
    policy_id: UUID = reference("policy.id")
    kind: str = word()
    mode: str = word()
    due_at: datetime | None = instant(nullable=True)
    anchor_at: datetime = instant()
    shared: bool = True
    reason: str
    armed_at: datetime = instant()


class LadderStep(SQLModel, table=True):
    """One armed step: when it fires and, once past, what became of it."""

    __tablename__ = "ladder_step"
    __table_args__ = (
        UniqueConstraint("ladder_id", "position"),
        Index("ix_ladder_step_agenda", "document_id", "fire_at", postgresql_where=text("outcome is null")),
        Index("ix_ladder_step_untaken", "fire_at", postgresql_where=text("outcome is null")),
    )

    id: UUID = key()
    ladder_id: UUID = reference("ladder.id")
    round_id: UUID = reference("round.id", index=True)
    document_id: UUID = reference("document.id")
    position: int
    kind: str = word()
    audience: str = word()
    channels: list[str] = json()
    fire_at: datetime = instant()
    why: str | None = None
    outcome: str | None = word(nullable=True)
    taken_at: datetime | None = instant(nullable=True)
    batch_id: UUID | None = None


class ObligationStep(SQLModel, table=True):
    """A step spoke about an obligation; unique, so no step is taken twice for one obligation."""

    __tablename__ = "obligation_step"

    obligation_id: UUID = reference("obligation.id", primary_key=True)
    step_id: UUID = Field(primary_key=True, foreign_key="ladder_step.id", index=True)
    kind: str = word()
    notice_id: UUID = Field(index=True)
    at: datetime = instant()


class News(SQLModel, table=True):
    """What is told without a ladder; about one subject one news of a kind is open, until it is closed with its why."""

    __tablename__ = "news"
    __table_args__ = (
        Index("uq_news_open", "kind", "subject_id", unique=True, postgresql_where=text("closed_at is null")),
    )

    id: UUID = key()
    kind: str = word()
    subject_id: UUID
    document_id: UUID | None = reference("document.id", nullable=True)
    content: dict[str, Any] = json()
    created_at: datetime = instant()
    closed_at: datetime | None = instant(nullable=True)
    why: str | None = word(nullable=True)


class Batch(SQLModel, table=True):
    """The notices of a step, or of a news. `handed_at`: recorded by notifier; `finished_at`: every outcome known."""

    __tablename__ = "batch"
    __table_args__ = (
        UniqueConstraint("ladder_id", "step_id"),
        Index("ix_batch_unfinished", "created_at", postgresql_where=text("finished_at is null")),
    )

    id: UUID = key()
    document_id: UUID | None = reference("document.id", nullable=True, index=True)
    round_id: UUID | None = reference("round.id", nullable=True)
    ladder_id: UUID | None = reference("ladder.id", nullable=True)
    step_id: UUID | None = reference("ladder_step.id", nullable=True)
    news_id: UUID | None = reference("news.id", nullable=True, index=True)
    kind: str = word()
    audience: str = word()
    notices: int
    obligations: int
    announcement_folded: bool = False
    belated: bool = False
    not_before: datetime = instant()
    created_at: datetime = instant()
    handed_at: datetime | None = instant(nullable=True)
    finished_at: datetime | None = instant(nullable=True)


class Notice(SQLModel, table=True):
    """One message to one seat; `month` (first day, local) keeps the table ready for partitions.

    Of news: `holder_id` is the one person it is for (None: who answers for the seat), `content` what it tells there.
    Sent again on purpose: `resend_of` is the first notice that said it, `resend_reason` why.
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_state", "state", postgresql_where=text("state <> 'delivered'")),
        Index("ix_notice_resend_of", "resend_of", postgresql_where=text("resend_of is not null")),
        Index("ix_notice_created", "created_at", "id"),
    )

    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    month: date = Field(primary_key=True)
    batch_id: UUID = Field(index=True)
    seat_id: UUID | None = Field(default=None, index=True)
    unit_id: UUID
    holder_id: UUID | None = None
    content: dict[str, Any] | None = json(nullable=True)
    resend_of: UUID | None = None
    resend_reason: str | None = None
    state: str = word()
    channel: str | None = word(nullable=True)
    detail: str | None = None
    created_at: datetime = instant()
    outcome_at: datetime | None = instant(nullable=True)
