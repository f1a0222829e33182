"""Bodies of the forms API."""

from uuid import UUID

from pydantic import BaseModel

from plan_api.rules.forms import Form


class FormOut(BaseModel):
    """The form of a round, as frozen."""

    id: UUID
    round_id: UUID
    title: str
    form: Form
