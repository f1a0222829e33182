"""Tables of accounts (API keys kept as hashes) and of links (tokens kept as hashes)."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from plan_api.tables import instant, key, reference, word


class Account(SQLModel, table=True):
    """A caller of the API: a role, bound to a unit or, for system-wide roles, to none."""

    __tablename__ = "account"

    id: UUID = key()
    name: str
    role: str = word()
    unit_id: UUID | None = reference("unit.id", nullable=True)
    key_hash: bytes = Field(unique=True)
    key_hint: str
    created_at: datetime = instant()
    revoked_at: datetime | None = instant(nullable=True)


class Link(SQLModel, table=True):
    """A bearer of one page: bound to a seat and an obligation (or a round, for a superior's overview).

    `id` is the notice's id; the token is derived from it and the installation's key, only its hash is kept.
    """

    __tablename__ = "link"

    id: UUID = key()
    token_hash: bytes = Field(unique=True)
    seat_id: UUID = reference("seat.id", index=True)
    holder_id: UUID | None = None
    obligation_id: UUID | None = reference("obligation.id", nullable=True, index=True)
    round_id: UUID | None = reference("round.id", nullable=True)
    created_at: datetime = instant()
    expires_at: datetime = instant()
    revoked_at: datetime | None = instant(nullable=True)
