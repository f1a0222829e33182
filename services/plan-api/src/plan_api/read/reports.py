"""The reports of a round as a consolidation needs them: accepted ones, and who is missing and why."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from cascade_contracts.vocabulary import ObligationState, SubmissionKind
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import OBLIGATION, OBLIGATION_TRANSFER, SUBMISSION, UNIT
from plan_api.rules.consolidation import Gap, ReportPart


@dataclass(frozen=True, slots=True)
class RoundReports:
    """Parts to add up, and the units without one."""

    parts: list[ReportPart]
    gaps: list[Gap]


_REASONS = {
    ObligationState.OPEN: "chưa nộp",
    ObligationState.SUBMITTED: "chờ duyệt",
    ObligationState.WAIVED: "được miễn",
    ObligationState.DECLINED: "từ chối đề nghị",
    ObligationState.WITHDRAWN: "đã thu hồi",
    ObligationState.TRANSFERRED: "đã chuyển đơn vị kế thừa",
    ObligationState.NOT_APPLICABLE: "không áp dụng",
}


async def round_reports(connection: AsyncConnection, round_id: UUID) -> RoundReports:
    """Return the reports of a round; a nil return is a report without figures.

    What another unit took over is no gap: the successor's stands for it.
    """
    taken_over = exists().where(OBLIGATION_TRANSFER.c.from_id == OBLIGATION.c.id)
    query = (
        select(
            OBLIGATION.c.unit_id,
            UNIT.c.name,
            OBLIGATION.c.state,
            SUBMISSION.c.id,
            SUBMISSION.c.version,
            SUBMISSION.c.kind,
            SUBMISSION.c.figures,
            SUBMISSION.c.text,
        )
        .join(UNIT, UNIT.c.id == OBLIGATION.c.unit_id)
        .outerjoin(SUBMISSION, SUBMISSION.c.id == OBLIGATION.c.submission_id)
        .where(OBLIGATION.c.round_id == round_id)
        .where((OBLIGATION.c.state != ObligationState.TRANSFERRED) | ~taken_over)
    )
    parts, gaps = [], []
    for unit_id, name, state, submission_id, version, kind, figures, text in await connection.execute(query):
        if state == ObligationState.FULFILLED and submission_id is not None:
            numbers = {field: Decimal(value) for field, value in (figures or {}).items()}
            words = "" if kind == SubmissionKind.NIL else (text or "")
            parts.append(ReportPart(unit_id, name, submission_id, version, numbers, words))
        else:
            gaps.append(Gap(unit_id, name, _REASONS.get(ObligationState(state), state)))
    return RoundReports(parts, gaps)
