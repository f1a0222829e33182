"""The log of notices: what was sent to whom about what, what became of it, counts that add up, and sending it again."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from cascade_contracts.delivery import Handover, NoticePage
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, in_days, said
from plan_api.read.notices import waiting_batches


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


@pytest.fixture
async def office(client: ApiClient) -> Office:
    office = await Office.open(client, schools=3)
    await office.issue([office.round("report", in_days(client, 8))])
    return office


async def _internal(client: ApiClient, method: str, path: str, json: object = None) -> httpx.Response:
    token = client.services.settings.internal_token.get_secret_value()
    given = {} if json is None else {"json": json}
    return await client.request(method, path, headers={"authorization": f"Bearer {token}"}, **given)


async def _log(client: ApiClient, query: str = "") -> list[Json]:
    items: list[Json] = (await said(await client.get(f"/v1/notices{query}")))["items"]
    return items


async def _settle(client: ApiClient, notice: str, state: str, detail: str | None = None) -> None:
    async with client.services.engine.connect() as connection:
        batches = await waiting_batches(connection, UUID(int=0), 1_000)
    at = client.services.clock.now().isoformat()
    outcome = {"notice_id": notice, "state": state, "channel": "email", "at": at, "detail": detail}
    for batch in batches:
        answer = await _internal(client, "POST", f"/internal/v1/batches/{batch}/outcomes", {"outcomes": [outcome]})
        assert answer.status_code < 300, answer.text


async def _pulled(client: ApiClient) -> list[NoticePage]:
    async with client.services.engine.connect() as connection:
        first, *_ = await waiting_batches(connection, UUID(int=0), 1_000)
    answer = await _internal(client, "GET", f"/internal/v1/batches/{first}/notices")
    return Handover.model_validate(answer.json()).pages


async def test_every_notice_stands_in_the_log_with_what_it_is_about(client: ApiClient, office: Office) -> None:
    items = await _log(client)
    assert sorted(item["unit_name"] for item in items) == sorted(school["name"] for school in office.schools)
    assert {(item["kind"], item["state"], item["reference"], item["obligations"]) for item in items} == {
        ("announce", "pending", "18/KH-SGDĐT", 1)
    }
    assert "@" not in str(items), "no address leaves the log"
    whole = await said(await client.get(f"/v1/notices/{items[0]['id']}"))
    assert [spoken["unit_name"] for spoken in whole["about"]] == [items[0]["unit_name"]]
    assert whole["attempts"] is None, "without notifier nothing is known of attempts"


async def test_pages_of_the_log_hold_each_notice_once(client: ApiClient, office: Office) -> None:
    await office.issue([office.round("report", in_days(client, 9))], number="19")
    seen, cursor = [], ""
    while True:
        page = await said(await client.get(f"/v1/notices?limit=4{cursor}"))
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert len(seen) == len(set(seen)) == 6
    assert (await client.get("/v1/notices?cursor=nonsense")).json()["code"] == "cursor_invalid"


async def test_the_log_is_searched_without_marks_and_by_state(client: ApiClient, office: Office) -> None:
    first, *_ = await _log(client, "?q=truong trung hoc pho thong so 1")
    await _settle(client, first["id"], "failed", "550 5.1.1")
    assert [item["unit_name"] for item in await _log(client, "?q=so 1")] == ["Trường Trung học phổ thông số 1"]
    assert [item["id"] for item in await _log(client, "?state=failed")] == [first["id"]]
    assert await _log(client, "?kind=overdue") == []
    assert (await client.get("/v1/notices?state=lost")).status_code == 422


async def test_counts_add_up_and_say_why(client: ApiClient, office: Office) -> None:
    first, second, _ = await _log(client)
    await _settle(client, first["id"], "failed", "550 5.1.1")
    await _settle(client, second["id"], "delivered")
    counts = await said(await client.get("/v1/notices/counts"))
    assert counts["total"] == sum(counts["states"].values()) == 3
    assert counts["states"] == {"failed": 1, "delivered": 1, "pending": 1}
    assert counts["channels"]["email"] == {"failed": 1, "delivered": 1}
    assert counts["reasons"] == {"550 5.1.1": 1}
    assert (counts["waiting"], counts["delivered_last_hour"]) == (1, 1)


async def test_each_sees_the_notices_below_it_and_about_what_it_issued(client: ApiClient, office: Office) -> None:
    school = await client.as_("reader", office.schools[0]["id"])
    department = await client.as_("clerk", office.department["id"])
    stranger = await client.as_("clerk", (await client.unit("Sở Nội vụ", "department"))["id"])
    (own,) = await _log(school)
    assert own["unit_id"] == office.schools[0]["id"]
    assert len(await _log(department)) == 3
    assert await _log(stranger) == []
    assert (await stranger.get(f"/v1/notices/{own['id']}")).status_code == 404
    assert (await stranger.post(f"/v1/notices/{own['id']}/resend", {"reason": "Chưa nhận"})).status_code == 404
    assert (await school.post(f"/v1/notices/{own['id']}/resend", {"reason": "Chưa nhận"})).status_code in (403, 404)


async def test_a_failed_notice_is_said_again_in_a_batch_of_its_own(client: ApiClient, office: Office) -> None:
    first, *_ = await _log(client)
    await _settle(client, first["id"], "failed", "550 5.1.1")
    again = await said(await client.post(f"/v1/notices/{first['id']}/resend", {"reason": "Đã sửa địa chỉ"}), 201)
    assert (again["resend_of"], again["resend_reason"], again["state"]) == (first["id"], "Đã sửa địa chỉ", "pending")
    assert again["about"] == (await said(await client.get(f"/v1/notices/{first['id']}")))["about"]
    assert (await said(await client.get(f"/v1/notices/{first['id']}")))["resent_as"] == [again["id"]]
    assert (await said(await client.get(f"/v1/notices/{first['id']}")))["state"] == "failed", (
        "the first stays as it ended"
    )

    (notice,) = [
        notice for page in await _pulled(client) for notice in page.notices if str(notice.notice_id) == again["id"]
    ]
    assert notice.recipient.unit_name == first["unit_name"]
    assert notice.facts.link
    link = notice.facts.link.rpartition("/l/")[2]
    assert (await client.without_key().get(f"/l/{link}")).status_code == 200, "with a link that opens"


async def test_what_is_on_its_way_or_answered_is_not_said_again(client: ApiClient, office: Office) -> None:
    first, second, _ = await _log(client)
    answer = await client.post(f"/v1/notices/{first['id']}/resend", {"reason": "Chưa nhận được"})
    assert (answer.status_code, answer.json()["code"]) == (409, "notice_being_sent")

    await _settle(client, second["id"], "failed")
    spoken = (await said(await client.get(f"/v1/notices/{second['id']}")))["about"][0]
    await office.hand_in(await said(await client.get(f"/v1/obligations/{spoken['obligation_id']}")))
    answer = await client.post(f"/v1/notices/{second['id']}/resend", {"reason": "Chưa nhận được"})
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_resend")
    assert len(await _log(client)) == 3, "nothing changed"


async def test_sent_again_by_two_at_once_it_is_said_again_once(client: ApiClient, office: Office) -> None:
    first, *_ = await _log(client)
    await _settle(client, first["id"], "unknown", "timeout")
    path = f"/v1/notices/{first['id']}/resend"
    answers = await asyncio.gather(*(client.post(path, {"reason": "Chưa nhận được"}) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(await _log(client)) == 4
