"""What an amendment does to recurring reports: other receivers and forms, other days ahead, a later or earlier end.

What is open keeps its day: an extension moves that. A period that has been answered keeps the form it was answered on.
"""

from typing import Any

from sqlalchemy import Row

from plan_api.documents import recurring, recurring_repository, repository
from plan_api.documents.amended_rounds import Work, drop, receive
from plan_api.documents.amending_schemas import RoundAmended
from plan_api.documents.assigned import asked_now
from plan_api.documents.errors import AmendmentTooWide
from plan_api.documents.recurring_schemas import RecurringIn
from plan_api.forms import service as forms
from plan_api.organizations.schemas import UnitRef
from plan_api.read.obligations import asked_of, is_answered
from plan_api.rules.calendar import local_date
from plan_api.rules.periods import Period, period_on, read_period

AHEAD = frozenset({"until", "day", "month", "cut_off_after", "lag", "needs_acceptance", "signed_file_required"})
"""What holds from the next period on that is not open yet."""
AT_ONCE = frozenset({"receivers", "form"})
"""What holds for open periods as well."""


async def amend_recurring(work: Work) -> None:
    """Bring the recurring reports of the last version to those of the new one; further ones begin.

    Raises:
        AmendmentTooWide, FormUnsound, FormNotForThisRound, UnitUnknown, DueInPast: nothing changed.
    """
    last, new = work.last.recurring, work.new.recurring
    if last == new:
        return
    if len(new) < len(last):
        raise AmendmentTooWide(field="content.recurring")
    rows = await recurring_repository.recurrences(work.act.connection, work.document.id)
    for number, (row, was, item) in enumerate(zip(rows, last, new, strict=False)):
        before, after = was.model_dump(), item.model_dump()
        changed = {name for name in after if before[name] != after[name]}
        if wide := sorted(changed - AHEAD - AT_ONCE):
            raise AmendmentTooWide(field=f"content.recurring.{number}.{wide[0]}")
        if changed:
            await _change(work, row, item, changed, f"content.recurring.{number}.")
    await recurring.start(work.act, work.issue, new[len(last) :], after=len(last))


async def _change(work: Work, row: Row[Any], item: RecurringIn, changed: set[str], where: str) -> None:
    connection = work.act.connection
    locked = await recurring_repository.lock_recurrence(connection, row.id)
    assert locked is not None  # noqa: S101 - a recurrence of the document
    body = RecurringIn.model_validate(locked.body).model_copy(update={name: getattr(item, name) for name in changed})
    if "form" in changed and item.form is not None:
        forms.require_sound(item.form, item.kind, item.title, f"{where}form")
    if "receivers" in changed:
        today = local_date(work.act.now)
        ids = await asked_now(connection, item.receivers, f"{where}receivers", today)
        body = body.model_copy(update={"receivers": [UnitRef(id=unit_id) for unit_id in ids]})
    await recurring_repository.change_recurrence(connection, row.id, body=body.model_dump(mode="json"))
    for each in await repository.rounds_of(connection, work.document.id):
        if each.recurrence_id == row.id and each.settled_at is None and each.closed_at is None:
            await _change_period(work, each, item, changed, where)
    if "until" in changed:
        await _move_end(work, locked, item)


async def _change_period(work: Work, row: Row[Any], item: RecurringIn, changed: set[str], where: str) -> None:
    """Let an open period go to other receivers and, unless it was answered, be reported on another form."""
    act, done = work.act, []
    if "receivers" in changed:
        await receive(work, row, item.receivers, f"{where}receivers")
        done.append("receivers")
    if "form" in changed and not await is_answered(act.connection, row.id):
        form_id = None if item.form is None else await forms.keep(act.connection, item.form, act.now)
        await repository.change_round(act.connection, row.id, form_id=form_id)
        done.append("form")
    if done:
        asked = await asked_of(act.connection, row.id)
        work.affected |= asked
        work.rounds.append(
            RoundAmended(
                round_id=row.id,
                title=row.title,
                what="changed",
                fields=done,
                was_on=row.due_on,
                due_on=row.due_on,
                units=len(asked),
            )
        )


async def _move_end(work: Work, row: Row[Any], item: RecurringIn) -> None:
    """End with another period: those open that have not begun are dropped, those that come to lie before it open.

    One that had ended goes on with the period running today; those in between are not asked for afterwards.
    """
    act, today = work.act, local_date(work.act.now)
    opened: list[Period] = []
    for each in await repository.rounds_of(act.connection, work.document.id):
        period = read_period(item.every, each.period) if each.recurrence_id == row.id else None
        if period is None:
            continue
        ahead = period.first_day > today and not await is_answered(act.connection, each.id)
        if _after_end(item, period) and ahead:
            await drop(work, each)
        else:
            opened.append(period)
    following = max(opened, key=lambda period: period.first_day).after() if opened else _first(item, act.now)
    if row.next_period is None:  # it had ended: nobody was asked meanwhile
        following = max(following, period_on(item.every, today), key=lambda period: period.first_day)
    if _after_end(item, following):
        await recurring_repository.change_recurrence(act.connection, row.id, next_period=None, next_opens_at=None)
    else:
        await recurring_repository.change_recurrence(
            act.connection, row.id, next_period=following.code, next_opens_at=recurring.opens_at(following)
        )


def _after_end(item: RecurringIn, period: Period) -> bool:
    return item.until is not None and period.first_day > item.until


def _first(item: RecurringIn, now: Any) -> Period:
    first = read_period(item.every, item.first) if item.first else None
    return first or period_on(item.every, local_date(now))
