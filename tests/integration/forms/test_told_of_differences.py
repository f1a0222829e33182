"""Who holds a consolidation is told once that it is out of date; what was accepted meanwhile is not told any more."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from cascade_contracts.vocabulary import NewsKind, NewsPart
from harness.api import ApiClient, StillClock, api
from harness.office import Json, said
from harness.post import Post
from integration.forms.test_differences import accept, all_up, correct

DEPARTMENT, CITY = "focal_point.sgd@example.edu.vn", "focal_point.ubnd@example.edu.vn"


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock(), database_pool=20) as client:
        yield client


async def told(post: Post, address: str) -> list[list[tuple[str, str | None]]]:
    return [[(item.unit_name, item.reason) for item in facts.sections[0].items] for facts in post.to(address)]


async def test_every_level_above_is_told_once_whatever_many_corrections_mark_it(client: ApiClient) -> None:
    levels = await all_up(client)
    await correct(levels, levels.orders[0], levels.schools[0][0], values={"pupils": 150})
    await correct(levels, levels.orders[0], levels.schools[0][1], values={"pupils": 151}, reason="Sót một lớp")
    await correct(levels, levels.orders[1], levels.schools[1][0], values={"pupils": 152})
    post = Post(client)

    await post.deliver(NewsKind.OUT_OF_DATE)

    assert len(post.sent) == 4
    assert await told(post, "focal_point.p1@example.edu.vn") == [
        [("Trường 1.1", "Đối chiếu sổ đăng bộ"), ("Trường 1.2", "Sót một lớp")]
    ]
    assert await told(post, "focal_point.p2@example.edu.vn") == [[("Trường 2.1", "Đối chiếu sổ đăng bộ")]]
    (facts,) = post.to(DEPARTMENT)
    assert (facts.about, facts.basis) == ("Báo cáo năm", "18/KH, Công tác năm 2026")
    assert [(part.part, part.count) for part in facts.sections] == [(NewsPart.CHANGED, 3)]
    assert len(post.to(CITY)) == 1
    assert facts.link is not None
    page = await client.without_key().get(facts.link[facts.link.index("/l/") :])
    assert page.status_code == 200


async def test_what_is_accepted_before_it_was_sent_is_withdrawn_and_a_later_mark_is_news_again(
    client: ApiClient,
) -> None:
    levels = await all_up(client)
    first = levels.schools[0][0]
    await correct(levels, levels.orders[0], first, values={"pupils": 150})
    post = Post(client)
    waiting = {batch: await post.take_over(batch) for batch in await post.batches(NewsKind.OUT_OF_DATE)}
    for document in (levels.orders[0], levels.plan):
        await accept(levels, document)

    answers = {batch: await post.clear(batch, notices) for batch, notices in waiting.items()}

    assert [each.reason for answer in answers.values() for each in answer.withheld] == ["up_to_date"] * 2
    assert [notice.recipient.addresses[0].address for notice in post.sent] == [CITY]
    await correct(levels, levels.orders[0], first, values={"pupils": 160})
    again = Post(client)
    for batch in (await again.batches(NewsKind.OUT_OF_DATE))[3:]:
        await again.clear(batch, await again.take_over(batch))
    assert {notice.recipient.unit_name for notice in again.sent} == {"Phòng 1", "Sở Giáo dục"}


async def test_accepted_before_it_was_taken_over_nothing_is_handed_over(client: ApiClient) -> None:
    levels = await all_up(client)
    await correct(levels, levels.orders[0], levels.schools[0][0], values={"pupils": 150})
    await accept(levels, levels.orders[0])
    post = Post(client)
    counts = [len(await post.take_over(batch)) for batch in await post.batches(NewsKind.OUT_OF_DATE)]
    assert sorted(counts) == [0, 1, 1]


async def test_a_suspended_document_holds_the_news_and_a_recalled_one_withholds_it(client: ApiClient) -> None:
    levels = await all_up(client)
    await correct(levels, levels.orders[0], levels.schools[0][0], values={"pupils": 150})
    post = Post(client)
    batches = await post.batches(NewsKind.OUT_OF_DATE)
    waiting = {batch: await post.take_over(batch) for batch in batches}
    of_order = next(batch for batch, (notice,) in waiting.items() if notice.recipient.unit_name == "Phòng 1")
    path = f"/v1/documents/{levels.orders[0]['id']}"

    await said(await client.post(f"{path}/suspend", {"reason": "Bão"}))
    held = await post.clear(of_order, waiting[of_order])
    await said(await client.post(f"{path}/recall", {"reason": "Ban hành nhầm"}))
    kept = await post.clear(of_order, waiting[of_order])

    assert (held.cleared, held.withheld) == ([], [])
    assert [each.reason for each in kept.withheld] == ["recalled"]


async def test_two_corrections_at_once_are_one_news_a_level(client: ApiClient) -> None:
    levels = await all_up(client)
    pairs = [
        (order, school) for order, schools in zip(levels.orders, levels.schools, strict=True) for school in schools
    ]

    async def one(order: Json, school: Json, number: int) -> None:
        await correct(levels, order, school, values={"pupils": 300 + number})

    await asyncio.gather(*(one(order, school, number) for number, (order, school) in enumerate(pairs)))

    assert len(await Post(client).batches(NewsKind.OUT_OF_DATE)) == 4


async def test_an_acceptance_against_the_hand_over_never_tells_of_what_was_accepted(client: ApiClient) -> None:
    levels = await all_up(client)
    for number in range(6):
        await correct(levels, levels.orders[0], levels.schools[0][0], values={"pupils": 400 + number})
        post = Post(client)
        batches = await post.batches(NewsKind.OUT_OF_DATE)
        taken = {batch: await post.take_over(batch) for batch in batches[-3:]}
        (batch,) = (each for each, notices in taken.items() if notices and notices[0].recipient.unit_name == "Phòng 1")
        await asyncio.gather(accept(levels, levels.orders[0]), post.clear(batch, taken[batch]))
        for facts in post.to("focal_point.p1@example.edu.vn"):
            assert [item.unit_name for item in facts.sections[0].items] == ["Trường 1.1"]
        after = await post.clear(batch, taken[batch])
        assert [each.reason for each in after.withheld] == ["up_to_date"]
        for document in (levels.plan, levels.directive):
            await accept(levels, document)
