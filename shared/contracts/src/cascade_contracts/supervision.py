"""Messages and names of the supervision of one issued document.

Instants in these messages are the engine's (`workflow.now()`); plan-api translates from and to the time of its facts.
Messages hold ids and instants only, so history grows with distinct instants and never with units.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict

CASCADE_QUEUE: Final = "cascade"
RECORDS_QUEUE: Final = "records"

SUPERVISION_WORKFLOW: Final = "SupervisionWorkflow"
AGENDA_CHANGED: Final = "agenda_changed"

LOAD_AGENDA: Final = "load_agenda"
TAKE_STEP: Final = "take_step"
CLOSE_ROUND: Final = "close_round"
CONSOLIDATE: Final = "consolidate"
OPEN_PERIODS: Final = "open_periods"

SEARCH_CASCADE: Final = "CascadeId"
SEARCH_DOCUMENT: Final = "DocumentId"
SEARCH_UNIT: Final = "UnitId"


def supervision_id(document_id: UUID) -> str:
    """Return the workflow id of a document's supervision."""
    return f"supervision/{document_id}"


class Message(BaseModel):
    """Base of everything that crosses Temporal: frozen, unknown fields ignored so that old histories replay."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class SupervisionOrder(Message):
    """What a supervision is started with; the same again after continue-as-new."""

    document_id: UUID


class EntryKind(StrEnum):
    """What is to be done at an instant of the agenda."""

    STEP = "step"
    CUT_OFF = "cut_off"
    CONSOLIDATION = "consolidation"
    OPENING = "opening"


class AgendaEntry(Message):
    """One thing to do: `step` names ladder and step, `opening` the recurring report, the other kinds the round."""

    kind: EntryKind
    at: datetime
    round_id: UUID | None = None
    ladder_id: UUID | None = None
    step_id: UUID | None = None
    recurrence_id: UUID | None = None


class Agenda(Message):
    """The next entries, ascending by instant (at most 20; more follow when these are done).

    `finished` says that every round is settled or its ladders are spent: nothing will come of itself any more.
    """

    entries: tuple[AgendaEntry, ...] = ()
    finished: bool = False


class AgendaRequest(Message):
    """Ask for the agenda of a document."""

    document_id: UUID


class StepOrder(Message):
    """Take one step of one ladder; idempotent by (ladder, step)."""

    document_id: UUID
    ladder_id: UUID
    step_id: UUID
    as_of: datetime


class RoundOrder(Message):
    """Close a round at its cut-off, or draft its consolidation; idempotent by round."""

    document_id: UUID
    round_id: UUID
    as_of: datetime


class OpeningOrder(Message):
    """Open the periods of a recurring report that are due; idempotent by period."""

    document_id: UUID
    recurrence_id: UUID
    as_of: datetime


class Done(Message):
    """What an activity on facts did: ids and counts, and the agenda that follows from it."""

    agenda: Agenda
    batch_id: UUID | None = None
    count: int = 0
