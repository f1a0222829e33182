"""The sample province at work: its documents, and units that hand in steadily, whatever becomes of the installation.

A hand-in is sent as a sensible client sends it: one Idempotency-Key for one thing to be done, sent again while nobody
answers or the answer is 503. Whatever else is answered is a refusal, and nothing here deserves one.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final
from uuid import uuid4

import httpx
from cascade_local.demo.stage import Api, Mailbox, connected
from cascade_local.sample.generator import Level, SampleUnit, generate
from cascade_local.sample.table import as_csv

from faults.machine import Machine

Json = dict[str, Any]

PATIENCE_SECONDS: Final = 90.0
_AGAIN_SECONDS: Final = 0.5
_SILENT_EVERY: Final = 3
"""Of so many units one says nothing while the cascade runs, so that every rung has somebody to speak to."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A hand-in that was confirmed: what was sent under which key, and the submission it became."""

    obligation_id: str
    submission_id: str
    key: str
    body: Json


class HandIns:
    """Units handing in at a steady rate; knows every receipt, every refusal and how often one had to ask again."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._waiting: deque[str] = deque()
        self._sending: set[asyncio.Task[None]] = set()
        self.receipts: list[Receipt] = []
        self.refusals: list[str] = []
        self.asked_again = 0

    def expect(self, obligations: Sequence[Json]) -> None:
        """Have most units of a document hand in, one after the other; every third stays silent."""
        self._waiting.extend(str(item["id"]) for place, item in enumerate(obligations) if place % _SILENT_EVERY)

    def forget(self) -> None:
        """Expect nobody any more."""
        self._waiting.clear()

    @asynccontextmanager
    async def flowing(self, per_second: float) -> AsyncIterator[None]:
        """Hand in at a rate for the block; what was begun is carried to its end."""
        flow = asyncio.create_task(self._flow(per_second))
        try:
            yield
        finally:
            flow.cancel()
            await asyncio.gather(flow, *self._sending, return_exceptions=True)

    async def hand_in(self, obligation_id: str) -> httpx.Response:
        """Hand one report in, once, however often it must be sent; return the last answer."""
        body = {"kind": "report", "text": f"Báo cáo {uuid4().hex[:8]}", "figures": {"tin_bai": 3}}
        key = str(uuid4())
        answer = await self.send(obligation_id, key, body)
        if answer.is_success:
            self.receipts.append(Receipt(obligation_id, str(answer.json()["submission_id"]), key, body))
        else:
            self.refusals.append(f"{answer.status_code} {answer.text[:300]}")
        return answer

    async def send(self, obligation_id: str, key: str, body: Json) -> httpx.Response:
        """Send until answered by something else than 503."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = await self.send_once(obligation_id, key, body)
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > ends:
                    return answer
            except httpx.TransportError:
                if time.monotonic() > ends:
                    raise
            self.asked_again += 1
            await asyncio.sleep(_AGAIN_SECONDS)

    async def send_once(self, obligation_id: str, key: str, body: Json) -> httpx.Response:
        """Send a single time."""
        path = f"/v1/obligations/{obligation_id}/submissions"
        return await self._client.post(path, json=body, headers={"idempotency-key": key})

    async def _flow(self, per_second: float) -> None:
        while True:
            if self._waiting:
                task = asyncio.create_task(self._tried(self._waiting.popleft()))
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)
            await asyncio.sleep(1 / per_second)

    async def _tried(self, obligation_id: str) -> None:
        try:
            await self.hand_in(obligation_id)
        except httpx.TransportError as error:
            self.refusals.append(f"no answer: {error!r}")


@dataclass
class Province:
    """The units of an installation, the documents issued to them, and their hand-ins."""

    units: Sequence[SampleUnit]
    api: Api
    mailbox: Mailbox
    client: httpx.AsyncClient
    hand_ins: HandIns
    documents: list[str] = field(default_factory=list)
    obligations: list[Json] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    @classmethod
    @asynccontextmanager
    async def settled(cls, machine: Machine, units: int) -> AsyncIterator["Province"]:
        """Import the units and open the connections of those who work with them."""
        urls = machine.installation.urls
        bearer = {"authorization": f"Bearer {machine.key}"}
        async with (
            connected(urls["api"], machine.key, urls["mail"]) as (api, mailbox),
            httpx.AsyncClient(base_url=urls["api"], headers=bearer, timeout=30, trust_env=False) as client,
        ):
            made = generate(units)
            report = await api.import_units(as_csv(made))
            assert report["counts"]["refused"] == 0, report
            yield cls(made, api, mailbox, client, HandIns(client))

    def at(self, *levels: Level) -> list[SampleUnit]:
        """Return the units of some levels."""
        return [unit for unit in self.units if unit.level in levels]

    def named(self, code: str) -> SampleUnit:
        """Return a department by its code."""
        return next(unit for unit in self.at(Level.DEPARTMENT) if unit.code == code)

    async def issue(
        self,
        issuer: SampleUnit,
        assignees: Sequence[SampleUnit],
        due_in: float,
        *,
        parents: Sequence[str] = (),
        needs_acceptance: bool = False,
    ) -> str:
        """Issue a plan that asks for one report within so many seconds; its rungs lie around that instant."""
        due_at = datetime.now(UTC) + timedelta(seconds=due_in)
        due = {"form": "at", "instant": due_at.isoformat()}
        drafted = await self.api.post(
            "/v1/documents",
            {
                "kind": "directive" if issuer.level is Level.CITY else "plan",
                "issuer": _reference(issuer),
                "title": "Tăng cường công tác thông tin đối ngoại (diễn tập sự cố)",
                "number": str(next(self._numbers)),
                "notation": "DT",
                "issued_on": due_at.date().isoformat(),
                "policy": "rehearsal",
                "parents": list(parents),
                "assignees": [{"unit": _reference(unit)} for unit in assignees],
                "rounds": [
                    {"kind": "report", "title": "Báo cáo kết quả", "due": due, "needs_acceptance": needs_acceptance}
                ],
            },
        )
        document = str(drafted["id"])
        order = {"allow_after_parent": True, "reason": "Diễn tập: mỗi cấp có hạn của mình"} if parents else {}
        await self.api.post(f"/v1/documents/{document}/issue", order)
        self.documents.append(document)
        owed = [item async for item in self.api.items("/v1/obligations", "next", document=document)]
        assert len(owed) == len(assignees)
        self.obligations += owed
        self.hand_ins.expect(owed)
        return document

    async def pass_down(self, parent: str, due_in: float, *, apart: float = 1.5) -> None:
        """Issue the plans of all offices that have schools below them, each to its own, due one after the other."""
        schools = self.at(Level.LOWER_SCHOOL)
        for office in self.at(Level.OFFICE):
            own = [school for school in schools if school.professional_superior == office.reference]
            if own:
                await self.issue(office, own, due_in, parents=[parent])
                due_in += apart

    async def operations(self) -> Json:
        """Return the operator's figures."""
        return await self.api.get("/v1/operations/health")

    async def steps(self, *documents: str) -> list[Json]:
        """Return every step of some documents, of all of them by default."""
        lines: list[Json] = []
        for document in documents or self.documents:
            answer = await self.client.get(f"/v1/documents/{document}/steps")
            answer.raise_for_status()
            lines += answer.json()
        return lines

    async def is_quiet(self) -> bool:
        """Whether nothing is under way: no step is due, no row, batch or notice waits."""
        now = datetime.now(UTC)
        figures = await self.operations()
        if any(figures[name] for name in ("outbox_waiting", "batches_unfinished", "notices_waiting")):
            return False
        due = [step for step in await self.steps() if datetime.fromisoformat(step["fire_at"]) <= now]
        return all(step["outcome"] for step in due)

    async def answer_everything(self) -> None:
        """Hand in what is open and accept what is submitted: every round is settled then and nothing more is said."""
        self.hand_ins.forget()
        for document in self.documents:
            for item in await self._owed(document, "open"):
                await self.hand_ins.hand_in(str(item["id"]))
            for item in await self._owed(document, "submitted"):
                await self.api.post(f"/v1/obligations/{item['id']}/accept")

    async def _owed(self, document: str, state: str) -> list[Json]:
        return [item async for item in self.api.items("/v1/obligations", "next", document=document, state=state)]


def _reference(unit: SampleUnit) -> dict[str, str]:
    return {"code_system": unit.code_system, "code": unit.code}
