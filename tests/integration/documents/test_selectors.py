"""Whom a document binds, chosen by what units are: previewed, resolved at issue, each unit once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from cascade_contracts.vocabulary import Role
from harness.api import ApiClient, StillClock, api
from harness.office import Json, said
from sqlalchemy import text


@dataclass(slots=True)
class District:
    """A department over an office and a high school; the office over two schools its commune is over as well."""

    client: ApiClient
    units: dict[str, Json]

    @classmethod
    async def open(cls, client: ApiClient) -> "District":
        units: dict[str, Json] = {}
        for code, name, kind, professional, administrative in (
            ("UB", "Ủy ban nhân dân thành phố", "peoples_committee", None, None),
            ("SO", "Sở Giáo dục và Đào tạo", "department", None, "UB"),
            ("XA", "Ủy ban nhân dân xã", "peoples_committee", None, "UB"),
            ("PH", "Phòng Văn hóa – Xã hội", "office", "SO", "XA"),
            ("T1", "Trường Tiểu học An Dương", "school", "PH", "XA"),
            ("T2", "Trường Tiểu học Đông Hải", "school", "PH", "XA"),
            ("T3", "Trường Trung học phổ thông Bạch Đằng", "school", "SO", None),
        ):
            given = {
                line: units[above]["id"]
                for line, above in (("professional", professional), ("administrative", administrative))
                if above
            }
            units[code] = await client.unit(name, kind, code=code, **given)
        return cls(client, units)

    def ref(self, code: str) -> Json:
        return {"code_system": "local", "code": code}

    def selector(self, **given: Any) -> Json:
        for field in ("under", "excluding"):
            if isinstance(given.get(field), str):
                given[field] = self.ref(given[field])
            elif field in given:
                given[field] = [self.ref(code) for code in given[field]]
        return given

    async def preview(self, *selectors: Json, issuer: str = "SO", query: str = "", **given: Any) -> Any:
        body = {"issuer": self.ref(issuer), "selectors": list(selectors)} | given
        return await self.client.post(f"/v1/assignees/preview{query}", body)

    async def names(self, *selectors: Json, **given: Any) -> list[str]:
        page = await said(await self.preview(*selectors, **given))
        return [self.code(item["unit_id"]) for item in page["items"]]

    def code(self, unit_id: str) -> str:
        return next(code for code, unit in self.units.items() if unit["id"] == unit_id)

    async def draft(self, *selectors: Json, issuer: str = "SO", **given: Any) -> Any:
        body = {
            "kind": "plan",
            "issuer": self.ref(issuer),
            "title": "Kế hoạch năm học",
            "number": "7",
            "notation": "KH",
            "issued_on": "2026-11-02",
            "selectors": list(selectors),
            "rounds": [{"kind": "report", "title": "Báo cáo", "due": {"form": "on", "date": "2026-12-15"}}],
        } | given
        return await self.client.post("/v1/documents", body)

    async def bound(self, document_id: str) -> dict[str, str]:
        """Return what is owed: mode by code."""
        page = await said(await self.client.get("/v1/obligations", params={"document": document_id}))
        codes = [self.code(item["unit_id"]) for item in page["items"]]
        assert len(codes) == len(set(codes))
        return dict(zip(codes, [item["mode"] for item in page["items"]], strict=True))


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


@pytest.fixture
async def district(client: ApiClient) -> District:
    return await District.open(client)


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ({}, ["PH", "T1", "T2", "T3"]),
        ({"direct": True}, ["PH", "T3"]),
        ({"kinds": ["school"]}, ["T1", "T2", "T3"]),
        ({"kinds": ["school"], "direct": True}, ["T3"]),
        ({"kinds": ["school", "office"], "excluding": ["T1", "T3"]}, ["PH", "T2"]),
        ({"under": "PH"}, ["T1", "T2"]),
        ({"under": "UB", "line": "administrative"}, ["PH", "T1", "T2", "XA"]),
        ({"under": "UB", "line": "administrative", "kinds": ["school"]}, ["T1", "T2"]),
    ],
)
async def test_a_selector_finds(district: District, selector: Json, found: list[str]) -> None:
    assert sorted(await district.names(district.selector(**selector))) == found


async def test_the_preview_tells_mode_line_superior_and_every_way(district: District) -> None:
    page = await said(
        await district.preview(
            district.selector(kinds=["school"]),
            district.selector(under="XA", kinds=["school"], line="administrative", mode="information"),
            assignees=[{"unit": district.ref("T1"), "mode": "request"}],
        )
    )

    rows = {district.code(item["unit_id"]): item for item in page["items"]}
    ways = {code: (item["mode"], item["line"], item["superior_name"], item["ways"]) for code, item in rows.items()}
    office, department = "Phòng Văn hóa – Xã hội", "Sở Giáo dục và Đào tạo"
    assert ways == {
        "T1": ("request", "professional", office, ["assignees.0", "selectors.0", "selectors.1"]),
        "T2": ("order", "professional", office, ["selectors.0", "selectors.1"]),
        "T3": ("order", "professional", department, ["selectors.0"]),
    }
    assert (page["total"], page["modes"]) == (3, {"request": 1, "order": 2})


async def test_the_preview_pages_in_vietnamese_order_and_changes_nothing(district: District) -> None:
    schools = district.selector(kinds=["school"])
    first = await said(await district.preview(schools, query="?limit=2"))
    second = await said(await district.preview(schools, query=f"?limit=2&cursor={first['next']}"))

    assert [item["name"] for item in first["items"] + second["items"]] == [
        "Trường Tiểu học An Dương",
        "Trường Tiểu học Đông Hải",
        "Trường Trung học phổ thông Bạch Đằng",
    ]
    assert (second["next"], second["total"]) == (None, 3)
    async with district.client.services.engine.connect() as connection:
        for table in ("document", "assignment", "outbox"):
            assert (await connection.execute(text(f"select count(*) from {table}"))).scalar_one() == 0


async def test_issue_binds_what_was_previewed_each_unit_once(district: District) -> None:
    selectors = [
        district.selector(kinds=["school"]),
        district.selector(under="XA", kinds=["school"], mode="request"),
    ]
    draft = await said(
        await district.draft(*selectors, assignees=[{"unit": district.ref("T1"), "mode": "request"}]), 201
    )
    issued = await said(await district.client.post(f"/v1/documents/{draft['id']}/issue", {}))

    assert issued["assignees"] == 3
    assert await district.bound(issued["id"]) == {"T1": "request", "T2": "order", "T3": "order"}


async def test_selectors_are_resolved_on_the_day_of_issue(district: District) -> None:
    draft = await said(await district.draft(district.selector(kinds=["school"], direct=True)), 201)
    late = await district.client.unit("Trường mới", code="T4", professional=district.units["SO"]["id"])
    district.units["T4"] = late
    gone = await district.client.get(f"/v1/units/{district.units['T3']['id']}")
    await said(
        await district.client.patch(
            f"/v1/units/{district.units['T3']['id']}", {"valid_to": "2026-11-02"}, etag=gone.headers["etag"]
        )
    )

    issued = await said(await district.client.post(f"/v1/documents/{draft['id']}/issue", {}))

    assert await district.bound(issued["id"]) == {"T4": "order"}


@pytest.mark.parametrize("selector", [{"kinds": ["cluster"]}, {"under": "PH", "excluding": ["T1", "T2"]}])
async def test_a_selector_that_matches_nobody_is_refused(district: District, selector: Json) -> None:
    selectors = [district.selector(kinds=["school"]), district.selector(**selector)]

    for answer in (await district.draft(*selectors), await district.preview(*selectors)):
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (422, "selector_matches_nobody")
        assert [error["field"] for error in problem["errors"]] == ["selectors.1"]


async def test_a_round_may_name_whom_a_selector_reached_and_nobody_else(district: District) -> None:
    asked = {"kind": "report", "title": "Báo cáo", "due": {"form": "none"}}
    schools = district.selector(kinds=["school"], direct=True)

    named = await district.draft(schools, rounds=[asked | {"assignees": [district.ref("T3")]}])
    stranger = await district.draft(schools, number="8", rounds=[asked | {"assignees": [district.ref("T1")]}])

    assert named.status_code == 201
    assert (stranger.status_code, stranger.json()["code"]) == (422, "not_an_assignee")


async def test_one_selects_only_below_what_one_may_read(district: District) -> None:
    clerk = await district.client.as_(Role.CLERK, district.units["SO"]["id"])
    body = {"issuer": district.ref("SO")}

    allowed = await clerk.post("/v1/assignees/preview", body | {"selectors": [{"kinds": ["school"]}]})
    above = await clerk.post("/v1/assignees/preview", body | {"selectors": [{"under": district.ref("UB")}]})
    reader = await district.client.as_(Role.READER, district.units["SO"]["id"])
    refused = await reader.post("/v1/assignees/preview", body | {"selectors": [{"kinds": ["school"]}]})

    assert (allowed.status_code, allowed.json()["total"]) == (200, 3)
    assert (above.status_code, above.json()["code"]) == (404, "not_found")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


async def test_the_issuer_never_binds_itself(district: District) -> None:
    assert "SO" not in await district.names(district.selector(under="UB"))
