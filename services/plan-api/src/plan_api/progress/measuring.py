"""Fair measures: completeness and timeliness by level, document, period or unit; erosion of deadlines; net lateness."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.calendar import service as calendar
from plan_api.documents import reading as documents
from plan_api.documents.reading import reference
from plan_api.organizations import service as organizations
from plan_api.progress.measure_schemas import (
    DocumentErosion,
    ErodedLevel,
    LateLine,
    Lateness,
    MeasureLine,
    Measures,
    RoundErosion,
)
from plan_api.progress.schemas import TallyOut
from plan_api.read import measures as read_measures
from plan_api.read import progress as read
from plan_api.requests import Caller
from plan_api.rules.calendar import WorkCalendar, local_date
from plan_api.rules.measures import erosion, measure, net_delays
from plan_api.rules.policies import STANDARD_POLICY
from plan_api.rules.timeliness import Tally
from plan_api.services import Services

Cut = Literal["level", "document", "period", "unit"]

NO_PERIOD = "không ghi kỳ"


async def measures(
    connection: AsyncConnection,
    services: Services,
    caller: Caller,
    document_id: UUID,
    at: datetime,
    by: Cut,
    after: UUID | None,
    limit: int,
    *,
    then: bool = False,
) -> Measures:
    """Return the measures of the cascade a document belongs to, whole and cut one way; only units come in pages."""
    root_id = (await documents.readable(connection, caller, document_id)).root_id
    await documents.readable(connection, caller, root_id)
    found = await read.cascade_documents(connection, root_id)
    ids = [document.id for document in found]
    counter = read.Counter(at, await calendar.work_calendar(connection, services), STANDARD_POLICY.due_soon)
    groups = await read.groups(connection, at, read.of_documents(ids), then=then)
    whole = Tally.total(map(counter.tally, groups))
    following = None
    match by:
        case "level":
            level_of = {document.id: document.level for document in found}
            tallies = counter.by(groups, lambda group: level_of[group.document_id])
            lines = [_line(str(level), f"cấp {level + 1}", tallies[level]) for level in sorted(tallies)]
        case "document":
            by_document = counter.by(groups, lambda group: group.document_id)
            lines = [_line(str(each.id), _name(each), by_document.get(each.id, Tally())) for each in found]
        case "period":
            period_of = await read.round_periods(connection, ids)
            by_period = counter.by(groups, lambda group: period_of[group.round_id] or "")
            lines = [_line(period, period or NO_PERIOD, by_period[period]) for period in sorted(by_period)]
        case "unit":
            page = await read.units_page(connection, ids, after, limit, then=then)
            scope = read.of_documents(ids) & read.of_units(page)
            by_unit = counter.by(
                await read.groups(connection, at, scope, by_unit=True, then=then), lambda group: group.unit_id
            )
            cards = await organizations.unit_cards(connection, page)
            lines = [_line(str(unit_id), cards[unit_id].name, by_unit[unit_id]) for unit_id in page]
            following = str(page[-1]) if len(page) == limit else None
    return Measures(root_id=root_id, at=at, by=by, whole=_line("", "", whole), items=lines, next=following)


def _name(document: read.DocumentOfCascade) -> str:
    return " – ".join(part for part in (document.issuer_name, reference(document.number, document.notation)) if part)


def _line(key: str, name: str, tally: Tally) -> MeasureLine:
    found = measure(tally)
    return MeasureLine(
        key=key,
        name=name,
        tally=TallyOut.of(tally),
        completeness=found.completeness,
        timeliness=found.timeliness,
    )


async def eroded(connection: AsyncConnection, services: Services, caller: Caller, document_id: UUID) -> DocumentErosion:
    """Return, for each dated round of a document, how many working days every level above left of its deadline."""
    await documents.readable(connection, caller, document_id)
    links = await read_measures.chain(connection, document_id)
    days = await calendar.work_calendar(connection, services)
    issued_on = [local_date(link.issued_at) for link in links if link.issued_at is not None]
    rounds = []
    for row in await documents.rounds(connection, document_id):
        if row.due_at is None or not issued_on:
            continue
        found = erosion(issued_on, _due_day(row.due_at), days)
        used = zip(links[1:], found.used, found.shares, strict=False)
        rounds.append(
            RoundErosion(
                round_id=row.id,
                title=row.title,
                due_on=_due_day(row.due_at),
                total=found.total,
                levels=[
                    ErodedLevel(
                        document_id=link.document_id,
                        unit_id=link.issuer_unit_id,
                        unit_name=link.issuer_name,
                        days=used_days,
                        share=share,
                    )
                    for link, used_days, share in used
                ],
                left=found.left,
                left_share=found.shares[-1],
                over=found.over,
            )
        )
    return DocumentErosion(document_id=document_id, rounds=rounds)


async def lateness(
    connection: AsyncConnection,
    services: Services,
    caller: Caller,
    document_id: UUID,
    at: datetime,
    after: UUID | None,
    limit: int,
) -> Lateness:
    """Return who was late or is missing under a document, and how much of it is not delay that came from above."""
    await documents.readable(connection, caller, document_id)
    days = await calendar.work_calendar(connection, services)
    above = [
        None if link.due_at is None else _days_late(link.due_at, link.handed_in_at or at, days)
        for link in (await read_measures.chain(connection, document_id))[1:]
    ]
    rows = await read_measures.late_page(connection, document_id, at, after, limit)
    return Lateness(
        document_id=document_id,
        at=at,
        from_above=_greatest(above),
        items=[
            LateLine(
                obligation_id=row.id,
                unit_id=row.unit_id,
                unit_name=row.name,
                round_id=row.round_id,
                due_at=row.due_at,
                handed_in_at=row.handed_in_at,
                days_late=(own := _days_late(row.due_at, row.handed_in_at or at, days)),
                net_days_late=net_delays([*above, own])[-1],
            )
            for row in rows
        ],
        next=str(rows[-1].id) if len(rows) == limit else None,
    )


def _greatest(delays: Sequence[int | None]) -> int:
    return sum(net_delays(delays))


def _due_day(due_at: datetime) -> date:
    return local_date(due_at - timedelta(microseconds=1))


def _days_late(due_at: datetime, at: datetime, days: WorkCalendar) -> int:
    return max(days.working_days_between(_due_day(due_at), local_date(at)), 0)
