"""A real Temporal server whose workflows can be moved through time, one by one, without waiting.

Every workflow has its own clock, which starts at the wall's and runs at the wall's pace; nothing moves but on request.
Invariants: all workflows are started and signalled through `client`, so every open one is known here; nothing is ever
downloaded; a workflow is moved forward only, and never past the instant asked for: the server forgets the end of a move
that passes while the workflow works, and then goes on to its next timer, weeks too early. A timer set for an instant is
a few milliseconds after it, so a move that ends at the instant itself ends before anything begins to work.
"""

import asyncio
import contextlib
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self
from uuid import uuid4

import pytest
from cascade_contracts.supervision import SEARCH_CASCADE, SEARCH_DOCUMENT, SEARCH_UNIT
from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import FastForwardConfig, TimeSkippingConfig, TimeSkippingInfo, WorkflowExecution
from temporalio.api.workflow.v1 import WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import UpdateWorkflowExecutionOptionsRequest
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    SignalWorkflowInput,
    StartWorkflowInput,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowHandle,
)
from temporalio.common import SearchAttributeKey
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.testing._timeskipping import TimeSkippingConfig as DefaultSkipping

BIRTH: Final = datetime.min.replace(tzinfo=UTC)
"""Where a workflow is bound for that was never moved: nowhere but where it is."""

SKIPS_PER_MOVE: Final = 200
"""Timers one move may fire before the server stops skipping; the move is then renewed."""

FAREWELL: Final = timedelta(milliseconds=50)
"""Left to the SDK's threads after their last answer; an interpreter that ends at that moment is aborted by them."""

SERVER_SETTINGS: Final = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    'history.timerProcessorMaxTimeShift="10ms"',
    "history.transferProcessorMaxPollRPS=2000",
    "history.timerProcessorMaxPollRPS=2000",
)
"""The first allows moves, the others let tasks pass at once: at 20 polls a second, the default, each takes 45 ms."""

SERVER_ENVIRONMENT: Final = {"GOMAXPROCS": "1", "GOGC": "400"}
"""A third less processor time; one core for the server leaves the other to the test."""


def temporal_binary() -> str:
    """Return the server's path: the one beside this interpreter, else the one on PATH.

    Raises:
        FileNotFoundError: there is none. (Given no path, the SDK would download one.)
    """
    beside = Path(sys.executable).with_name("temporal")
    found = str(beside) if beside.exists() else shutil.which("temporal")
    if found is None:
        raise FileNotFoundError("no `temporal` beside this Python or on PATH; install the locked requirements")
    return found


@dataclass(slots=True)
class OpenWorkflow:
    """What is known of an open workflow.

    `bound_for` is the engine's instant of its last move; once it has `arrived` there, its clock leads the wall's by a
    known and constant `lead`. `stirred` says that something may be under way in it.
    """

    id: str
    bound_for: datetime = BIRTH
    arrived: bool = False
    lead: timedelta = timedelta()
    stirred: bool = True

    @property
    def is_delivery(self) -> bool:
        """Whether it is a delivery, which may wait for hours the facts do not know."""
        return self.id.startswith("delivery/")

    def now(self) -> datetime:
        """Return the time on its own clock."""
        return datetime.now(UTC) + self.lead if self.arrived else self.bound_for


@dataclass(slots=True)
class Engine:
    """The server, and the open workflows by id.

    `stirrings` counts starts and signals.
    """

    open: dict[str, OpenWorkflow] = field(default_factory=dict)
    stirrings: int = 0
    skips_per_move: int = SKIPS_PER_MOVE
    _client: Client | None = None

    @classmethod
    @asynccontextmanager
    async def start(cls, *, skips_per_move: int = SKIPS_PER_MOVE) -> AsyncIterator[Self]:
        """Start a server in memory, on a free port; it ends with the block."""
        engine = cls(skips_per_move=skips_per_move)
        arguments = [part for setting in SERVER_SETTINGS for part in ("--dynamic-config-value", setting)]
        with pytest.MonkeyPatch.context() as patch:
            for name, value in SERVER_ENVIRONMENT.items():
                patch.setenv(name, value)
            environment = await WorkflowEnvironment.start_time_skipping_v2(
                ts_config=DefaultSkipping(enabled=False),
                dev_server_existing_path=temporal_binary(),
                dev_server_extra_args=arguments,
                dev_server_log_level="error",
                search_attributes=[
                    SearchAttributeKey.for_keyword(name) for name in (SEARCH_CASCADE, SEARCH_DOCUMENT, SEARCH_UNIT)
                ],
                data_converter=pydantic_data_converter,
            )
        try:
            engine._client = await Client.connect(
                environment.client.service_client.config.target_host,
                data_converter=pydantic_data_converter,
                interceptors=[_Watch(engine)],
            )
            yield engine
        finally:
            await environment.shutdown()
            await asyncio.sleep(FAREWELL.total_seconds())

    @property
    def client(self) -> Client:
        """The client that everything under test uses; what it starts begins life at the wall's time."""
        assert self._client is not None
        return self._client

    @property
    def address(self) -> str:
        """The server's address, for processes that connect by themselves (what they start is not followed)."""
        return self.client.service_client.config.target_host

    def stir(self, workflow_id: str) -> None:
        """Note a start or a signal; which of the two it was, and so whose clock counts, the next look tells."""
        self.stirrings += 1
        workflow = self.open.setdefault(workflow_id, OpenWorkflow(workflow_id))
        workflow.stirred, workflow.arrived = True, False

    async def bring(self, expected: Mapping[str, datetime]) -> None:
        """Send those workflows whose clock is before the engine's instant they are expected at to that instant.

        Unknown and closed ones are passed over. Returns when the server has accepted the moves; `at_rest` tells when
        they are done.
        """
        meant = [(self.open[name], at) for name, at in expected.items() if name in self.open]
        for workflow, _ in meant:
            workflow.stirred = True
        await asyncio.gather(*(self._move(workflow, at) for workflow, at in meant if workflow.now() < at))

    async def _move(self, workflow: OpenWorkflow, to: datetime) -> None:
        if not workflow.arrived:
            await self._look_at(workflow)
        if not workflow.arrived or workflow.id not in self.open:
            return
        if (ahead := to - workflow.now()) <= timedelta():
            return
        request = UpdateWorkflowExecutionOptionsRequest(
            namespace=self.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=workflow.id),
            workflow_execution_options=WorkflowExecutionOptions(time_skipping_config=self.skipping(ahead)),
            update_mask=FieldMask(paths=["time_skipping_config"]),
            identity=self.client.identity,
        )
        workflow.stirred, workflow.arrived, workflow.bound_for = True, False, to
        try:
            await self.client.workflow_service.update_workflow_execution_options(request, retry=True)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            self.open.pop(workflow.id, None)

    def skipping(self, ahead: timedelta) -> TimeSkippingConfig:
        """Return the server's order to move by `ahead` once, firing the timers on the way."""
        order = FastForwardConfig(id=str(uuid4()))
        order.duration.FromTimedelta(ahead)
        return TimeSkippingConfig(
            enabled=True,
            fast_forward_config=order,
            disable_propagation=True,
            max_session_skip_count=self.skips_per_move,
        )

    async def at_rest(self) -> bool:
        """Tell whether every open workflow only waits: no task, no activity, no move under way."""
        stirred = [workflow for workflow in self.open.values() if workflow.stirred]
        await asyncio.gather(*(self._look_at(workflow) for workflow in stirred))
        return not any(workflow.stirred for workflow in self.open.values())

    async def _look_at(self, workflow: OpenWorkflow) -> None:
        before, asked_at = self.stirrings, datetime.now(UTC)
        described = await self.describe(workflow.id)
        if described.status is not WorkflowExecutionStatus.RUNNING:
            if before == self.stirrings:
                self.open.pop(workflow.id, None)
            return
        raw = described.raw_description
        skipping = raw.workflow_extended_info.time_skipping_info
        if skipping.effective_config.enabled:
            return
        workflow.arrived, workflow.lead = True, _lead(skipping, asked_at)
        if skipping.current_session_skip_count >= self.skips_per_move and workflow.now() < workflow.bound_for:
            await self._move(workflow, workflow.bound_for)
        elif not (raw.HasField("pending_workflow_task") or raw.pending_activities):
            workflow.stirred = before != self.stirrings

    async def describe(self, workflow_id: str) -> WorkflowExecutionDescription:
        """Return what the server knows of the latest run of a workflow."""
        handle: WorkflowHandle[Any, Any] = self.client.get_workflow_handle(workflow_id)
        return await handle.describe()

    async def clear(self) -> None:
        """Terminate every open workflow, so that the next scenario begins alone."""
        for workflow_id in list(self.open):
            with contextlib.suppress(RPCError):
                await self.client.get_workflow_handle(workflow_id).terminate("the scenario is over")
        self.open.clear()

    async def restless(self) -> list[str]:
        """Return a line about every workflow that is not at rest and why, for the message of a stuck clock."""
        lines = []
        for workflow in [found for found in self.open.values() if found.stirred]:
            raw = (await self.describe(workflow.id)).raw_description
            doing = [
                f"{pending.activity_type.name} (attempt {pending.attempt}{_because(pending.last_failure.message)})"
                for pending in raw.pending_activities
            ]
            if raw.HasField("pending_workflow_task"):
                doing.append(f"a workflow task (attempt {raw.pending_workflow_task.attempt})")
            lines.append(f"{workflow.id}: {', '.join(doing) or 'moving'}")
        return lines


def _lead(skipping: TimeSkippingInfo, asked_at: datetime) -> timedelta:
    """Return the lead, by the time the answer took too much at most: a move may end early, but not late."""
    if not skipping.HasField("current_time"):
        return timedelta()
    return skipping.current_time.ToDatetime(tzinfo=UTC) - asked_at


def _because(message: str) -> str:
    return f": {message}" if message else ""


class _Watch(Interceptor):
    """Keeps the list of open workflows."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:  # noqa: A002 - the SDK's name
        return _WatchedCalls(next, self.engine)


class _WatchedCalls(OutboundInterceptor):
    def __init__(self, following: OutboundInterceptor, engine: Engine) -> None:
        super().__init__(following)
        self.engine = engine

    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:  # noqa: A002
        handle = await super().start_workflow(input)
        self.engine.stir(input.id)
        return handle

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:  # noqa: A002
        await super().signal_workflow(input)
        self.engine.stir(input.id)
