"""`/v1/units` and `/v1/seats`: who is who, who answers to whom, who sits where."""

from typing import Annotated
from uuid import UUID

from cascade_contracts.vocabulary import LineKind
from cascade_servicekit.problems import NotFound
from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.endpoints import CallerOf
from plan_api.auth.service import allows, require
from plan_api.obligations import briefing
from plan_api.organizations import editing, reading
from plan_api.organizations.kinds import UnitKind
from plan_api.organizations.schemas import (
    Handover,
    HolderEdit,
    LineGiven,
    SeatEdit,
    SeatGiven,
    UnitEdit,
    UnitGiven,
    UnitPage,
    UnitView,
    Vacancy,
)
from plan_api.organizations.service import seat_cards
from plan_api.requests import (
    Act,
    Answer,
    Caller,
    ServicesOf,
    act,
    act_once,
    if_match,
    reachable_database,
    respond,
    services_of,
)
from plan_api.rules.access import Relation, Verb, may
from plan_api.rules.calendar import local_date
from plan_api.services import Services

router = APIRouter(tags=["units"])

_SHOW_CONTACTS = (Verb.HAND_IN, Verb.REVIEW, Verb.IMPORT_UNITS)
"""Who may do one of these to a unit sees the persons in its seats."""


async def _view(connection: AsyncConnection, services: Services, caller: Caller, unit_id: UUID) -> UnitView:
    contacts = False
    for verb in _SHOW_CONTACTS:
        contacts = contacts or await allows(connection, caller, verb, unit_id)
    return await reading.unit_view(connection, services, unit_id, local_date(services.clock.now()), contacts=contacts)


async def _answer(doing: Act, unit_id: UUID, status: int = 200) -> Answer:
    view = await _view(doing.connection, doing.services, doing.caller, unit_id)
    return Answer(
        view, status=status, etag=view.row_version, location=f"/v1/units/{unit_id}" if status == 201 else None
    )


async def _unit_of(doing: Act, seat_id: UUID) -> UUID:
    card = (await seat_cards(doing.connection, [seat_id])).get(seat_id)
    if card is None:
        raise NotFound(what="seat")
    return card.unit_id


@router.get("/v1/units", summary="List and search units")
async def list_units(
    services: ServicesOf,
    caller: CallerOf,
    q: Annotated[str | None, Query(max_length=200, description="words of the name; diacritics may be left out")] = None,
    kind: UnitKind | None = None,
    superior: Annotated[UUID | None, Query(description="direct subordinates of this unit, on either line")] = None,
    code: Annotated[str | None, Query(max_length=100, description="`system:code`, or a code of any system")] = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> UnitPage:
    """Return units in Vietnamese order; an account bound to a unit sees it and what stands below it."""
    everywhere = caller.unit_id is None or may(caller.role, Verb.READ, Relation.OTHER)
    wanted = reading.UnitFilter(
        q=q, kind=kind, superior=superior, code=code, within=None if everywhere else caller.unit_id
    )
    async with reachable_database(), services.engine.connect() as connection:
        return await reading.unit_page(connection, wanted, cursor, limit)


@router.get("/v1/units/{unit_id}", summary="Read a unit", response_model=UnitView)
async def get_unit(services: ServicesOf, caller: CallerOf, unit_id: UUID) -> Response:
    """Return a unit with codes, lines and seats; the ETag is what an edit sends back as If-Match."""
    async with reachable_database(), services.engine.connect() as connection:
        await require(connection, caller, Verb.READ, unit_id)
        view = await _view(connection, services, caller, unit_id)
    return respond(Answer(view, etag=view.row_version))


@router.post("/v1/units", status_code=201, summary="Create a unit", response_model=UnitView)
async def create_unit(request: Request, caller: CallerOf, given: UnitGiven) -> Response:
    """Create a unit with its codes, lines, seats and holders."""

    async def create(doing: Act) -> Answer:
        await require(doing.connection, caller, Verb.IMPORT_UNITS, None)
        return await _answer(doing, await editing.create_unit(doing, given), status=201)

    return await act_once(request, caller, create)


@router.patch("/v1/units/{unit_id}", summary="Edit a unit", response_model=UnitView)
async def edit_unit(request: Request, caller: CallerOf, unit_id: UUID, edit: UnitEdit) -> Response:
    """Change names, kind, codes or end of a unit."""
    version = if_match(request)

    async def change(doing: Act) -> Answer:
        await require(doing.connection, caller, Verb.IMPORT_UNITS, unit_id)
        await editing.edit_unit(doing, unit_id, version, edit)
        return await _answer(doing, unit_id)

    return respond(await act(services_of(request), caller, change))


@router.put("/v1/units/{unit_id}/lines/{kind}", summary="Set or end a supervision line", response_model=UnitView)
async def set_line(request: Request, caller: CallerOf, unit_id: UUID, kind: LineKind, given: LineGiven) -> Response:
    """Set the superior of a unit on one line from a date; a cycle is refused and named."""
    version = if_match(request)

    async def change(doing: Act) -> Answer:
        await require(doing.connection, caller, Verb.IMPORT_UNITS, unit_id)
        await editing.set_line(doing, unit_id, version, kind, given)
        return await _answer(doing, unit_id)

    return respond(await act(services_of(request), caller, change))


@router.post("/v1/units/{unit_id}/seats", status_code=201, summary="Add a seat", response_model=UnitView)
async def add_seat(request: Request, caller: CallerOf, unit_id: UUID, given: SeatGiven) -> Response:
    """Add a seat to a unit, with its holder if one is given; answers the unit."""

    async def add(doing: Act) -> Answer:
        await require(doing.connection, caller, Verb.IMPORT_UNITS, unit_id)
        await editing.add_seat(doing, unit_id, given)
        return await _answer(doing, unit_id, status=201)

    return await act_once(request, caller, add)


@router.patch("/v1/seats/{seat_id}", summary="Rename a seat", response_model=UnitView)
async def edit_seat(request: Request, caller: CallerOf, seat_id: UUID, edit: SeatEdit) -> Response:
    """Rename a seat; If-Match carries its unit's ETag."""
    version = if_match(request)

    async def change(doing: Act) -> Answer:
        unit_id = await _unit_of(doing, seat_id)
        await require(doing.connection, caller, Verb.IMPORT_UNITS, unit_id)
        await editing.edit_seat(doing, seat_id, version, edit.title)
        return await _answer(doing, unit_id)

    return respond(await act(services_of(request), caller, change))


@router.post("/v1/seats/{seat_id}/handover", status_code=201, summary="Hand a seat over", response_model=UnitView)
async def hand_over(request: Request, caller: CallerOf, seat_id: UUID, given: Handover) -> Response:
    """Put a person into a seat from a date; the predecessor's time and links end on it. Answers the unit.

    What is open, late, promised and to be decided is sent to the new holder on that day.
    """

    async def take(doing: Act) -> Answer:
        unit_id = await _unit_of(doing, seat_id)
        await require(doing.connection, caller, Verb.IMPORT_UNITS, unit_id)
        holder_id = await editing.hand_over(doing, seat_id, given)
        await briefing.tell(doing, seat_id, holder_id, given.effective_on)
        return await _answer(doing, unit_id, status=201)

    return await act_once(request, caller, take)


@router.post("/v1/seats/{seat_id}/vacate", summary="End the holder's time", response_model=UnitView)
async def vacate(request: Request, caller: CallerOf, seat_id: UUID, given: Vacancy) -> Response:
    """Leave a seat vacant from a date. Answers the unit."""

    async def leave(doing: Act) -> Answer:
        unit_id = await _unit_of(doing, seat_id)
        await require(doing.connection, caller, Verb.IMPORT_UNITS, unit_id)
        await editing.vacate(doing, seat_id, given.effective_on)
        return await _answer(doing, unit_id)

    return await act_once(request, caller, leave)


@router.patch("/v1/seats/{seat_id}/holder", summary="Correct the person in a seat", response_model=UnitView)
async def edit_holder(request: Request, caller: CallerOf, seat_id: UUID, edit: HolderEdit) -> Response:
    """Correct name, addresses, channels or language in place; If-Match carries the unit's ETag."""
    version = if_match(request)

    async def change(doing: Act) -> Answer:
        unit_id = await _unit_of(doing, seat_id)
        await require(doing.connection, caller, Verb.IMPORT_UNITS, unit_id)
        await editing.edit_holder(doing, seat_id, version, edit)
        return await _answer(doing, unit_id)

    return respond(await act(services_of(request), caller, change))
