"""Recording batches and notices that plan-api hands over. Repeating any of it changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from cascade_contracts.delivery import NoticeOut
from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import NoticeState
from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from notifier.channels.registry import ChannelRegistry
from notifier.keys import Keyring
from notifier.models import Batch, Delivery, DeliveryState, Notice, table
from notifier.rendering import Renderer, template_for

batches, notices, deliveries = table(Batch), table(Notice), table(Delivery)


@dataclass(frozen=True, slots=True)
class KnownBatch:
    """What is recorded of a batch."""

    id: UUID
    month: date
    not_before: datetime
    notices: int
    cursor: UUID | None
    taken_over_at: datetime | None
    finished_at: datetime | None


def _known(row: Row[tuple[object, ...]]) -> KnownBatch:
    return KnownBatch(**row._mapping)


async def find_batch(connection: AsyncConnection, batch_id: UUID) -> KnownBatch | None:
    """Return the batch, None when nothing of it was recorded."""
    row = (await connection.execute(select(batches).where(batches.c.id == batch_id))).one_or_none()
    return None if row is None else _known(row)


async def open_batch(connection: AsyncConnection, batch_id: UUID, not_before: datetime, month: date) -> KnownBatch:
    """Record a batch; the first call fixes its month, every call brings `not_before` up to date."""
    statement = (
        insert(batches)
        .values(id=batch_id, month=month, not_before=not_before, notices=0)
        .on_conflict_do_update(index_elements=["id"], set_={"not_before": not_before})
        .returning(batches)
    )
    return _known((await connection.execute(statement)).one())


class Recorder:
    """Turns pages of notices into rows."""

    def __init__(self, registry: ChannelRegistry, renderer: Renderer, keyring: Keyring) -> None:
        self._registry = registry
        self._renderer = renderer
        self._keyring = keyring

    async def record(
        self, connection: AsyncConnection, batch: KnownBatch, page: Sequence[NoticeOut], now: datetime
    ) -> None:
        """Record notices and one delivery per address; the first usable address is pending, the others stand by."""
        if not page:
            return
        await connection.execute(
            insert(notices).on_conflict_do_nothing(), [self._notice_row(batch, notice) for notice in page]
        )
        rows = [row for notice in page for row in self._delivery_rows(batch, notice, now)]
        if rows:
            await connection.execute(insert(deliveries).on_conflict_do_nothing(), rows)

    def _notice_row(self, batch: KnownBatch, notice: NoticeOut) -> dict[str, object]:
        template = template_for(notice.facts.step, notice.facts.audience)
        return {
            "month": batch.month,
            "id": notice.notice_id,
            "batch_id": batch.id,
            "facts": notice.facts.model_dump(mode="json", exclude={"link"}),
            "recipient": notice.recipient.model_dump(mode="json", exclude={"addresses"}),
            "link_enc": notice.facts.link,
            "template": template,
            "template_version": self._renderer.newest(template),
            "state": NoticeState.PENDING,
        }

    def _delivery_rows(self, batch: KnownBatch, notice: NoticeOut, now: datetime) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = []
        first = True
        for position, address in enumerate(notice.recipient.addresses):
            if address.channel not in self._registry:
                continue
            target = address.address.strip()
            usable = self._registry.accepts(address.channel, target)
            state = DeliveryState.FAILED
            if usable:
                state, first = (DeliveryState.PENDING if first else DeliveryState.STANDBY), False
            rows.append(
                {
                    "month": batch.month,
                    "id": new_id(),
                    "batch_id": batch.id,
                    "notice_id": notice.notice_id,
                    "position": position,
                    "channel": address.channel,
                    "address_enc": target,
                    "address_index": self._keyring.index(address.channel, target),
                    "state": state,
                    "attempts": 0,
                    "created_at": now,
                    "detail": None if usable else "invalid_address",
                }
            )
        return rows


async def move_cursor(connection: AsyncConnection, batch_id: UUID, cursor: UUID) -> None:
    """Remember the last notice recorded, so that an interrupted take-over goes on there."""
    await connection.execute(update(batches).where(batches.c.id == batch_id).values(cursor=cursor))


async def close_take_over(connection: AsyncConnection, batch_id: UUID, now: datetime) -> int:
    """Count the batch's notices and mark it taken over; return the count."""
    count = select(func.count()).select_from(notices).where(notices.c.batch_id == batch_id).scalar_subquery()
    statement = (
        update(batches)
        .where(batches.c.id == batch_id)
        .values(notices=count, taken_over_at=func.coalesce(batches.c.taken_over_at, now))
        .returning(batches.c.notices)
    )
    return int((await connection.execute(statement)).scalar_one())
