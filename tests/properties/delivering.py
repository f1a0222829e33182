"""What notifier does with batches: takes them over, asks whether notices are still owed, sends, reports."""

from typing import Any
from uuid import UUID

from cascade_contracts.delivery import Clearance, ClearanceRequest, Handover, NewsFacts, NoticeOut
from harness.office import Json

from properties.world import World


async def take_over(world: World) -> None:
    """Record, as notifier does, what every waiting batch says to whom; it may be sent much later."""
    waiting = "select id from batch where document_id = any(:ids) and finished_at is null"
    for batch in await world.rows(f"{waiting} order by created_at, id"):
        if batch.id not in world.recorded:
            handed = await _notifier(world, "GET", f"/internal/v1/batches/{batch.id}/notices?limit=500")
            page = next(page for page in Handover.model_validate(handed).pages if page.batch_id == batch.id)
            world.recorded[batch.id] = {notice.notice_id: notice for notice in page.notices}


async def deliver(world: World) -> None:
    """Send what was taken over: clearance, once more where somebody else answers by now, then outcomes."""
    await take_over(world)
    for batch_id, notices in list(world.recorded.items()):
        clearance = await _clearance(world, batch_id, notices)
        notices |= {notice.notice_id: notice for notice in clearance.readdressed}
        if clearance.readdressed:
            clearance = await _clearance(world, batch_id, notices)
        for notice_id in clearance.cleared:
            await _send(world, notices[notice_id])
        for notice_id in (*clearance.cleared, *(each.notice_id for each in clearance.withheld)):
            del notices[notice_id]
        await _notifier(
            world, "POST", f"/internal/v1/batches/{batch_id}/outcomes", {"outcomes": [], "finished": not notices}
        )
        if not notices:
            del world.recorded[batch_id]


async def _clearance(world: World, batch_id: UUID, notices: dict[UUID, NoticeOut]) -> Clearance:
    body = ClearanceRequest(
        notice_ids=list(notices), addressees={key: notice.recipient.addressee for key, notice in notices.items()}
    )
    answer = await _notifier(world, "POST", f"/internal/v1/batches/{batch_id}/clearance", body.model_dump(mode="json"))
    return Clearance.model_validate(answer)


async def _notifier(world: World, method: str, path: str, body: Json | None = None) -> Any:
    token = world.client.services.settings.internal_token.get_secret_value()
    given = {} if body is None else {"json": body}
    answer = await world.client.request(method, path, headers={"authorization": f"Bearer {token}"}, **given)
    assert answer.status_code in {200, 204}, answer.text
    return answer.json() if answer.content else None


async def _send(world: World, notice: NoticeOut) -> None:
    """Send a cleared notice: to who answers for the seat now and nobody else, with a link that opens."""
    seat, facts = str(notice.recipient.seat_id), notice.facts
    kind = facts.news if isinstance(facts, NewsFacts) else facts.step
    addresses = [each.address for each in notice.recipient.addresses]
    assert addresses, f"{kind} is cleared for nobody"
    assert addresses[0] == await world.answerer(seat), f"{kind} goes to somebody who has left, or is away"
    (ended,) = await world.rows(
        "select u.valid_to from seat s join unit u on u.id = s.unit_id where s.id = :seat", seat=UUID(seat)
    )
    assert ended.valid_to is None, f"{kind} goes to a unit that has ended"
    if isinstance(facts, NewsFacts):
        return
    assert facts.link, f"{kind} has no link"
    token = facts.link.rpartition("/")[2]
    assert await opens(world, token), f"{kind} carries a link that is dead"
    world.opened[token] = (seat, addresses[0])
    world.sent += 1


async def opens(world: World, token: str) -> bool:
    """Return whether the page behind a link shows what is owed."""
    return (await world.client.without_key().get(f"/l/{token}")).status_code == 200
