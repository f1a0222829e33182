"""Supervision of one issued document: its issuer following its own assignees until every round is settled."""

from datetime import datetime, timedelta
from typing import assert_never

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from cascade_contracts.supervision import (
        AGENDA_CHANGED,
        CLOSE_ROUND,
        CONSOLIDATE,
        LOAD_AGENDA,
        OPEN_PERIODS,
        SUPERVISION_WORKFLOW,
        TAKE_STEP,
        Agenda,
        AgendaEntry,
        AgendaRequest,
        Done,
        EntryKind,
        OpeningOrder,
        RoundOrder,
        StepOrder,
        SupervisionOrder,
    )

    from workflow_worker.workflows.activity_options import LONG_RECORDS, RECORDS

HISTORY_LIMIT = 8_000
"""Events after which a run hands over to the next, whatever the server suggests."""


@workflow.defn(name=SUPERVISION_WORKFLOW)
class SupervisionWorkflow:
    """Load the agenda, wait for the next instant or a change, do what is due; end when nothing will come of itself.

    Accepts the signal `agenda_changed` ("be running, and look again"): level-triggered, any number of them is one.
    Ends when the agenda is finished; a later change starts a new run under the same id. History grows with distinct
    instants and changes, not with units, and a long life continues as new.
    """

    @workflow.init
    def __init__(self, order: SupervisionOrder) -> None:
        self.order = order
        self.agenda = Agenda()
        self.changes = 0
        self.changes_seen = -1

    @workflow.signal(name=AGENDA_CHANGED)
    def agenda_changed(self) -> None:
        """Remember that facts have changed."""
        self.changes += 1

    @workflow.run
    async def run(self, order: SupervisionOrder) -> None:  # noqa: ARG002 - taken by __init__
        """Follow the document to its end."""
        while True:
            if self.changed:
                await self.look_at_the_agenda()
            elif self.agenda.finished:
                return
            elif entry := self.due_entry():
                await self.attend_to(entry)
            else:
                await self.wait_for_the_next_instant_or_a_change()
            self.hand_over_when_history_is_long()

    @property
    def changed(self) -> bool:
        """Whether a signal came since the agenda was last read."""
        return self.changes != self.changes_seen

    async def look_at_the_agenda(self) -> None:
        """Ask for what comes next; the signals counted before asking are answered by it."""
        seen = self.changes
        self.agenda = await workflow.execute_activity(
            LOAD_AGENDA, AgendaRequest(document_id=self.order.document_id), result_type=Agenda, **RECORDS
        )
        self.changes_seen = seen

    def due_entry(self) -> AgendaEntry | None:
        """Return the first entry whose instant has come."""
        first = next(iter(self.agenda.entries), None)
        return first if first is not None and first.at <= workflow.now() else None

    async def attend_to(self, entry: AgendaEntry) -> None:
        """Do one thing of the agenda; what it leaves to be done is the new agenda."""
        match entry.kind:
            case EntryKind.STEP:
                done = await self.take_step(entry)
            case EntryKind.CUT_OFF:
                done = await self.close_round(entry)
            case EntryKind.CONSOLIDATION:
                done = await self.consolidate(entry)
            case EntryKind.OPENING:
                done = await self.open_periods(entry)
            case _ as never:
                assert_never(never)
        self.agenda = done.agenda

    async def take_step(self, entry: AgendaEntry) -> Done:
        """Speak to those on this ladder who still owe."""
        assert entry.ladder_id is not None and entry.step_id is not None  # noqa: S101, PT018 - a step names both
        order = StepOrder(
            document_id=self.order.document_id,
            ladder_id=entry.ladder_id,
            step_id=entry.step_id,
            as_of=self.as_of(entry),
        )
        done: Done = await workflow.execute_activity(TAKE_STEP, order, result_type=Done, **LONG_RECORDS)
        return done

    async def close_round(self, entry: AgendaEntry) -> Done:
        """Close a round at its cut-off, declaring who is missing."""
        done: Done = await workflow.execute_activity(CLOSE_ROUND, self.round_order(entry), result_type=Done, **RECORDS)
        return done

    async def consolidate(self, entry: AgendaEntry) -> Done:
        """Draft the superior's report from its subordinates' accepted ones."""
        done: Done = await workflow.execute_activity(
            CONSOLIDATE, self.round_order(entry), result_type=Done, **LONG_RECORDS
        )
        return done

    async def open_periods(self, entry: AgendaEntry) -> Done:
        """Open what a recurring report asks for next, one period ahead."""
        assert entry.recurrence_id is not None  # noqa: S101 - an opening names it
        order = OpeningOrder(
            document_id=self.order.document_id, recurrence_id=entry.recurrence_id, as_of=self.as_of(entry)
        )
        done: Done = await workflow.execute_activity(OPEN_PERIODS, order, result_type=Done, **LONG_RECORDS)
        return done

    def round_order(self, entry: AgendaEntry) -> RoundOrder:
        """Return the order about an entry's round."""
        assert entry.round_id is not None  # noqa: S101 - only an opening names none
        return RoundOrder(document_id=self.order.document_id, round_id=entry.round_id, as_of=self.as_of(entry))

    def as_of(self, entry: AgendaEntry) -> datetime:
        """Return the instant an entry is attended to: never before its own."""
        return max(workflow.now(), entry.at)

    async def wait_for_the_next_instant_or_a_change(self) -> None:
        """Sleep until the first entry's instant, or without end when only a change can bring something."""
        first = next(iter(self.agenda.entries), None)
        timeout = None if first is None else max(first.at - workflow.now(), timedelta())
        try:
            await workflow.wait_condition(lambda: self.changed, timeout=timeout)
        except TimeoutError:
            return

    def hand_over_when_history_is_long(self) -> None:
        """Continue as new between two actions; the next run reads the agenda afresh."""
        info = workflow.info()
        if info.is_continue_as_new_suggested() or info.get_current_history_length() > HISTORY_LIMIT:
            workflow.continue_as_new(self.order)
