"""Calendar overrides from the HTTP surface down."""

from datetime import date

from harness.api import api
from plan_api.calendar import service


async def test_an_override_wins_until_it_is_taken_back(plan_api_database: str) -> None:
    saturday = date(2026, 12, 12)
    path = f"/v1/calendar/overrides/{saturday}"
    async with api(plan_api_database) as client:

        async def works() -> bool:
            async with client.services.engine.connect() as connection:
                return (await service.work_calendar(connection, client.services)).is_working_day(saturday)

        assert not await works()
        put = await client.put(path, {"working": True, "legal_reference": "TB 1/TB-BNV", "note": "làm bù"})
        assert (put.status_code, put.json()["working"]) == (200, True)
        assert await works()
        listed = (await client.get("/v1/calendar/overrides", params={"first": "2026-12-01"})).json()["items"]
        assert [item["on_date"] for item in listed] == ["2026-12-12"]
        assert (await client.get("/v1/calendar/overrides", params={"last": "2026-12-01"})).json()["items"] == []
        assert (await client.delete(path)).status_code == 200
        assert not await works()
        gone = await client.delete(path)
        assert (gone.status_code, gone.json()["code"]) == (404, "not_found")


async def test_an_override_needs_its_legal_reference(plan_api_database: str) -> None:
    async with api(plan_api_database) as client:
        answer = await client.put("/v1/calendar/overrides/2026-12-12", {"working": True})

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "legal_reference"
