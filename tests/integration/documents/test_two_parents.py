"""One report for two superiors: consolidated and sent up once, it answers the department and the district alike."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from harness.api import ApiClient, StillClock, api
from harness.office import Json, in_days, said

NUMBER = {"key": "pupils", "label": "Số học sinh", "type": "integer"}


@dataclass(slots=True)
class TwoParents:
    """An office between a department and a district; all three have issued a plan that asks for the year's report."""

    client: ApiClient
    department: Json
    district: Json
    office: Json
    schools: list[Json]
    above: list[Json]
    plan: Json = field(default_factory=dict)

    @classmethod
    async def open(
        cls, client: ApiClient, *, accepting: bool = True, forms: tuple[Json | None, Json | None]
    ) -> "TwoParents":
        """Make units and plans; the department asks within 30 days, the district within 25."""
        department = await client.unit("Sở Giáo dục và Đào tạo", "department", code="SGDDT")
        district = await client.unit("Ủy ban nhân dân huyện", "peoples_committee", code="UBH")
        office = await client.unit(
            "Phòng Giáo dục và Đào tạo",
            "office",
            code="PGD",
            professional=department["id"],
            administrative=district["id"],
        )
        schools = [await client.unit(f"Trường {n}", code=f"T{n}", professional=office["id"]) for n in (1, 2)]
        self = cls(client, department, district, office, schools, [])
        for issuer, days, form in ((department, 30, forms[0]), (district, 25, forms[1])):
            asked: dict[str, Any] = {"needs_acceptance": accepting} | ({} if form is None else {"form": form})
            self.above.append(await self.issue(issuer, [office], days, **asked))
        return self

    async def issue(
        self,
        issuer: Json,
        to: list[Json],
        days: float,
        parents: list[Json] | None = None,
        status: int = 200,
        **given: Any,
    ) -> Json:
        """Issue a plan that asks for the year's report."""
        due = {"form": "at", "instant": in_days(self.client, days).isoformat()}
        body = {
            "kind": "plan",
            "issuer": {"id": issuer["id"]},
            "title": "Kế hoạch năm 2026",
            "number": given.pop("number", "18"),
            "notation": "KH",
            "issued_on": "2026-11-02",
            "assignees": [{"unit": {"id": unit["id"]}} for unit in to],
            "rounds": [{"kind": "report", "title": "Báo cáo năm", "period": "2026", "due": due} | given],
            "parents": [parent["id"] for parent in parents or []],
        }
        draft = await said(await self.client.post("/v1/documents", body), 201)
        return await said(await self.client.post(f"/v1/documents/{draft['id']}/issue", {}), status)

    async def owed(self, document: Json, unit: Json) -> Json:
        """Return what a unit owes of a plan."""
        page = await said(
            await self.client.get("/v1/obligations", params={"document": document["id"], "unit": unit["id"]})
        )
        return await said(await self.client.get(f"/v1/obligations/{page['items'][0]['id']}"))

    async def both(self) -> list[Json]:
        """Return what the office owes to the department and to the district."""
        return [await self.owed(document, self.office) for document in self.above]

    async def report(self, school: Json, pupils: int) -> None:
        """Let a school report."""
        owed = await self.owed(self.plan, school)
        body = {"kind": "report", "text": "Đã thực hiện.", "figures": {"pupils": pupils}}
        await said(await self.client.post(f"/v1/obligations/{owed['id']}/submissions", body), 201)

    async def consolidate(self, document: Json) -> Json:
        """Draft what a plan's units reported."""
        return await said(await self.client.post(f"/v1/rounds/{document['rounds'][0]['id']}/consolidate", {}))

    async def submit(self, consolidation: Json, status: int = 200, **given: Any) -> Json:
        """Send a consolidation up."""
        return await said(await self.client.post(f"/v1/consolidations/{consolidation['id']}/submit", given), status)

    async def decide(self, obligation: Json, verb: str, status: int = 200) -> Json:
        """Accept or return what the office has handed in."""
        body = {} if verb == "accept" else {"kind": "wrong", "reason": "Thiếu phần đánh giá"}
        return await said(await self.client.post(f"/v1/obligations/{obligation['id']}/{verb}", body), status)

    async def out_of_date(self) -> list[bool]:
        """Return whether the office's, the department's and the district's consolidations are out of date."""
        found = []
        for document in (self.plan, *self.above):
            newest = await said(await self.client.get(f"/v1/rounds/{document['rounds'][0]['id']}/consolidation"))
            found.append(newest["out_of_date_since"] is not None)
        return found

    async def leaves(self, document: Json) -> dict[str, str]:
        """Return what a superior's total of pupils was made of, by the unit that wrote it."""
        newest = await said(await self.client.get(f"/v1/rounds/{document['rounds'][0]['id']}/consolidation"))
        params = {"field": "pupils", "leaves": True}
        page = await said(await self.client.get(f"/v1/consolidations/{newest['id']}/provenance", params=params))
        return {item["unit_name"]: item["value"] for item in page["items"]}


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


async def begun(
    client: ApiClient, *, accepting: bool = True, forms: tuple[Json | None, Json | None] = (None, None)
) -> TwoParents:
    """Return an office whose plan under both parents is issued."""
    two = await TwoParents.open(client, accepting=accepting, forms=forms)
    two.plan = await two.issue(two.office, two.schools, 15, two.above)
    return two


async def reported(client: ApiClient, *, accepting: bool = True) -> tuple[TwoParents, Json]:
    """Return the same with the schools' reports consolidated."""
    two = await begun(client, accepting=accepting)
    for school in two.schools:
        await two.report(school, 100)
    return two, await two.consolidate(two.plan)


async def test_a_round_reports_into_the_period_of_each_parent_and_leaves_time_for_the_first(client: ApiClient) -> None:
    two = await begun(client)
    [asked] = two.plan["rounds"]
    rounds = [document["rounds"][0]["id"] for document in two.above]

    assert {asked["reports_into"], *asked["also_into"]} == set(rounds)
    assert asked["reports_into"] == rounds[1], "the district's is due first"
    late = await two.issue(two.office, two.schools, 27, two.above, 422, number="19")
    assert late["code"] == "due_after_parent"


@pytest.mark.parametrize("field", ["reports_into", "also_into.1"])
async def test_a_round_named_that_is_not_owed_is_refused(client: ApiClient, field: str) -> None:
    two = await begun(client)
    first, second = [document["rounds"][0]["id"] for document in two.above]
    stray = two.plan["rounds"][0]["id"]
    named = (
        {"reports_into": stray} if field == "reports_into" else {"reports_into": first, "also_into": [second, stray]}
    )

    refused = await two.issue(two.office, two.schools, 14, two.above, 422, number="19", **named)

    assert (refused["code"], refused["errors"][0]["field"]) == ("not_owed_above", f"rounds.0.{field}")
    kept = await two.issue(two.office, two.schools, 14, two.above, number="20", reports_into=first, also_into=[second])
    assert {kept["rounds"][0]["reports_into"], *kept["rounds"][0]["also_into"]} == {first, second}


async def test_handed_in_once_it_answers_both_each_by_its_own_due_time(client: ApiClient) -> None:
    two, made = await reported(client)
    client.services.clock.move(days=27)  # type: ignore[attr-defined]

    assert sorted(made["upward_obligation_ids"]) == sorted(item["id"] for item in await two.both())
    sent = await two.submit(made)

    department, district = await two.both()
    assert (department["state"], district["state"]) == ("submitted", "submitted")
    assert (department["timeliness"], district["timeliness"]) == ("not_due", "late")
    for owed in (department, district):
        [version] = owed["submissions"]
        assert (version["consolidation_id"], version["figures"]) == (sent["id"], {"pupils": "200"})
    again = await two.submit(made, 409)
    assert again["code"] == "consolidation_submitted"


async def test_one_accepts_the_other_returns_and_only_that_one_is_sent_again(client: ApiClient) -> None:
    two, made = await reported(client)
    await two.submit(made)
    department, district = await two.both()
    await two.decide(department, "accept")
    await two.decide(district, "return")

    sent = await two.submit(await two.consolidate(two.plan), text="Có bổ sung phần đánh giá.")

    department, district = await two.both()
    assert (department["state"], district["state"]) == ("fulfilled", "submitted")
    assert [item["version"] for item in department["submissions"]] == [1]
    assert [item["state"] for item in district["submissions"]] == ["received", "returned"]
    assert district["submissions"][0]["consolidation_id"] == sent["id"]
    await two.decide(district, "accept")
    for document in two.above:
        total = (await two.consolidate(document))["content"]["figures"]["pupils"]["total"]
        assert (total, await two.leaves(document)) == ("200", {"Trường 1": "100", "Trường 2": "100"})


async def test_a_correction_below_marks_both_levels_above_and_one_acceptance_restates_both(client: ApiClient) -> None:
    two, made = await reported(client, accepting=False)
    await two.submit(made)
    for document in two.above:
        await two.consolidate(document)
    owed = await two.owed(two.plan, two.schools[0])
    body = {"figures": {"pupils": 150}, "reason": "Đối chiếu sổ đăng bộ"}
    await said(await client.post(f"/v1/obligations/{owed['id']}/corrections", body), 201)

    assert await two.out_of_date() == [True, True, True]
    await said(await client.post(f"/v1/rounds/{two.plan['rounds'][0]['id']}/difference/accept", {}))
    assert await two.out_of_date() == [False, True, True]
    for owed in await two.both():
        assert [(item["version"], item["figures"]) for item in owed["submissions"]] == [
            (2, {"pupils": "250"}),
            (1, {"pupils": "200"}),
        ]
    for document in two.above:
        await said(await client.post(f"/v1/rounds/{document['rounds'][0]['id']}/difference/accept", {}))
    assert await two.out_of_date() == [False, False, False]


async def test_what_stands_with_one_parent_stays_out_of_date_when_the_other_is_sent_anew(client: ApiClient) -> None:
    two, made = await reported(client)
    await two.submit(made)
    department, district = await two.both()
    await two.decide(department, "accept")
    await two.consolidate(two.above[0])
    await two.decide(district, "return")
    owed = await two.owed(two.plan, two.schools[0])
    body = {"figures": {"pupils": 150}, "reason": "Đối chiếu sổ đăng bộ"}
    await said(await client.post(f"/v1/obligations/{owed['id']}/corrections", body), 201)

    await two.submit(await two.consolidate(two.plan))

    department, district = await two.both()
    assert [item["submissions"][0]["figures"] for item in (department, district)] == [
        {"pupils": "200"},
        {"pupils": "250"},
    ]
    newest = await said(await client.get(f"/v1/rounds/{two.plan['rounds'][0]['id']}/consolidation"))
    assert newest["out_of_date_since"] is not None, "the department still holds the former figure"
    await said(await client.post(f"/v1/rounds/{two.plan['rounds'][0]['id']}/difference/accept", {}))
    assert [(await two.both())[n]["submissions"][0]["figures"]["pupils"] for n in (0, 1)] == ["250", "250"]


async def test_it_may_be_meant_for_one_of_them(client: ApiClient) -> None:
    two, made = await reported(client)
    department, district = await two.both()
    stray = await two.owed(two.plan, two.schools[0])

    refused = await two.submit(made, 422, to=[stray["id"]])
    assert (refused["code"], refused["errors"][0]["field"]) == ("not_fed_by_this", "to")
    await two.submit(made, to=[district["id"]])

    department, district = await two.both()
    assert (department["state"], district["state"]) == ("open", "submitted")


async def test_what_is_being_read_is_not_replaced_unnoticed(client: ApiClient) -> None:
    two, made = await reported(client)
    await two.submit(made)
    department, district = await two.both()
    await two.decide(district, "return")
    await said(await client.post(f"/v1/obligations/{department['id']}/freeze", {}))
    again = await two.consolidate(two.plan)

    refused = await two.submit(again, 409)
    assert refused["code"] == "being_read"
    assert (await two.both())[1]["state"] == "open", "nothing was sent"
    await two.submit(again, to=[district["id"]])
    assert (await two.both())[1]["state"] == "submitted"


async def test_forms_above_differ_and_each_gets_its_own_fields(client: ApiClient) -> None:
    own = {"key": "visits", "label": "Số lượt kiểm tra", "type": "integer"}
    two = await begun(client, forms=({"fields": [NUMBER]}, {"fields": [NUMBER, own]}))
    for school in two.schools:
        await two.report(school, 100)
    made = await two.consolidate(two.plan)

    unknown = await two.submit(made, 422, values={"visits": 3, "stray": 1})
    assert [error["field"] for error in unknown["errors"]] == ["values.stray"]
    await two.submit(made, values={"visits": 3})

    filled = [owed["submissions"][0]["values"] for owed in await two.both()]
    assert filled == [{"pupils": 200}, {"pupils": 200, "visits": 3}]


@pytest.mark.parametrize("verb", ["accept", "return"])
async def test_both_parents_decide_at_once(client: ApiClient, verb: str) -> None:
    two, made = await reported(client)
    await two.submit(made)
    department, district = await two.both()

    await asyncio.gather(two.decide(department, "accept"), two.decide(district, verb))

    after = "fulfilled" if verb == "accept" else "open"
    assert [item["state"] for item in await two.both()] == ["fulfilled", after]
    settled = [
        (await said(await client.get(f"/v1/documents/{document['id']}")))["rounds"][0]["settled_at"] is not None
        for document in two.above
    ]
    assert settled == [True, verb == "accept"]


@pytest.mark.parametrize("moment", [0.0, 0.01, 0.03])
async def test_a_correction_against_the_sending_is_in_it_or_marks_it(client: ApiClient, moment: float) -> None:
    two, made = await reported(client, accepting=False)
    owed = await two.owed(two.plan, two.schools[0])
    body = {"figures": {"pupils": 150}, "reason": "Đối chiếu sổ đăng bộ"}

    async def correct() -> None:
        await asyncio.sleep(moment)
        await said(await client.post(f"/v1/obligations/{owed['id']}/corrections", body), 201)

    await asyncio.gather(two.submit(made), correct())

    newest = await said(await client.get(f"/v1/rounds/{two.plan['rounds'][0]['id']}/consolidation"))
    assert newest["out_of_date_since"] is not None
    assert [item["submissions"][0]["figures"] for item in await two.both()] == [{"pupils": "200"}] * 2
