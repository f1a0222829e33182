"""REST of report forms."""

from uuid import UUID

from fastapi import APIRouter

from plan_api.auth.endpoints import CallerOf
from plan_api.forms import reading
from plan_api.forms.schemas import FormOut
from plan_api.requests import ServicesOf, reachable_database

router = APIRouter(prefix="/v1", tags=["forms"])


@router.get("/rounds/{round_id}/form", summary="Read the form of a round")
async def form(services: ServicesOf, caller: CallerOf, round_id: UUID) -> FormOut:
    """Return the fields a round asks for, as frozen; 404 where it takes free text and figures."""
    async with reachable_database(), services.engine.connect() as connection:
        return await reading.form_of_round(connection, services, caller, round_id)
