"""Read progress: a document's, a unit's, a cascade's; counts that add up at every level.

`then` reads it by the units as they were before every reorganisation, with the answers of those who took over.
"""

from datetime import datetime
from uuid import UUID

from cascade_contracts.vocabulary import Channel, DocumentState
from cascade_servicekit.problems import NotFound
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import require
from plan_api.calendar import service as calendar
from plan_api.documents import reading as documents
from plan_api.documents.reading import reference
from plan_api.integration.notifier import channel_states
from plan_api.organizations import service as organizations
from plan_api.progress.schemas import (
    CanaryState,
    CascadeDocument,
    CascadeLevel,
    CascadeProgress,
    ChannelState,
    DocumentProgress,
    Operations,
    RoundProgress,
    StepLine,
    TallyOut,
    UnitOfCascade,
    UnitProgress,
    UnitsOfCascade,
)
from plan_api.read import operations as read_operations
from plan_api.read import progress as read
from plan_api.read.canary import latest as latest_canary
from plan_api.requests import Caller
from plan_api.rules.access import Verb
from plan_api.rules.policies import STANDARD_POLICY
from plan_api.rules.timeliness import Tally
from plan_api.services import Services


async def _counter(connection: AsyncConnection, services: Services, at: datetime) -> read.Counter:
    days = await calendar.work_calendar(connection, services)
    return read.Counter(at, days, STANDARD_POLICY.due_soon)


async def of_document(
    connection: AsyncConnection,
    services: Services,
    caller: Caller,
    document_id: UUID,
    at: datetime,
    *,
    then: bool = False,
) -> DocumentProgress:
    """Return a document's counts, whole and by round."""
    document = await documents.readable(connection, caller, document_id)
    counter = await _counter(connection, services, at)
    tallies = counter.by(
        await read.groups(connection, at, read.of_document(document_id), then=then), lambda group: group.round_id
    )
    rounds = [
        RoundProgress(
            round_id=row.id,
            kind=row.kind,
            title=row.title,
            period=row.period,
            due_at=row.due_at,
            due_on=row.due_on,
            settled_at=row.settled_at,
            closed_at=row.closed_at,
            consolidated_at=row.consolidated_at,
            tally=TallyOut.of(tallies.get(row.id, Tally())),
        )
        for row in await documents.rounds(connection, document_id)
    ]
    return DocumentProgress(
        document_id=document_id,
        at=at,
        suspended=document.suspended,
        tally=TallyOut.of(Tally.total(tallies.values())),
        rounds=rounds,
    )


async def of_unit(
    connection: AsyncConnection, services: Services, caller: Caller, unit_id: UUID, at: datetime, *, then: bool = False
) -> UnitProgress:
    """Return what a unit owes and what it decides about."""
    if not await organizations.exists(connection, unit_id):
        raise NotFound(what="unit")
    await require(connection, caller, Verb.READ_PROGRESS, unit_id)
    counter = await _counter(connection, services, at)
    owes = await read.groups(connection, at, read.owed_by(unit_id), then=then)
    decides = await read.groups(connection, at, read.decided_by(unit_id), then=then)
    return UnitProgress(
        unit_id=unit_id,
        at=at,
        owes=TallyOut.of(Tally.total(map(counter.tally, owes))),
        decides=TallyOut.of(Tally.total(map(counter.tally, decides))),
    )


async def of_cascade(
    connection: AsyncConnection,
    services: Services,
    caller: Caller,
    document_id: UUID,
    at: datetime,
    *,
    then: bool = False,
) -> CascadeProgress:
    """Return the cascade a document belongs to: levels add up to the whole, documents to their level."""
    root_id = (await documents.readable(connection, caller, document_id)).root_id
    root = await documents.readable(connection, caller, root_id)
    found = await read.cascade_documents(connection, root_id)
    ids = [document.id for document in found]
    level_of = {document.id: document.level for document in found}
    kinds = await read.round_kinds(connection, ids)
    counter = await _counter(connection, services, at)
    groups = await read.groups(connection, at, read.of_documents(ids), then=then)
    by_document = counter.by(groups, lambda group: group.document_id)
    by_kind = counter.by(groups, lambda group: (level_of[group.document_id], kinds[group.round_id]))
    levels = []
    for level in sorted(set(level_of.values())):
        here = [document for document in found if document.level == level]
        levels.append(
            CascadeLevel(
                level=level,
                tally=TallyOut.of(Tally.total(by_document.get(document.id, Tally()) for document in here)),
                kinds={kind: TallyOut.of(tally) for (at_level, kind), tally in by_kind.items() if at_level == level},
                documents=[_document(document, by_document.get(document.id, Tally())) for document in here],
            )
        )
    happened = await read.events(connection, ids)
    return CascadeProgress(
        root_id=root_id,
        at=at,
        complete=root.state is DocumentState.ISSUED
        and all(item.settled_at is not None for item in await documents.rounds(connection, root_id)),
        tally=TallyOut.of(Tally.total(by_document.values())),
        escalated=happened.escalated,
        returned=happened.returned,
        extended=happened.extended,
        levels=levels,
    )


def _document(document: read.DocumentOfCascade, tally: Tally) -> CascadeDocument:
    return CascadeDocument(
        document_id=document.id,
        issuer_unit_id=document.issuer_unit_id,
        issuer_name=document.issuer_name,
        title=document.title,
        reference=reference(document.number, document.notation),
        state=DocumentState(document.state),
        tally=TallyOut.of(tally),
    )


async def units_of_cascade(
    connection: AsyncConnection,
    services: Services,
    caller: Caller,
    document_id: UUID,
    at: datetime,
    after: UUID | None,
    limit: int,
    *,
    then: bool = False,
) -> UnitsOfCascade:
    """Return how each unit of a cascade stands, a page ordered by unit id."""
    root_id = (await documents.readable(connection, caller, document_id)).root_id
    await documents.readable(connection, caller, root_id)
    found = {document.id: document.level for document in await read.cascade_documents(connection, root_id)}
    page = await read.units_page(connection, list(found), after, limit, then=then)
    scope = read.of_documents(list(found)) & read.of_units(page)
    counter = await _counter(connection, services, at)
    groups = await read.groups(connection, at, scope, by_unit=True, then=then)
    tallies = counter.by(groups, lambda group: group.unit_id)
    levels = {group.unit_id: found[group.document_id] + 1 for group in groups}
    cards = await organizations.unit_cards(connection, page)
    items = [
        UnitOfCascade(
            unit_id=unit_id, name=cards[unit_id].name, level=levels[unit_id], tally=TallyOut.of(tallies[unit_id])
        )
        for unit_id in page
    ]
    return UnitsOfCascade(items=items, next=str(page[-1]) if len(page) == limit else None)


async def steps(connection: AsyncConnection, caller: Caller, document_id: UUID) -> list[StepLine]:
    """Return every armed step of a document with its fire time, or what became of it."""
    await documents.readable(connection, caller, document_id)
    return [
        StepLine.model_validate(dict(row._mapping)) for row in await read_operations.steps_of(connection, document_id)
    ]


async def operations(connection: AsyncConnection, services: Services, caller: Caller) -> Operations:
    """Return what an operator watches: our own figures, and the channels as notifier sees them."""
    await require(connection, caller, Verb.OPERATE, None)
    figures = await read_operations.operations(connection, services.clock.now())
    canary = await latest_canary(connection)
    states = await channel_states(services.settings)
    channels = None if states is None else [ChannelState.model_validate(state) for state in states]
    smtp = None if channels is None else all(item.state == "up" for item in channels if item.channel == Channel.EMAIL)
    return Operations.model_validate(
        figures | {"channels": channels, "smtp": smtp, "canary": canary and CanaryState.model_validate(canary)}
    )
