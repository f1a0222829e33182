"""Pages behind links as a contact person uses them: a ward, its schools, what they owe, and the buttons they press."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from cascade_contracts.ids import new_id
from plan_api.auth.service import LinkRow, make_links

from harness.api import ApiClient

Json = dict[str, Any]
File = tuple[str, bytes] | tuple[str, str, bytes]
"""Name and content of a file, with the name of its input before them where that is not `files`."""

EVE = datetime(2026, 11, 4, 1, 42, tzinfo=UTC)
"""08:42 on Wednesday 04/11/2026 in Việt Nam, the day before the schools' reports are due."""

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def seat(unit: Json, role: str = "focal_point") -> UUID:
    """Return the seat of a role of a unit."""
    return next(UUID(one["id"]) for one in unit["seats"] if one["role"] == role)


async def new_link(
    client: ApiClient, seat_id: UUID, *, obligation_id: str | None = None, round_id: str | None = None
) -> str:
    """Make a link as a notice does, and return the address of its page."""
    link_id = new_id()
    row = LinkRow(
        link_id, seat_id, None, UUID(obligation_id) if obligation_id else None, UUID(round_id) if round_id else None
    )
    async with client.services.engine.begin() as connection:
        await make_links(connection, client.services, [row], client.services.clock.now())
    return f"/l/{client.services.links.token(link_id)}"


@dataclass(slots=True)
class Ward:
    """A ward's committee under the city, with schools that report to it."""

    client: ApiClient
    unit: Json
    schools: list[Json]
    plan: Json = field(default_factory=dict)

    @classmethod
    async def open(cls, client: ApiClient, names: tuple[str, ...] = ("Trường Tiểu học Lưu Kiếm A",)) -> "Ward":
        """Make the ward and its schools."""
        ward = await client.unit("Ủy ban nhân dân phường Lưu Kiếm", "peoples_committee", code="LK")
        schools = [await client.unit(name, code=f"T{n}", administrative=ward["id"]) for n, name in enumerate(names)]
        return cls(client, ward, schools)

    async def issue(
        self,
        due: str = "2026-11-05",
        *,
        acknowledge: bool = True,
        order: Json | None = None,
        document: Json | None = None,
        **given: Any,
    ) -> None:
        """Issue the ward's plan: an acknowledgement and a report of the year, due at the end of a day.

        `document` is put into the draft's body, `given` into the report's round.
        """
        report = {
            "kind": "report",
            "title": "Báo cáo năm 2026 về công tác thông tin đối ngoại",
            "period": "2026",
            "due": {"form": "on", "date": due},
            "needs_acceptance": True,
        } | given
        first = {"kind": "acknowledge", "title": "Xác nhận đã nhận kế hoạch", "due": {"form": "on", "date": due}}
        body = {
            "kind": "plan",
            "issuer": {"id": self.unit["id"]},
            "title": "Kế hoạch công tác thông tin đối ngoại trên địa bàn phường năm 2026",
            "number": "31",
            "notation": "KH-UBND",
            "issued_on": "2026-10-12",
            "tracker_seat": str(seat(self.unit)),
            "assignees": [{"unit": {"id": school["id"]}} for school in self.schools],
            "rounds": [first, report] if acknowledge else [report],
        } | (document or {})
        draft = await self.client.post("/v1/documents", body)
        assert draft.status_code == 201, draft.text
        issued = await self.client.post(f"/v1/documents/{draft.json()['id']}/issue", order or {})
        assert issued.status_code == 200, issued.text
        self.plan = issued.json()

    @property
    def round(self) -> Json:
        """The round of the report."""
        found: Json = self.plan["rounds"][-1]
        return found

    async def owed(self, school: int = 0, kind: str = "report") -> Json:
        """Return what a school owes."""
        params = {"document": self.plan["id"], "unit": self.schools[school]["id"]}
        page = (await self.client.get("/v1/obligations", params=params)).json()
        found: Json = next(item for item in page["items"] if item["kind"] == kind)
        return found

    async def detail(self, school: int = 0, kind: str = "report") -> Json:
        """Return what a school owes, with all that happened to it."""
        found: Json = (await self.client.get(f"/v1/obligations/{(await self.owed(school, kind))['id']}")).json()
        return found

    async def link(self, school: int = 0, kind: str = "report") -> "LinkPage":
        """Return the page of a school's contact person."""
        owed = await self.owed(school, kind)
        path = await new_link(
            self.client, seat(self.schools[school]), obligation_id=owed["id"], round_id=owed["round_id"]
        )
        return LinkPage(self.client, path)

    async def watch(self) -> "LinkPage":
        """Return the overview of the ward's own contact person."""
        return LinkPage(self.client, await new_link(self.client, seat(self.unit), round_id=self.round["id"]))

    async def decide(self, verb: str, body: Json) -> None:
        """Decide about the first school's hand-in."""
        answer = await self.client.post(f"/v1/obligations/{(await self.owed())['id']}/{verb}", body)
        assert answer.status_code == 200, answer.text


def _placed(files: Sequence[File]) -> list[tuple[str, str, bytes]]:
    """Return files with the input each is chosen in: `files` unless another one is named first."""
    return [("files", *file) if len(file) == 2 else file for file in files]


class LinkPage:
    """A page behind a link, used without script, cookies or key."""

    def __init__(self, client: ApiClient, path: str) -> None:
        self.path = path
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(client.app),
            base_url="http://plan-api",
        )

    async def get(self, form: str = "", **params: str) -> httpx.Response:
        """Open the page, or one of its forms."""
        return await self._http.get(self.path + (f"/{form}" if form else ""), params=params)

    async def head(self) -> httpx.Response:
        """Ask for the page's headers."""
        return await self._http.head(self.path)

    async def nonce(self, form: str = "") -> str:
        """Open a form and return the nonce it carries."""
        page = await self.get(form)
        found = re.search(r'name="once" value="([^"]+)"', page.text)
        assert found, page.text
        return found.group(1)

    async def send(self, action: str, once: str, files: Sequence[File] | None = None, **fields: str) -> httpx.Response:
        """Send a form with a nonce; redirects are not followed."""
        sent = [(field, (name, content, "application/octet-stream")) for field, name, content in _placed(files or [])]
        return await self._http.post(
            f"{self.path}/{action}", data={"once": once, **fields}, files=sent or None, follow_redirects=False
        )

    async def press(self, action: str, files: Sequence[File] | None = None, **fields: str) -> httpx.Response:
        """Open a form, fill it in and send it."""
        return await self.send(action, await self.nonce("" if action == "acknowledge" else action), files, **fields)

    async def aclose(self) -> None:
        """Leave."""
        await self._http.aclose()
