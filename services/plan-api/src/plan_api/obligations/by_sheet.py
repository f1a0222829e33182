"""Fill a form in by workbook: the template of an obligation, and a hand-in that names cells instead of fields."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from cascade_contracts.vocabulary import SubmissionKind
from cascade_servicekit.problems import FieldFault, NotFound
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import require
from plan_api.documents import service as documents
from plan_api.forms import service as forms
from plan_api.forms.errors import FormNotFilled, SheetOfAnother
from plan_api.forms.sheet_reading import Filled, halves, read_workbook
from plan_api.forms.sheet_writing import Heading, write_workbook
from plan_api.forms.texts import FAULTS
from plan_api.obligations import answering, repository
from plan_api.obligations.schemas import HandInOut, SubmissionIn
from plan_api.organizations import service as organizations
from plan_api.read.standing import Standing, read_standing
from plan_api.requests import Act, Caller
from plan_api.rules.access import Verb
from plan_api.rules.form_values import FaultKind
from plan_api.rules.forms import Form
from plan_api.rules.vietnamese import format_day
from plan_api.services import Services


@dataclass(frozen=True, slots=True)
class Template:
    """A workbook to fill in, with the name it is saved under."""

    name: str
    content: bytes


async def template(connection: AsyncConnection, services: Services, caller: Caller, obligation_id: UUID) -> Template:
    """Return the workbook of what a unit owes, with what it handed in before.

    Raises:
        NotFound: there is no such obligation, its round carries no form, or the caller may not know of it.
    """
    standing, form = await _formed(connection, services, obligation_id)
    await require(connection, caller, Verb.READ_PROGRESS, standing.unit_id)
    _, document = await documents.round_and_document(connection, standing.round_id)
    unit = (await organizations.unit_cards(connection, [standing.unit_id]))[standing.unit_id]
    former = None
    if standing.submission_id is not None:
        former = await repository.submission(connection, standing.submission_id)
    assert standing.form_id is not None  # noqa: S101 - it has a form
    heading = Heading(
        standing.form_id,
        standing.id,
        str(document.title),
        standing.round_title,
        unit.name,
        "Không có hạn" if standing.due_on is None else f"Hạn: {format_day(standing.due_on)}",
    )
    filled = (former.filled or {}) if former is not None else {}
    marks = (former.return_marks or []) if former is not None else []
    content = await asyncio.to_thread(write_workbook, form, heading, filled, marks)
    return Template(f"bieu-mau-{standing.id.hex[-8:]}.xlsx", content)


async def _formed(connection: AsyncConnection, services: Services, obligation_id: UUID) -> tuple[Standing, Form]:
    standing = await read_standing(connection, obligation_id)
    if standing is None:
        raise NotFound(what="obligation")
    if standing.form_id is None:
        raise NotFound(what="form")
    return standing, await forms.form_by_id(connection, services, standing.form_id)


async def hand_in(
    act: Act,
    obligation_id: UUID,
    content: bytes,
    beside: SubmissionIn | None = None,
    received: answering.Received = answering.BY_ITSELF,
) -> HandInOut:
    """Hand a filled workbook in; again as often as wanted, every time as a new version.

    `beside` is what comes with it: words, number, files. Files of the form's file fields are taken over from the
    version before, for a workbook holds none.

    Raises:
        SheetUnreadable, SheetOfAnother: the file is not this obligation's workbook.
        FormNotFilled: naming every wrong cell; nothing changed.
        Whatever a hand-in raises.
    """
    standing, form = await _formed(act.connection, act.services, obligation_id)
    await require(act.connection, act.caller, Verb.READ_PROGRESS, standing.unit_id)
    found = await asyncio.to_thread(read_workbook, form, content)
    if found.marks.get("form") != str(standing.form_id) or found.marks.get("obligation") != str(standing.id):
        raise SheetOfAnother(field="file")
    former = None
    if standing.submission_id is not None:
        former = await repository.submission(act.connection, standing.submission_id)
    attached = forms.attached(form, (former.filled or {}) if former is not None else {})
    given = (beside or SubmissionIn(kind=SubmissionKind.REPORT)).model_copy(
        update={"values": attached | halves(found.values)}
    )
    if found.formulas:
        raise await _with_formulas(act, form, given, found)
    try:
        return await answering.hand_in(act, obligation_id, given, received)
    except FormNotFilled as refused:
        raise FormNotFilled(faults=_by_cell(refused, found), count=len(refused.faults)) from None


async def _with_formulas(act: Act, form: Form, given: SubmissionIn, found: Filled) -> FormNotFilled:
    """Return the refusal of a workbook with formulas: those cells, and whatever else is wrong."""
    vi, en = FAULTS[FaultKind.FORMULA]
    faults = [FieldFault(cell, f"«{label}» {vi}.", f"“{label}” {en}.") for cell, label in found.formulas]
    cells = {fault.field for fault in faults}
    try:
        await forms.fill(act.connection, form, given.values or {})
    except FormNotFilled as refused:
        faults += [fault for fault in _by_cell(refused, found) if fault.field not in cells]
    return FormNotFilled(faults=faults, count=len(faults))


def _by_cell(refused: FormNotFilled, found: Filled) -> list[FieldFault]:
    """Return the faults with the cells they are about."""
    return [fault._replace(field=found.cell_of(fault.field)) for fault in refused.faults]
