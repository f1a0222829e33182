"""What a document says it is paid from, as a whole and by task: listed and exported as stated, never added up."""

import csv
import io
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.documents.reading import whole
from plan_api.read import tasks as read
from plan_api.requests import Caller
from plan_api.tasks.schemas import FundingLine, FundingList

HEADINGS = ("Nhiệm vụ", "Nguồn kinh phí", "Số tiền (đồng)", "Năm", "Ghi chú")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def funding(connection: AsyncConnection, caller: Caller, document_id: UUID) -> FundingList:
    """Return what a document and its tasks state.

    Raises:
        NotFound: there is no such document, or the caller may not know of it.
    """
    document = await whole(connection, caller, document_id)
    nothing = {"task_id": None, "task_number": None, "task_title": None}
    lines = [FundingLine.model_validate(item | nothing) for item in document.content.get("funding", [])]
    for task in await read.tasks_of(connection, [document_id]):
        about = {"task_id": task.row.id, "task_number": task.row.number, "task_title": task.row.title}
        lines += [FundingLine.model_validate(item | about) for item in task.row.funding or ()]
    return FundingList(document_id=document_id, reference=document.reference, title=document.title, items=lines)


def as_csv(found: FundingList) -> bytes:
    """Return the lines as CSV in UTF-8 with its mark, as Excel opens it."""
    page = io.StringIO()
    rows = csv.writer(page)
    rows.writerow(HEADINGS)
    for line in found.items:
        task = " ".join(part for part in (line.task_number, line.task_title) if part)
        amount = "" if line.amount is None else str(line.amount)
        year = "" if line.year is None else str(line.year)
        rows.writerow([_harmless(text) for text in (task, line.source, amount, year, line.note or "")])
    return page.getvalue().encode("utf-8-sig")


def _harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
