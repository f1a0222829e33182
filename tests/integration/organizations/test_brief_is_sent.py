"""Whoever takes a seat over is sent what is under way there, once, with links of their own; who left gets nothing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cascade_contracts.delivery import NewsFacts, NewsItem
from cascade_contracts.vocabulary import NewsKind, NewsPart
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, in_days, said
from harness.post import Post

NEW = "moi@truong.example"


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock(), database_pool=20) as client:
        yield client


def seat_of(unit: Json) -> str:
    seat: str = next(seat["id"] for seat in unit["seats"] if seat["role"] == "focal_point")
    return seat


async def hand_over(client: ApiClient, unit: Json, email: str = NEW, **given: Any) -> None:
    body = {"name": f"Người mới {email}", "email": email} | given
    await said(await client.post(f"/v1/seats/{seat_of(unit)}/handover", body), 201)


async def send_again(client: ApiClient, unit: Json, status: int = 200) -> Json:
    return await said(await client.post(f"/v1/seats/{seat_of(unit)}/brief"), status)


def items(facts: NewsFacts) -> dict[NewsPart, list[NewsItem]]:
    return {section.part: section.items for section in facts.sections}


async def opens(client: ApiClient, link: str | None) -> int:
    assert link is not None
    return (await client.without_key().get(link[link.index("/l/") :])).status_code


async def test_the_new_holder_is_sent_what_is_late_open_promised_and_to_be_decided(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    first, second = office.schools
    await office.issue([office.round("report", in_days(client, 2), title="Báo cáo nhanh")])
    later = await office.issue([office.round("report", in_days(client, 20), needs_acceptance=True)], number="19")
    owed = await office.owed(later, first)
    wish = {"due_on": "2026-12-01", "reason": "Chờ số liệu"}
    await said(await client.post(f"/v1/obligations/{owed['id']}/extensions", wish), 201)
    await office.hand_in(await office.owed(later, second))
    client.services.clock.move(days=5)  # type: ignore[attr-defined]

    await hand_over(client, first)
    await hand_over(client, office.department, "moi@so.example")
    post = Post(client)
    await post.deliver(NewsKind.HANDED_OVER)

    (brief,) = post.to(NEW)
    found = items(brief)
    assert [(item.thing, item.document) for item in found[NewsPart.LATE]] == [("Báo cáo nhanh", "18/KH-SGDĐT")]
    assert [item.thing for item in found[NewsPart.OPEN]] == ["Đợt report"]
    assert [str(item.promised_on) for item in found[NewsPart.PROMISED]] == ["2026-12-01"]
    assert set(found) == {NewsPart.LATE, NewsPart.OPEN, NewsPart.PROMISED}
    for item in (*found[NewsPart.LATE], *found[NewsPart.OPEN]):
        assert await opens(client, item.link) == 200
    (department,) = post.to("moi@so.example")
    assert [item.unit_name for item in items(department)[NewsPart.TO_DECIDE]] == [second["name"]]
    assert await opens(client, items(department)[NewsPart.TO_DECIDE][0].link) == 200
    assert not post.to("focal_point.t1@example.edu.vn")


async def test_only_the_last_of_two_new_holders_is_briefed_and_the_links_of_the_first_are_dead(
    client: ApiClient,
) -> None:
    office = await Office.open(client, schools=1)
    await office.issue([office.round("report", in_days(client, 8))])
    (school,) = office.schools
    await hand_over(client, school)
    post = Post(client)
    (first,) = await post.batches(NewsKind.HANDED_OVER)
    taken = await post.take_over(first)
    cleared = await post.clear(first, taken)
    link = items(post.to(NEW)[0])[NewsPart.OPEN][0].link
    assert len(cleared.cleared) == 1

    await hand_over(client, school, "hai@truong.example")
    await hand_over(client, school, "ba@truong.example")
    late = Post(client)
    for batch in (await late.batches(NewsKind.HANDED_OVER))[1:]:
        await late.clear(batch, await late.take_over(batch))

    assert await opens(client, link) in {404, 410}
    assert [notice.recipient.addresses[0].address for notice in late.sent] == ["ba@truong.example"]
    again = await post.clear(first, taken)
    assert [each.reason for each in again.withheld] == ["left"]


async def test_who_takes_over_later_is_briefed_on_that_day_in_the_morning(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    await office.issue([office.round("report", in_days(client, 8))])
    (school,) = office.schools
    await hand_over(client, school, effective_on="2026-11-05")
    post = Post(client)
    (batch,) = await post.batches(NewsKind.HANDED_OVER)
    taken = await post.take_over(batch)
    early = await post.clear(batch, taken)
    assert (early.cleared, early.withheld) == ([], [])

    client.services.clock.move(days=3)  # type: ignore[attr-defined]
    on_time = await post.clear(batch, taken)

    assert len(on_time.cleared) == 1
    assert len(post.to(NEW)) == 1
    assert not post.to("focal_point.t1@example.edu.vn")


async def test_with_nothing_under_way_there_is_no_brief_and_what_was_answered_meanwhile_needs_none(
    client: ApiClient,
) -> None:
    office = await Office.open(client, schools=1)
    (school,) = office.schools
    await hand_over(client, school, "truoc@truong.example")
    assert await Post(client).batches(NewsKind.HANDED_OVER) == []
    refused = await send_again(client, school, 409)
    assert refused["code"] == "nothing_to_hand_over"

    plan = await office.issue([office.round("report", in_days(client, 8))])
    await hand_over(client, school)
    post = Post(client)
    (batch,) = await post.batches(NewsKind.HANDED_OVER)
    taken = await post.take_over(batch)
    await office.hand_in(await office.owed(plan, school))
    assert [each.reason for each in (await post.clear(batch, taken)).withheld] == ["nothing_open"]


async def test_the_administrator_sends_it_again_and_nobody_else(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    await office.issue([office.round("report", in_days(client, 8))])
    (school,) = office.schools
    await hand_over(client, school)
    await Post(client).deliver(NewsKind.HANDED_OVER)

    unit = await client.as_("unit", school["id"])
    assert (await unit.post(f"/v1/seats/{seat_of(school)}/brief")).status_code == 403
    sent = await send_again(client, school)

    assert sent["unit_id"] == school["id"]
    post = Post(client)
    *_, last = await post.batches(NewsKind.HANDED_OVER)
    await post.clear(last, await post.take_over(last))
    assert len(post.to(NEW)) == 1
    await said(await client.post(f"/v1/seats/{seat_of(school)}/vacate", {}))
    assert (await send_again(client, school, 409))["code"] == "seat_vacant"


async def test_sent_again_by_two_at_once_while_the_first_waits_it_arrives_once(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    await office.issue([office.round("report", in_days(client, 8))])
    (school,) = office.schools
    await hand_over(client, school)
    post = Post(client)
    waiting = {batch: await post.take_over(batch) for batch in await post.batches(NewsKind.HANDED_OVER)}

    await asyncio.gather(*(send_again(client, school) for _ in range(4)))

    for batch in await post.batches(NewsKind.HANDED_OVER):
        await post.clear(batch, waiting[batch] if batch in waiting else await post.take_over(batch))
    assert len(post.to(NEW)) == 1


async def test_an_absent_new_holder_is_stood_in_for_with_links_that_open(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    await office.issue([office.round("report", in_days(client, 8))])
    (school,) = office.schools
    await hand_over(client, school)
    head = next(seat["id"] for seat in school["seats"] if seat["role"] == "head")
    away = {"from_on": "2026-11-02", "until_on": "2026-11-09", "substitute_seat_id": head}
    await said(await client.post(f"/v1/seats/{seat_of(school)}/absences", away), 201)

    post = Post(client)
    await post.deliver(NewsKind.HANDED_OVER)

    assert not post.to(NEW)
    (brief,) = post.to("head.t1@example.edu.vn")
    assert await opens(client, items(brief)[NewsPart.OPEN][0].link) == 200
