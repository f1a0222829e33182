"""Three levels that report by form: schools to offices, offices to a department, the department to the city.

`Levels.open(client)` has issued every plan; verbs answer decoded bodies and assert the status they expect.
"""

from dataclasses import dataclass
from typing import Any

from harness.api import ApiClient
from harness.forms import EVERY_KIND
from harness.office import Json, in_days, said


@dataclass(slots=True)
class Levels:
    """The units and one document a level; `schools` by office."""

    client: ApiClient
    city: Json
    department: Json
    offices: list[Json]
    schools: list[list[Json]]
    directive: Json
    plan: Json
    orders: list[Json]

    @classmethod
    async def open(
        cls,
        client: ApiClient,
        offices: int = 2,
        schools: int = 2,
        form: Json | None = EVERY_KIND,
        prefix: str = "",
        **given: Any,
    ) -> "Levels":
        """Make the units and issue a document at every level, each reporting into the one above.

        Unit codes begin with `prefix`, so that one database takes several.
        """
        city = await client.unit("Ủy ban nhân dân thành phố", "peoples_committee", code=f"{prefix}UBND")
        department = await client.unit("Sở Giáo dục", "department", code=f"{prefix}SGD", administrative=city["id"])
        under = [
            await client.unit(f"Phòng {n}", "office", code=f"{prefix}P{n}", professional=department["id"])
            for n in range(1, offices + 1)
        ]
        below = [
            [
                await client.unit(f"Trường {n}.{m}", code=f"{prefix}T{n}{m}", professional=office["id"])
                for m in range(1, schools + 1)
            ]
            for n, office in enumerate(under, start=1)
        ]
        directive = await cls.issue(client, city, [department], 40, form, **given)
        plan = await cls.issue(client, department, under, 30, form, directive, **given)
        orders = [
            await cls.issue(client, office, units, 20, form, plan, **given)
            for office, units in zip(under, below, strict=True)
        ]
        return cls(client, city, department, under, below, directive, plan, orders)

    @staticmethod
    async def issue(
        client: ApiClient,
        issuer: Json,
        to: list[Json],
        days: float,
        form: Json | None,
        parent: Json | None = None,
        *,
        number: str = "18",
        **given: Any,
    ) -> Json:
        """Issue a document with one report round."""
        due = {"form": "at", "instant": in_days(client, days).isoformat()}
        asked = (
            {"kind": "report", "title": "Báo cáo năm", "due": due} | ({} if form is None else {"form": form}) | given
        )
        body = {
            "kind": "directive" if parent is None else "plan",
            "issuer": {"id": issuer["id"]},
            "title": "Công tác năm 2026",
            "number": number,
            "notation": "KH",
            "issued_on": "2026-11-02",
            "assignees": [{"unit": {"id": unit["id"]}} for unit in to],
            "rounds": [asked],
            "parents": [] if parent is None else [parent["id"]],
        }
        draft = await said(await client.post("/v1/documents", body), 201)
        return await said(await client.post(f"/v1/documents/{draft['id']}/issue", {}))

    async def owed(self, document: Json, unit: Json) -> Json:
        """Return what a unit owes of a document."""
        page = await said(
            await self.client.get("/v1/obligations", params={"document": document["id"], "unit": unit["id"]})
        )
        found: Json = page["items"][0]
        return found

    async def hand_in(self, document: Json, unit: Json, **values: Any) -> Json:
        """Let a unit fill its form in; without values it reports nothing."""
        owed = await self.owed(document, unit)
        body: Json = {"kind": "report", "values": values} if values else {"kind": "nil"}
        return await said(await self.client.post(f"/v1/obligations/{owed['id']}/submissions", body), 201)

    async def consolidate(self, document: Json, status: int = 200, **given: Any) -> Json:
        """Draft what a document's units reported."""
        return await said(
            await self.client.post(f"/v1/rounds/{document['rounds'][0]['id']}/consolidate", given), status
        )

    async def consolidation(self, document: Json) -> Json:
        """Return the newest consolidation of a document's round."""
        return await said(await self.client.get(f"/v1/rounds/{document['rounds'][0]['id']}/consolidation"))

    async def report_up(self, document: Json, status: int = 200, **given: Any) -> Json:
        """Send the newest consolidation up."""
        made = await self.consolidation(document)
        return await said(await self.client.post(f"/v1/consolidations/{made['id']}/submit", given), status)

    async def up(self, document: Json) -> Json:
        """Consolidate and send up."""
        await self.consolidate(document)
        return await self.report_up(document)

    async def values(self, document: Json) -> Json:
        """Return the merged values of a document's round."""
        found: Json = (await self.consolidation(document))["content"]["form"]["values"]
        return found

    async def provenance(self, document: Json, field: str, **given: Any) -> list[Json]:
        """Return what a figure of a document's consolidation is made of."""
        made = await self.consolidation(document)
        page = await said(
            await self.client.get(f"/v1/consolidations/{made['id']}/provenance", params={"field": field} | given)
        )
        found: list[Json] = page["items"]
        return found
