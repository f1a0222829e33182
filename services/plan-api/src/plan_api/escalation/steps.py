"""Take a step: who on this ladder still owes, one record an obligation, notices by seat, one batch, one outbox row.

All of it is one set-based transaction. The document is read `for share`, so a recall waits for a step under way and a
step after a recall is refused; the ladder is locked, so simultaneous tries make one batch and repeated ones return it
(none, if another step spoke for it meanwhile).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import Audience, DocumentState, LadderKind, NoticeState, StepKind, StepOutcome
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth import service as auth
from plan_api.bulk import chunks
from plan_api.documents import service as documents
from plan_api.escalation import repository
from plan_api.escalation.service import PolicyInForce, policy_by_id
from plan_api.integration import outbox
from plan_api.read import audience as read_audience
from plan_api.read.audience import Owing, SeatOf
from plan_api.rules.calendar import local_date
from plan_api.rules.ladders import Choice, choose, is_late
from plan_api.rules.quiet import not_before
from plan_api.services import Services


@dataclass(frozen=True, slots=True)
class StepTaken:
    """What taking a step led to; no batch when nobody owed any more or the step was meaningless."""

    batch_id: UUID | None
    notices: int


NOTHING = StepTaken(None, 0)


async def take_step(
    connection: AsyncConnection, services: Services, document_id: UUID, ladder_id: UUID, step_id: UUID, as_of: datetime
) -> StepTaken:
    """Take a step as of an instant; repeated after its commit it returns the same batch.

    When several steps of the ladder are past, only the latest speaks: the earlier ones are recorded `overtaken`, an
    untaken announcement is folded into what is said. Past is what the facts' clock or the engine's says, whichever is
    further: an order may have waited for days for a worker that was away.
    """
    now = services.clock.now()
    state = await documents.state_for_step(connection, document_id)
    ladder = await repository.lock_ladder(connection, ladder_id)
    if ladder is None:
        return NOTHING
    steps = await repository.steps_of(connection, ladder_id)
    asked = next(step for step in steps if step.id == step_id)
    if asked.outcome is not None:
        return await _already_taken(connection, asked)
    if state.suspended:
        return NOTHING
    if state.state is not DocumentState.ISSUED:
        await repository.settle_steps(connection, [asked.id], StepOutcome.SKIPPED, now, why=state.state)
        return NOTHING
    policy = await policy_by_id(connection, ladder.policy_id)
    return await _take_due(connection, services, ladder, steps, policy, max(as_of, now, asked.fire_at), now)


async def announce(
    connection: AsyncConnection, services: Services, ladder_id: UUID, policy: PolicyInForce, now: datetime
) -> StepTaken:
    """Say what a ladder armed in this transaction has to say at once: an issue and its announcement are one fact.

    Nothing has to wait for Temporal to learn of a document; from the next step on its supervision keeps the time.
    """
    ladder = await repository.lock_ladder(connection, ladder_id)
    assert ladder is not None  # noqa: S101 - this transaction made it
    return await _take_due(
        connection, services, ladder, await repository.steps_of(connection, ladder_id), policy, now, now
    )


async def _take_due(
    connection: AsyncConnection,
    services: Services,
    ladder: Row[Any],
    steps: Sequence[Row[Any]],
    policy: PolicyInForce,
    as_of: datetime,
    now: datetime,
) -> StepTaken:
    untaken = [step for step in steps if step.outcome is None and step.kind != StepKind.CUT_OFF]
    choice = choose(untaken, as_of)
    await repository.settle_steps(connection, [step.id for step in choice.overtaken], StepOutcome.OVERTAKEN, now)
    return await _speak(connection, services, ladder, choice, policy, now)


async def _already_taken(connection: AsyncConnection, step: Row[Any]) -> StepTaken:
    batch = await repository.batch_of_step(connection, step.id)
    return StepTaken(batch.id, batch.notices) if batch is not None else NOTHING


async def _speak(
    connection: AsyncConnection,
    services: Services,
    ladder: Row[Any],
    choice: Choice[Any],
    policy: PolicyInForce,
    now: datetime,
) -> StepTaken:
    step = choice.speak
    if step is None:
        return NOTHING
    audience = Audience(step.audience)
    owing = await read_audience.owing(connection, ladder.id, LadderKind(ladder.kind), audience)
    if not owing:
        await repository.take(connection, step.id, None, now)
        return NOTHING
    seats = await read_audience.seats(
        connection, (item.spoken_to_unit_id for item in owing), audience, ladder.document_id, local_date(now)
    )
    batch_id = new_id()
    notices = len({item.spoken_to_unit_id for item in owing})
    await repository.add_batch(
        connection,
        {
            "id": batch_id,
            "document_id": ladder.document_id,
            "round_id": ladder.round_id,
            "ladder_id": ladder.id,
            "step_id": step.id,
            "kind": step.kind,
            "audience": step.audience,
            "notices": notices,
            "obligations": len(owing),
            "announcement_folded": choice.folds_announcement,
            "belated": is_late(step.fire_at, now, policy.policy.late_grace),
            "not_before": not_before(now, policy.policy),
            "created_at": now,
        },
    )
    said = _Said(batch_id, step.id, step.kind, ladder.round_id, now)
    owing.sort(key=lambda item: (item.spoken_to_unit_id, item.obligation_id))
    by_unit = groupby(owing, key=lambda item: item.spoken_to_unit_id)
    for part in chunks((unit_id, list(items)) for unit_id, items in by_unit):  # of tens of thousands never all at once
        rows, spoken, links = _notices(said, part, seats)
        await repository.add_notices(connection, rows, spoken)
        await auth.make_links(connection, services, links, now)
    await repository.take(connection, step.id, batch_id, now)
    await outbox.enqueue(connection, outbox.DELIVER, [batch_id], now)
    return StepTaken(batch_id, notices)


@dataclass(frozen=True, slots=True)
class _Said:
    batch_id: UUID
    step_id: UUID
    kind: str
    round_id: UUID
    now: datetime


def _notices(
    said: _Said, by_unit: Sequence[tuple[UUID, list[Owing]]], seats: dict[UUID, SeatOf]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[auth.LinkRow]]:
    """Return notices (one a seat; without a held seat one marked unreachable), records and links."""
    notices: list[dict[str, Any]] = []
    spoken: list[dict[str, Any]] = []
    links: list[auth.LinkRow] = []
    month = local_date(said.now).replace(day=1)
    for unit_id, about in by_unit:
        seat, notice_id = seats.get(unit_id), new_id()
        reachable = seat is not None and seat.holder_id is not None
        notices.append(
            {
                "id": notice_id,
                "month": month,
                "batch_id": said.batch_id,
                "seat_id": seat.seat_id if seat else None,
                "unit_id": unit_id,
                "state": NoticeState.PENDING if reachable else NoticeState.UNREACHABLE,
                "detail": None if reachable else ("seat_vacant" if seat else "no_seat"),
                "created_at": said.now,
            }
        )
        spoken += [
            {
                "obligation_id": item.obligation_id,
                "step_id": said.step_id,
                "kind": said.kind,
                "notice_id": notice_id,
                "at": said.now,
            }
            for item in about
        ]
        if seat is not None and seat.holder_id is not None:
            only = about[0].obligation_id if len(about) == 1 else None
            links.append(auth.LinkRow(notice_id, seat.seat_id, seat.holder_id, only, said.round_id))
    return notices, spoken, links


async def take_cut_off(connection: AsyncConnection, services: Services, document_id: UUID, round_id: UUID) -> bool:
    """Close a round at its cut-off with declared gaps; return whether this call closed it."""
    now = services.clock.now()
    state = await documents.state_for_step(connection, document_id)
    if state.suspended:
        return False
    await repository.take_cut_offs(connection, round_id, now)
    return state.state is DocumentState.ISSUED and await documents.close_round(connection, round_id, now)
