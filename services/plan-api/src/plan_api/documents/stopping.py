"""The stop buttons: suspend, resume, recall, replace. Facts and a signal, never a cancelled workflow.

They lock the document, so a step under way is waited for and every later one is refused.
"""

from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import DocumentState
from cascade_servicekit.problems import NotFound
from sqlalchemy import Row

from plan_api.auth.service import require
from plan_api.documents import repository
from plan_api.documents.errors import AlreadySuspended, DocumentNotInForce, NotReplaceable, NotSuspended
from plan_api.escalation import service as escalation
from plan_api.obligations import deciding
from plan_api.read.heirs import heir_of
from plan_api.requests import Act
from plan_api.rules.access import Verb

REPLACED = "có văn bản khác thay thế"


async def locked_in_force(act: Act, document_id: UUID, verb: Verb) -> Row[Any]:
    """Lock a document in force on which the caller may do something.

    Raises:
        NotFound, Forbidden, DocumentNotInForce: nothing changed.
    """
    document = await repository.lock_document(act.connection, document_id)
    if document is None:
        raise NotFound(what="document")
    await require(act.connection, act.caller, verb, await heir_of(act.connection, document.issuer_unit_id))
    if document.state != DocumentState.ISSUED:
        raise DocumentNotInForce(state=document.state)
    return document


async def suspend(act: Act, document_id: UUID, reason: str) -> None:
    """Stop chasing from now on; answers are still taken."""
    await locked_in_force(act, document_id, Verb.SUSPEND_DOCUMENT)
    if await repository.is_suspended(act.connection, document_id):
        raise AlreadySuspended
    await repository.add_suspension(
        act.connection,
        {
            "id": new_id(),
            "document_id": document_id,
            "from_at": act.now,
            "reason": reason,
            "account_id": act.caller.account_id,
        },
    )
    act.record("suspend", "document", document_id, reason=reason)
    act.agenda_changed(document_id)


async def resume(act: Act, document_id: UUID) -> None:
    """Go on chasing: of the steps that passed meanwhile only the latest of each ladder speaks."""
    await locked_in_force(act, document_id, Verb.SUSPEND_DOCUMENT)
    if not await repository.is_suspended(act.connection, document_id):
        raise NotSuspended
    await repository.end_suspension(act.connection, document_id, act.now)
    await escalation.resume_deliveries(act.connection, act.services, document_id, act.now)
    act.record("resume", "document", document_id)
    act.agenda_changed(document_id)


async def recall(act: Act, document_id: UUID, reason: str) -> None:
    """Take a document back: what it still asks for is withdrawn, unsent notices are withheld."""
    await locked_in_force(act, document_id, Verb.RECALL_DOCUMENT)
    withdrawn = await _take_back(act, document_id, "recalled", recall_reason=reason)
    act.record("recall", "document", document_id, reason=reason, withdrawn=withdrawn)


async def replace(act: Act, document_id: UUID, successor_id: UUID, issuer_id: UUID) -> None:
    """Take a document back because another of its issuer takes its place; what was answered stays answered.

    Raises:
        NotFound, Forbidden, DocumentNotInForce, NotReplaceable: nothing changed.
    """
    document = await locked_in_force(act, document_id, Verb.RECALL_DOCUMENT)
    if document_id == successor_id or await heir_of(act.connection, document.issuer_unit_id) != issuer_id:
        raise NotReplaceable(field="replaces")
    withdrawn = await _take_back(act, document_id, "replaced", recall_reason=REPLACED, replaced_by_id=successor_id)
    act.record("replace", "document", document_id, by=str(successor_id), withdrawn=withdrawn)


async def _take_back(act: Act, document_id: UUID, why: str, **values: object) -> int:
    if await repository.is_suspended(act.connection, document_id):
        await repository.end_suspension(act.connection, document_id, act.now)
    await repository.change_document(
        act.connection,
        document_id,
        state=DocumentState.RECALLED,
        recalled_at=act.now,
        updated_at=act.now,
        **values,
    )
    withdrawn = await deciding.withdraw_all(act, document_id)
    await escalation.skip_document(act.connection, document_id, act.now, why)
    await escalation.wake_deliveries(act.connection, document_id, act.now)
    act.agenda_changed(document_id)
    return withdrawn
