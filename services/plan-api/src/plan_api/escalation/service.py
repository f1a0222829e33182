"""Arm ladders. A ladder is never edited: whoever gets another due time moves to another ladder of the round.

Calendar and policy are evaluated here, in the transaction that makes the ladder, never inside a workflow.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import AssignmentMode, LadderKind, StepKind, StepOutcome
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.escalation import repository
from plan_api.escalation.errors import StepNotArmable, UnknownPolicy
from plan_api.integration import outbox
from plan_api.journal import Journal
from plan_api.read import notices as read_notices
from plan_api.rules.calendar import WorkCalendar, local_date, start_of_day
from plan_api.rules.ladders import ANNOUNCING, ArmedStep, StepCannotBeArmed, arm
from plan_api.rules.policies import (
    CANARY_POLICY,
    REHEARSAL_POLICY,
    STANDARD_POLICY,
    Policy,
    policy_from_json,
    policy_to_json,
)
from plan_api.rules.quiet import not_before
from plan_api.services import Services

log = logging.getLogger(__name__)

BUILT_IN = {policy.code: policy for policy in (STANDARD_POLICY, REHEARSAL_POLICY, CANARY_POLICY)}


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    """A policy version as kept."""

    id: UUID
    policy: Policy


@dataclass(frozen=True, slots=True)
class LadderOrder:
    """What a ladder is armed for."""

    document_id: UUID
    round_id: UUID
    kind: LadderKind
    mode: AssignmentMode
    due_at: datetime | None
    anchor_at: datetime
    reason: str
    cut_off_at: datetime | None = None
    announce: bool = False
    shared: bool = True
    announce_as: StepKind = StepKind.ANNOUNCE
    armed_from: datetime | None = None
    """Nothing is said before; None: from now on."""


async def policy_by_code(connection: AsyncConnection, code: str, now: datetime) -> PolicyInForce:
    """Return the newest version of a policy, keeping a built-in one at its first use.

    Raises:
        UnknownPolicy: no such policy.
    """
    built_in = BUILT_IN.get(code)
    row = await repository.newest_policy(connection, code)
    if built_in is not None and (row is None or row.version < built_in.version):
        await repository.add_policy(
            connection,
            {
                "id": new_id(),
                "code": built_in.code,
                "version": built_in.version,
                "name": built_in.name,
                "rehearsal": built_in.rehearsal,
                "body": policy_to_json(built_in),
                "created_at": now,
            },
        )
        row = await repository.newest_policy(connection, code)
    if row is None:
        raise UnknownPolicy(field="policy", policy=code)
    return PolicyInForce(row.id, policy_from_json(row.body))


async def policy_by_id(connection: AsyncConnection, policy_id: UUID) -> PolicyInForce:
    """Return a kept policy version."""
    return PolicyInForce(policy_id, policy_from_json(await repository.policy_body(connection, policy_id)))


_KEPT = 5_000


async def kept_policy(connection: AsyncConnection, services: Services, policy_id: UUID) -> PolicyInForce:
    """Return a policy version; versions never change, so they are remembered."""
    kept: dict[UUID, PolicyInForce] = services.cache.setdefault("escalation.policies", {})  # type: ignore[assignment]
    if policy_id not in kept:
        if len(kept) >= _KEPT:
            kept.clear()
        kept[policy_id] = await policy_by_id(connection, policy_id)
    return kept[policy_id]


async def newest_standard(connection: AsyncConnection) -> Policy:
    """Return the newest version of the standard policy, by which news is told that no round's policy rules."""
    row = await repository.newest_policy(connection, STANDARD_POLICY.code)
    if row is None or row.version < STANDARD_POLICY.version:
        return STANDARD_POLICY
    return policy_from_json(row.body)


async def find_review(
    connection: AsyncConnection,
    services: Services,
    order: LadderOrder,
    policy: PolicyInForce,
    calendar: WorkCalendar,
) -> UUID | None:
    """Return a committed review ladder of a round and anchor; it stays the one until calendar or policy change.

    Both may change back, and another process may have changed them: a remembered one is asked whether it was retired.
    """
    kept: dict[tuple[UUID, datetime, UUID, str], UUID] = services.cache.setdefault("escalation.reviews", {})  # type: ignore[assignment]
    key = (order.round_id, order.anchor_at, policy.id, calendar.version)
    found = kept.get(key)
    if found is None or await repository.is_retired(connection, found):
        found = await find_shared(connection, order, policy)
        if found is not None:
            if len(kept) >= _KEPT:
                kept.clear()
            kept[key] = found
    return found


def review_anchor(policy: Policy, now: datetime) -> datetime:
    """Return what the reviews of a hand-in of now count from: its day (rehearsals: its ten seconds)."""
    if policy.rehearsal:
        return now.replace(second=now.second - now.second % 10, microsecond=0)
    return start_of_day(local_date(now))


def _steps(order: LadderOrder, policy: Policy, calendar: WorkCalendar, now: datetime) -> tuple[ArmedStep, ...]:
    return arm(
        policy,
        kind=order.kind,
        mode=order.mode,
        anchor_at=order.anchor_at,
        due_at=order.due_at,
        cut_off_at=order.cut_off_at,
        armed_at=now,
        calendar=calendar,
        announce=order.announce,
        announce_as=order.announce_as,
    )


async def arm_ladder(
    connection: AsyncConnection, order: LadderOrder, policy: PolicyInForce, calendar: WorkCalendar, now: datetime
) -> UUID:
    """Make a ladder with absolute fire times and return its id.

    Raises:
        StepNotArmable: a step of the policy has no instant here; nothing is armed silently short.
    """
    ladder = {
        "id": new_id(),
        "document_id": order.document_id,
        "round_id": order.round_id,
        "policy_id": policy.id,
        "kind": order.kind,
        "mode": order.mode,
        "due_at": order.due_at,
        "anchor_at": order.anchor_at,
        "shared": order.shared,
        "reason": order.reason,
        "armed_at": now,
    }
    try:
        steps = _steps(order, policy.policy, calendar, order.armed_from or now)
    except StepCannotBeArmed as error:
        log.exception("a ladder of round %s cannot be armed", order.round_id)
        name = f"{policy.policy.code} v{policy.policy.version}"
        raise StepNotArmable(field="policy", policy=name, why=error) from error
    return await _add(connection, ladder, steps, now)


async def _add(connection: AsyncConnection, ladder: dict[str, Any], steps: Sequence[ArmedStep], now: datetime) -> UUID:
    ladder_id: UUID = ladder["id"]
    rows = [
        {
            "id": new_id(),
            "ladder_id": ladder_id,
            "round_id": ladder["round_id"],
            "document_id": ladder["document_id"],
            "position": step.position,
            "kind": step.kind,
            "audience": step.audience,
            "channels": [str(channel) for channel in step.channels],
            "fire_at": step.fire_at,
            "why": step.why,
            "outcome": step.outcome,
            "taken_at": now if step.outcome is StepOutcome.SKIPPED else None,
        }
        for step in steps
    ]
    await repository.add_ladder(connection, ladder, rows)
    return ladder_id


def rearmed(
    ladder: Row[Any],
    steps: Sequence[Row[Any]],
    policy: PolicyInForce,
    calendar: WorkCalendar,
    now: datetime,
    due_at: datetime | None,
    cut_off_at: datetime | None,
) -> tuple[ArmedStep, ...]:
    """Return the steps a kept ladder has under a calendar, for its own due time or another; nothing is stored.

    Raises:
        StepCannotBeArmed: a step has no instant under this calendar.
    """
    announced = next((step.kind for step in steps if step.kind in ANNOUNCING), None)
    return arm(
        policy.policy,
        kind=LadderKind(ladder.kind),
        mode=AssignmentMode(ladder.mode),
        anchor_at=ladder.anchor_at,
        due_at=due_at or ladder.due_at,
        cut_off_at=cut_off_at if any(step.kind == StepKind.CUT_OFF for step in steps) else None,
        armed_at=now,
        calendar=calendar,
        announce=announced is not None,
        announce_as=StepKind(announced or StepKind.ANNOUNCE),
    )


async def succeed(
    connection: AsyncConnection,
    ladder: Row[Any],
    due_at: datetime | None,
    steps: Sequence[ArmedStep],
    now: datetime,
    reason: str,
    policy_id: UUID | None = None,
) -> UUID:
    """Make the ladder that takes a kept one's place, with other instants (and policy), and return its id."""
    kept = dict(ladder._mapping)
    made = {"id": new_id(), "due_at": due_at, "reason": reason, "armed_at": now}
    return await _add(connection, kept | made | {"policy_id": policy_id or ladder.policy_id}, steps, now)


async def retire(connection: AsyncConnection, ladder_ids: Sequence[UUID], now: datetime, why: str) -> None:
    """Write the untaken steps of ladders nobody stands on any more off as meaningless."""
    for ladder_id in ladder_ids:
        await repository.skip_steps(connection, now, why, ladder_id=ladder_id)


async def find_shared(connection: AsyncConnection, order: LadderOrder, policy: PolicyInForce) -> UUID | None:
    """Return the round's shared ladder of a policy for this due time (reviews: this anchor), or None."""
    anchor = order.anchor_at if order.kind is LadderKind.REVIEW else None
    return await repository.find_shared_ladder(
        connection, order.round_id, order.kind, order.mode, order.due_at, anchor, policy.id
    )


async def ladder_for(
    connection: AsyncConnection, order: LadderOrder, policy: PolicyInForce, calendar: WorkCalendar, now: datetime
) -> UUID:
    """Return the round's shared ladder for this due time (reviews: this anchor), making it if there is none.

    Those who find none at once wait for one another and share what the first one makes.
    """
    found = await find_shared(connection, order, policy)
    if found is None:
        await repository.lock_arming(connection, order.round_id)
        found = await find_shared(connection, order, policy)
    return found or await arm_ladder(connection, order, policy, calendar, now)


async def ladders(connection: AsyncConnection, ladder_ids: Collection[UUID]) -> dict[UUID, Row[Any]]:
    """Return ladders by id."""
    return await repository.ladders(connection, ladder_ids)


@dataclass(frozen=True, slots=True, order=True)
class News:
    """What a ladder still has to tell those who stand on it, and from when on."""

    kind: StepKind
    fire_at: datetime


async def untold(connection: AsyncConnection, ladder_ids: Collection[UUID]) -> dict[UUID, News]:
    """Return the news that ladders have not told yet; those with none are absent."""
    rows = await repository.untold(connection, ladder_ids)
    return {row.ladder_id: News(StepKind(row.kind), row.fire_at) for row in rows}


async def steps_ahead(connection: AsyncConnection, ladder_id: UUID) -> list[Row[Any]]:
    """Return the untaken steps of a ladder in their order."""
    return [step for step in await repository.steps_of(connection, ladder_id) if step.outcome is None]


async def skip_cut_offs(connection: AsyncConnection, round_id: UUID, now: datetime) -> None:
    """Write the untaken cut-offs of a round off: it closes at another time. Their ladders go on otherwise."""
    await repository.skip_cut_offs(connection, round_id, now, "cut_off_moved")


async def next_step_at(connection: AsyncConnection, document_id: UUID) -> datetime | None:
    """Return when the next untaken step of a document fires, or None."""
    return await repository.next_step_at(connection, document_id)


async def skip_round(connection: AsyncConnection, round_id: UUID, now: datetime, why: str) -> None:
    """Write the untaken steps of a round off as meaningless."""
    await repository.skip_steps(connection, now, why, round_id=round_id)


async def skip_document(connection: AsyncConnection, document_id: UUID, now: datetime, why: str) -> None:
    """Write the untaken steps of a document off as meaningless."""
    await repository.skip_steps(connection, now, why, document_id=document_id)


async def wake_deliveries(connection: AsyncConnection, document_id: UUID, now: datetime) -> None:
    """Have the deliveries of a document ask at once about what they hold; who waits for its hour goes on waiting."""
    await outbox.enqueue(
        connection, outbox.LOOK_AGAIN, await repository.begun_batches(connection, document_id, now), now
    )


async def resume_deliveries(connection: AsyncConnection, services: Services, document_id: UUID, now: datetime) -> None:
    """Have the deliveries of a resumed document go on: at once, or in its quiet hours when they are over."""
    begun = await repository.begun_batches(connection, document_id, now)
    facts = await read_notices.batch_facts(connection, begun) if begun else {}
    for batch_id in sorted(facts):
        policy_id = facts[batch_id].policy_id or facts[batch_id].round_policy_id
        policy = (await kept_policy(connection, services, policy_id)).policy if policy_id else STANDARD_POLICY
        hour = not_before(now, policy)
        if hour > now:
            await repository.mark_batch(connection, batch_id, not_before=hour)
        await outbox.enqueue(connection, outbox.LOOK_AGAIN, [batch_id], now, hour - now)


async def journal_ladder(journal: Journal, ladder_id: UUID) -> None:
    """Note a ladder this transaction has armed, with its steps, so that it can be taken back."""
    await journal.created(repository.LADDER, repository.LADDER.c.id == ladder_id)
    await journal.created(repository.STEP, repository.STEP.c.ladder_id == ladder_id)
