"""Send a notice again on purpose: a new notice in a batch of its own says what the first one said.

The first stays as it ended; nothing is ever sent twice of itself. What is no longer owed is not said again.
"""

from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import NoticeState
from cascade_servicekit.problems import NotFound

from plan_api.auth import service as auth
from plan_api.escalation import repository
from plan_api.escalation.errors import BeingSent, NobodyToReach, NothingToResend
from plan_api.escalation.service import kept_policy
from plan_api.integration import outbox
from plan_api.read import notices as read
from plan_api.read.answering import answerers
from plan_api.requests import Act
from plan_api.rules.access import Verb
from plan_api.rules.calendar import local_date
from plan_api.rules.quiet import not_before


async def resend(act: Act, notice_id: UUID, reason: str) -> UUID:
    """Make the notice that says one again, for who answers for its seat today, and return its id.

    Raises:
        NotFound, Forbidden, BeingSent, NothingToResend, NobodyToReach: nothing changed.
    """
    connection, now = act.connection, act.now
    notice = await repository.lock_notice(connection, notice_id)
    if notice is None:
        raise NotFound(what="notice")
    batch = await repository.batch(connection, notice.batch_id)
    if batch is None or batch.ladder_id is None:
        raise NothingToResend(why_vi="đây là tin báo không gắn với nhiệm vụ", why_en="it is news, not about a duty")
    await auth.require(connection, act.caller, Verb.RESEND, await read.issuer_of(connection, batch.document_id))
    first = notice.resend_of or notice.id
    if await repository.is_being_sent(connection, first):
        raise BeingSent
    standing = await read.still_owed(connection, batch.id, [notice.id], now)
    if standing.get(notice.id, "") is not None:
        raise NothingToResend(why_vi="việc này không còn phải nhắc", why_en="nobody has to be reminded of it any more")
    answers = await answerers(connection, {notice.seat_id} - {None}, local_date(now))
    if notice.seat_id not in answers:
        raise NobodyToReach(field="notice")
    ladder = (await repository.ladders(connection, [batch.ladder_id]))[batch.ladder_id]
    policy = (await kept_policy(connection, act.services, ladder.policy_id)).policy
    batch_id, again = new_id(), new_id()
    about = (await read.about(connection, [first]))[first]
    kept = {
        name: getattr(batch, name)
        for name in ("document_id", "round_id", "ladder_id", "kind", "audience", "announcement_folded", "belated")
    }
    own = {"id": batch_id, "notices": 1, "obligations": about.count, "created_at": now}
    await repository.add_batch(connection, kept | own | {"not_before": not_before(now, policy)})
    row = {
        "id": again,
        "month": local_date(now).replace(day=1),
        "batch_id": batch_id,
        "seat_id": notice.seat_id,
        "unit_id": notice.unit_id,
        "resend_of": first,
        "resend_reason": reason,
        "state": NoticeState.PENDING.value,
        "created_at": now,
    }
    await repository.add_notices(connection, [row], [])
    only = about.only if about.count == 1 else None
    holder_id = answers[notice.seat_id].holder_id
    link = auth.LinkRow(again, notice.seat_id, holder_id, only, batch.round_id)
    await auth.make_links(connection, act.services, [link], now)
    await outbox.enqueue(connection, outbox.DELIVER, [batch_id], now)
    act.record("resend", "notice", again, of=first, reason=reason)
    return again
