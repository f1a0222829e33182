"""Reporting periods over the API: what they answer is what a round takes."""

from harness.api import api
from harness.office import Office, said


async def test_a_round_takes_over_the_due_of_a_period(plan_api_database: str) -> None:
    async with api(plan_api_database) as client:
        office = await Office.open(client, schools=1)
        listed = await said(await client.get("/v1/calendar/periods", params={"every": "quarter", "year": 2026}))
        assert [item["period"] for item in listed["items"]] == ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"]
        last = listed["items"][-1]
        assert (last["data_from"], last["data_until"]) == ("2026-09-15", "2026-12-14")

        asked = {"kind": "report", "title": f"Báo cáo {last['title']}", "period": last["period"], "due": last["due"]}
        plan = await office.issue([asked])

        assert plan["rounds"][0]["due_at"] == last["due_at"] == "2026-12-25T17:00:00Z"
        assert last["due_reasons"][1:] == plan["rounds"][0]["due_reasons"]


async def test_a_day_before_the_data_are_complete_is_refused(plan_api_database: str) -> None:
    async with api(plan_api_database) as client:
        params: dict[str, str | int] = {"every": "month", "year": 2026, "day": 14}
        assert (await client.get("/v1/calendar/periods", params=params)).status_code == 422
