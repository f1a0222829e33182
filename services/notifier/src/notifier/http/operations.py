"""What the operator's view reads: standing of channels, counts, deliveries of a batch. No address leaves here."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from notifier.store.channels import channel_health
from notifier.store.reports import deliveries_of_notice, delivery_counts, delivery_page

router = APIRouter(tags=["operations"])


class ChannelStanding(BaseModel):
    """Whether a channel works, since when, and why not."""

    channel: str
    state: str
    since: datetime
    detail: str | None = None


class Operations(BaseModel):
    """Delivery at a glance; `pending` counts deliveries waiting or claimed, `awaiting` those whose receipt is owed."""

    channels: list[ChannelStanding]
    pending: int
    transmitting: int
    unknown: int
    failed: int
    suppressed: int
    awaiting: int
    expired: int


class DeliveryOut(BaseModel):
    """One try to get a notice to one address, which is not shown."""

    id: UUID
    notice_id: UUID
    position: int
    channel: str
    state: str
    attempts: int
    retry_at: datetime | None
    claimed_at: datetime | None
    transmitting_at: datetime | None
    finished_at: datetime | None
    message_id: str | None
    detail: str | None


class DeliveryPage(BaseModel):
    """A page of deliveries ordered by id; `next` is None at the end."""

    deliveries: list[DeliveryOut]
    next: UUID | None


@router.get("/operations")
async def operations(request: Request) -> Operations:
    """Return the standing of delivery."""
    async with request.app.state.engine.connect() as connection:
        channels = await channel_health(connection)
        counts = await delivery_counts(connection)
    return Operations(
        channels=[
            ChannelStanding(channel=item.channel, state=item.state, since=item.since, detail=item.detail)
            for item in channels
        ],
        pending=counts.get("pending", 0) + counts.get("claimed", 0),
        transmitting=counts.get("transmitting", 0),
        unknown=counts.get("unknown", 0),
        failed=counts.get("failed", 0),
        suppressed=counts.get("suppressed", 0),
        awaiting=counts.get("awaiting", 0),
        expired=counts.get("expired", 0),
    )


@router.get("/batches/{batch_id}/deliveries")
async def deliveries(
    request: Request,
    batch_id: UUID,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> DeliveryPage:
    """Return deliveries of a batch, oldest first."""
    async with request.app.state.engine.connect() as connection:
        rows = await delivery_page(connection, batch_id, after, limit + 1)
    found = [DeliveryOut.model_validate(dict(row)) for row in rows[:limit]]
    return DeliveryPage(deliveries=found, next=found[-1].id if len(rows) > limit else None)


@router.get("/notices/{notice_id}/deliveries")
async def deliveries_of(request: Request, notice_id: UUID) -> list[DeliveryOut]:
    """Return what was tried for a notice, in the order of its addresses."""
    async with request.app.state.engine.connect() as connection:
        rows = await deliveries_of_notice(connection, notice_id)
    return [DeliveryOut.model_validate(dict(row)) for row in rows]
