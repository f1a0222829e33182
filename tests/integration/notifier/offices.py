# ruff: noqa: ARG002 - aiosmtpd's handlers take what they are given
"""What stands around the notifier in these tests: plan-api's internal API and a relay, both real servers."""

import asyncio
import contextlib
import hashlib
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Annotated, Any
from uuid import UUID

import uvicorn
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cascade_contracts.delivery import (
    Address,
    Clearance,
    ClearanceRequest,
    DeliveryOrder,
    HandedOver,
    Handover,
    NoticeFacts,
    NoticeItem,
    NoticeOut,
    NoticePage,
    NoticeRecipient,
    Outcome,
    Outcomes,
    PageSent,
    Withheld,
)
from cascade_contracts.ids import new_id
from cascade_contracts.replies import MailReply, ReplyFileStored, ReplyTaken
from cascade_contracts.vocabulary import Audience, Channel, ObligationState, RoundKind, StepKind
from fastapi import FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from notifier.assembly import Notifier
from sqlalchemy import text
from temporalio.testing import ActivityEnvironment

TOKEN = "internal-token-of-the-tests"
UNIT = "Phòng Văn hóa – Xã hội, Ủy ban nhân dân xã Kiến Minh"
START = datetime(2026, 11, 11, 1, 0, tzinfo=UTC)


@dataclass
class MovableClock:
    """A clock that stands still until it is moved."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def to_engine(self, at: datetime) -> datetime:
        return at

    def from_engine(self, at: datetime) -> datetime:
        return at

    def pass_time(self, delta: timedelta) -> None:
        self.at += delta


def facts(**changes: Any) -> NoticeFacts:
    """The facts of an overdue report, changed as told."""
    known: dict[str, Any] = {
        "step": StepKind.OVERDUE,
        "audience": Audience.CONTACT,
        "document_title": "Công tác thông tin đối ngoại năm 2026",
        "document_reference": "18/KH-SGDĐT",
        "document_kind": "plan",
        "issued_on": date(2026, 1, 14),
        "issuer_name": "Sở Giáo dục và Đào tạo Hải Phòng",
        "round_title": "Báo cáo năm 2026 về công tác thông tin đối ngoại",
        "round_kind": RoundKind.REPORT,
        "due_at": datetime(2026, 11, 10, 17, 0, tzinfo=UTC),
        "as_of": START,
        "working_days_late": 1,
        "next_step_at": datetime(2026, 11, 13, 1, 0, tzinfo=UTC),
        "next_audience": Audience.HEAD,
        "link": "https://cascade.test/l/secret-token",
    }
    return NoticeFacts.model_validate(known | changes)


def notice(
    *addresses: str, unit: str = "Phòng Văn hóa – Xã hội, Ủy ban nhân dân xã Kiến Minh", **changes: Any
) -> NoticeOut:
    """A notice to a seat with these e-mail addresses."""
    return NoticeOut(
        notice_id=new_id(),
        recipient=NoticeRecipient(
            seat_id=new_id(),
            seat_title="Đầu mối báo cáo",
            unit_name=unit,
            addresses=[Address(channel=Channel.EMAIL, address=address) for address in addresses],
        ),
        facts=facts(items=[NoticeItem(obligation_id=new_id(), unit_name=unit, working_days_late=1)], **changes),
    )


@dataclass
class Plan:
    """plan-api as notifier knows it; `away` makes every answer 503, `patience` every one after so many."""

    batches: dict[UUID, list[NoticeOut]] = field(default_factory=dict)
    withheld: dict[UUID, str] = field(default_factory=dict)
    undecided: set[UUID] = field(default_factory=set)
    moved: dict[UUID, NoticeOut] = field(default_factory=dict)
    outcomes: dict[UUID, Outcome] = field(default_factory=dict)
    handed: dict[UUID, int] = field(default_factory=dict)
    finished: set[UUID] = field(default_factory=set)
    calls: Counter[str] = field(default_factory=Counter)
    away: set[str] = field(default_factory=set)
    patience: dict[str, int] = field(default_factory=dict)
    brought: list[MailReply] = field(default_factory=list)
    stored: dict[str, bytes] = field(default_factory=dict)
    reply_refusal: tuple[int, dict[str, Any]] | None = None
    url: str = ""

    def batch(self, *notices: NoticeOut) -> DeliveryOrder:
        batch_id = new_id()
        self.batches[batch_id] = sorted(notices, key=lambda item: item.notice_id)
        return DeliveryOrder(batch_id=batch_id)

    def state_of(self, item: NoticeOut) -> str:
        return str(self.outcomes[item.notice_id].state)


def _api(plan: Plan) -> FastAPI:
    app = FastAPI()
    base = "/internal/v1/batches/{batch_id}"

    def answer(verb: str, batch_id: UUID, authorization: str) -> list[NoticeOut]:
        plan.calls[verb] += 1
        if authorization != f"Bearer {TOKEN}":
            raise HTTPException(401)
        if verb in plan.away or plan.calls[verb] > plan.patience.get(verb, plan.calls[verb]):
            raise HTTPException(503)
        if batch_id not in plan.batches:
            raise HTTPException(404)
        return plan.batches[batch_id]

    @app.get(base + "/notices")
    async def notices(
        batch_id: UUID, authorization: Annotated[str, Header()], limit: int, after: UUID | None = None
    ) -> Handover:
        known = answer("notices", batch_id, authorization)
        found = [item for item in known if after is None or item.notice_id > after]
        room = limit - len(found)
        pages = [
            NoticePage(
                batch_id=batch_id,
                not_before=START,
                notices=found[:limit],
                next=found[limit - 1].notice_id if room < 0 else None,
            )
        ]
        for other, notices in plan.batches.items():
            if after is None and other != batch_id and other not in plan.handed and len(notices) <= room:
                room -= len(notices)
                pages.append(NoticePage(batch_id=other, not_before=START, notices=notices))
        return Handover(pages=pages)

    @app.post("/internal/v1/batches/handed")
    async def handed(authorization: Annotated[str, Header()], body: HandedOver) -> None:
        for batch_id, notices in body.notices.items():
            answer("handed", batch_id, authorization)
            plan.handed[batch_id] = notices

    @app.post(base + "/clearance")
    async def clearance(batch_id: UUID, authorization: Annotated[str, Header()], body: ClearanceRequest) -> Clearance:
        answer("clearance", batch_id, authorization)
        withheld = [
            Withheld(notice_id=item, reason=plan.withheld[item]) for item in body.notice_ids if item in plan.withheld
        ]
        moved = [
            plan.moved[item]
            for item, addressee in body.addressees.items()
            if item in plan.moved and plan.moved[item].recipient.addressee != addressee
        ]
        held_back = plan.undecided | plan.withheld.keys() | {item.notice_id for item in moved}
        cleared = [item for item in body.notice_ids if item not in held_back]
        return Clearance(cleared=cleared, withheld=withheld, readdressed=moved)

    @app.put("/internal/v1/replies/files")
    async def store(request: Request, name: str) -> ReplyFileStored:
        content = await request.body()
        sha256 = hashlib.sha256(content).hexdigest()
        plan.stored[sha256] = content
        return ReplyFileStored(sha256=sha256)

    @app.post("/internal/v1/replies")
    async def reply(body: MailReply) -> Response:
        plan.calls["reply"] += 1
        if "reply" in plan.away:
            raise HTTPException(503)
        if plan.reply_refusal is not None:
            return JSONResponse(plan.reply_refusal[1], plan.reply_refusal[0])
        plan.brought.append(body)
        receipt = ReplyTaken(
            submission_id=new_id(), obligation_id=new_id(), number="1A2B-3C4D", version=1,
            state=ObligationState.SUBMITTED, received_at=START, on_time=True,
        )  # fmt: skip
        return Response(receipt.model_dump_json(), media_type="application/json")

    @app.post(base + "/outcomes")
    async def outcomes(batch_id: UUID, authorization: Annotated[str, Header()], body: Outcomes) -> None:
        answer("outcomes", batch_id, authorization)
        plan.outcomes.update({outcome.notice_id: outcome for outcome in body.outcomes})
        if body.finished:
            plan.finished.add(batch_id)

    return app


@contextlib.asynccontextmanager
async def serve(app: FastAPI) -> AsyncIterator[str]:
    """Serve an application on a free port of loopback; yield its base URL."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="on"))
    task = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@contextlib.asynccontextmanager
async def plan_api() -> AsyncIterator[Plan]:
    plan = Plan()
    async with serve(_api(plan)) as plan.url:
        yield plan


@dataclass(frozen=True)
class Mail:
    """A message the relay accepted."""

    sender: str
    recipient: str
    message: EmailMessage
    secure: bool

    def text(self) -> str:
        body = self.message.get_body(("plain",))
        assert body is not None
        return str(body.get_content())


@dataclass
class Post:
    """A relay. `refusals` answers RCPT, `content` answers after the final dot; `drop` cuts the line there."""

    mails: list[Mail] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    sender_refusal: str | None = None
    content: str | None = None
    drop: bool = False
    drop_at_data_command: int = 0
    silent: asyncio.Event | None = None
    connections: int = 0
    most_connections: int = 1000
    open_now: int = 0
    port: int = 0

    def received(self, recipient: str) -> list[Mail]:
        return [mail for mail in self.mails if mail.recipient == recipient]

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sender_refusal:
            return self.sender_refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.taken.append(envelope.content)
        if self.drop:
            _cut(server)
            return "250 never heard"
        if self.silent is not None:
            await self.silent.wait()
        if self.content:
            return self.content
        self.mails.append(
            Mail(
                sender=str(envelope.mail_from),
                recipient=envelope.rcpt_tos[0],
                message=message_from_bytes(envelope.content, policy=default),
                secure=session.ssl is not None,
            )
        )
        return "250 Accepted"


def _cut(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


class _Server(SMTP):
    """aiosmtpd's server, counting connections; above `most_connections` it greets with 421."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        post: Post = self.event_handler
        if self._tls_protocol is None:
            post.connections += 1
            post.open_now += 1
            if post.open_now > post.most_connections:
                transport.write(b"421 4.7.0 too many connections\r\n")  # type: ignore[attr-defined]
                transport.close()
                post.open_now -= 1
                self.refused = True
                return
        super().connection_made(transport)

    refused = False

    def data_received(self, data: bytes) -> None:
        if not self.refused:
            super().data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.refused:
            self.event_handler.open_now -= 1
            super().connection_lost(error)

    def eof_received(self) -> bool | None:
        return None if self.refused else super().eof_received()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if self.event_handler.drop_at_data_command:
            self.event_handler.drop_at_data_command -= 1
            _cut(self)
            return
        await super().smtp_DATA(arg)


def passwords(user: str, password: str) -> Callable[..., AuthResult]:
    """An authenticator that knows one account."""

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and data == LoginPassword(user.encode(), password.encode())
        return AuthResult(success=good, handled=False)

    return check


@contextlib.asynccontextmanager
async def relay(
    post: Post, *, tls: ssl.SSLContext | None = None, implicit: bool = False, **options: Any
) -> AsyncIterator[Post]:
    """Serve a relay on a free port of loopback."""
    loop = asyncio.get_running_loop()
    if tls is not None and not implicit:
        options |= {"tls_context": tls, "require_starttls": True}

    def session() -> SMTP:
        return _Server(post, hostname="relay.test", loop=loop, **options)

    server = await loop.create_server(session, "127.0.0.1", post.port, ssl=tls if implicit else None)
    post.port = server.sockets[0].getsockname()[1]
    try:
        yield post
    finally:
        server.close()
        await server.wait_closed()


async def run(activity: Callable[[DeliveryOrder], Any], order: DeliveryOrder) -> Any:
    """Run an activity as a worker would."""
    return await ActivityEnvironment().run(activity, order)


async def deliver(notifier: Notifier, order: DeliveryOrder, *, pages: int = 50) -> PageSent:
    """Do what the workflow does with one batch until it has to wait or is finished."""
    activities = notifier.activities
    await run(activities.take_over_batch, order)
    for _ in range(pages):
        page = await run(activities.send_page, order)
        if page.remaining == 0:
            return PageSent.model_validate(page)
        if page.retry_at is not None:
            return PageSent.model_validate(page)
    raise AssertionError("the batch does not end")


async def rows(notifier: Notifier, statement: str) -> list[Any]:
    """Read from notifier's database."""
    async with notifier.engine.connect() as connection:
        return list((await connection.execute(text(statement))).all())


async def states(notifier: Notifier) -> list[str]:
    """States of all deliveries, in order."""
    return [row.state for row in await rows(notifier, "select state from delivery order by notice_id, position")]
