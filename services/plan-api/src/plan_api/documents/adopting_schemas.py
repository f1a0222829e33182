"""What adopting running documents from a tracking sheet answers."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from plan_api.organizations.schemas import Sentence


class RowRefused(BaseModel):
    """A row of which nothing was taken over, and what to do."""

    row: int
    column: str | None
    code: str
    value: str | None
    message: Sentence


class DocumentAdopted(BaseModel):
    """A document of the sheet: what it led to, in obligations. `answered` were answered on paper."""

    document_id: UUID
    reference: str
    title: str
    what: Literal["adopted", "continued", "unchanged"]
    rounds: int
    opened: int
    answered: int
    unchanged: int


class SheetAdopted(BaseModel):
    """A sheet taken over: rows read, documents, and rows refused (the first 1,000)."""

    rows: int
    documents: list[DocumentAdopted]
    refused_rows: int
    refused: list[RowRefused]
