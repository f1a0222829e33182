"""The whole cascade in one process, under one scenario clock: facts, time and delivery as they run in production.

Real are PostgreSQL, Temporal's server, the workflows, the relay, HTTP between the services and SMTP; only time is not.
A test reads as data and three verbs: somebody receives or does something, time passes, somebody else receives.
"""

import asyncio
import contextlib
import itertools
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

import uvicorn
from cascade_contracts.vocabulary import LineKind, Role, SeatRole
from fastapi import FastAPI
from notifier.assembly import Notifier, assemble
from notifier.settings import Settings as NotifierSettings
from notifier.worker import build_workers as build_delivery_workers
from plan_api.app import create_app
from plan_api.auth import accounts
from plan_api.services import Services, build_services
from plan_api.supervision.relay import Relay
from plan_api.supervision.worker import build_worker as build_records_worker
from workflow_worker.worker import build_worker as build_workflow_worker

from harness.api import ApiClient, settings_for
from harness.clock import ScenarioClock
from harness.engine import Engine
from harness.facts import DatabaseFacts
from harness.mailroom import Mail, Mailroom

Json = dict[str, Any]

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def instant(given: datetime | str) -> datetime:
    """Return an aware instant; text or time without a zone is Việt Nam's."""
    read = datetime.fromisoformat(given) if isinstance(given, str) else given
    return read if read.tzinfo else read.replace(tzinfo=VIETNAM)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the scenario; its seats' addresses are `<role>.<code>@don-vi.example`."""

    id: UUID
    name: str
    code: str

    @property
    def ref(self) -> Json:
        """How a body names it."""
        return {"id": str(self.id)}

    def address(self, role: SeatRole | str = SeatRole.FOCAL_POINT) -> str:
        """Return the address of the holder of a seat."""
        return f"{SeatRole(role).value}.{self.code.lower()}@don-vi.example"


@dataclass(frozen=True, slots=True)
class Document:
    """An issued document, as issued."""

    id: UUID
    body: Json

    @property
    def rounds(self) -> list[Json]:
        """The rounds, in the order of the document."""
        rounds: list[Json] = self.body["rounds"]
        return rounds

    def due_at(self, position: int = 0) -> datetime:
        """Return the first instant too late of a round."""
        return datetime.fromisoformat(self.rounds[position]["due_at"])


@dataclass(slots=True)
class Cascade:
    """A running installation. Verbs over the API are an administrator's and answer decoded bodies.

    A verb refused by plan-api raises AssertionError with the problem document.
    """

    clock: ScenarioClock
    engine: Engine
    services: Services
    notifier: Notifier
    mailroom: Mailroom
    administrator: ApiClient
    units_by_code: dict[str, Unit] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    @asynccontextmanager
    async def start(
        cls, plan_api_url: str, notifier_url: str, *, at: datetime | str, engine: Engine | None = None
    ) -> AsyncIterator[Self]:
        """Start over two migrated, empty databases, at an instant; everything ends with the block.

        An `engine` given may serve one scenario after the other; what is still open in it is terminated at the end.
        """
        async with AsyncExitStack() as stack:
            if engine is None:
                engine = await stack.enter_async_context(Engine.start())
            stack.push_async_callback(engine.clear)
            clock = ScenarioClock(engine, at=instant(at))
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            mailroom = await stack.enter_async_context(Mailroom.open(folder / "mails"))
            services = build_services(settings_for(plan_api_url, folder / "files", database_pool=16), clock=clock)
            stack.push_async_callback(services.engine.dispose)
            app = create_app(services)
            port = await stack.enter_async_context(serving(app))
            notifier = await stack.enter_async_context(
                assemble(_notifier_settings(services, notifier_url, port, mailroom.port), clock)
            )
            clock.facts = await stack.enter_async_context(DatabaseFacts.open(plan_api_url, notifier_url))
            async with services.engine.begin() as connection:
                _, key = await accounts.insert(connection, "scenario", Role.ADMINISTRATOR, None, clock.now())
            administrator = ApiClient(app, services, key)
            stack.push_async_callback(administrator.aclose)
            await stack.enter_async_context(working(engine, services, notifier))
            yield cls(clock, engine, services, notifier, mailroom, administrator)

    # --- time ---

    async def until(self, when: datetime | str) -> None:
        """Let time pass; everything due on the way is done and delivered."""
        await self.clock.until(instant(when))

    async def settle(self) -> None:
        """Let what is under way come to its end, without letting time pass."""
        await self.clock.settle()

    # --- units ---

    async def unit(
        self,
        name: str,
        code: str,
        kind: str = "school",
        *,
        professional: Unit | None = None,
        administrative: Unit | None = None,
        seats: Iterable[SeatRole | str] = (SeatRole.FOCAL_POINT, SeatRole.HEAD),
    ) -> Unit:
        """Create a unit with its superiors and a holder with an address in each seat."""
        made = Unit(UUID(int=0), name, code)
        body: Json = {
            "name": name,
            "kind": kind,
            "codes": [{"code_system": "local", "code": code}],
            "seats": [
                {"role": str(role), "holder": {"name": f"{role} {name}", "email": made.address(role)}} for role in seats
            ],
        }
        for line, superior in ((LineKind.PROFESSIONAL, professional), (LineKind.ADMINISTRATIVE, administrative)):
            if superior is not None:
                body[f"{line}_superior"] = superior.ref
        answer = await self.said("POST", "/v1/units", body)
        self.units_by_code[code] = Unit(UUID(answer["id"]), name, code)
        return self.units_by_code[code]

    async def units(self, rows: Iterable[Mapping[str, str]]) -> dict[str, Unit]:
        """Create units from rows, superiors first.

        A row has `code`, `name`, `kind` and, by code, `professional` and `administrative`. Returns all by code.
        """
        for row in rows:
            await self.unit(
                row["name"],
                row["code"],
                row["kind"],
                professional=self.units_by_code.get(row.get("professional", "")),
                administrative=self.units_by_code.get(row.get("administrative", "")),
            )
        return self.units_by_code

    # --- documents ---

    async def draft(self, issuer: Unit, to: Iterable[Unit], *rounds: Json, **given: Any) -> Json:
        """Draft a document; `given` is the rest of the API's body, `parents` may be documents."""
        today = self.clock.now().astimezone(VIETNAM).date().isoformat()
        body = {
            "kind": "directive",
            "issuer": issuer.ref,
            "title": "Kế hoạch công tác năm học",
            "number": str(next(self._numbers)),
            "notation": "KH",
            "issued_on": today,
            "assignees": [{"unit": unit.ref} for unit in to],
            "rounds": list(rounds),
        } | given
        body["parents"] = [str(getattr(parent, "id", parent)) for parent in body.get("parents", [])]
        return await self.said("POST", "/v1/documents", body)

    async def issue(
        self, issuer: Unit, to: Iterable[Unit], *rounds: Json, order: Json | None = None, **given: Any
    ) -> Document:
        """Draft and issue at once; `order` are the confirmations of issue."""
        drafted = await self.draft(issuer, to, *rounds, **given)
        issued = await self.said("POST", f"/v1/documents/{drafted['id']}/issue", order or {})
        return Document(UUID(issued["id"]), issued)

    async def suspend(self, document: Document, reason: str = "Chờ văn bản thay thế") -> Json:
        """Stop chasing."""
        return await self.said("POST", f"/v1/documents/{document.id}/suspend", {"reason": reason})

    async def resume(self, document: Document, reason: str = "Tiếp tục thực hiện") -> Json:
        """Go on chasing."""
        return await self.said("POST", f"/v1/documents/{document.id}/resume", {"reason": reason})

    async def recall(self, document: Document, reason: str = "Ban hành nhầm") -> Json:
        """Take the document back."""
        return await self.said("POST", f"/v1/documents/{document.id}/recall", {"reason": reason})

    async def progress(self, document: Document) -> Json:
        """Return the counts of a document."""
        answer: Json = (await self.said("GET", f"/v1/documents/{document.id}/progress"))["tally"]
        return answer

    async def rounds(self, document: Document) -> list[Json]:
        """Return the rounds as they stand."""
        found: list[Json] = (await self.said("GET", f"/v1/documents/{document.id}"))["rounds"]
        return found

    async def steps(self, document: Document) -> list[Json]:
        """Return the armed steps, with what became of them, by fire time."""
        answer = await self.administrator.get(f"/v1/documents/{document.id}/steps")
        return sorted(answer.json(), key=lambda step: str(step["fire_at"]))

    # --- answers ---

    async def obligation(self, unit: Unit, document: Document, kind: str | None = None, position: int = 0) -> Json:
        """Return what a unit owes of a document: the `position`-th obligation (of a kind), by due time."""
        query = f"/v1/obligations?document={document.id}&unit={unit.id}"
        owed = [item for item in (await self.said("GET", query))["items"] if kind in {None, item["kind"]}]
        found: Json = owed[position]
        return found

    async def acknowledge(self, unit: Unit, document: Document) -> Json:
        """Acknowledge receipt."""
        owed = await self.obligation(unit, document, "acknowledge")
        return await self.said("POST", f"/v1/obligations/{owed['id']}/acknowledge")

    async def hand_in(
        self, unit: Unit, document: Document, kind: str = "report", position: int = 0, **given: Any
    ) -> Json:
        """Hand in what a unit owes; `given` is the submission's body (`kind="nil"` goes as `submission="nil"`)."""
        owed = await self.obligation(unit, document, kind, position)
        body = {"kind": given.pop("submission", kind), "text": "Đã thực hiện."} | given
        if body["kind"] == "nil":
            body.pop("text")
        return await self.said("POST", f"/v1/obligations/{owed['id']}/submissions", body)

    async def accept(self, unit: Unit, document: Document, kind: str = "report", position: int = 0) -> Json:
        """Accept what a unit handed in."""
        owed = await self.obligation(unit, document, kind, position)
        return await self.said("POST", f"/v1/obligations/{owed['id']}/accept", {})

    async def give_back(
        self,
        unit: Unit,
        document: Document,
        reason: str,
        *,
        wrong: bool = False,
        kind: str = "report",
        position: int = 0,
    ) -> Json:
        """Return what a unit handed in, as incomplete or as wrong."""
        owed = await self.obligation(unit, document, kind, position)
        body = {"kind": "wrong" if wrong else "incomplete", "reason": reason}
        return await self.said("POST", f"/v1/obligations/{owed['id']}/return", body)

    async def extend(
        self, unit: Unit, document: Document, due_on: str, *, kind: str = "report", position: int = 0
    ) -> Json:
        """Ask for a later last day and grant it."""
        owed = await self.obligation(unit, document, kind, position)
        wish = {"due_on": due_on, "reason": "Chờ số liệu của các đơn vị"}
        asked = await self.said("POST", f"/v1/obligations/{owed['id']}/extensions", wish)
        return await self.said("POST", f"/v1/extensions/{asked['id']}/approve", {})

    async def consolidation(self, document: Document, position: int = 0) -> Json:
        """Return the newest consolidation of a round."""
        return await self.said("GET", f"/v1/rounds/{document.rounds[position]['id']}/consolidation")

    async def report_up(self, document: Document, position: int = 0, **given: Any) -> Json:
        """Submit the consolidation of a round."""
        drafted = await self.consolidation(document, position)
        return await self.said("POST", f"/v1/consolidations/{drafted['id']}/submit", given)

    # --- mail ---

    async def mails_to(self, unit: Unit, role: SeatRole | str | None = SeatRole.FOCAL_POINT) -> list[Mail]:
        """Return the mails to the holder of a seat of a unit (of any seat: None), oldest first."""
        recipient = unit.address(role) if role else f".{unit.code.lower()}@"
        return await self.mailroom.mails(self.notifier.engine, recipient)

    async def mails(self) -> list[Mail]:
        """Return every mail, oldest first."""
        return await self.mailroom.mails(self.notifier.engine)

    async def received(
        self, unit: Unit, step: str, *, role: SeatRole | str | None = SeatRole.FOCAL_POINT, about: Unit | None = None
    ) -> list[Mail]:
        """Return the mails of a step to a seat, about one unit if given; empty, and so false, when there is none."""
        return [
            mail
            for mail in await self.mails_to(unit, role)
            if mail.step == step and (about is None or about.name in mail.about)
        ]

    # --- HTTP ---

    async def said(self, method: str, path: str, body: Json | None = None) -> Json:
        """Return the decoded body of a request that must succeed."""
        answer = await self.administrator.request(method, path, **({} if body is None else {"json": body}))
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        decoded: Json = answer.json()
        return decoded


def _notifier_settings(services: Services, database_url: str, port: int, smtp_port: int) -> NotifierSettings:
    return NotifierSettings(
        database_url=database_url,
        plan_api_url=f"http://127.0.0.1:{port}",
        internal_token=services.settings.internal_token,
        secret_key=services.settings.secret_key,
        smtp_host="127.0.0.1",
        smtp_port=smtp_port,
        mail_from="Thông Suốt <thong-suot@don-vi.example>",
        reply_domain="tra-loi.don-vi.example",
    )


@asynccontextmanager
async def working(engine: Engine, services: Services, notifier: Notifier) -> AsyncIterator[None]:
    """Run all workers and the relay."""
    workers = [
        build_workflow_worker(engine.client),
        build_records_worker(engine.client, services),
        *build_delivery_workers(engine.client, notifier.activities),
    ]
    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(worker)
        relay = asyncio.create_task(Relay(services, engine.client).run())
        try:
            yield
        finally:
            relay.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await relay


class _Server(uvicorn.Server):
    """uvicorn on the test's own loop, leaving signals to pytest."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[int]:
    """Serve an application on a free port of the loopback; yield the port."""
    server = _Server(uvicorn.Config(app, port=0, lifespan="off", log_config=None, ws="none", timeout_keep_alive=600))
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done(), "the server did not start"
        await asyncio.sleep(0.005)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task
