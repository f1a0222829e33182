"""Units raise what hinders them or what they propose; the issuer's side answers, once for all who asked the same."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from cascade_contracts.vocabulary import Role
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, said
from sqlalchemy import text


@dataclass(slots=True)
class Desk:
    """A plan of the department to its schools, tracked by the department's division."""

    client: ApiClient
    office: Office
    plan: Json
    division: Json
    schools: list[ApiClient]

    async def raise_(self, school: int = 0, **given: Any) -> Any:
        body = {"text": "Biểu số 2 chưa có mã điểm trường."} | given
        return await self.schools[school].post(f"/v1/documents/{self.plan['id']}/difficulties", body)

    async def raised(self, school: int = 0, **given: Any) -> Json:
        return await said(await self.raise_(school, **given), 201)

    async def answer(self, caller: ApiClient, *raised: Json, document: str | None = None) -> Any:
        body = {"difficulties": [item["id"] for item in raised], "text": "Dùng mã của trường chính."}
        return await caller.post(f"/v1/documents/{document or self.plan['id']}/difficulties/answer", body)


async def listed(caller: ApiClient, **params: str | int) -> list[str]:
    return [item["id"] for item in (await said(await caller.get("/v1/difficulties", params=params)))["items"]]


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


@pytest.fixture
async def desk(client: ApiClient) -> Desk:
    office = await Office.open(client)
    division = await client.unit("Văn phòng Sở", "division", code="VPS", administrative=office.department["id"])
    plan = await office.issue([office.round("report", None)], tracker_seat=division["seats"][0]["id"])
    schools = [await client.as_(Role.UNIT, school["id"]) for school in office.schools]
    return Desk(client, office, plan, division, schools)


async def test_a_unit_raises_and_the_issuer_answers(client: ApiClient, desk: Desk) -> None:
    clerk = await client.as_(Role.CLERK, desk.office.department["id"])
    owed = await desk.office.owed(desk.plan, desk.office.schools[0])

    raised = await desk.raised(kind="proposal", obligation=owed["id"])
    answered = await said(await desk.answer(clerk, raised))
    stands = await said(await desk.schools[0].get(f"/v1/difficulties/{raised['id']}"))

    assert (raised["state"], raised["answer"], raised["obligation_id"]) == ("open", None, owed["id"])
    assert raised["unit_name"] == desk.office.schools[0]["name"]
    assert stands == answered["difficulties"][0]
    assert (stands["state"], stands["kind"]) == ("answered", "proposal")
    assert stands["answer"]["text"] == "Dùng mã của trường chính."
    assert (stands["answer"]["unit_id"], stands["answer"]["together"]) == (desk.office.department["id"], 1)
    async with client.services.engine.connect() as connection:
        kept = await connection.execute(text("select verb from audit_event where object_kind = 'difficulty'"))
        assert sorted(kept.scalars()) == ["answer", "raise"]


async def test_one_answer_goes_to_all_who_asked_the_same(client: ApiClient, desk: Desk) -> None:
    first, second = await desk.raised(0), await desk.raised(1)
    other = await desk.raised(2, text="Đề nghị lùi lớp tập huấn.")

    answered = await said(await desk.answer(client, first, second))

    assert answered["answer"]["together"] == 2
    for school, item in ((0, first), (1, second)):
        mine = await said(await desk.schools[school].get(f"/v1/difficulties/{item['id']}"))
        assert mine["answer"] == answered["answer"]
    assert await listed(client, state="open") == [other["id"]]
    assert sorted(await listed(client, state="answered")) == sorted([first["id"], second["id"]])


async def test_the_trackers_unit_answers_too(client: ApiClient, desk: Desk) -> None:
    tracker = await client.as_(Role.UNIT, desk.division["id"])
    raised = await desk.raised()

    assert await listed(tracker, side="received") == [raised["id"]]
    assert await listed(tracker, side="raised") == []
    answered = await said(await desk.answer(tracker, raised))
    assert answered["answer"]["unit_id"] == desk.division["id"]


async def test_each_side_lists_its_own(client: ApiClient, desk: Desk) -> None:
    first, second = await desk.raised(0), await desk.raised(1)
    clerk = await client.as_(Role.CLERK, desk.office.department["id"])
    stranger = await client.as_(Role.CLERK, (await client.unit("Sở khác", "department"))["id"])

    assert await listed(desk.schools[0]) == [first["id"]]
    assert await listed(desk.schools[0], side="received") == []
    assert await listed(clerk, side="received") == [second["id"], first["id"]]
    assert await listed(clerk, side="received", unit=desk.office.schools[0]["id"]) == [first["id"]]
    assert await listed(clerk, document=str(uuid4())) == []
    assert await listed(stranger) == []
    assert (await stranger.get(f"/v1/difficulties/{first['id']}")).status_code == 404
    assert (await desk.schools[1].get(f"/v1/difficulties/{first['id']}")).status_code == 404


async def test_lists_are_paged_newest_first(client: ApiClient, desk: Desk) -> None:
    ids = [(await desk.raised(school))["id"] for school in (0, 1, 2)]

    first = await said(await client.get("/v1/difficulties", params={"limit": 2}))
    second = await said(await client.get("/v1/difficulties", params={"limit": 2, "cursor": first["next"]}))

    assert [item["id"] for item in first["items"] + second["items"]] == ids[::-1]
    assert second["next"] is None


async def test_who_may_raise_and_who_may_answer(client: ApiClient, desk: Desk) -> None:
    reader = await client.as_(Role.READER, desk.office.schools[0]["id"])
    clerk = await client.as_(Role.CLERK, desk.office.department["id"])
    path, body = f"/v1/documents/{desk.plan['id']}/difficulties", {"text": "Thiếu kinh phí."}
    raised = await desk.raised()

    assert (await reader.post(path, body)).status_code == 403
    for_another = body | {"unit": {"id": desk.office.schools[0]["id"]}}
    assert (await desk.schools[1].post(path, for_another)).status_code == 404
    assert (await clerk.post(path, for_another)).status_code == 403
    assert (await client.post(path, for_another)).status_code == 201
    assert (await desk.answer(desk.schools[0], raised)).status_code == 404
    assert (await said(await client.get(f"/v1/difficulties/{raised['id']}")))["state"] == "open"


async def test_raising_is_refused(client: ApiClient, desk: Desk) -> None:
    path = f"/v1/documents/{desk.plan['id']}/difficulties"
    unbound = await client.unit("Trường khác", code="T9", professional=desk.office.department["id"])
    others = await desk.office.owed(desk.plan, desk.office.schools[1])
    draft = await desk.office.draft([desk.office.round("report", None)], number="20")

    no_unit = await client.post(path, {"text": "x"})
    not_bound = await client.post(path, {"text": "x", "unit": {"id": unbound["id"]}})
    hidden = await (await client.as_(Role.UNIT, unbound["id"])).post(path, {"text": "x"})
    not_owed = await desk.raise_(obligation=others["id"])
    drafted = await desk.schools[0].post(f"/v1/documents/{draft['id']}/difficulties", {"text": "x"})
    await said(await client.post(f"/v1/documents/{desk.plan['id']}/recall", {"reason": "Thay thế"}))
    recalled = await desk.raise_()

    answers = (no_unit, not_bound, hidden, not_owed, drafted, recalled)
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (422, "unit_missing"),
        (422, "not_bound"),
        (404, "not_found"),
        (422, "obligation_not_of_unit"),
        (404, "not_found"),
        (409, "document_not_in_force"),
    ]
    assert await listed(client) == []


async def test_answering_is_refused_and_then_nobody_is_answered(client: ApiClient, desk: Desk) -> None:
    first, second = await desk.raised(0), await desk.raised(1)
    await said(await desk.answer(client, first))

    twice = await desk.answer(client, second, first)
    unknown = await desk.answer(client, second, {"id": str(uuid4())})
    nowhere = await desk.answer(client, second, document=str(uuid4()))

    for answer, status, code in (
        (twice, 409, "difficulty_already_answered"),
        (unknown, 422, "unknown_difficulty"),
        (nowhere, 404, "not_found"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert twice.json()["errors"][0]["field"] == "difficulties.1"
    assert await listed(client, state="open") == [second["id"]]


async def test_the_same_key_raises_once(client: ApiClient, desk: Desk) -> None:
    path, body = f"/v1/documents/{desk.plan['id']}/difficulties", {"text": "Thiếu kinh phí."}

    first, again = [await desk.schools[0].post(path, body, headers={"idempotency-key": "k"}) for _ in range(2)]

    assert first.json() == again.json()
    assert await listed(client) == [first.json()["id"]]
