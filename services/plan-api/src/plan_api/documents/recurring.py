"""Reports that return every month, quarter, half-year or year: each period a round of its own, opened one period ahead.

A period's round comes into being while the period before it runs, so that it can be seen, extended or declared not
applicable in good time; it is announced when its own period begins. Opening is idempotent by (recurrence, period) and
catches up after an outage: a due time that passed meanwhile gets the grace of a return, for nobody was asked in time.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import DocumentState
from sqlalchemy import Row

from plan_api.calendar import service as calendar
from plan_api.documents import recurring_repository, repository
from plan_api.documents.assigned import asked_now, asks, bound_today
from plan_api.documents.due_times import Issue, RoundDue, due_of
from plan_api.documents.opening import Series, open_round
from plan_api.documents.recurring_schemas import RecurringIn
from plan_api.documents.schemas import DocumentIn, IssueIn, RoundIn
from plan_api.escalation import service as escalation
from plan_api.forms import service as forms
from plan_api.obligations.opening import Assigned
from plan_api.organizations import service as organizations
from plan_api.organizations.schemas import UnitRef
from plan_api.read.parents import owed_under
from plan_api.requests import Act
from plan_api.rules.calendar import WorkCalendar, local_date, local_instant, start_of_day
from plan_api.rules.due import Due, OnDate, derive_due, with_grace
from plan_api.rules.periods import FIRST_DAY, Period, period_on, read_period, recurring_due
from plan_api.rules.timeliness import grace_end
from plan_api.rules.vietnamese import format_date

_INSTANT = timedelta(microseconds=1)
BEGINS_AT = time(8)
"""When on its first working day a period is announced."""
OUTAGE = "đến lúc mở kỳ thì hạn đã qua, đơn vị chưa được giao kịp thời"


async def start(act: Act, issuing: Issue, given: Sequence[RecurringIn], *, after: int = 0) -> None:
    """Set recurring reports of a document going, from the one in a place on: open what is due to be open."""
    for number, item in enumerate(given, after):
        if item.form is not None:
            forms.require_sound(item.form, item.kind, item.title, f"recurring.{number}.form")
        first = read_period(item.every, item.first) if item.first else period_on(item.every, local_date(act.now))
        assert first is not None  # noqa: S101 - the body was checked
        recurrence_id = new_id()
        await recurring_repository.add_recurrence(
            act.connection,
            {
                "id": recurrence_id,
                "document_id": issuing.document_id,
                "position": number,
                "every": item.every,
                "body": (await _by_id(act, item, f"recurring.{number}.")).model_dump(mode="json"),
                "next_period": first.code,
                "next_opens_at": act.now if first.before().first_day <= local_date(act.now) else opens_at(first),
                "created_at": act.now,
            },
        )
        await recurring_repository.add_exemptions(
            act.connection,
            [
                row
                for exempt in item.not_applicable
                for row in exemption_rows(
                    recurrence_id,
                    exempt.period,
                    await organizations.known_units(act.connection, exempt.units, f"recurring.{number}.not_applicable")
                    if exempt.units is not None
                    else [None],
                    exempt.reason,
                    act,
                )
            ],
        )
        recurrence = await recurring_repository.lock_recurrence(act.connection, recurrence_id)
        assert recurrence is not None  # noqa: S101 - this transaction made it
        await _open_due(act, issuing, recurrence, act.now, f"recurring.{number}.")


async def open_periods(act: Act, document_id: UUID, recurrence_id: UUID, as_of: datetime) -> int:
    """Open every period of a recurrence that is due by an instant, none twice; return how many."""
    days = await calendar.held_calendar(act.connection, act.services)
    document = await repository.lock_document(act.connection, document_id)
    recurrence = await recurring_repository.lock_recurrence(act.connection, recurrence_id)
    if document is None or recurrence is None or document.state != DocumentState.ISSUED:
        return 0
    if await repository.is_suspended(act.connection, document_id):
        return 0
    draft = DocumentIn.model_validate(document.content)
    order = IssueIn(allow_past_due=True, allow_after_parent=True, reason="mở theo định kỳ")
    await recurring_repository.lock_cascade(act.connection, document.root_id)
    issuing = Issue(
        document_id,
        document.issuer_unit_id,
        draft,
        order,
        await escalation.policy_by_id(act.connection, document.policy_id),
        days,
        await owed_under(
            act.connection,
            document.issuer_unit_id,
            await repository.parents_of(act.connection, document_id),
        ),
        act.now,
        why="recurrence",
    )
    return await _open_due(act, issuing, recurrence, max(as_of, act.now))


def exemption_rows(
    recurrence_id: UUID, period: str, units: Sequence[UUID | None], reason: str, act: Act
) -> list[dict[str, Any]]:
    """Return rows that declare a period not applicable: for some units, or (None) for all."""
    return [
        {
            "id": new_id(),
            "recurrence_id": recurrence_id,
            "period": period,
            "unit_id": unit_id,
            "reason": reason,
            "account_id": act.caller.account_id,
            "declared_at": act.now,
        }
        for unit_id in units
    ]


def opens_at(period: Period) -> datetime:
    """Return when a period is opened: as the one before it begins."""
    return start_of_day(period.before().first_day)


async def _open_due(act: Act, issuing: Issue, recurrence: Row[Any], as_of: datetime, place: str = "") -> int:
    item = RecurringIn.model_validate(recurrence.body)
    period: Period | None = read_period(item.every, recurrence.next_period) if recurrence.next_period else None
    due_from, opened = recurrence.next_opens_at, 0
    while period is not None and due_from <= as_of:
        await _open(act, issuing, recurrence, item, period, place)
        opened += 1
        following = period.after()
        period = None if item.until is not None and following.first_day > item.until else following
        due_from = None if period is None else opens_at(period)
    await recurring_repository.change_recurrence(
        act.connection, recurrence.id, next_period=period.code if period else None, next_opens_at=due_from
    )
    return opened


async def _open(act: Act, issuing: Issue, recurrence: Row[Any], item: RecurringIn, period: Period, place: str) -> None:
    """Open the round of one period for whoever is bound today and has not ended; those exempt owe nothing of it."""
    asked = _round_of(item, period, issuing.days)
    due = _due_of(issuing, asked, item, period, place)
    asked = asked.model_copy(update={"cut_off_at": _cut_off(item, due.due, issuing.days)})
    exempt = {
        row.unit_id: row.reason
        for row in await recurring_repository.exemptions(act.connection, recurrence.id, period.code)
    }
    units = await _units(act, issuing, item)
    position = await repository.next_position(act.connection, issuing.document_id)
    series = Series(
        recurrence.id, frozenset(unit.unit_id for unit in units if None in exempt or unit.unit_id in exempt)
    )
    round_id = await open_round(act, issuing, position, asked, due, units, place, series)
    await recurring_repository.feed_into(
        act.connection, issuing.document_id, round_id, period.code, [unit.unit_id for unit in units]
    )
    act.record(
        "open",
        "round",
        round_id,
        document=str(issuing.document_id),
        period=period.code,
        units=len(units),
        exempt=len(series.exempt),
    )


def _round_of(item: RecurringIn, period: Period, days: WorkCalendar) -> RoundIn:
    rule = recurring_due(period, item.day, following=item.month == "next")
    return RoundIn(
        title=f"{item.title} {period.title}",
        period=period.code,
        due=rule,
        cut_off_at=_cut_off(item, derive_due(rule, days), days),
        **item.model_dump(include=set(RoundIn.model_fields) - {"title", "period", "due", "cut_off_at"}),
    )


def _cut_off(item: RecurringIn, due: Due, days: WorkCalendar) -> datetime | None:
    """Return when a period closes: so many working days after the day it is due, by a grace too."""
    if item.cut_off_after is None or due.due_on is None:
        return None
    return start_of_day(days.shift(due.due_on, item.cut_off_after) + timedelta(days=1))


def _due_of(issuing: Issue, asked: RoundIn, item: RecurringIn, period: Period, place: str) -> RoundDue:
    """Return the due time of a period, announced when the period begins; one that has passed unasked gets a grace."""
    found = due_of(issuing, asked, place)
    due, rule = replace(found.due, reasons=(*_told(item, period), *found.due.reasons)), found.rule
    if issuing.why == "recurrence" and due.due_at is not None and due.due_at <= issuing.now:
        until = grace_end(issuing.now, issuing.policy.policy.return_grace, issuing.days)
        rule = OnDate(date=local_date(until - _INSTANT), roll="none")
        due = with_grace(due, derive_due(rule, issuing.days), OUTAGE)
    return RoundDue(due, rule, found.waived, speaks_from=_begins_at(period, due, issuing))


def _told(item: RecurringIn, period: Period) -> tuple[str, ...]:
    if item.day is None or item.month == "next" or item.day < FIRST_DAY:
        return (f"báo cáo định kỳ: {period.title}",)
    return (
        f"báo cáo định kỳ: {period.title}, số liệu tính từ {format_date(period.data_from)} đến "
        f"{format_date(period.data_until)} (Nghị định 09/2019/NĐ-CP, Điều 12)",
    )


def _begins_at(period: Period, due: Due, issuing: Issue) -> datetime | None:
    """Return when a period that lies ahead is announced: its first working day, but before it is due; None: now."""
    begins_at = local_instant(issuing.days.working_day_on_or_after(period.first_day), BEGINS_AT)
    if begins_at <= issuing.now or (due.due_at is not None and due.due_at <= begins_at):
        return None
    return begins_at


async def _units(act: Act, issuing: Issue, item: RecurringIn) -> list[Assigned]:
    bound = await bound_today(act.connection, issuing.document_id, issuing.issuer_id, local_date(act.now))
    if item.assignees is None:
        return [unit for unit in bound.values() if asks(unit)]
    wanted = set(await asked_now(act.connection, item.assignees, "assignees", local_date(act.now)))
    return [unit for unit in bound.values() if unit.unit_id in wanted]


async def _by_id(act: Act, item: RecurringIn, place: str) -> RecurringIn:
    """Return a recurring report with its units named by id: codes end with their unit, or go to another one."""

    async def named(refs: Sequence[UnitRef], field: str) -> list[UnitRef]:
        ids = await organizations.known_units(act.connection, refs, f"{place}{field}")
        return [UnitRef(id=unit_id) for unit_id in ids]

    asked = None if item.assignees is None else await named(item.assignees, "assignees")
    return item.model_copy(update={"assignees": asked, "receivers": await named(item.receivers, "receivers")})
