"""REST of progress: of a document, a unit, a cascade; the armed steps; the operator's figures."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from plan_api.auth.endpoints import CallerOf
from plan_api.progress import measuring, service
from plan_api.progress.measure_schemas import DocumentErosion, Lateness, Measures
from plan_api.progress.schemas import (
    CascadeProgress,
    DocumentProgress,
    Operations,
    StepLine,
    UnitProgress,
    UnitsOfCascade,
)
from plan_api.requests import ServicesOf, reachable_database

router = APIRouter(prefix="/v1", tags=["progress"])

At = Annotated[AwareDatetime | None, Query(description="as of this instant; now when absent")]

Units = Annotated[
    Literal["now", "then"],
    Query(description="by the units there are now, or as they were before every reorganisation"),
]


def _at(services: ServicesOf, at: datetime | None) -> datetime:
    return at or services.clock.now()


@router.get("/documents/{document_id}/progress", summary="Progress of a document")
async def document(
    services: ServicesOf, caller: CallerOf, document_id: UUID, at: At = None, units: Units = "now"
) -> DocumentProgress:
    """Return counts by round; on_time + late + missing = expected."""
    async with reachable_database(), services.reading.connect() as connection:
        return await service.of_document(
            connection, services, caller, document_id, _at(services, at), then=units == "then"
        )


@router.get("/documents/{document_id}/steps", summary="Armed steps of a document")
async def steps(services: ServicesOf, caller: CallerOf, document_id: UUID) -> list[StepLine]:
    """Return every step with its fire time, or what became of it."""
    async with reachable_database(), services.reading.connect() as connection:
        return await service.steps(connection, caller, document_id)


@router.get("/documents/{document_id}/cascade", summary="Progress of a cascade")
async def cascade(
    services: ServicesOf, caller: CallerOf, document_id: UUID, at: At = None, units: Units = "now"
) -> CascadeProgress:
    """Return counts by level and document of the whole cascade the document belongs to."""
    async with reachable_database(), services.reading.connect() as connection:
        return await service.of_cascade(
            connection, services, caller, document_id, _at(services, at), then=units == "then"
        )


@router.get("/documents/{document_id}/cascade/units", summary="Units of a cascade")
async def cascade_units(
    services: ServicesOf,
    caller: CallerOf,
    document_id: UUID,
    at: At = None,
    units: Units = "now",
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> UnitsOfCascade:
    """Return how each unit stands in the cascade, a page at a time."""
    async with reachable_database(), services.reading.connect() as connection:
        return await service.units_of_cascade(
            connection, services, caller, document_id, _at(services, at), cursor, limit, then=units == "then"
        )


@router.get("/documents/{document_id}/measures", summary="Fair measures of a cascade")
async def measures(
    services: ServicesOf,
    caller: CallerOf,
    document_id: UUID,
    by: Annotated[measuring.Cut, Query(description="how the cascade is cut")] = "level",
    at: At = None,
    units: Units = "now",
    cursor: Annotated[UUID | None, Query(description="of units only")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Measures:
    """Return completeness and timeliness of the whole cascade, and by level, document, period or unit."""
    async with reachable_database(), services.reading.connect() as connection:
        return await measuring.measures(
            connection, services, caller, document_id, _at(services, at), by, cursor, limit, then=units == "then"
        )


@router.get("/documents/{document_id}/erosion", summary="Who used up a deadline")
async def erosion(services: ServicesOf, caller: CallerOf, document_id: UUID) -> DocumentErosion:
    """Return, of the working days between the first issue and each due day, how many each level used."""
    async with reachable_database(), services.reading.connect() as connection:
        return await measuring.eroded(connection, services, caller, document_id)


@router.get("/documents/{document_id}/lateness", summary="Lateness net of delay from above")
async def lateness(
    services: ServicesOf,
    caller: CallerOf,
    document_id: UUID,
    at: At = None,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Lateness:
    """Return what was late or is missing, and how much of it is not delay that came from above."""
    async with reachable_database(), services.reading.connect() as connection:
        return await measuring.lateness(connection, services, caller, document_id, _at(services, at), cursor, limit)


@router.get("/units/{unit_id}/progress", summary="Progress of a unit")
async def unit(
    services: ServicesOf, caller: CallerOf, unit_id: UUID, at: At = None, units: Units = "now"
) -> UnitProgress:
    """Return what a unit owes and what it decides about."""
    async with reachable_database(), services.reading.connect() as connection:
        return await service.of_unit(connection, services, caller, unit_id, _at(services, at), then=units == "then")


@router.get("/operations/health", summary="Is anything due and not done")
async def operations(services: ServicesOf, caller: CallerOf) -> Operations:
    """Return overdue steps, waiting outbox rows and notices by state."""
    async with reachable_database(), services.reading.connect() as connection:
        return await service.operations(connection, services, caller)
