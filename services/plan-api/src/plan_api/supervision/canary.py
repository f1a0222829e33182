"""The canary: once a day a synthetic document proves that steps fire, from the fact to notifier's hands.

It is issued by one synthetic unit to another, supervised like any document, its notices taken over and never sent, and
recalled once it came back or is missed. People's lists show neither units nor document. One that does not come back in
time is an error in the log, a finding of `cascade doctor` and, where an address is configured, an e-mail to the
operator; the next is let go an hour later.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cascade_contracts.vocabulary import Role, RoundKind, SeatRole
from cascade_servicekit.problems import Refusal
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.documents import drafting, issuing, stopping
from plan_api.documents.schemas import AssigneeIn, DocumentIn, IssueIn, RoundIn
from plan_api.integration import canary_state as state
from plan_api.integration.notifier import raise_alarm
from plan_api.organizations.editing import create_unit
from plan_api.organizations.kinds import UnitKind
from plan_api.organizations.schemas import HolderGiven, SeatGiven, UnitCode, UnitGiven, UnitRef
from plan_api.organizations.service import units_by_reference
from plan_api.read.canary import missing
from plan_api.read.tables import CANARY_SYSTEM
from plan_api.requests import Act, Caller
from plan_api.rules.due import AtInstant
from plan_api.rules.policies import CANARY_POLICY
from plan_api.services import Services

log = logging.getLogger(__name__)

CALLER: Final = Caller(UUID(int=0), "canary", Role.ADMINISTRATOR, None)
FIRST_AFTER: Final = timedelta(minutes=10)
LOOK_EVERY: Final = timedelta(seconds=30)
DUE_AFTER: Final = timedelta(seconds=90)
PATIENCE: Final = timedelta(minutes=5)
AGAIN_AFTER: Final = timedelta(hours=1)
"""When the next one is let go after one was missed."""

_UNITS: Final = {"ISSUER": "Kiểm tra tự động: nơi ban hành", "ADDRESSEE": "Kiểm tra tự động: nơi nhận"}
_SUBJECT: Final = "Cảnh báo: các nấc đôn đốc không chạy"
_ALARM: Final = (
    "Lần kiểm tra tự động việc đôn đốc hằng ngày không hoàn thành, nên các nhắc nhở có thể không được gửi. Kính đề "
    "nghị chạy `cascade doctor`, kiểm tra Temporal, plan-api worker, workflow-worker và notifier. Chỗ bị tắc:"
)
_TITLE: Final = "Kiểm tra tự động việc đôn đốc"


class Canary:
    """Lets canaries go and looks whether they come back; of several processes one does at a time."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def run(self) -> None:
        """Run until cancelled; an absent database is waited for."""
        if self._services.settings.canary_hours == 0:
            await asyncio.Event().wait()
        await asyncio.sleep(FIRST_AFTER.total_seconds())
        while True:
            try:
                await self.look()
            except (SQLAlchemyError, OSError) as error:
                log.warning("the canary waits: %s", error)
            await asyncio.sleep(LOOK_EVERY.total_seconds())

    async def look(self) -> None:
        """Judge the canary that is out or, when it is time, let the next one go; tell the operator of one missed."""
        missed = await self._look()
        if missed is not None:
            await raise_alarm(self._services.settings, _SUBJECT, f"{_ALARM}\n\n{missed}")

    async def _look(self) -> str | None:
        """Do one look in one transaction; return what is wrong, or None."""
        now = self._services.clock.now()
        async with self._services.engine.begin() as connection:
            if not await state.turn(connection):
                return None
            last = await state.latest(connection)
            if last is not None and last.ended_at is None:
                return await self._judge(connection, last.id, last.document_id, last.expected_by, now)
            if last is not None and now < self._next(last.started_at, proved=last.proved):
                return None
            return await self._let_go(connection, now)

    def _next(self, started_at: datetime, *, proved: bool) -> datetime:
        usual = timedelta(hours=self._services.settings.canary_hours)
        return started_at + (usual if proved else min(usual, AGAIN_AFTER))

    async def _judge(
        self, connection: AsyncConnection, run_id: UUID, document_id: UUID, expected_by: datetime, now: datetime
    ) -> str | None:
        lacking = "; ".join(await missing(connection, document_id)) or None
        if lacking and now <= expected_by:
            return None
        if lacking:
            log.error("escalation does not work: canary %s did not come back: %s", document_id, lacking)
        await state.ended(connection, run_id, now, proved=lacking is None, detail=lacking)
        doing = Act(connection, self._services, CALLER, now)
        await stopping.recall(doing, document_id, "canary")
        await doing.flush()
        return lacking

    async def _let_go(self, connection: AsyncConnection, now: datetime) -> str | None:
        expected_by = now + DUE_AFTER + PATIENCE
        try:
            async with connection.begin_nested():
                doing = Act(connection, self._services, CALLER, now)
                document_id = await _issue(doing)
                await doing.flush()
        except Refusal as refusal:
            log.exception("escalation does not work: the canary could not be issued")
            run_id = await state.started(connection, None, now, expected_by)
            detail = f"{refusal.code}: {refusal.detail('en')}"
            await state.ended(connection, run_id, now, proved=False, detail=detail)
            return detail
        await state.started(connection, document_id, now, expected_by)
        return None


async def _issue(doing: Act) -> UUID:
    issuer, addressee = await _unit(doing, "ISSUER"), await _unit(doing, "ADDRESSEE")
    due = AtInstant(instant=doing.now + DUE_AFTER)
    draft = DocumentIn(
        kind="plan",
        issuer=UnitRef(id=issuer),
        title=_TITLE,
        policy=CANARY_POLICY.code,
        assignees=[AssigneeIn(unit=UnitRef(id=addressee))],
        rounds=[RoundIn(kind=RoundKind.REPORT, title=_TITLE, due=due)],
    )
    document_id = await drafting.create(doing, draft)
    await issuing.issue(doing, document_id, IssueIn(without_identity=True, reason="canary"))
    return document_id


async def _unit(doing: Act, code: str) -> UUID:
    """Return a synthetic unit, made at its first use; its address is of the domain no mail reaches."""
    ref = UnitRef(code_system=CANARY_SYSTEM, code=code)
    found = (await units_by_reference(doing.connection, [ref])).get(ref)
    if found is not None:
        return found
    holder = HolderGiven(name="canary", email="canary@canary.invalid")
    return await create_unit(
        doing,
        UnitGiven(
            name=_UNITS[code],
            kind=UnitKind.OUTSIDE,
            codes=[UnitCode(code_system=CANARY_SYSTEM, code=code)],
            seats=[SeatGiven(role=SeatRole.FOCAL_POINT, holder=holder)],
        ),
    )
