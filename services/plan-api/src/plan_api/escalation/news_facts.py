"""What notices of news say, read at the moment they are handed over or cleared, and the links that go with it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from cascade_contracts.delivery import NewsFacts, NewsItem, NewsSection
from cascade_contracts.vocabulary import NewsKind, NewsPart
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth import service as auth
from plan_api.escalation.addressing import Addressed
from plan_api.escalation.service import kept_policy
from plan_api.read import levels
from plan_api.read import news as read
from plan_api.read.notices import ITEMS
from plan_api.services import Services


async def facts_of(
    connection: AsyncConnection,
    services: Services,
    batches: Mapping[UUID, Row[Any]],
    to: Sequence[Addressed],
    tokens: Mapping[UUID, str] | None = None,
) -> dict[UUID, NewsFacts]:
    """Return what notices of news tell as of now; `tokens` are of the links of who is told, by default their first."""
    if not to:
        return {}
    now = services.clock.now()
    kept = await read.contents(connection, [each.notice_id for each in to])
    told: dict[UUID, NewsFacts] = {}
    for each in to:
        batch, content = batches[each.batch_id], kept[each.notice_id]
        token = services.links.token(each.notice_id) if each.linked_to is not None else None
        token = (tokens or {}).get(each.notice_id, token)
        rehearsal = (
            batch.round_policy_id is not None
            and (await kept_policy(connection, services, batch.round_policy_id)).policy.rehearsal
        )
        told[each.notice_id] = NewsFacts(
            news=NewsKind(batch.kind),
            basis=batch.news_content.get("basis", ""),
            about=batch.news_content.get("about", ""),
            effective_on=batch.news_content.get("effective_on"),
            as_of=now,
            sections=await _sections(connection, services, batch, each, content, linking=tokens is not None),
            rehearsal=rehearsal,
            link=f"{services.settings.public_url}/l/{token}" if token else None,
        )
    return told


def digest(facts: NewsFacts) -> str:
    """Return what stands for what a notice tells: its lines, without links, order and the instant they were read at."""
    lines: list[str] = []
    for part in facts.sections:
        lines += [f"{part.part} {part.count}", *sorted(item.model_dump_json(exclude={"link"}) for item in part.items)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:24]


async def _sections(
    connection: AsyncConnection,
    services: Services,
    batch: Row[Any],
    to: Addressed,
    content: Mapping[str, Any],
    *,
    linking: bool,
) -> list[NewsSection]:
    match batch.kind:
        case NewsKind.OUT_OF_DATE:
            return await _changed(connection, batch.news_subject_id)
        case NewsKind.HANDED_OVER:
            return await _brief(connection, services, to, linking=linking)
        case _:
            return await _reorganised(connection, to.unit_id, content)


async def _brief(connection: AsyncConnection, services: Services, to: Addressed, *, linking: bool) -> list[NewsSection]:
    """Return what is under way at a unit; cleared for somebody, each line opens by a link of that person's own."""
    now = services.clock.now()
    parts = await read.under_way(connection, to.unit_id, now)
    links: list[auth.LinkRow] = []
    sections: list[NewsSection] = []
    for part, rows in parts.items():
        items = []
        for row in rows[:ITEMS]:
            link = None
            if linking and to.answerer is not None:
                holder_id = to.answerer.holder_id
                made = uuid5(to.notice_id, f"{to.seat_id}/{holder_id}/{row.id}")
                links.append(auth.LinkRow(made, to.seat_id, holder_id, row.id, row.round_id))
                link = f"{services.settings.public_url}/l/{services.links.token(made)}"
            items.append(read.item_of(row, link=link))
        sections.append(NewsSection(part=part, count=len(rows), items=items))
    await auth.make_links(connection, services, list({each.id: each for each in links}.values()), now)
    return sections


async def _changed(connection: AsyncConnection, round_id: UUID) -> list[NewsSection]:
    causes = await levels.causes(connection, round_id)
    items = [NewsItem(unit_name=row.unit_name, reason=row.reason) for row in causes[:ITEMS]]
    return [NewsSection(part=NewsPart.CHANGED, count=len(causes), items=items)]


async def _reorganised(connection: AsyncConnection, unit_id: UUID, content: Mapping[str, Any]) -> list[NewsSection]:
    """Return what became of units, what a unit took over and still owes, what it owes no more, what waits for it."""
    units = [NewsItem.model_validate(each) for each in content.get("units", ())]
    sections = [NewsSection(part=NewsPart.UNITS, count=len(units), items=units[:ITEMS])] if units else []
    gained = {UUID(each): () for each in content.get("gained", ())}
    lost = {UUID(each): names for each, names in content.get("lost", {}).items()}
    sections += await read.owed_items(connection, NewsPart.GAINED, gained, unsettled=True)
    sections += await read.owed_items(connection, NewsPart.LOST, lost, unsettled=False)
    to_decide = await read.waiting_for(connection, unit_id, [UUID(each) for each in content.get("to_decide", ())])
    return [*sections, NewsSection(part=NewsPart.TO_DECIDE, count=to_decide)] if to_decide else sections
