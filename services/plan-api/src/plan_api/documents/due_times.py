"""Settle the due times of rounds before the first row is written: as stated, or as asked for where that has passed.

Checked against the present, the cut-off and what the issuer itself owes upwards; nothing is stored here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cascade_contracts.vocabulary import RoundKind, StepKind
from cascade_servicekit.problems import Refusal

from plan_api.documents.errors import (
    ConfirmationNeedsReason,
    CutOffBeforeDue,
    DueAfterParent,
    DueInPast,
    NoDayLeftUnderParent,
    NotOwedAbove,
)
from plan_api.documents.schemas import DocumentIn, IssueIn, RoundIn
from plan_api.escalation import service as escalation
from plan_api.read.parents import Owed
from plan_api.rules.calendar import WorkCalendar, local_date
from plan_api.rules.due import (
    AtInstant,
    Due,
    DueRefusal,
    DueRule,
    OnDate,
    check_due,
    derive_due,
    latest_under,
    waived,
    with_grace,
)
from plan_api.rules.vietnamese import format_day


@dataclass(frozen=True, slots=True)
class Issue:
    """Everything settled before the first row is written: of an issue, or of a round opened later (`why`)."""

    document_id: UUID
    issuer_id: UUID
    draft: DocumentIn
    order: IssueIn
    policy: escalation.PolicyInForce
    days: WorkCalendar
    owed: list[Owed]
    now: datetime
    why: str = "issue"


@dataclass(frozen=True, slots=True)
class RoundDue:
    """A round's due time with the rule it goes on being derived from; waived when past and let off."""

    due: Due
    rule: DueRule
    waived: bool = False
    speaks_from: datetime | None = None
    """When it is announced, where that is later than now."""
    announce_as: StepKind = StepKind.ANNOUNCE


def due_of(issuing: Issue, item: RoundIn, place: str = "") -> RoundDue:
    """Return a round's due time as it is issued: as stated, or what was asked for where that has passed.

    `place` is where the round stands in the body (`rounds.0.`).

    Raises:
        DueInPast, DueAfterParent, NoDayLeftUnderParent, CutOffBeforeDue, ConfirmationNeedsReason: naming the field.
    """
    due, given = derive_due(item.due, issuing.days), issuing.order.past_due
    if given is None or due.due_at is None or due.due_at > issuing.now:
        return RoundDue(_checked(issuing, item, place, due), item.due)
    if not issuing.order.reason:
        raise ConfirmationNeedsReason(field="reason")
    if given.grace_on is None:
        return RoundDue(waived(due, issuing.order.reason), item.due, waived=True)
    rule = OnDate(date=given.grace_on)
    grace = derive_due(rule, issuing.days)
    if grace.due_at is not None and grace.due_at <= issuing.now:
        raise DueInPast(field="past_due.grace_on", round=item.title)
    return RoundDue(with_grace(due, _checked(issuing, item, place, grace), issuing.order.reason), rule)


def _latest(issuing: Issue, item: RoundIn) -> datetime | None:
    """Return the latest due time the issuer's own reports upwards leave; rehearsals and hours know no lag."""
    first = min((owed.due_at for owed in reports_into(issuing, item) if owed.due_at is not None), default=None)
    if first is None:
        return None
    if issuing.policy.policy.rehearsal or isinstance(item.due, AtInstant):
        return first
    return latest_under(first, item.lag, issuing.days)


def too_late(now: datetime, title: str, lag: int, field: str, latest: datetime) -> Refusal:
    """Return the refusal of a due time after the latest one its parent leaves, with the day that would do."""
    if latest <= now:
        return NoDayLeftUnderParent(field=field, round=title, lag=lag)
    day = local_date(latest - timedelta(microseconds=1))
    repair = OnDate(date=day, roll="none").model_dump(mode="json")
    return DueAfterParent(field=field, round=title, lag=lag, proposed=format_day(day), repair=repair)


def _checked(issuing: Issue, item: RoundIn, place: str, due: Due) -> Due:
    latest = _latest(issuing, item)
    refusals = check_due(
        due.due_at,
        issuing.now,
        latest,
        issuing.order.allow_past_due,
        issuing.order.allow_after_parent,
        issuing.order.reason,
        item.cut_off_at,
    )
    field = f"{place}due"
    for refusal in refusals:
        match refusal:
            case DueRefusal.PAST_DUE:
                raise DueInPast(field=field, round=item.title)
            case DueRefusal.AFTER_PARENT if latest is not None:
                raise too_late(issuing.now, item.title, item.lag, field, latest)
            case DueRefusal.CUT_OFF_BEFORE_DUE:
                raise CutOffBeforeDue(field=f"{place}cut_off_at", round=item.title)
            case DueRefusal.REASON_MISSING:
                raise ConfirmationNeedsReason(field="reason")
    return due


def reports_into(issuing: Issue, item: RoundIn) -> list[Owed]:
    """Return what the issuer owes upwards that a report round feeds, the soonest due first.

    Named, else of the same period (one of each parent), else the only one; that only where one of the two names no
    period: a half-year's report is not the year's.
    """
    reports = [owed for owed in issuing.owed if owed.kind is RoundKind.REPORT]
    if item.kind is not RoundKind.REPORT:
        return []
    if item.reports_into is not None or item.also_into:
        named = [item.reports_into, *item.also_into]
        return [owed for owed in reports if owed.round_id in named]
    same = [owed for owed in reports if item.period is not None and owed.period == item.period]
    if same:
        of_parent: dict[UUID, Owed] = {}
        for owed in same:
            of_parent.setdefault(owed.document_id, owed)
        return list(of_parent.values())
    if len(reports) != 1 or (item.period is not None and reports[0].period is not None):
        return []
    return reports


def require_owed(issuing: Issue, item: RoundIn, place: str = "") -> None:
    """Refuse a report round that names what its issuer owes no report of.

    Raises:
        NotOwedAbove: naming the field.
    """
    if item.kind is not RoundKind.REPORT:
        return
    owed = {each.round_id for each in issuing.owed if each.kind is RoundKind.REPORT}
    if item.reports_into is not None and item.reports_into not in owed:
        raise NotOwedAbove(field=f"{place}reports_into", named=str(item.reports_into))
    for number, named in enumerate(item.also_into):
        if named not in owed:
            raise NotOwedAbove(field=f"{place}also_into.{number}", named=str(named))
