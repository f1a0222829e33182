"""The keeper of the grant: one rotation at a time among all processes, and none that is forgotten.

The grant's row stays locked over the call to Zalo; a lock has no end but its connection's. That a rotation begins is
committed before Zalo hears of it, the new pair before anybody uses it. What is begun is carried to its end, whoever
stops waiting for it, and a pair that cannot be written down is kept in memory and tried again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from cascade_servicekit.clock import Clock

from notifier.channels.zalo.client import TokenGone
from notifier.channels.zalo.grant import (
    Grant,
    Lifetimes,
    Todo,
    Trouble,
    concluded,
    decide,
    doubted,
    due,
    stuck,
    to_tell,
    trouble,
)
from notifier.channels.zalo.oauth import TokenAnswer, ZaloOAuth

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 30.0
"""Seconds between two looks of a keeper."""

_PATIENCE: Final = (0.1, 0.2, 0.5, 1.0, *(2.0,) * 300)
"""Pauses between tries to write a new pair down: ten minutes, for it exists nowhere else."""


class StoreAway(Exception):
    """The database did not take or give the grant; nothing is known to have changed."""


class HeldGrant(Protocol):
    """The grant's row, locked; what is saved takes effect when the lock is let go of without an error."""

    grant: Grant | None

    async def save(self, grant: Grant, outcome: str, detail: str, now: datetime) -> None:
        """Replace the grant and end what is open in the journal of the generation it had."""
        ...


class GrantStore(Protocol):
    """Where the grant is kept. Every method raises `StoreAway` when the database is not there."""

    async def read(self) -> Grant | None:
        """Return the committed grant."""
        ...

    def locked(self) -> AbstractAsyncContextManager[HeldGrant]:
        """Lock the grant's row, waiting for whoever holds it; commits at the end."""
        ...

    async def begin(self, generation: int, now: datetime) -> None:
        """Commit that a rotation begins, apart from the lock's transaction."""
        ...

    async def claim_alarm(self, what: Trouble | None, known: datetime | None, now: datetime) -> bool:
        """Take it upon oneself to tell of a trouble (None: it is over); False when another keeper did."""
        ...

    async def unclaim_alarm(self) -> None:
        """Have a trouble told again at the next look."""
        ...


Tell = Callable[[Trouble, Grant], Awaitable[bool]]
"""Tell the operator; return whether the message left."""


@dataclass(frozen=True, slots=True)
class _Known:
    token: str
    until: datetime | None


class TokenKeeper:
    """Gives access tokens to senders and keeps the grant alive."""

    def __init__(self, store: GrantStore, oauth: ZaloOAuth, lifetimes: Lifetimes, clock: Clock, tell: Tell) -> None:
        self._store = store
        self._oauth = oauth
        self._lifetimes = lifetimes
        self._clock = clock
        self._tell = tell
        self._known: _Known | None = None
        self._asking = asyncio.Lock()
        self._turn: asyncio.Task[str] | None = None

    async def access_token(self) -> str:
        """Return the token to send with.

        Raises:
            TokenGone: there is no usable grant.
        """
        known = self._known
        if known is not None and (known.until is None or self._clock.now() < known.until):
            return known.token
        async with self._asking:
            return await self._from_store(None)

    async def after_rejection(self, rejected: str) -> str:
        """Return another token than the one an API call was refused with; rotates only if nobody else has.

        Raises:
            TokenGone: there is none.
        """
        async with self._asking:  # of many that are rejected at once one asks, the others hear
            if self._known is not None and self._known.token != rejected:
                return self._known.token
            self._known = None
            return await self._from_store(rejected)

    async def _from_store(self, rejected: str | None) -> str:
        grant = await self._read()
        todo = decide(grant, rejected, self._clock.now())
        if grant is not None and todo is Todo.USE:
            return self._remember(grant.access, grant.access_until)
        if (
            grant is not None
            and rejected is None
            and todo in {Todo.REST, Todo.ROTATE, Todo.DOUBT}
            and self._lives(grant)
        ):
            return grant.access  # the background task rotates; what still lives is good to send with
        if todo in {Todo.ROTATE, Todo.DOUBT, Todo.STUCK}:
            return await self._take_turn(rejected)
        raise TokenGone("no grant" if grant is None else f"grant {grant.state}: {grant.detail or 'waiting'}")

    def _lives(self, grant: Grant) -> bool:
        return grant.access_until is None or self._clock.now() < grant.access_until

    async def _read(self) -> Grant | None:
        try:
            return await self._store.read()
        except StoreAway as error:
            raise TokenGone("the grant cannot be read") from error

    def _remember(self, token: str, until: datetime | None) -> str:
        self._known = _Known(token, until)
        return token

    async def _take_turn(self, rejected: str | None) -> str:
        """Wait for the rotation under way in this process, or begin one; it outlives whoever waits."""
        if self._turn is None or self._turn.done():
            self._turn = asyncio.create_task(self._rotate(rejected))
        token = await asyncio.shield(self._turn)
        if token == rejected:
            raise TokenGone("the stored token is rejected")
        return token

    async def _rotate(self, rejected: str | None) -> str:
        grant: Grant | None = None
        answer: TokenAnswer | None = None
        try:
            async with self._store.locked() as held:
                grant, now = held.grant, self._clock.now()
                todo = decide(grant, rejected, now)
                if grant is not None and todo is Todo.USE:
                    return self._remember(grant.access, grant.access_until)
                if grant is not None and todo is Todo.ROTATE:
                    await self._store.begin(grant.generation, now)
                    answer = await self._oauth.refresh(grant.refresh)
                    await self._conclude(held, grant, answer)
                elif grant is not None:
                    await self._set_aside(held, grant, todo, now)
        except StoreAway as error:
            if grant is None or answer is None:
                raise TokenGone("the grant cannot be read") from error
            await self._write_down(grant, answer)
        if answer is not None and answer.pair is not None:
            return self._remember(answer.pair.access, self._clock.now() + answer.pair.life)
        raise TokenGone(answer.detail if answer is not None else f"grant: {todo}")

    async def _set_aside(self, held: HeldGrant, grant: Grant, todo: Todo, now: datetime) -> None:
        """Record what keeps from rotating: a rotation whose keeper died, or a fresh token that is rejected."""
        if todo is Todo.DOUBT:
            log.error("zalo: a rotation of generation %s was cut off: the new tokens may be lost", grant.generation)
            await held.save(doubted(grant, now, "interrupted"), "interrupted", "", now)
        elif todo is Todo.STUCK:
            log.error("zalo: the token of generation %s is rejected although it is fresh", grant.generation)
            await held.save(stuck(grant, now), "", "", now)

    async def _conclude(self, held: HeldGrant, grant: Grant, answer: TokenAnswer) -> None:
        now = self._clock.now()
        after = concluded(grant, answer, now)
        await held.save(after, answer.answered, answer.detail, now)
        if answer.pair is None:
            log.error(
                "zalo: rotation of generation %s %s (%s), the grant is %s",
                grant.generation,
                answer.answered,
                answer.detail,
                after.state,
            )
        else:
            log.info("zalo: generation %s", after.generation)

    async def _write_down(self, grant: Grant, answer: TokenAnswer) -> None:
        """Write an answer down as soon as the database is back: what it says is known nowhere else."""
        for delay in _PATIENCE:
            await asyncio.sleep(delay)
            try:
                async with self._store.locked() as held:
                    stored = held.grant
                    if stored is None or stored.generation != grant.generation:
                        return  # it was committed after all, or an administrator consented again
                    await self._conclude(held, stored, answer)
                    return
            except StoreAway:
                continue
        log.critical("zalo: the answer to a rotation of generation %s could not be kept", grant.generation)

    async def look(self) -> None:
        """Rotate what is due and tell the operator what is wrong, once and then daily.

        Raises:
            StoreAway: the database is not there.
        """
        grant = await self._store.read()
        if grant is not None and due(grant, self._clock.now()):
            with contextlib.suppress(TokenGone):  # what is wrong stands in the row
                await self._take_turn(None)
            grant = await self._store.read()
        if grant is None:
            log.error("zalo: there is no grant; seed one or consent")
            return
        now = self._clock.now()
        what = trouble(grant, self._lifetimes, now)
        if what is None and grant.alarm is not None:
            await self._store.claim_alarm(None, grant.alarmed_at, now)
        elif what is not None and to_tell(grant, what, now):
            if not await self._store.claim_alarm(what, grant.alarmed_at, now):
                return
            log.error("zalo: trouble with the grant: %s", what)
            if not await self._tell(what, grant):
                await self._store.unclaim_alarm()

    async def keep_forever(self) -> None:
        """Look until cancelled; an outage of the database is waited out."""
        while True:
            try:
                await self.look()
            except StoreAway as error:
                log.warning("zalo: the grant cannot be looked at: %s", error)
            await asyncio.sleep(LOOK_EVERY)

    async def drain(self) -> None:
        """Carry a rotation under way to its end."""
        if self._turn is not None:
            await asyncio.wait([self._turn])
