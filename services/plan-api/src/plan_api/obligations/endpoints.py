"""REST of obligations: read, acknowledge, hand in, accept, return, waive, decline, extend, consolidate."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from cascade_contracts.vocabulary import ObligationState
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from plan_api.auth.endpoints import CallerOf
from plan_api.obligations import accepting_differences as differences
from plan_api.obligations import (
    answering,
    briefing,
    consolidating,
    correcting,
    extending,
    flagging,
    provenance,
    reading,
    sending_up,
)
from plan_api.obligations import deciding as decisions
from plan_api.obligations.consolidation_schemas import (
    ConsolidateIn,
    ConsolidationIn,
    ConsolidationOut,
    CorrectionIn,
    DifferenceIn,
    DifferenceOut,
    FlagPage,
    ProvenancePage,
)
from plan_api.obligations.schemas import (
    AcceptIn,
    ApprovalIn,
    BriefSent,
    ExtensionIn,
    ExtensionOut,
    HandInOut,
    ObligationDetail,
    ObligationOut,
    ObligationPage,
    ReasonIn,
    ReturnIn,
    SeatBrief,
    SubmissionIn,
)
from plan_api.read.obligations import Filters
from plan_api.requests import Act, Answer, Caller, ServicesOf, act, act_once, reachable_database, respond

router = APIRouter(prefix="/v1", tags=["obligations"])

AT_THE_END = ConsolidateIn()
"""A round consolidated once it is settled or closed needs no reason."""


async def once(
    request: Request, caller: Caller, work: Callable[[Act], Awaitable[BaseModel]], status: int = 200
) -> Response:
    """Carry work out once for its Idempotency-Key and answer with what it returns."""

    async def action(doing: Act) -> Answer:
        return Answer(await work(doing), status)

    return await act_once(request, caller, action)


@router.get("/obligations", summary="List obligations")
async def page(
    services: ServicesOf,
    caller: CallerOf,
    unit: UUID | None = None,
    document: UUID | None = None,
    round: UUID | None = None,  # noqa: A002 - the parameter's public name
    deciding: Annotated[UUID | None, Query(description="unit that decides")] = None,
    receiving: Annotated[UUID | None, Query(description="unit that receives what another decides on")] = None,
    state: ObligationState | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> ObligationPage:
    """Return obligations owed, decided or received below the caller, by due time (none last)."""
    async with reachable_database(), services.engine.connect() as connection:
        units = await reading.visible_units(connection, caller)
        seen = await reading.speaking_for(connection, units)
        received_by = await reading.speaking_for(connection, {receiving} if receiving else None)
        filters = Filters(units, unit, document, round, deciding, state, seen=seen, receiving=received_by)
        return await reading.page(connection, services, filters, cursor, limit)


@router.get("/seats/{seat_id}/brief", summary="Brief whoever takes a seat over")
async def brief(services: ServicesOf, caller: CallerOf, seat_id: UUID) -> SeatBrief:
    """Return what is open, late, promised, under review and to be decided at a seat's unit."""
    async with reachable_database(), services.reading.connect() as connection:
        return await briefing.brief(connection, services, caller, seat_id)


@router.post("/seats/{seat_id}/brief", response_model=BriefSent, summary="Send the brief again")
async def send_brief(request: Request, caller: CallerOf, seat_id: UUID) -> Response:
    """Send the brief by message to who holds the seat now; one that still waits is not sent any more."""
    return await once(request, caller, lambda doing: briefing.send_again(doing, seat_id))


@router.get("/obligations/{obligation_id}", response_model=ObligationDetail, summary="Read an obligation")
async def read(services: ServicesOf, caller: CallerOf, obligation_id: UUID) -> Response:
    """Return an obligation with its submissions, steps (past and armed) and extensions."""
    async with reachable_database(), services.engine.connect() as connection:
        body = await reading.whole(connection, services, caller, obligation_id)
    return respond(Answer(body, etag=body.row_version))


@router.post("/obligations/{obligation_id}/acknowledge", response_model=HandInOut, summary="Acknowledge receipt")
async def acknowledge(request: Request, caller: CallerOf, obligation_id: UUID) -> Response:
    """Acknowledge the document an obligation belongs to."""
    return await once(request, caller, lambda doing: answering.acknowledge(doing, obligation_id))


@router.post("/obligations/{obligation_id}/submissions", status_code=201, response_model=HandInOut, summary="Hand in")
async def hand_in(request: Request, caller: CallerOf, obligation_id: UUID, body: SubmissionIn) -> Response:
    """Hand in an answer; works with the workflow engine away."""
    return await once(request, caller, lambda doing: answering.hand_in(doing, obligation_id, body), 201)


@router.post(
    "/obligations/{obligation_id}/corrections",
    status_code=201,
    response_model=HandInOut,
    summary="Correct an accepted report",
)
async def correct(request: Request, caller: CallerOf, obligation_id: UUID, body: CorrectionIn) -> Response:
    """Put a corrected version in its place; every level above is out of date until it accepts the difference."""
    return await once(request, caller, lambda doing: correcting.correct(doing, obligation_id, body), 201)


@router.post("/obligations/{obligation_id}/accept", response_model=ObligationOut, summary="Accept")
async def accept(request: Request, caller: CallerOf, obligation_id: UUID, body: AcceptIn) -> Response:
    """Accept what was submitted."""
    return await once(
        request, caller, lambda doing: decisions.accept(doing, obligation_id, body.note, task_gaps=body.task_gaps)
    )


@router.post("/obligations/{obligation_id}/return", response_model=ObligationOut, summary="Return")
async def return_(request: Request, caller: CallerOf, obligation_id: UUID, body: ReturnIn) -> Response:
    """Send a submission back with a reason; the unit is told at once."""
    return await once(request, caller, lambda doing: decisions.return_(doing, obligation_id, body))


@router.post("/obligations/{obligation_id}/waive", response_model=ObligationOut, summary="Waive")
async def waive(request: Request, caller: CallerOf, obligation_id: UUID, body: ReasonIn) -> Response:
    """Let a unit off."""
    return await once(request, caller, lambda doing: decisions.waive(doing, obligation_id, body.reason))


@router.post("/obligations/{obligation_id}/decline", response_model=ObligationOut, summary="Decline a request")
async def decline(request: Request, caller: CallerOf, obligation_id: UUID, body: ReasonIn) -> Response:
    """Decline what was requested (mode `request` only)."""
    return await once(request, caller, lambda doing: decisions.decline(doing, obligation_id, body.reason))


@router.post(
    "/obligations/{obligation_id}/extensions", status_code=201, response_model=ExtensionOut, summary="Ask for more time"
)
async def ask_extension(request: Request, caller: CallerOf, obligation_id: UUID, body: ExtensionIn) -> Response:
    """Ask for a later due time; one request is open at a time."""
    return await once(request, caller, lambda doing: extending.ask(doing, obligation_id, body), 201)


@router.post("/extensions/{extension_id}/approve", response_model=ExtensionOut, summary="Grant more time")
async def approve(request: Request, caller: CallerOf, extension_id: UUID, body: ApprovalIn) -> Response:
    """Grant a later due time, the one asked for or another."""
    return await once(request, caller, lambda doing: extending.approve(doing, extension_id, body))


@router.post("/extensions/{extension_id}/refuse", response_model=ExtensionOut, summary="Refuse more time")
async def refuse(request: Request, caller: CallerOf, extension_id: UUID, body: ReasonIn) -> Response:
    """Refuse a request; the due time stays."""
    return await once(request, caller, lambda doing: extending.refuse(doing, extension_id, body.reason))


@router.get("/rounds/{round_id}/consolidation", response_model=ConsolidationOut, summary="Read a consolidation")
async def consolidation(services: ServicesOf, caller: CallerOf, round_id: UUID) -> Response:
    """Return the newest consolidation of a round, every figure with its provenance."""

    async def action(doing: Act) -> Answer:
        return Answer(await consolidating.newest(doing, round_id))

    return respond(await act(services, caller, action))


@router.post("/rounds/{round_id}/consolidate", response_model=ConsolidationOut, summary="Consolidate again")
async def consolidate(request: Request, caller: CallerOf, round_id: UUID, body: ConsolidateIn = AT_THE_END) -> Response:
    """Draft anew with what has come since; before the round's end with a reason, whoever is missing is a gap."""
    return await once(request, caller, lambda doing: consolidating.draft_again(doing, round_id, body.reason))


@router.get("/rounds/{round_id}/difference", summary="Read what is out of date")
async def difference(services: ServicesOf, caller: CallerOf, round_id: UUID) -> DifferenceOut:
    """Return which reports changed below a round's consolidation, and what accepting that would change."""
    async with reachable_database(), services.engine.connect() as connection:
        return await differences.show(connection, services, caller, round_id)


@router.post(
    "/rounds/{round_id}/difference/accept", response_model=ConsolidationOut, summary="Accept what has changed below"
)
async def accept_difference(request: Request, caller: CallerOf, round_id: UUID, body: DifferenceIn) -> Response:
    """Consolidate anew and restate what was sent up; the level above is asked to accept in its turn."""
    return await once(request, caller, lambda doing: differences.accept(doing, round_id, body.note))


@router.get("/rounds/{round_id}/flags", summary="List striking reports")
async def flags(
    services: ServicesOf,
    caller: CallerOf,
    round_id: UUID,
    unit: UUID | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> FlagPage:
    """Return what to look at twice: numbers unlike the unit's former ones or its siblings', values that contradict."""
    async with reachable_database(), services.engine.connect() as connection:
        return await flagging.page(connection, services, caller, round_id, unit, cursor, limit)


@router.get("/consolidations/{consolidation_id}/provenance", summary="Open a figure")
async def open_figure(
    services: ServicesOf,
    caller: CallerOf,
    consolidation_id: UUID,
    field: Annotated[str, Query(description="key of a field, or name of a figure", max_length=60)],
    leaves: Annotated[
        bool, Query(description="down to the reports units wrote themselves, through every level")
    ] = False,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> ProvenancePage:
    """Return the units, submission versions and persons a figure was made of, by unit name."""
    async with reachable_database(), services.engine.connect() as connection:
        return await provenance.provenance(
            connection, services, caller, consolidation_id, field, leaves=leaves, cursor=cursor, limit=limit
        )


@router.post("/consolidations/{consolidation_id}/submit", response_model=ConsolidationOut, summary="Report up")
async def submit(request: Request, caller: CallerOf, consolidation_id: UUID, body: ConsolidationIn) -> Response:
    """Send a consolidation up; it fulfils what the superior itself owes, to every parent its round reports into."""
    return await once(request, caller, lambda doing: sending_up.submit(doing, consolidation_id, body))
