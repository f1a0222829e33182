"""The reports of a round as a consolidation needs them: accepted ones, and who is missing and why."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import ObligationState, SubmissionKind
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.read.tables import CONSOLIDATION, OBLIGATION, OBLIGATION_TRANSFER, SUBMISSION, UNIT
from plan_api.rules.consolidation import Gap, ReportPart
from plan_api.rules.form_merging import FormPart
from plan_api.rules.vietnamese import sort_key


@dataclass(frozen=True, slots=True)
class RoundReports:
    """Parts to add up, what each fills in of a form, the units without one, and gaps already declared below.

    `below` are the gaps of the consolidations that reports were made of: (the reporting unit's name, its gap).
    """

    parts: list[ReportPart]
    gaps: list[Gap]
    filled: list[FormPart]
    below: list[tuple[str, dict[str, Any]]]


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
            SUBMISSION.c.filled,
            CONSOLIDATION.c.gaps,
        )
        .join(UNIT, UNIT.c.id == OBLIGATION.c.unit_id)
        .outerjoin(SUBMISSION, SUBMISSION.c.id == OBLIGATION.c.submission_id)
        .outerjoin(CONSOLIDATION, CONSOLIDATION.c.id == SUBMISSION.c.consolidation_id)
        .where(OBLIGATION.c.round_id == round_id)
        .where((OBLIGATION.c.state != ObligationState.TRANSFERRED) | ~taken_over)
    )
    found = RoundReports([], [], [], [])
    for unit_id, name, state, submission_id, version, kind, figures, text, filled, below in await connection.execute(
        query
    ):
        if state == ObligationState.FULFILLED and submission_id is not None:
            numbers = {field: Decimal(value) for field, value in (figures or {}).items()}
            nil = kind == SubmissionKind.NIL
            found.parts.append(ReportPart(unit_id, name, submission_id, version, numbers, "" if nil else (text or "")))
            found.filled.append(FormPart(unit_id, name, filled or {}, nil))
            found.below.extend((name, gap) for gap in below or ())
        else:
            found.gaps.append(Gap(unit_id, name, _REASONS.get(ObligationState(state), state)))
    found.below.sort(key=lambda gap: sort_key(gap[0]))
    return found
