"""A province in the middle of a cascade: a directive to departments and communes, a plan of one department to schools.

`Province.open(client, size)` has three tenths communes, the rest schools; some have answered when it returns.
"""

import os
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from harness.api import ApiClient
from harness.office import Json, in_days, said

SIZE = int(os.environ.get("CASCADE_REORGANISED_UNITS", "120"))
"""How many units the cascade has; the suite's is small, 3,000 can be run by hand."""


@dataclass(slots=True)
class Province:
    """The units, the two documents, and what people do."""

    client: ApiClient
    city: Json
    education: Json
    culture: Json
    communes: list[Json]
    schools: list[Json]
    directive: Json
    plan: Json

    @classmethod
    async def open(cls, client: ApiClient, size: int = SIZE) -> "Province":
        """Make the units, issue directive and plan, and let every fifth unit answer."""
        city = await client.unit("Ủy ban nhân dân thành phố", "peoples_committee", code="UBND")
        education = await client.unit("Sở Giáo dục", "department", code="SGD", administrative=city["id"])
        culture = await client.unit("Sở Văn hóa", "department", code="SVH", administrative=city["id"])
        count = size * 3 // 10
        communes = [
            await client.unit(f"Xã {number}", "peoples_committee", code=f"X{number}", administrative=city["id"])
            for number in range(count)
        ]
        schools = [
            await client.unit(f"Trường {number}", code=f"T{number}", professional=education["id"])
            for number in range(size - count)
        ]
        directive = await cls.issue(client, city, [education, culture, *communes], "directive")
        plan = await cls.issue(client, education, schools, "plan", parents=[directive["id"]])
        province = cls(client, city, education, culture, communes, schools, directive, plan)
        for commune in communes[::5]:
            await province.hand_in(directive, commune)
        for school in schools[::5]:
            await province.hand_in(plan, school)
        return province

    @staticmethod
    async def issue(client: ApiClient, issuer: Json, assignees: list[Json], kind: str, **given: Any) -> Json:
        """Issue a document that asks for acknowledgement and a report to be accepted, both due in 14 days."""
        due = {"form": "at", "instant": in_days(client, 14).isoformat()}
        rounds = [
            {"kind": "acknowledge", "title": "Tiếp nhận", "due": due},
            {"kind": "report", "title": "Báo cáo", "due": due, "needs_acceptance": True},
        ]
        body = {
            "kind": kind,
            "issuer": {"id": issuer["id"]},
            "title": "Công tác năm 2026",
            "number": "18",
            "notation": kind.upper(),
            "issued_on": "2026-11-02",
            "assignees": [{"unit": {"id": unit["id"]}} for unit in assignees],
            "rounds": rounds,
        } | given
        draft = await said(await client.post("/v1/documents", body), 201)
        return await said(await client.post(f"/v1/documents/{draft['id']}/issue", {}))

    async def owed(self, document: Json, unit: Json, kind: str = "report") -> Json:
        """Return what a unit owes of a document."""
        page = await self.client.get("/v1/obligations", params={"document": document["id"], "unit": unit["id"]})
        return next(item for item in (await said(page))["items"] if item["kind"] == kind)

    async def hand_in(self, document: Json, unit: Json) -> Json:
        """Let a unit report."""
        owed = await self.owed(document, unit)
        body = {"kind": "report", "text": "Đã thực hiện.", "figures": {"classes": 2}}
        return await said(await self.client.post(f"/v1/obligations/{owed['id']}/submissions", body), 201)

    async def progress(self, document: Json, **params: str) -> Json:
        """Return a document's tally."""
        tally: Json = (await said(await self.client.get(f"/v1/documents/{document['id']}/progress", params=params)))[
            "tally"
        ]
        return tally

    def order(self, *operations: Json, **given: Any) -> Json:
        """Return the body of a reorganisation of today."""
        return {
            "effective_on": "2026-11-02",
            "legal_reference": "Nghị quyết về sắp xếp đơn vị hành chính",
            "operations": list(operations),
        } | given

    def merger(self) -> Json:
        """Return an order: three communes become a new one, the department of education goes to that of culture."""
        return self.order(
            {
                "kind": "merge",
                "units": [{"id": commune["id"]} for commune in self.communes[:3]],
                "into": {"new": new_unit("Xã Mới", self.city)},
            },
            {
                "kind": "abolish",
                "unit": {"id": self.education["id"]},
                "successor": {"unit": {"id": self.culture["id"]}},
            },
        )

    async def reorganise(self, order: Json, status: int = 201) -> Json:
        """Carry an order out."""
        return await said(await self.client.post("/v1/reorganisations", order), status)

    async def rows(self, query: str, **values: Any) -> list[Any]:
        """Return rows of the database."""
        async with self.client.services.engine.connect() as connection:
            return list(await connection.execute(text(query), values))


def new_unit(name: str, superior: Json, code: str = "XM") -> Json:
    """Return the body of a new commune with a focal point."""
    return {
        "name": name,
        "kind": "peoples_committee",
        "codes": [{"code_system": "local", "code": code}],
        "administrative_superior": {"id": superior["id"]},
        "seats": [{"role": "focal_point", "holder": {"name": "Đầu mối", "email": "dau-moi@xa-moi.example"}}],
    }


_ASIDE = {"audit_event", "audit_seal", "outbox", "kept_answer", "reorganisation", "reorganisation_change", "news"}
_OF_NEWS = {
    "batch": "where news_id is null",
    "notice": "where batch_id in (select id from batch where news_id is null)",
}
_RISING = {"row_version", "updated_at"}


async def contents(client: ApiClient) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table of facts; without what only ever rises, audit, outbox, kept answers and news."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    async with client.services.engine.connect() as connection:
        tables = await connection.execute(text("select tablename from pg_tables where schemaname = 'public'"))
        for (table,) in tables.all():
            if table not in _ASIDE:
                rows = (
                    (await connection.execute(text(f'select * from "{table}" {_OF_NEWS.get(table, "")}')))
                    .mappings()
                    .all()
                )
                found[table] = sorted(
                    tuple((name, str(value)) for name, value in row.items() if name not in _RISING) for row in rows
                )
    return found
