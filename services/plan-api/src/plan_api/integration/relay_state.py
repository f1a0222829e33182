"""What the relay remembers between its lives: the identity of the Temporal namespace it last swept for."""

from datetime import datetime

from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.integration.models import RelayState

STATE: Table = RelayState.__table__  # type: ignore[attr-defined]


async def swept_namespace(connection: AsyncConnection) -> str | None:
    """Return the identity of the namespace last swept for."""
    return (await connection.execute(select(STATE.c.namespace_id).where(STATE.c.id == 1))).scalar_one_or_none()


async def write_swept(connection: AsyncConnection, namespace_id: str, now: datetime) -> None:
    """Remember a sweep."""
    row = insert(STATE).values(id=1, namespace_id=namespace_id, swept_at=now)
    await connection.execute(
        row.on_conflict_do_update(index_elements=["id"], set_={"namespace_id": namespace_id, "swept_at": now})
    )
