"""Read the form of a round, as whoever may read its document."""

from uuid import UUID

from cascade_servicekit.problems import NotFound
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.documents import reading as documents_reading
from plan_api.documents import service as documents
from plan_api.forms.schemas import FormOut
from plan_api.forms.service import form_by_id
from plan_api.requests import Caller
from plan_api.services import Services


async def form_of_round(connection: AsyncConnection, services: Services, caller: Caller, round_id: UUID) -> FormOut:
    """Return the form a round carries.

    Raises:
        NotFound: there is no such round, it carries no form, or the caller may not know of it.
    """
    found, document = await documents.round_and_document(connection, round_id)
    await documents_reading.readable(connection, caller, document.id)
    if found.form_id is None:
        raise NotFound(what="form")
    form = await form_by_id(connection, services, found.form_id)
    return FormOut(id=found.form_id, round_id=round_id, title=found.title, form=form)
