"""Deliver as notifier does, call by call, and keep what was sent: for tests that look at the hand-over itself."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cascade_contracts.delivery import Clearance, Handover, NewsFacts, NoticeOut
from cascade_contracts.vocabulary import NewsKind
from sqlalchemy import text

from harness.api import ApiClient


@dataclass(slots=True)
class Post:
    """A notifier without a mail server."""

    client: ApiClient
    sent: list[NoticeOut] = field(default_factory=list)

    async def batches(self, kind: NewsKind) -> list[UUID]:
        """Return the batches of a kind of news, the oldest first."""
        query = text("select id from batch where kind = :kind and news_id is not null order by created_at, id")
        async with self.client.services.engine.connect() as connection:
            return list((await connection.execute(query, {"kind": kind.value})).scalars())

    async def take_over(self, batch: UUID) -> list[NoticeOut]:
        """Pull a batch and say that it is recorded."""
        answer = await self._call("GET", f"{batch}/notices?limit=500")
        (page,) = (page for page in Handover.model_validate(answer).pages if page.batch_id == batch)
        await self._call("POST", "handed", {"notices": {str(batch): len(page.notices)}})
        return page.notices

    async def clear(self, batch: UUID, notices: list[NoticeOut]) -> Clearance:
        """Ask for clearance, and once more about those who turn out to be somebody else."""
        first = await self.ask(batch, notices)
        again = await self.ask(batch, first.readdressed) if first.readdressed else first
        known = {notice.notice_id: notice for notice in (*notices, *first.readdressed)}
        self.sent += [known[each] for each in {*first.cleared, *again.cleared}]
        withheld = {each.notice_id: each for each in (*first.withheld, *again.withheld)}
        return Clearance(cleared=sorted({*first.cleared, *again.cleared}), withheld=list(withheld.values()))

    async def report(self, batch: UUID, cleared: Clearance, state: str = "delivered") -> None:
        """Report what became of the notices asked about."""
        at = self.client.services.clock.now().isoformat()
        done = [{"notice_id": str(each), "state": state, "channel": "email", "at": at} for each in cleared.cleared]
        kept = [
            {"notice_id": str(each.notice_id), "state": "withheld", "at": at, "detail": each.reason}
            for each in cleared.withheld
        ]
        await self._call("POST", f"{batch}/outcomes", {"outcomes": done + kept, "finished": True})

    async def deliver(self, kind: NewsKind) -> list[Clearance]:
        """Deliver every batch of a kind of news; return what was cleared, batch by batch."""
        answers = []
        for batch in await self.batches(kind):
            answers.append(await self.clear(batch, await self.take_over(batch)))
            await self.report(batch, answers[-1])
        return answers

    def to(self, address: str) -> list[NewsFacts]:
        """Return what was told to an address."""
        return [
            notice.facts
            for notice in self.sent
            if isinstance(notice.facts, NewsFacts) and address in {each.address for each in notice.recipient.addresses}
        ]

    async def ask(self, batch: UUID, notices: list[NoticeOut]) -> Clearance:
        """Ask once for clearance, as notifier has recorded notices; nothing counts as sent."""
        addressees = {str(notice.notice_id): notice.recipient.addressee for notice in notices}
        body = {"notice_ids": list(addressees), "addressees": addressees}
        return Clearance.model_validate(await self._call("POST", f"{batch}/clearance", body))

    async def _call(self, method: str, path: str, body: object = None) -> Any:
        token = self.client.services.settings.internal_token.get_secret_value()
        given = {} if body is None else {"json": body}
        headers = {"authorization": f"Bearer {token}"}
        answer = await self.client.request(method, f"/internal/v1/batches/{path}", headers=headers, **given)
        assert answer.status_code in {200, 204}, answer.text
        return answer.json() if answer.content else None
