"""Take a report that came as a reply to a notice: the hand-in of the seat the notice was sent to.

notifier has matched sender and notice; what may be handed in, and by whom, is settled here as for every hand-in.
"""

from cascade_contracts.replies import MailReply, ReplyFile
from cascade_contracts.vocabulary import ObligationState, RoundKind, SubmissionKind
from cascade_servicekit.problems import NotFound

from plan_api.auth.service import LinkView, open_link_by_hash
from plan_api.documents import service as documents
from plan_api.documents.schemas import FileIn
from plan_api.obligations import answering, by_sheet, repository
from plan_api.obligations.errors import NothingAttached, NotTheAssignee, ReplyLinkEnded, ReplyToSeveral, WrongAnswer
from plan_api.obligations.schemas import HandInOut, SubmissionIn
from plan_api.read.standing import Standing, lock_standing
from plan_api.requests import Act, reachable_database
from plan_api.services import Services

_KINDS = {
    RoundKind.PLAN: SubmissionKind.PLAN,
    RoundKind.REPORT: SubmissionKind.REPORT,
    RoundKind.TASK: SubmissionKind.REPORT,
}
_SIGNABLE = frozenset({"pdf", "png", "jpeg"})
_WORKBOOK = "xlsx"


async def link_of(services: Services, given: MailReply) -> LinkView:
    """Return the link a notice carried, while it opens for the person it was sent to.

    Raises:
        ReplyLinkEnded: somebody else answers by now, or the time is over.
    """
    async with reachable_database(), services.reading.connect() as connection:
        digest = bytes.fromhex(given.link_sha256)
        link = await open_link_by_hash(connection, services, digest, services.clock.now())
    if link is None:
        raise ReplyLinkEnded
    return link


async def hand_in(act: Act, link: LinkView, given: MailReply) -> HandInOut:
    """Hand in what a reply brings along and return the receipt; the same mail again returns the same receipt.

    Raises:
        ReplyToSeveral, NothingAttached, and whatever a hand-in raises: nothing changed.
    """
    if link.obligation_id is None:
        raise ReplyToSeveral
    standing = await lock_standing(act.connection, link.obligation_id)
    if standing is None:
        raise NotFound(what="obligation")
    before = await repository.submission_by_mail(act.connection, given.mail_id)
    if before is not None:
        if before.obligation_id != standing.id:
            raise ReplyToSeveral
        handed_in_at = standing.handed_in_at or before.received_at
        return HandInOut(
            submission_id=before.id,
            obligation_id=standing.id,
            version=before.version,
            state=ObligationState(standing.state),
            received_at=before.received_at,
            handed_in_at=handed_in_at,
            on_time=None if standing.due_at is None else handed_in_at < standing.due_at,
        )
    if standing.unit_id != link.unit_id:
        raise NotTheAssignee
    kind = _KINDS.get(standing.round_kind)
    if kind is None:
        expected = ", ".join(sorted(answering.ANSWERS[standing.round_kind]))
        raise WrongAnswer(field="kind", round=standing.round_title, expected=expected)
    if not given.files:
        raise NothingAttached(field="files")
    receipt = await _hand_in(act, standing, kind, given)
    act.record("receive_by_mail", "obligation", standing.id, submission=receipt.submission_id, link=link.id)
    return receipt


async def _hand_in(act: Act, standing: Standing, kind: SubmissionKind, given: MailReply) -> HandInOut:
    """Hand in as it comes; where the round has a form, a workbook among the files fills it in."""
    kinds = {sha256: facts.kind for sha256, facts in (await documents.stored_files(
        act.connection, [file.sha256 for file in given.files])).items()}  # fmt: skip
    sheets = [file for file in given.files if kinds.get(file.sha256) == _WORKBOOK] if standing.form_id else []
    received = answering.Received(mail_id=given.mail_id)
    if not sheets:
        body = SubmissionIn(kind=kind, text=given.text, files=_files(standing, given.files, kinds))
        return await answering.hand_in(act, standing.id, body, received)
    workbook = await act.services.storage.get(sheets[0].sha256)
    beside = SubmissionIn(kind=kind, text=given.text, files=_files(standing, given.files, kinds))
    return await by_sheet.hand_in(act, standing.id, workbook, beside, received)


def _files(standing: Standing, files: list[ReplyFile], kinds: dict[str, str]) -> list[FileIn]:
    """Return the files of an answer; where a signed one is asked for, what a signed paper arrives in is it."""
    owed = standing.signed_file_required
    return [
        FileIn(sha256=file.sha256, name=file.name, signed=owed and kinds.get(file.sha256) in _SIGNABLE)
        for file in {file.sha256: file for file in files}.values()
    ]
