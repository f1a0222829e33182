"""What the buttons do: each takes a form, checks it, and returns what to carry out in one transaction.

A `Mistake` is raised before anything is touched; what the services refuse changes nothing either.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from cascade_contracts.vocabulary import SubmissionKind
from pydantic import BaseModel

from plan_api.documents.files import SIGNABLE, XLSX, media_type_of, store
from plan_api.documents.schemas import FileIn
from plan_api.obligations import answering, by_sheet, extending, speaking_for
from plan_api.obligations.schemas import ExtensionIn, HandInOut, SubmissionIn
from plan_api.requests import Act
from plan_api.web.duty import Duty
from plan_api.web.errors import LinkUnknown
from plan_api.web.forms import MAX_FILES, Form, Mistake, Upload
from plan_api.web.report_form import PREFIX, SHEET, values, with_files
from plan_api.web.standing import HANDED_IN_AS, Action

Work = Callable[[Act], Awaitable[BaseModel]]

_LAST_YEAR: Final = 2100


def _acknowledge(duty: Duty, form: Form) -> Work:
    del form
    return lambda act: answering.acknowledge(act, duty.owed.id)


def _nil(duty: Duty, form: Form) -> Work:
    given = SubmissionIn(kind=SubmissionKind.NIL, text=form.text("text"))
    return lambda act: answering.hand_in(act, duty.owed.id, given)


def _hand_in(duty: Duty, form: Form) -> Work:
    kind = HANDED_IN_AS.get(duty.kind)
    if kind is None:
        raise LinkUnknown
    given = SubmissionIn(
        kind=kind,
        text=form.text("text"),
        number=form.text("number"),
        notation=form.text("notation"),
        dated_on=form.date("dated_on"),
    )
    signed = form.fields.get("signed") == "yes"
    if len(form.uploads) > MAX_FILES:
        raise Mistake("too_many_files", limit=MAX_FILES)
    if given.text is None and not form.uploads and duty.form is None:
        raise Mistake("need_content")
    has_signed = signed and any(media_type_of(upload.content) in SIGNABLE for upload in form.uploads)
    if duty.subject.signed_file_required and not has_signed:
        raise Mistake("need_signed")

    async def work(act: Act) -> HandInOut:
        sheet = _workbook(duty, form)
        sent = await _stored(act, form.uploads, signed=signed)
        beside = sent.pop("files", {}) | sent.pop(SHEET, {})
        whole = given.model_copy(update={"files": list(beside.values())})
        if sheet is not None:
            return await by_sheet.hand_in(act, duty.owed.id, sheet.content, whole)
        if duty.form is not None:
            chosen = {field: list(named.values()) for field, named in sent.items()}
            filled = with_files(duty.form, values(duty.form, form.fields), chosen, duty.filled)
            whole = whole.model_copy(update={"values": filled})
        return await answering.hand_in(act, duty.owed.id, whole)

    return work


def _workbook(duty: Duty, form: Form) -> Upload | None:
    """Return the filled workbook: the one chosen as such, or a workbook among the files where the page is blank."""
    if duty.form is None:
        return None
    chosen = next((upload for upload in form.uploads if upload.field == SHEET), None)
    if chosen is not None or any(name.startswith(PREFIX) for name in form.fields):
        return chosen
    return next((upload for upload in form.uploads if media_type_of(upload.content) == XLSX), None)


async def _stored(act: Act, uploads: Sequence[Upload], *, signed: bool) -> dict[str, dict[str, FileIn]]:
    """Store files; return them by the input they were chosen in, the same content once."""
    kept: dict[str, dict[str, FileIn]] = {}
    for upload in uploads:
        stored = await store(act.connection, act.services, upload.content, act.now, upload.name)
        kept.setdefault(upload.field, {})[stored.sha256] = FileIn(
            sha256=stored.sha256,
            name=upload.name,
            signed=signed and upload.field == "files" and stored.media_type in SIGNABLE,
        )
    return kept


def _extension(duty: Duty, form: Form) -> Work:
    due_on, reason = form.date("due_on"), form.text("reason")
    if due_on is None or due_on.year > _LAST_YEAR:
        raise Mistake("need_date")
    if duty.owed.due_on is not None and due_on <= duty.owed.due_on:
        raise Mistake("need_later", day=duty.owed.due_on)
    if reason is None:
        raise Mistake("need_reason")
    given = ExtensionIn(due_on=due_on, reason=reason)
    return lambda act: extending.ask(act, duty.owed.id, given)


def _confirm(duty: Duty, form: Form) -> Work:
    del form
    return lambda act: speaking_for.confirm(act, duty.owed.id)


WORKS: Final[Mapping[str, Callable[[Duty, Form], Work]]] = MappingProxyType(
    {
        Action.ACKNOWLEDGE: _acknowledge,
        Action.HAND_IN: _hand_in,
        Action.NIL: _nil,
        Action.EXTENSION: _extension,
        Action.CONFIRM: _confirm,
    }
)
"""By the last part of the address."""

FORMS: Final[Mapping[str, str]] = MappingProxyType(
    {Action.HAND_IN: "hand_in.html", Action.NIL: "nil.html", Action.EXTENSION: "extension.html"}
)
"""The page each form stands on, by the last part of its address."""
