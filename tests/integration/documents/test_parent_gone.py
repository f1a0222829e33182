"""What was sent up to a superior that asks no more keeps no level below out of date, and nothing is lost upwards."""

from collections.abc import AsyncIterator

import pytest
from harness.api import ApiClient, StillClock, api
from harness.office import Json, said
from integration.documents.test_two_parents import TwoParents, reported


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


async def recall(two: TwoParents, document: Json) -> None:
    await said(await two.client.post(f"/v1/documents/{document['id']}/recall", {"reason": "Ban hành nhầm"}))


async def correct(two: TwoParents, pupils: int) -> None:
    """Correct what the first school reported: the office's consolidation is out of date with it."""
    owed = await two.owed(two.plan, two.schools[0])
    body = {"figures": {"pupils": pupils}, "reason": "Đối chiếu sổ đăng bộ"}
    await said(await two.client.post(f"/v1/obligations/{owed['id']}/corrections", body), 201)
    assert await marked(two)


async def marked(two: TwoParents) -> bool:
    newest = await said(await two.client.get(f"/v1/rounds/{two.plan['rounds'][0]['id']}/consolidation"))
    return newest["out_of_date_since"] is not None


async def accept(two: TwoParents) -> Json:
    return await said(await two.client.post(f"/v1/rounds/{two.plan['rounds'][0]['id']}/difference/accept", {}))


@pytest.mark.parametrize("accepted", [True, False])
async def test_one_parent_recalled_the_other_gets_the_correction(client: ApiClient, accepted: bool) -> None:
    two, made = await reported(client)
    await two.submit(made)
    if accepted:
        await two.decide((await two.both())[0], "accept")
    await recall(two, two.above[1])
    for pupils in (150, 160):  # the second one is told and accepted as well: no mark was left behind
        await correct(two, pupils)
        shown = await said(await client.get(f"/v1/rounds/{two.plan['rounds'][0]['id']}/difference"))
        assert str(pupils + 100) in [change["becomes"] for change in shown["changes"]]
        await accept(two)

        department, district = await two.both()
        assert (department["state"], district["state"]) == ("fulfilled" if accepted else "submitted", "withdrawn")
        assert department["submissions"][0]["figures"] == {"pupils": str(pupils + 100)}
        assert [item["version"] for item in district["submissions"]] == [1]
        assert not await marked(two)


async def test_every_parent_recalled_the_level_itself_accepts(client: ApiClient) -> None:
    two, made = await reported(client)
    await two.submit(made)
    for document in two.above:
        await recall(two, document)
    await correct(two, 150)

    accepted = await accept(two)

    assert accepted["content"]["figures"]["pupils"]["total"] == "250"
    assert not await marked(two)


@pytest.mark.parametrize("accepting", [True, False])
async def test_the_sending_office_merged_its_heir_sends_it_anew(client: ApiClient, accepting: bool) -> None:
    two, made = await reported(client)
    await two.submit(made)
    heir = await client.unit(
        "Phòng mới", "office", code="PM", professional=two.department["id"], administrative=two.district["id"]
    )
    order = {
        "effective_on": "2026-11-02",
        "legal_reference": "Quyết định số 1/QĐ-UBND",
        "told_after_minutes": 0,
        "operations": [
            {"kind": "merge", "units": [{"id": two.office["id"]}], "into": {"unit": {"id": heir["id"]}}},
        ],
    }
    await said(await client.post("/v1/reorganisations", order), 201)
    await correct(two, 150)

    if accepting:
        await accept(two)
        assert not await marked(two)
    await two.submit(await two.consolidate(two.plan))

    assert not await marked(two)
    for document in two.above:
        owed = await two.owed(document, heir)
        assert (owed["state"], owed["submissions"][0]["figures"]) == ("submitted", {"pupils": "250"})
