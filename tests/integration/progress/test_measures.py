"""Fair measures over the API: shares that add up every way, who used up a deadline, lateness net of delays above."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

import pytest
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, said
from harness.working_days import VIETNAM


@dataclass(slots=True)
class Chain:
    """A city's directive, the department's plan issued three working days late, and its schools."""

    client: ApiClient
    office: Office
    city: Json
    directive: Json
    plan: Json

    @classmethod
    async def open(cls, client: ApiClient) -> "Chain":
        office = await Office.open(client)
        city = (await said(await client.get("/v1/units?code=UBND")))["items"][0]
        asked = [
            {"kind": "plan", "title": "Kế hoạch", "due": {"form": "on", "date": "2026-11-06"}},
            {"kind": "report", "title": "Báo cáo", "due": {"form": "on", "date": "2026-12-18"}, "period": "2026"},
        ]
        directive = await office.issue(
            asked,
            issuer={"id": city["id"]},
            number="1",
            assignees=[{"unit": {"id": office.department["id"]}}],
        )
        turn(client, "2026-11-11T09:00")
        report = {"kind": "report", "title": "Báo cáo trường", "due": {"form": "on", "date": "2026-11-20"}}
        plan = await office.issue([report | {"period": "2026"}], number="2", parents=[directive["id"]])
        return cls(client, office, city, directive, plan)

    async def hand_in(self, school: int, at: str) -> None:
        """Let a school report at an instant."""
        turn(self.client, at)
        await self.office.hand_in(await self.office.owed(self.plan, self.office.schools[school], "report"))

    async def read(self, document: Json, what: str) -> Json:
        return await said(await self.client.get(f"/v1/documents/{document['id']}/{what}"))


def turn(client: ApiClient, at: str) -> None:
    client.services.clock.at = datetime.fromisoformat(at).replace(tzinfo=VIETNAM)  # type: ignore[attr-defined]


@pytest.fixture
async def chain(plan_api_database: str) -> AsyncIterator[Chain]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield await Chain.open(client)


async def test_every_level_answers_for_the_days_it_used(chain: Chain) -> None:
    (eroded,) = (await chain.read(chain.plan, "erosion"))["rounds"]

    assert (eroded["due_on"], eroded["total"], eroded["left"], eroded["over"]) == ("2026-11-20", 14, 7, 0)
    assert [(level["unit_id"], level["days"], level["share"]) for level in eroded["levels"]] == [
        (chain.office.department["id"], 7, 500)
    ]
    assert eroded["left_share"] == 500
    of_the_first = (await chain.read(chain.directive, "erosion"))["rounds"]
    assert [(each["levels"], each["left"] == each["total"], each["left_share"]) for each in of_the_first] == [
        ([], True, 1000),
        ([], True, 1000),
    ]


async def test_lateness_is_net_of_the_delay_that_came_from_above(chain: Chain) -> None:
    await chain.hand_in(0, "2026-11-19T09:00")
    await chain.hand_in(1, "2026-11-25T09:00")  # 24/11 is a holiday: two working days late
    turn(chain.client, "2026-11-30T09:00")

    told = await chain.read(chain.plan, "lateness")

    assert told["from_above"] == 3
    late = {line["unit_id"]: (line["days_late"], line["net_days_late"]) for line in told["items"]}
    assert late == {chain.office.schools[1]["id"]: (2, 0), chain.office.schools[2]["id"]: (5, 2)}
    above = await chain.read(chain.directive, "lateness")
    assert [(line["unit_id"], line["days_late"], line["net_days_late"]) for line in above["items"]] == [
        (chain.office.department["id"], 3, 3)
    ]


async def test_late_ones_come_in_pages_and_as_of_an_instant(chain: Chain) -> None:
    turn(chain.client, "2026-11-30T09:00")
    first = await chain.read(chain.plan, "lateness?limit=2")
    rest = await chain.read(chain.plan, f"lateness?limit=2&cursor={first['next']}")

    assert len({line["obligation_id"] for line in [*first["items"], *rest["items"]]}) == 3
    assert rest["next"] is None
    assert (await chain.read(chain.plan, "lateness?at=2026-11-20T09:00:00Z"))["items"] == []


async def test_measures_add_up_however_the_cascade_is_cut(chain: Chain) -> None:
    await chain.hand_in(0, "2026-11-19T09:00")
    await chain.hand_in(1, "2026-11-25T09:00")
    turn(chain.client, "2026-11-30T09:00")

    cuts = {
        by: await chain.read(chain.directive, f"measures?by={by}") for by in ("level", "document", "period", "unit")
    }

    for by, found in cuts.items():
        whole = found["whole"]["tally"]
        assert (whole["expected"], whole["on_time"], whole["late"], whole["missing"], whole["not_due"]) == (
            4,
            1,
            2,
            1,
            1,
        )
        assert {name: sum(line["tally"][name] for line in found["items"]) for name in whole} == whole, by
    level = {line["key"]: (line["completeness"], line["timeliness"]) for line in cuts["level"]["items"]}
    assert level == {"0": (1000, 0), "1": (666, 333)}
    period = {line["key"]: line["name"] for line in cuts["period"]["items"]}
    assert period == {"": "không ghi kỳ", "2026": "2026"}
    assert cuts["document"]["items"][1]["name"] == "Sở Giáo dục và Đào tạo – 2/KH-SGDĐT"


async def test_nothing_expected_is_not_applicable(chain: Chain) -> None:
    found = await chain.read(chain.directive, "measures?by=unit&at=2026-11-05T00:00:00Z")

    assert {(line["completeness"], line["timeliness"]) for line in found["items"]} == {(None, None)}
    assert (found["whole"]["completeness"], found["whole"]["tally"]["expected"]) == (None, 0)


async def test_units_come_in_pages(chain: Chain) -> None:
    seen, cursor = [], ""
    while True:
        page = await chain.read(chain.directive, f"measures?by=unit&limit=2{cursor}")
        seen += [line["key"] for line in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"

    assert sorted(seen) == sorted([chain.office.department["id"], *(each["id"] for each in chain.office.schools)])
