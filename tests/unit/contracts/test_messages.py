"""What crosses Temporal holds ids and instants only, survives new fields, and round-trips through its converter."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from cascade_contracts import delivery, supervision
from cascade_contracts.delivery import BatchTakenOver, DeliveryOrder, PageSent, delivery_id
from cascade_contracts.supervision import (
    Agenda,
    AgendaEntry,
    AgendaRequest,
    Done,
    EntryKind,
    Message,
    OpeningOrder,
    RoundOrder,
    StepOrder,
    SupervisionOrder,
    supervision_id,
)
from pydantic import ValidationError
from temporalio.contrib.pydantic import pydantic_data_converter

SOME = UUID("01936b4e-0000-7000-8000-000000000001")
AT = datetime(2026, 11, 23, 1, tzinfo=UTC)
ENTRY = AgendaEntry(kind=EntryKind.STEP, at=AT, round_id=SOME, ladder_id=SOME, step_id=SOME)

MESSAGES = [
    SupervisionOrder(document_id=SOME),
    AgendaRequest(document_id=SOME),
    Agenda(entries=(ENTRY,)),
    StepOrder(document_id=SOME, ladder_id=SOME, step_id=SOME, as_of=AT),
    RoundOrder(document_id=SOME, round_id=SOME, as_of=AT),
    OpeningOrder(document_id=SOME, recurrence_id=SOME, as_of=AT),
    Done(agenda=Agenda(finished=True), batch_id=SOME, count=3),
    DeliveryOrder(batch_id=SOME),
    BatchTakenOver(notices=3, not_before=AT),
    PageSent(settled=1, remaining=2, retry_at=AT),
]


def all_messages() -> set[type[Message]]:
    """Return every message declared in the contracts."""
    declared = [*vars(supervision).values(), *vars(delivery).values()]
    return {kind for kind in declared if isinstance(kind, type) and issubclass(kind, Message) and kind is not Message}


def test_every_message_is_tried_here() -> None:
    assert all_messages() - {AgendaEntry} == {type(message) for message in MESSAGES}


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
async def test_a_message_round_trips(message: Message) -> None:
    payloads = await pydantic_data_converter.encode([message])
    assert await pydantic_data_converter.decode(payloads, [type(message)]) == [message]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_survives_fields_of_a_newer_release(message: Message) -> None:
    newer = {**message.model_dump(), "added_later": "x"}
    assert type(message).model_validate(newer) == message


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_is_frozen(message: Message) -> None:
    field = next(iter(type(message).model_fields))
    with pytest.raises(ValidationError):
        setattr(message, field, None)


@pytest.mark.parametrize("kind", sorted(all_messages(), key=str), ids=str)
def test_a_message_has_no_default_made_at_run_time(kind: type[Message]) -> None:
    """A clock or uuid factory would give another value at replay."""
    assert [name for name, field in kind.model_fields.items() if field.default_factory is not None] == []


def test_workflow_ids_name_what_they_are_for() -> None:
    assert supervision_id(SOME) == f"supervision/{SOME}"
    assert delivery_id(SOME) == f"delivery/{SOME}"
