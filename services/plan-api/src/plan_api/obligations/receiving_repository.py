"""SQL of receivers, for whole rounds."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Table, Uuid, delete, func, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.obligations.models import Obligation, ObligationReceiver

OBLIGATION: Table = Obligation.__table__  # type: ignore[attr-defined]
RECEIVER: Table = ObligationReceiver.__table__  # type: ignore[attr-defined]


async def remove(connection: AsyncConnection, round_id: UUID) -> None:
    """Forget the receivers of a round."""
    owed = select(OBLIGATION.c.id).where(OBLIGATION.c.round_id == round_id)
    await connection.execute(delete(RECEIVER).where(RECEIVER.c.obligation_id.in_(owed)))


async def add(connection: AsyncConnection, round_id: UUID, receivers: Sequence[UUID]) -> None:
    """Let units receive everything owed of a round."""
    everyone = select(OBLIGATION.c.id, func.unnest(literal(list(receivers), ARRAY(Uuid))).label("unit_id")).where(
        OBLIGATION.c.round_id == round_id
    )
    await connection.execute(insert(RECEIVER).from_select(["obligation_id", "unit_id"], everyone))
