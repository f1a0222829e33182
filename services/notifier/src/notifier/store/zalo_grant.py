"""The grant of one Official Account and the journal of its rotations.

The grant is one row, locked while Zalo is asked. The journal has no foreign key to it: a line is committed beside the
lock. A line without an end whose grant is not locked is a rotation whose keeper died.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from notifier.channels.zalo.grant import Grant, GrantState, Trouble
from notifier.channels.zalo.oauth import TokenPair
from notifier.channels.zalo.tokens import StoreAway
from notifier.models import ZaloGrant, ZaloRotation, table

grants, rotations = table(ZaloGrant), table(ZaloRotation)

_DOUBTFUL: Final = ("unknown", "interrupted")
_KEPT: Final = (
    "app_id",
    "state",
    "generation",
    "consented_at",
    "rotate_at",
    "rotated_at",
    "access_until",
    "failures",
    "retry_at",
    "detail",
    "recoveries",
)

_BEGIN: Final = text(
    """
    insert into zalo_rotation (oa_id, generation, attempt, begun_at)
    select :oa_id, :generation, coalesce(max(attempt), 0) + 1, :now
    from zalo_rotation where oa_id = :oa_id and generation = :generation
    """
)


@asynccontextmanager
async def _reachable() -> AsyncIterator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise StoreAway(type(error).__name__) from error


@dataclass(frozen=True, slots=True)
class Rotation:
    """One line of the journal; without an end it goes on, or its keeper died."""

    generation: int
    attempt: int
    begun_at: datetime
    ended_at: datetime | None
    outcome: str | None
    detail: str | None


class _Held:
    def __init__(self, connection: AsyncConnection, grant: Grant | None) -> None:
        self.grant = grant
        self._connection = connection

    async def save(self, grant: Grant, outcome: str, detail: str, now: datetime) -> None:
        """Replace the grant; end what is open in the journal of the generation it had."""
        before = self.grant
        assert before is not None  # noqa: S101 - nothing is saved in place of nothing
        values: dict[str, Any] = {name: getattr(grant, name) for name in _KEPT}
        values |= {"access_enc": grant.access, "refresh_enc": grant.refresh}
        await self._connection.execute(update(grants).where(grants.c.oa_id == grant.oa_id).values(values))
        if outcome:
            await self._connection.execute(
                update(rotations)
                .where(rotations.c.oa_id == grant.oa_id, rotations.c.generation == before.generation)
                .where(rotations.c.outcome.is_(None))
                .values(ended_at=now, outcome=outcome, detail=detail or None)
            )


class ZaloGrantStore:
    """The grant of the account `oa_id` in notifier's database."""

    def __init__(self, engine: AsyncEngine, oa_id: str) -> None:
        self._engine = engine
        self.oa_id = oa_id

    async def read(self) -> Grant | None:
        """Return the committed grant."""
        async with _reachable(), self._engine.connect() as connection:
            return await self._find(connection, lock=False)

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[_Held]:
        """Lock the grant's row, waiting for whoever holds it; commits at the end."""
        async with _reachable(), self._engine.begin() as connection:
            yield _Held(connection, await self._find(connection, lock=True))

    async def begin(self, generation: int, now: datetime) -> None:
        """Commit that a rotation begins, apart from the lock's transaction."""
        async with _reachable(), self._engine.begin() as connection:
            await connection.execute(_BEGIN, {"oa_id": self.oa_id, "generation": generation, "now": now})

    async def plant(
        self, pair: TokenPair, app_id: str, now: datetime, *, proven: bool, consented_at: datetime
    ) -> Grant:
        """Put a pair in that no rotation of ours gave; one that is not proven is rotated at once.

        Waits for a rotation under way, whose pair it replaces.
        """
        values = {
            "app_id": app_id,
            "state": GrantState.FINE,
            "access_enc": pair.access,
            "refresh_enc": pair.refresh,
            "consented_at": consented_at,
            "rotate_at": now + 0.8 * pair.life if proven else now,
            "rotated_at": None,
            "access_until": now + pair.life if proven else None,
            "failures": 0,
            "retry_at": None,
            "detail": None,
            "recoveries": 1,
        }
        planted = insert(grants).values(oa_id=self.oa_id, generation=1, **values)
        replaced = planted.on_conflict_do_update(
            index_elements=["oa_id"], set_=values | {"generation": grants.c.generation + 1}
        )
        async with _reachable(), self._engine.begin() as connection:
            await connection.execute(replaced)
            grant = await self._find(connection, lock=True)
        assert grant is not None  # noqa: S101 - just written
        return grant

    async def allow_recovery(self) -> Grant | None:
        """Let the keepers try a grant in doubt, or lost, once more with the stored refresh token."""
        async with _reachable(), self._engine.begin() as connection:
            grant = await self._find(connection, lock=True)
            if grant is None or grant.state is GrantState.FINE:
                return None
            await connection.execute(
                update(grants)
                .where(grants.c.oa_id == self.oa_id)
                .values(state=GrantState.IN_DOUBT, recoveries=max(grant.doubts, 1), retry_at=None)
            )
            return await self._find(connection, lock=True)

    async def journal(self, limit: int = 10) -> list[Rotation]:
        """Return the latest rotations, the latest first."""
        statement = (
            select(*(rotations.c[name] for name in Rotation.__slots__))
            .where(rotations.c.oa_id == self.oa_id)
            .order_by(rotations.c.generation.desc(), rotations.c.attempt.desc())
            .limit(limit)
        )
        async with _reachable(), self._engine.connect() as connection:
            return [Rotation(**row._mapping) for row in await connection.execute(statement)]

    async def claim_alarm(self, what: Trouble | None, known: datetime | None, now: datetime) -> bool:
        """Take it upon oneself to tell of a trouble (None: it is over); False when another keeper did."""
        statement = (
            update(grants)
            .where(grants.c.oa_id == self.oa_id, grants.c.alarmed_at.is_not_distinct_from(known))
            .values(alarm=what, alarmed_at=None if what is None else now)
        )
        async with _reachable(), self._engine.begin() as connection:
            return (await connection.execute(statement)).rowcount > 0

    async def unclaim_alarm(self) -> None:
        """Have a trouble told again at the next look."""
        async with _reachable(), self._engine.begin() as connection:
            await connection.execute(
                update(grants).where(grants.c.oa_id == self.oa_id).values(alarm=None, alarmed_at=None)
            )

    async def _find(self, connection: AsyncConnection, *, lock: bool) -> Grant | None:
        statement = select(grants).where(grants.c.oa_id == self.oa_id)
        row = (await connection.execute(statement.with_for_update() if lock else statement)).one_or_none()
        if row is None:
            return None
        lines = select(
            func.count().filter(rotations.c.outcome.in_(_DOUBTFUL)).label("doubts"),
            func.count().filter(rotations.c.outcome.is_(None)).label("unended"),
        ).where(rotations.c.oa_id == self.oa_id, rotations.c.generation == row.generation)
        counted = (await connection.execute(lines)).one()
        kept = {name: getattr(row, name) for name in _KEPT if name != "state"}
        return Grant(
            oa_id=row.oa_id,
            state=GrantState(row.state),
            access=row.access_enc,
            refresh=row.refresh_enc,
            alarm=row.alarm,
            alarmed_at=row.alarmed_at,
            doubts=counted.doubts,
            unended=counted.unended > 0,
            **kept,
        )
