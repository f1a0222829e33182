"""Striking figures are shown to the reviewer, never refused: unlike before, unlike the siblings, contradicting."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from harness.api import ApiClient, StillClock, api
from harness.forms import EVERY_KIND
from harness.office import Json, Office, in_days, said


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


async def asked(office: Office, number: str = "18", form: Json | None = EVERY_KIND) -> Json:
    given = {} if form is None else {"form": form}
    return await office.issue([office.round("report", in_days(office.client, 10), **given)], number=number)


async def hand_in(office: Office, plan: Json, school: int, **given: Any) -> None:
    owed = await office.owed(plan, office.schools[school])
    body = {"kind": "report"} | given
    await said(await office.client.post(f"/v1/obligations/{owed['id']}/submissions", body), 201)


async def flags(office: Office, plan: Json, **params: Any) -> list[tuple[str, str, str]]:
    path = f"/v1/rounds/{plan['rounds'][0]['id']}/flags"
    page = await said(await office.client.get(path, params=params))
    return [(item["unit_name"][-1], flag["field"], flag["kind"]) for item in page["items"] for flag in item["flags"]]


async def test_unlike_the_siblings(client: ApiClient) -> None:
    office = await Office.open(client, schools=6)
    plan = await asked(office)
    for school in range(5):
        await hand_in(office, plan, school, values={"pupils": 100 + school, "girls": 60, "boys": 40 + school})
    assert await flags(office, plan) == []

    await hand_in(office, plan, 5, values={"pupils": 4900, "girls": 60, "boys": 4840})

    assert await flags(office, plan) == [("6", "pupils", "unlike_siblings"), ("6", "boys", "unlike_siblings")]
    page = await said(await client.get(f"/v1/rounds/{plan['rounds'][0]['id']}/flags"))
    assert page["items"][0]["flags"][0]["detail"] == ("«Số học sinh» 4900 khác xa các đơn vị cùng đợt (thường là 102).")


async def test_unlike_what_the_unit_reported_before(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    for number, pupils in enumerate((100, 104, 98), start=1):
        await hand_in(office, await asked(office, str(number)), 0, values={"pupils": pupils})
    plan = await asked(office, "9")

    await hand_in(office, plan, 0, values={"pupils": 1000})

    assert ("1", "pupils", "unlike_former") in await flags(office, plan)


async def test_sums_that_contradict_are_flagged(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    plan = await asked(office)
    await hand_in(office, plan, 0, values={"pupils": 10, "girls": 6, "boys": 5})
    await hand_in(office, plan, 1, values={"pupils": 10, "girls": 6, "boys": 4})

    assert await flags(office, plan) == [("1", "pupils", "contradiction")]
    assert await flags(office, plan, unit=office.schools[1]["id"]) == []


async def test_figures_without_a_form_are_compared_too(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    for number in ("1", "2"):
        await hand_in(office, await asked(office, number, None), 0, figures={"classes": 10})
    plan = await asked(office, "9", None)

    await hand_in(office, plan, 0, figures={"classes": 100})

    assert await flags(office, plan) == [("1", "classes", "unlike_former")]


async def test_they_come_by_page_and_to_those_above(client: ApiClient) -> None:
    office = await Office.open(client, schools=3)
    plan = await asked(office)
    for school in range(3):
        await hand_in(office, plan, school, values={"pupils": 1, "girls": 0, "boys": 0})
    path = f"/v1/rounds/{plan['rounds'][0]['id']}/flags"

    seen: list[str] = []
    params: Json = {"limit": 2}
    while True:
        page = await said(await client.get(path, params=params))
        seen += [item["unit_name"][-1] for item in page["items"]]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]

    assert seen == ["1", "2", "3"]
    assert (await client.get(path, params={"cursor": "WyJhIiwiYiJd"})).json()["code"] == "cursor_invalid"
    stranger = await client.as_("unit", office.schools[0]["id"])
    assert (await stranger.get(path)).status_code == 404
