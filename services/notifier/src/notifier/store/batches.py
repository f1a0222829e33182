"""Recording batches and notices that plan-api hands over. Repeating any of it changes nothing."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit
from uuid import UUID

from cascade_contracts.delivery import Attention, NoticeOut
from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import NoticeState
from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from notifier.channels.registry import ChannelRegistry
from notifier.keys import Keyring
from notifier.models import Batch, Delivery, DeliveryState, Notice, table
from notifier.rendering import Renderer, template_of
from notifier.store.zalo_links import note_links

batches, notices, deliveries = table(Batch), table(Notice), table(Delivery)


_REPLACE = text(
    """
    update delivery set state = :state, attempt_token = null, finished_at = :now, detail = 'readdressed'
    where month = :month and notice_id = any(cast(:notices as uuid[]))
      and (state in ('standby', 'pending') or (state = 'claimed' and attempt_token = :token))
    """
)


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


async def open_batches(
    connection: AsyncConnection, not_before: Mapping[UUID, datetime], month: date
) -> dict[UUID, KnownBatch]:
    """Record batches; the first call fixes a batch's month, every call brings its `not_before` up to date."""
    rows = [
        {"id": batch_id, "month": month, "not_before": not_before[batch_id], "notices": 0}
        for batch_id in sorted(not_before)  # in one order: two processes may record the same ones
    ]
    statement = insert(batches).values(rows)
    statement = statement.on_conflict_do_update(
        index_elements=["id"], set_={"not_before": statement.excluded.not_before}
    )
    return {row.id: _known(row) for row in await connection.execute(statement.returning(batches))}


class Recorder:
    """Turns pages of notices into rows."""

    def __init__(self, registry: ChannelRegistry, renderer: Renderer, keyring: Keyring) -> None:
        self._registry = registry
        self._renderer = renderer
        self._keyring = keyring

    async def record(
        self, connection: AsyncConnection, given: Sequence[tuple[KnownBatch, NoticeOut]], now: datetime
    ) -> None:
        """Record notices and one delivery per address; the first usable address is pending, the others stand by."""
        if not given:
            return
        await connection.execute(
            insert(notices).on_conflict_do_nothing(), [self._notice_row(batch, notice) for batch, notice in given]
        )
        await note_links(connection, self._keyring, [notice for _, notice in given])
        rows = [row for batch, notice in given for row in self._delivery_rows(batch, notice, now)]
        if rows:
            await connection.execute(insert(deliveries).on_conflict_do_nothing(), rows)

    async def readdress(
        self, connection: AsyncConnection, batch: KnownBatch, token: UUID, page: Sequence[NoticeOut], now: datetime
    ) -> None:
        """Let other addresses take the place of those recorded and not tried to the end; `token` holds their claims.

        An address both persons share is used again.
        """
        ids = [notice.notice_id for notice in page]
        await connection.execute(
            _REPLACE,
            {"month": batch.month, "notices": ids, "token": token, "now": now, "state": DeliveryState.REPLACED},
        )
        for notice in page:
            row = self._notice_row(batch, notice)
            values = {name: row[name] for name in ("facts", "recipient", "link_enc", "link_hash")}
            await connection.execute(
                update(notices).where(notices.c.month == batch.month, notices.c.id == notice.notice_id).values(**values)
            )
        await note_links(connection, self._keyring, page)
        rows = [row for notice in page for row in self._delivery_rows(batch, notice, now)]
        if rows:
            again = insert(deliveries)
            fresh = {name: again.excluded[name] for name in ("state", "position", "attempts", "created_at", "detail")}
            await connection.execute(
                again.on_conflict_do_update(
                    constraint="delivery_once",
                    set_=fresh | {"finished_at": None, "retry_at": None},
                    where=deliveries.c.state == DeliveryState.REPLACED,
                ),
                rows,
            )

    def _notice_row(self, batch: KnownBatch, notice: NoticeOut) -> dict[str, object]:
        template = template_of(notice.facts)
        return {
            "month": batch.month,
            "id": notice.notice_id,
            "batch_id": batch.id,
            "facts": notice.facts.model_dump(mode="json", exclude={"link"}),
            "recipient": notice.recipient.model_dump(mode="json", exclude={"addresses", "zalo_user_id"}),
            "link_enc": notice.facts.link,
            "link_hash": _link_hash(notice.facts.link),
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
                    **_waiting(notice.attention),
                }
            )
        return rows


def _link_hash(link: str | None) -> bytes | None:
    """Return the SHA-256 of a link's token, the last part of its path."""
    if link is None:
        return None
    return hashlib.sha256(urlsplit(link).path.rsplit("/", 1)[-1].encode()).digest()


def _waiting(attention: Attention) -> dict[str, object]:
    """Return what a delivery waits for: the person's hours, and the digest if it is put into one."""
    hours = [attention.not_before, attention.digest_at if attention.digest else None]
    return {
        "not_before": max((at for at in hours if at is not None), default=None),
        "digest": attention.digest,
        "digest_at": attention.digest_at,
        "daily_cap": attention.daily_cap,
    }


async def move_cursor(connection: AsyncConnection, batch_id: UUID, cursor: UUID) -> KnownBatch:
    """Remember the last notice recorded, so that an interrupted take-over goes on there."""
    statement = update(batches).where(batches.c.id == batch_id).values(cursor=cursor).returning(batches)
    return _known((await connection.execute(statement)).one())


async def close_take_over(
    connection: AsyncConnection, batch_ids: Collection[UUID], now: datetime
) -> dict[UUID, KnownBatch]:
    """Count the notices of batches recorded to the end and mark them taken over; return them."""
    count = select(func.count()).select_from(notices).where(notices.c.batch_id == batches.c.id).scalar_subquery()
    statement = (
        update(batches)
        .where(batches.c.id.in_(batch_ids))
        .values(notices=count, taken_over_at=func.coalesce(batches.c.taken_over_at, now))
        .returning(batches)
    )
    return {row.id: _known(row) for row in await connection.execute(statement)}
