"""A small office to issue documents in: a department, its schools, and the verbs people use, over the API.

Every verb answers the decoded body and asserts the status it expects, so that a test reads as what people do.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from harness.api import ApiClient

Json = dict[str, Any]


async def said(answer: Any, status: int = 200) -> Json:
    """Return the body of an answer of the expected status."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    body: Json = answer.json()
    return body


@dataclass(slots=True)
class Office:
    """A department with schools under it, and callers for each."""

    client: ApiClient
    department: Json
    schools: list[Json]
    superiors: dict[str, UUID] = field(default_factory=dict)

    @classmethod
    async def open(cls, client: ApiClient, schools: int = 3) -> "Office":
        """Make a city, its department and some schools of the department."""
        city = await client.unit("Ủy ban nhân dân thành phố", "peoples_committee", code="UBND")
        department = await client.unit("Sở Giáo dục và Đào tạo", "department", code="SGDDT", administrative=city["id"])
        made = [
            await client.unit(
                f"Trường Trung học phổ thông số {number}", code=f"T{number}", professional=department["id"]
            )
            for number in range(1, schools + 1)
        ]
        return cls(client, department, made)

    def round(self, kind: str, due_at: datetime | None, **given: Any) -> Json:
        """Return the body of a round."""
        due = {"form": "none"} if due_at is None else {"form": "at", "instant": due_at.isoformat()}
        return {"kind": kind, "title": given.pop("title", f"Đợt {kind}"), "due": due} | given

    async def draft(self, rounds: list[Json], **given: Any) -> Json:
        """Draft a plan of the department to all its schools."""
        body = {
            "kind": "plan",
            "issuer": {"id": self.department["id"]},
            "title": "Kế hoạch công tác thông tin đối ngoại năm 2026",
            "number": "18",
            "notation": "KH-SGDĐT",
            "issued_on": "2026-11-02",
            "assignees": [{"unit": {"id": school["id"]}} for school in self.schools],
            "rounds": rounds,
        } | given
        return await said(await self.client.post("/v1/documents", body), 201)

    async def issue(self, rounds: list[Json], order: Json | None = None, **given: Any) -> Json:
        """Draft and issue."""
        draft = await self.draft(rounds, **given)
        return await said(await self.client.post(f"/v1/documents/{draft['id']}/issue", order or {}))

    async def owed(self, document: Json, school: Json, kind: str | None = None) -> Json:
        """Return what a school owes of a document (of the first round, or of the first of a kind)."""
        page = await said(
            await self.client.get("/v1/obligations", params={"document": document["id"], "unit": school["id"]})
        )
        return next(item for item in page["items"] if kind in {None, item["kind"]})

    async def hand_in(self, obligation: Json, status: int = 201, **given: Any) -> Json:
        """Hand in a report (or what is given)."""
        body = {"kind": "report", "text": "Đã thực hiện.", "figures": {"classes": 2}} | given
        return await said(await self.client.post(f"/v1/obligations/{obligation['id']}/submissions", body), status)

    async def progress(self, document: Json) -> Json:
        """Return the document's whole tally."""
        body = await said(await self.client.get(f"/v1/documents/{document['id']}/progress"))
        tally: Json = body["tally"]
        return tally


def in_days(client: ApiClient, days: float) -> datetime:
    """Return an instant some days from the client's present."""
    return client.services.clock.now() + timedelta(days=days)
