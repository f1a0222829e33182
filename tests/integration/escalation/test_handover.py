"""What notifier pulls and reports: pages, clearance, outcomes; each call may come twice."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from cascade_contracts.delivery import Handover, NoticeFacts, NoticePage
from cascade_contracts.vocabulary import NewsKind
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, in_days, said
from harness.post import Post
from plan_api.escalation import steps
from sqlalchemy import text


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


async def _spoken(client: ApiClient, plan: Json) -> UUID:
    step = (await client.get(f"/v1/documents/{plan['id']}/steps")).json()[0]
    async with client.services.engine.begin() as connection:
        taken = await steps.take_step(
            connection,
            client.services,
            UUID(plan["id"]),
            UUID(step["ladder_id"]),
            UUID(step["step_id"]),
            client.services.clock.now(),
        )
    assert taken.batch_id is not None
    return taken.batch_id


async def _internal(client: ApiClient, method: str, path: str, json: object = None) -> httpx.Response:
    token = client.services.settings.internal_token.get_secret_value()
    given = {} if json is None else {"json": json}
    return await client.request(method, path, headers={"authorization": f"Bearer {token}"}, **given)


async def _page(client: ApiClient, batch: UUID) -> NoticePage:
    answer = await _internal(client, "GET", f"/internal/v1/batches/{batch}/notices")
    return Handover.model_validate(answer.json()).pages[0]


async def test_pages_carry_each_notice_once_with_its_own_link(client: ApiClient) -> None:
    office = await Office.open(client, schools=5)
    plan = await office.issue([office.round("report", in_days(client, 8))])
    batch = await _spoken(client, plan)
    seen, cursor = [], None
    while True:
        query = f"?limit=2{f'&after={cursor}' if cursor else ''}"
        answer = await _internal(client, "GET", f"/internal/v1/batches/{batch}/notices{query}")
        (page,) = Handover.model_validate(answer.json()).pages
        seen += page.notices
        cursor = page.next
        if cursor is None:
            break
    assert len({notice.notice_id for notice in seen}) == 5
    assert len({notice.facts.link for notice in seen}) == 5
    facts = seen[0].facts
    assert isinstance(facts, NoticeFacts)
    assert (facts.document_reference, facts.item_count, facts.step) == ("18/KH-SGDĐT", 1, "announce")
    assert seen[0].recipient.addresses[0].address.endswith("@example.edu.vn")


async def test_a_pull_brings_along_whole_batches_that_wait(client: ApiClient) -> None:
    office = await Office.open(client, schools=3)
    plans = [await office.issue([office.round("report", in_days(client, 8))], number=str(n)) for n in range(4)]
    first, *others = [await _spoken(client, plan) for plan in plans]
    await _internal(client, "POST", "/internal/v1/batches/handed", {"notices": {str(others[0]): 3}})

    answer = await _internal(client, "GET", f"/internal/v1/batches/{first}/notices?limit=8")
    pages = Handover.model_validate(answer.json()).pages

    assert [(page.batch_id, len(page.notices), page.next) for page in pages] == [(first, 3, None), (others[1], 3, None)]
    alone = await _page(client, others[2])
    assert {notice.facts.link for page in pages for notice in page.notices}.isdisjoint(
        {notice.facts.link for notice in alone.notices}
    )


async def test_news_comes_with_its_own_delivery_only_so_that_an_older_notifier_delivers_the_rest(
    client: ApiClient,
) -> None:
    office = await Office.open(client, schools=2)
    batch = await _spoken(client, await office.issue([office.round("report", in_days(client, 8))]))
    ended, heir = ({"id": school["id"]} for school in office.schools)
    order = {
        "effective_on": "2026-11-02",
        "legal_reference": "Quyết định 12/QĐ-UBND",
        "operations": [{"kind": "merge", "units": [ended], "into": {"unit": heir}}],
    }
    await said(await client.post("/v1/reorganisations", order), 201)
    (news,) = await Post(client).batches(NewsKind.REORGANISED)

    answer = await _internal(client, "GET", f"/internal/v1/batches/{batch}/notices")
    own = await _internal(client, "GET", f"/internal/v1/batches/{news}/notices")

    assert [page.batch_id for page in Handover.model_validate(answer.json()).pages] == [batch]
    assert news in {page.batch_id for page in Handover.model_validate(own.json()).pages}


async def test_the_internal_api_admits_only_the_internal_token(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    batch = await _spoken(client, await office.issue([office.round("report", in_days(client, 8))]))
    answer = await client.get(f"/internal/v1/batches/{batch}/notices")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_clearance_withholds_what_was_answered_and_holds_what_is_suspended(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    plan = await office.issue([office.round("report", in_days(client, 8))])
    batch = await _spoken(client, plan)
    page = await _page(client, batch)
    ids = [str(notice.notice_id) for notice in page.notices]
    await office.hand_in(await office.owed(plan, office.schools[0]))

    path = f"/internal/v1/batches/{batch}/clearance"
    answer = (await _internal(client, "POST", path, {"notice_ids": ids})).json()
    assert len(answer["cleared"]) == 1
    assert [item["reason"] for item in answer["withheld"]] == ["answered"]

    await said(await client.post(f"/v1/documents/{plan['id']}/suspend", {"reason": "Bão"}))
    held = (await _internal(client, "POST", path, {"notice_ids": ids})).json()
    assert held == {"cleared": [], "withheld": [], "readdressed": []}


async def test_outcomes_are_facts_and_the_later_word_counts(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([office.round("report", in_days(client, 8))])
    batch = await _spoken(client, plan)
    page = await _page(client, batch)
    at = client.services.clock.now().isoformat()
    outcome = {"notice_id": str(page.notices[0].notice_id), "state": "delivered", "channel": "email", "at": at}
    path = f"/internal/v1/batches/{batch}/outcomes"
    for _ in range(2):
        answer = await _internal(client, "POST", path, {"outcomes": [outcome], "finished": True})
        assert answer.status_code == 204
    health = await said(await client.get("/v1/operations/health"))
    assert (health["notices"], health["batches_unfinished"], health["smtp"]) == ({"delivered": 1}, 0, None)

    await _internal(client, "POST", path, {"outcomes": [outcome | {"state": "failed", "detail": "550"}]})
    assert (await said(await client.get("/v1/operations/health")))["notices_failed"] == 1


async def test_what_is_resumed_at_night_waits_for_the_morning(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([office.round("report", in_days(client, 8))])
    batch = await _spoken(client, plan)
    notices = (await _page(client, batch)).notices
    post = Post(client)
    await said(await client.post(f"/v1/documents/{plan['id']}/suspend", {"reason": "Bão"}))
    night, morning = datetime(2026, 11, 3, 16, 30, tzinfo=UTC), datetime(2026, 11, 4, 0, tzinfo=UTC)
    client.services.clock.at = night  # type: ignore[attr-defined]

    await said(await client.post(f"/v1/documents/{plan['id']}/resume", {}))

    assert await _woken(client, batch) == [morning]
    held = await post.clear(batch, notices)
    assert (held.cleared, held.withheld) == ([], [])
    client.services.clock.at = morning  # type: ignore[attr-defined]
    assert len((await post.clear(batch, notices)).cleared) == 1


async def test_what_is_resumed_at_night_and_recalled_is_withheld_at_once(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([office.round("report", in_days(client, 8))])
    batch = await _spoken(client, plan)
    notices = (await _page(client, batch)).notices
    await said(await client.post(f"/v1/documents/{plan['id']}/suspend", {"reason": "Bão"}))
    client.services.clock.at = datetime(2026, 11, 3, 16, 30, tzinfo=UTC)  # type: ignore[attr-defined]
    await said(await client.post(f"/v1/documents/{plan['id']}/resume", {}))
    await said(await client.post(f"/v1/documents/{plan['id']}/recall", {"reason": "Nhầm"}))
    answer = await Post(client).clear(batch, notices)
    assert [each.reason for each in answer.withheld] == ["recalled"]


async def test_what_is_resumed_by_day_is_woken_at_once(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([office.round("report", in_days(client, 8))])
    batch = await _spoken(client, plan)
    notices = (await _page(client, batch)).notices
    await said(await client.post(f"/v1/documents/{plan['id']}/suspend", {"reason": "Bão"}))
    client.services.clock.at = by_day = datetime(2026, 11, 3, 3, tzinfo=UTC)  # type: ignore[attr-defined]
    await said(await client.post(f"/v1/documents/{plan['id']}/resume", {}))
    assert await _woken(client, batch) == [by_day]
    assert len((await Post(client).clear(batch, notices)).cleared) == 1


async def _woken(client: ApiClient, batch: UUID) -> list[datetime]:
    query = text("select next_try_at from outbox where topic = 'look_again' and subject_id = :id order by id")
    async with client.services.engine.connect() as connection:
        return list((await connection.execute(query, {"id": batch})).scalars())
