"""Hand batches over to notifier and take outcomes back: the facts behind `/internal/v1/batches`."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from cascade_contracts.delivery import (
    Attention,
    Clearance,
    ClearanceRequest,
    Handover,
    NoticeFacts,
    NoticeOut,
    NoticePage,
    Outcomes,
    Withheld,
)
from cascade_contracts.vocabulary import Audience, NewsKind, RoundKind, StepKind
from cascade_servicekit.problems import NotFound
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.calendar import service as calendar
from plan_api.documents import service as documents
from plan_api.escalation import addressing, converging, news_facts, repository
from plan_api.escalation.addressing import Addressed
from plan_api.escalation.service import kept_policy, newest_standard
from plan_api.read import news as read_news
from plan_api.read import notices as read
from plan_api.read.notices import SUSPENDED
from plan_api.rules.attention import Saying, attention
from plan_api.rules.calendar import WorkCalendar, local_date
from plan_api.rules.policies import Policy
from plan_api.services import Services

PAGE = 200


def reference(number: str | None, notation: str | None) -> str:
    """Return how a document is cited: `18/KH-SGDĐT`, or nothing without number and notation."""
    return "/".join(part for part in (number, notation) if part)


async def hand_over(
    connection: AsyncConnection, services: Services, batch_id: UUID, after: UUID | None, limit: int
) -> Handover:
    """Return a page of a batch's deliverable notices; where it leaves room, the oldest batches that wait as well.

    When everything falls due at once batches come by the hundred: one pull then carries many of them.

    Raises:
        NotFound: no such batch.
    """
    facts = await read.batch_facts(connection, [batch_id])
    if batch_id not in facts:
        raise NotFound(what="batch")
    rows = await read.notice_rows(connection, [batch_id], after, limit)
    following = rows[-1].id if len(rows) == limit else None
    if following is None and after is None:
        neighbours = await read.waiting_batches(connection, batch_id, limit - len(rows))
        if neighbours:
            facts |= await read.batch_facts(connection, neighbours)
            rows += await read.notice_rows(connection, neighbours, None, limit)
    addressed = await addressing.present(connection, facts, rows, services.clock.now())
    notices = await _notices(connection, services, facts, addressed.values())
    return Handover(
        pages=[
            NoticePage(
                batch_id=page_of,
                not_before=batch.not_before,
                notices=notices[page_of],
                next=following if page_of == batch_id else None,
            )
            for page_of, batch in facts.items()
        ]
    )


async def _notices(
    connection: AsyncConnection,
    services: Services,
    facts: dict[UUID, Row[Any]],
    addressed: Collection[Addressed],
    tokens: Mapping[UUID, str] | None = None,
) -> dict[UUID, list[NoticeOut]]:
    """Return notices by batch; `tokens` are of links made anew.

    The addressee of news stays open until clearance is asked: so what it tells is read at the moment of sending.
    """
    ladders = [batch.ladder_id for batch in facts.values() if batch.news_id is None]
    following, spoken = await read.next_steps(connection, ladders), await read.spoken(connection, ladders)
    subjects = await read.about(connection, [to.notice_id for to in addressed])
    days = await calendar.work_calendar(connection, services)
    common = {
        batch.id: _Common(
            batch,
            days,
            following.get(batch.ladder_id),
            [at for at in spoken[batch.ladder_id] if at < batch.created_at],
            (await kept_policy(connection, services, batch.policy_id)).policy,
            services,
        )
        for batch in facts.values()
        if batch.news_id is None
    }
    told = await news_facts.facts_of(
        connection, services, facts, [to for to in addressed if to.batch_id not in common], tokens
    )
    attentions = await _attentions_of_news(connection, services, facts, addressed, days)
    notices: dict[UUID, list[NoticeOut]] = defaultdict(list)
    for to in addressed:
        if to.notice_id in told:
            version = replace(to, tells=news_facts.digest(told[to.notice_id])).version
            addressee = "" if tokens is None and to.answerer is not None else version
            recipient = to.recipient(services, addressee)
            notices[to.batch_id].append(
                NoticeOut(
                    notice_id=to.notice_id,
                    recipient=recipient,
                    facts=told[to.notice_id],
                    attention=attentions[to.notice_id],
                )
            )
            continue
        token = (tokens or {}).get(to.notice_id)
        notices[to.batch_id].append(common[to.batch_id].notice(to, subjects[to.notice_id], token))
    return notices


async def _attentions_of_news(
    connection: AsyncConnection,
    services: Services,
    facts: Mapping[UUID, Row[Any]],
    addressed: Collection[Addressed],
    days: WorkCalendar,
) -> dict[UUID, Attention]:
    """Return how notices of news ask for attention: by the policy of their round, else by the standard one in force."""
    about = [(to, facts[to.batch_id]) for to in addressed if facts[to.batch_id].news_id is not None]
    if not about:
        return {}
    standard, now = await newest_standard(connection), services.clock.now()
    found: dict[UUID, Attention] = {}
    for to, batch in about:
        policy = standard
        if batch.round_policy_id is not None:
            policy = (await kept_policy(connection, services, batch.round_policy_id)).policy
        saying = Saying(NewsKind(batch.kind), Audience.CONTACT)
        found[to.notice_id] = attention(max(now, batch.not_before), policy, saying, to.chosen, days)
    return found


class _Common:
    """What every notice of a batch says alike."""

    def __init__(
        self,
        batch: Row[Any],
        days: WorkCalendar,
        next_step: read.NextStep | None,
        spoken: list[datetime],
        policy: Policy,
        services: Services,
    ) -> None:
        self._batch, self._next, self._services = batch, next_step, services
        self._reminded = sorted({local_date(at) for at in spoken})
        self._policy, self._days = policy, days
        self._days_between = cache(days.working_days_between)

    def notice(self, to: Addressed, about: read.About, token: str | None = None) -> NoticeOut:
        """Return one notice with its recipient's addresses deciphered; `token` is of the link, by default its first.

        Where the first link is another person's, the addressee stays open: it is settled when clearance is asked.
        """
        first = to.answerer is not None and to.answerer.holder_id == to.linked_to
        addressee = to.version if first or token is not None or to.answerer is None else ""
        return NoticeOut(
            notice_id=to.notice_id,
            recipient=to.recipient(self._services, addressee),
            facts=self._facts(token or self._services.links.token(to.notice_id), about),
            attention=self._attention(to, about),
        )

    def _attention(self, to: Addressed, about: read.About) -> Attention:
        """Return how a notice asks for attention; one sent again on purpose waits for nothing."""
        batch = self._batch
        if to.resent:
            return Attention()
        saying = Saying(
            StepKind(batch.kind), Audience(batch.audience), about.due_at, self._next.fire_at if self._next else None
        )
        from_on = max(self._services.clock.now(), batch.not_before)
        return attention(from_on, self._policy, saying, to.chosen, self._days)

    def _facts(self, token: str, about: read.About) -> NoticeFacts:
        batch, now = self._batch, self._batch.created_at
        left, late = self._distance(about, now)
        return NoticeFacts(
            step=StepKind(batch.kind),
            audience=Audience(batch.audience),
            document_id=batch.document_id,
            document_title=batch.document_title,
            document_reference=reference(batch.number, batch.notation),
            document_kind=batch.document_kind,
            issued_on=batch.issued_on,
            issuer_name=batch.issuer_name,
            round_title=batch.round_title,
            round_kind=RoundKind(batch.round_kind),
            due_on=about.due_on,
            due_at=about.due_at,
            as_of=now,
            working_days_left=left,
            working_days_late=late,
            return_reason=about.return_reason,
            next_step_at=self._next.fire_at if self._next else None,
            next_audience=Audience(self._next.audience) if self._next else None,
            reminded_on=self._reminded,
            items=about.items,
            item_count=about.count,
            announcement_folded=batch.announcement_folded,
            belated=batch.belated,
            rehearsal=self._policy.rehearsal,
            link=f"{self._services.settings.public_url}/l/{token}",
        )

    def _distance(self, about: read.About, now: datetime) -> tuple[int | None, int | None]:
        """Return working days left until, or past, the due day; the other one is None."""
        if about.due_at is None or about.due_on is None:
            return None, None
        today = local_date(now)
        if now < about.due_at:
            return self._days_between(today, about.due_on), None
        return None, max(self._days_between(about.due_on, today), 0)


@dataclass(frozen=True, slots=True)
class Cleared:
    """An answer to a clearance request, and the notices somebody else answers for by now."""

    clearance: Clearance
    changed: list[Addressed]


async def clearance(
    connection: AsyncConnection, services: Services, batch_id: UUID, asked: ClearanceRequest
) -> Cleared:
    """Say which notices are still owed; those of a suspended document are in no list and so are held.

    What somebody else answers for than notifier has recorded is not cleared: `readdressed` says whom it goes to now.
    Nor is news that tells something else by now: so what is sent is the text of the moment.
    """
    facts = await read.batch_facts(connection, [batch_id])
    if batch_id not in facts:
        raise NotFound(what="batch")
    if facts[batch_id].news_id is not None:
        standing = await read_news.standing(connection, facts[batch_id], asked.notice_ids, services.clock.now())
    else:
        standing = await read.still_owed(connection, batch_id, asked.notice_ids, services.clock.now())
    compared = [each for each, why in standing.items() if why is None and each in asked.addressees]
    rows = await read.notice_rows(connection, [batch_id], None, len(compared), compared) if compared else []
    present = await addressing.present(connection, facts, rows, services.clock.now())
    if facts[batch_id].news_id is not None:
        told = await news_facts.facts_of(connection, services, facts, list(present.values()))
        present = {each: replace(to, tells=news_facts.digest(told[each])) for each, to in present.items()}
    once = await converging.told_once(connection, facts[batch_id], present, services.clock.now())
    owed = [each for each, why in standing.items() if why is None and each not in once]
    changed = [present[each] for each in owed if each in present and present[each].version != asked.addressees[each]]
    elsewhere = {to.notice_id for to in changed}
    return Cleared(
        Clearance(
            cleared=[notice_id for notice_id in owed if notice_id not in elsewhere],
            withheld=[
                Withheld(notice_id=notice_id, reason=why)
                for notice_id, why in (standing | once).items()
                if why is not None
            ],
        ),
        changed,
    )


async def withhold_suspended(
    connection: AsyncConnection, services: Services, batch_id: UUID, answer: Clearance
) -> Clearance:
    """Record what is withheld for a suspension before notifier learns it: a resumption then knows it was not heard.

    The document is held against a resumption meanwhile. What was resumed since is in no list and so asked about again.
    """
    asked = [each.notice_id for each in answer.withheld if each.reason == SUSPENDED]
    if not asked:
        return answer
    facts = await read.batch_facts(connection, [batch_id])
    await documents.state_for_step(connection, facts[batch_id].document_id)
    standing = await read.still_owed(connection, batch_id, asked, services.clock.now())
    withheld = {notice_id for notice_id, why in standing.items() if why == SUSPENDED}
    await repository.withhold(connection, batch_id, withheld, SUSPENDED, services.clock.now())
    left = [each for each in answer.withheld if each.reason != SUSPENDED or each.notice_id in withheld]
    return answer.model_copy(update={"withheld": left})


async def readdressed(
    connection: AsyncConnection, services: Services, batch_id: UUID, changed: Sequence[Addressed]
) -> list[NoticeOut]:
    """Point notices to who answers now, and return them with addresses and links of those."""
    facts = await read.batch_facts(connection, [batch_id])
    tokens = await addressing.readdress(connection, services, changed, services.clock.now())
    return (await _notices(connection, services, facts, changed, tokens))[batch_id]


async def handed(connection: AsyncConnection, batch_ids: Collection[UUID], now: datetime) -> None:
    """Record that notifier has every notice of batches; the first time counts."""
    await repository.mark_handed(connection, batch_ids, now)


async def outcomes(connection: AsyncConnection, batch_id: UUID, given: Outcomes, now: datetime) -> None:
    """Record what became of notices, and the end of a batch; idempotent by notice."""
    batch = await repository.batch(connection, batch_id, lock=True)
    if batch is None:
        raise NotFound(what="batch")
    if given.outcomes:
        await repository.record_outcomes(connection, batch_id, given.outcomes)
    if given.finished and batch.finished_at is None:
        await repository.mark_batch(connection, batch_id, finished_at=now, handed_at=batch.handed_at or now)
