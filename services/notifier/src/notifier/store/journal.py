"""The journal of attempts: what is committed before a message leaves and after its answer came.

Marks of simultaneous attempts share one statement (group commit), so durability costs one write per handful of
messages. A mark takes effect only under the attempt's own token.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from notifier.models import DeliveryState
from notifier.store.pages import CLAIM_LEASE

_TRANSMITTING: Final = text(
    """
    update delivery d set state = 'transmitting', transmitting_at = x.at, message_id = x.message_id
    from unnest(cast(:months as date[]), cast(:ids as uuid[]), cast(:tokens as uuid[]), cast(:ats as timestamptz[]),
                cast(:message_ids as text[]))
        as x(month, id, token, at, message_id)
    where d.month = x.month and d.id = x.id and d.attempt_token = x.token and d.state = 'claimed'
      and d.claimed_at > x.at - cast(:lease as interval)
    returning d.id
    """
)

# A late answer also corrects `unknown`; a retreat (back to pending) does not, it may have been reported already.
# A receipt may be faster than the answer it belongs to: it stands.
_FINISHED: Final = text(
    """
    update delivery d set state = case when d.state = 'delivered' then d.state else x.state end, detail = x.detail,
        retry_at = x.retry_at, vendor_id = coalesce(x.vendor_id, d.vendor_id), receipt_by = x.receipt_by,
        finished_at = case when d.state = 'delivered' then d.finished_at
                           when x.state in ('pending', 'awaiting') then null else x.at end,
        transmitting_at = case when x.state = 'pending' then null else d.transmitting_at end,
        attempt_token = case when x.state = 'pending' then null else d.attempt_token end
    from unnest(cast(:months as date[]), cast(:ids as uuid[]), cast(:tokens as uuid[]), cast(:ats as timestamptz[]),
                cast(:states as text[]), cast(:details as text[]), cast(:retries as timestamptz[]),
                cast(:vendor_ids as text[]), cast(:receipts as timestamptz[]))
        as x(month, id, token, at, state, detail, retry_at, vendor_id, receipt_by)
    where d.month = x.month and d.id = x.id and d.attempt_token = x.token
      and (d.state in ('claimed', 'transmitting')
        or (d.state = 'unknown' and x.state in ('accepted', 'awaiting', 'failed'))
        or (d.state = 'delivered' and x.state in ('accepted', 'awaiting', 'unknown')))
    returning d.id
    """
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt under its token."""

    month: date
    delivery_id: UUID
    token: UUID
    message_id: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One line of the journal; `state` transmitting, or what the attempt ended with."""

    attempt: Attempt
    state: DeliveryState
    at: datetime
    detail: str | None = None
    retry_at: datetime | None = None
    vendor_id: str | None = None
    receipt_by: datetime | None = None


class Journal:
    """Writes marks, many at a time, each awaited by its attempt until committed."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._waiting: list[tuple[Mark, asyncio.Future[bool]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def write(self, marks: Sequence[Mark]) -> bool:
        """Return once all of these marks, of one state, are committed in one statement; False when one had no effect.

        Raises:
            sqlalchemy.exc.SQLAlchemyError | OSError: the database is away; nothing was written.
        """
        loop = asyncio.get_running_loop()
        waiting: list[tuple[Mark, asyncio.Future[bool]]] = [(mark, loop.create_future()) for mark in marks]
        self._waiting += waiting
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())
        return all(await asyncio.gather(*(future for _, future in waiting)))

    async def _write_all(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)  # let those who are about to write join
            chunk, self._waiting = self._waiting, []
            try:
                async with self._engine.connect() as connection:
                    done = await _write(connection, [mark for mark, _ in chunk])
            except BaseException as error:  # every waiter must hear of it, whatever it is
                for _, future in chunk:
                    if not future.done():
                        future.set_exception(error if isinstance(error, Exception) else OSError("journal stopped"))
                if not isinstance(error, Exception):
                    raise
                continue
            for mark, future in chunk:
                if not future.done():
                    future.set_result((mark.attempt.delivery_id, mark.state is DeliveryState.TRANSMITTING) in done)


async def _write(connection: AsyncConnection, marks: list[Mark]) -> set[tuple[UUID, bool]]:
    """Write marks; return (delivery, was transmitting) of those that took effect."""
    done: set[tuple[UUID, bool]] = set()
    started = [mark for mark in marks if mark.state is DeliveryState.TRANSMITTING]
    ended = [mark for mark in marks if mark.state is not DeliveryState.TRANSMITTING]
    if started:
        parameters = _columns(started) | {
            "message_ids": [mark.attempt.message_id for mark in started],
            "lease": CLAIM_LEASE,
        }
        done |= {(row, True) for row in (await connection.execute(_TRANSMITTING, parameters)).scalars()}
    if ended:
        parameters = _columns(ended) | {
            "states": [str(mark.state) for mark in ended],
            "details": [mark.detail for mark in ended],
            "retries": [mark.retry_at for mark in ended],
            "vendor_ids": [mark.vendor_id for mark in ended],
            "receipts": [mark.receipt_by for mark in ended],
        }
        done |= {(row, False) for row in (await connection.execute(_FINISHED, parameters)).scalars()}
    return done


def _columns(marks: list[Mark]) -> dict[str, Any]:
    return {
        "months": [mark.attempt.month for mark in marks],
        "ids": [mark.attempt.delivery_id for mark in marks],
        "tokens": [mark.attempt.token for mark in marks],
        "ats": [mark.at for mark in marks],
    }
