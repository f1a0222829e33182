"""A small world to act on at random: units on two levels, documents, and everybody's verbs, over the API.

Steps are taken by calling what the activities call. A verb the product refuses changes nothing, and that is checked;
what must hold after each verb stands in `truths.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from cascade_contracts.delivery import NoticeOut
from cascade_contracts.ids import new_id
from cascade_contracts.supervision import EntryKind
from harness.api import ApiClient, StillClock
from harness.office import Json, said
from plan_api.documents import recurring
from plan_api.escalation import steps
from plan_api.obligations import consolidating
from plan_api.read.agenda import Entry, agenda
from plan_api.requests import act_of_itself
from plan_api.rules.calendar import local_date
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

REFUSED = {404, 409, 412, 422}


@dataclass(frozen=True, slots=True)
class Absence:
    """The present holder of a seat is away, until a day or for good, and who is asked meanwhile (a seat, or nobody)."""

    id: str
    until_on: date | None
    substitute: str | None


@dataclass(slots=True)
class World:
    """A city over two departments, one of them over schools; documents issued by the city and that department."""

    client: ApiClient
    city: Json
    department: Json
    other: Json
    below: dict[str, list[Json]]
    documents: list[Json] = field(default_factory=list)
    undoable: list[str] = field(default_factory=list)
    sent: int = 0
    recorded: dict[UUID, dict[UUID, NoticeOut]] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    owed_at_issue: set[UUID] = field(default_factory=set)
    given_up: set[UUID] = field(default_factory=set)
    absences: dict[str, Absence] = field(default_factory=dict)
    opened: dict[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    async def open(cls, client: ApiClient) -> "World":
        """Make the units; their codes are new each time, so that many worlds stand in one database."""
        tag = str(new_id())[-10:]

        async def unit(name: str, kind: str, **given: Any) -> Json:
            return await client.unit(f"{name} {tag}", kind, code=f"{name.replace(' ', '')}-{tag}", **given)

        city = await unit("Thanh pho", "peoples_committee")
        department = await unit("So", "department", administrative=city["id"])
        other = await unit("So khac", "department", administrative=city["id"])
        communes = [await unit(f"Xa {n}", "peoples_committee", administrative=city["id"]) for n in range(3)]
        schools = [await unit(f"Truong {n}", "school", professional=department["id"]) for n in range(4)]
        world = cls(client, city, department, other, {"city": [department, other, *communes], "department": schools})
        for each in (city, department, other, *communes, *schools):
            world.learn(each)
        return world

    def learn(self, unit: Json) -> None:
        """Remember who holds the seats of a unit."""
        for seat in unit["seats"]:
            for holder in seat["holders"]:
                self.holders[seat["id"]] = holder["email"]

    @property
    def clock(self) -> StillClock:
        """The clock of this world."""
        clock: StillClock = self.client.services.clock  # type: ignore[assignment]
        return clock

    @property
    def units(self) -> list[Json]:
        """Every unit of this world, ended ones too."""
        return [self.city, *self.below["city"], *self.below["department"]]

    async def answerer(self, seat: str) -> str:
        """Return the address of who answers for a seat today: through substitutes, else the holder although away."""
        query = (
            "select s.id from seat s join unit u on u.id = s.unit_id where s.id = any(:seats) and u.valid_to is null"
        )
        seats = {str(row.id) for row in await self.rows(query, seats=[UUID(each) for each in self.holders])}
        on, asked, at = local_date(self.clock.now()), set[str](), seat
        while at in seats - asked:
            absence = self.absences.get(at)
            if absence is None or (absence.until_on is not None and absence.until_on <= on):
                return self.holders[at]
            asked.add(at)
            at = absence.substitute or ""
        return self.holders[seat]

    def long_overdue(self) -> datetime:
        """Return since when whatever was due must have been escalated: holidays and office hours are over by then."""
        return self.clock.now() - timedelta(days=9)

    async def rows(self, query: str, **values: Any) -> list[Any]:
        """Return rows of the database; `:ids` are this world's documents."""
        given = ({"ids": [UUID(each["id"]) for each in self.documents]} if ":ids" in query else {}) | values
        async with self.client.services.engine.connect() as connection:
            return list(await connection.execute(text(query), given))

    async def audited(self) -> int:
        """Return how many events the audit holds."""
        return int((await self.rows("select count(*) from audit_event"))[0][0])

    async def do(self, path: str, body: Json | None = None, **given: Any) -> Json | None:
        """Do something: it is audited, or refused with a code and then not there."""
        before = await self.audited()
        answer = await self.client.post(path, body or {}, **given)
        after = await self.audited()
        if answer.status_code in REFUSED:
            code = answer.json()["code"]
            self.refusals[code] = self.refusals.get(code, 0) + 1
            assert after == before, f"{path} was refused and left a trace: {answer.text}"
            return None
        done: Json = await said(answer, answer.status_code if answer.status_code in {200, 201} else 200)
        assert after > before, f"{path} left nothing in the audit"
        return done

    # --- what people do ---

    async def issue(
        self,
        issuer: str,
        chosen: Sequence[int],
        due_days: int | None,
        *,
        accepts: bool,
        mode: str,
        every: str | None = None,
    ) -> None:
        """Issue a document to some of the living units below an issuer."""
        living = await self.living(self.below[issuer])
        bound = [living[index % len(living)] for index in chosen] if living else []
        by = {"city": self.city, "department": self.department}[issuer]
        due: Json = {"form": "none"}
        if due_days is not None:
            due = {"form": "on", "date": (local_date(self.clock.now()) + timedelta(days=due_days)).isoformat()}
        rounds: list[Json] = [
            {"kind": "acknowledge", "title": "Tiếp nhận", "due": due},
            {"kind": "plan", "title": "Kế hoạch", "due": {"form": "none"}},
            {"kind": "report", "title": "Báo cáo", "due": due, "needs_acceptance": accepts, "period": "2026"},
        ]
        parents = [each["id"] for each in self.documents[:1]] if issuer == "department" else []
        body = {
            "kind": "plan",
            "issuer": {"id": by["id"]},
            "title": f"Văn bản {len(self.documents)}",
            "number": str(len(self.documents) + 1),
            "notation": f"KH-{str(new_id())[-6:]}",
            "issued_on": local_date(self.clock.now()).isoformat(),
            "parents": parents,
            "assignees": [{"unit": {"id": unit["id"]}, "mode": mode} for unit in {u["id"]: u for u in bound}.values()],
            "rounds": rounds,
            "recurring": [] if every is None else [{"title": "Báo cáo định kỳ", "every": every}],
        }
        drafted = await self.do("/v1/documents", body)
        if drafted is None:
            return
        order = {"allow_past_due": True, "allow_after_parent": True, "reason": "Theo yêu cầu"}
        issued = await self.do(f"/v1/documents/{drafted['id']}/issue", order)
        if issued is not None:
            self.documents.append(issued)
            self.owed_at_issue |= {each.id for each in await self.owed() if str(each.document_id) == issued["id"]}

    async def living(self, units: Sequence[Json]) -> list[Json]:
        """Return those of some units that have not ended."""
        query = "select id from unit where id = any(:ids) and valid_to is null"
        found = {str(row[0]) for row in await self.rows(query, ids=[UUID(unit["id"]) for unit in units])}
        return [unit for unit in units if unit["id"] in found]

    async def owed(self) -> list[Any]:
        """Return the obligations of this world in a stable order."""
        query = """
            select o.id, o.state, o.unit_id, o.mode, r.kind, o.document_id from obligation o
            join round r on r.id = o.round_id join document d on d.id = o.document_id join unit u on u.id = o.unit_id
            where o.document_id = any(:ids) order by d.created_at, d.id, r.position, u.name
        """
        return await self.rows(query)

    async def answer(self, pick: int, *, nil: bool) -> None:
        """Let a unit answer something that is open or submitted."""
        owed = [each for each in await self.owed() if each.state in {"open", "submitted"}]
        if not owed:
            return
        one = owed[pick % len(owed)]
        if one.kind == "acknowledge":
            await self.do(f"/v1/obligations/{one.id}/acknowledge")
            return
        body: Json = {"kind": one.kind, "text": "Đã thực hiện."}
        if one.kind == "report":
            body = {"kind": "nil"} if nil else body | {"figures": {"classes": 2}}
        await self.do(f"/v1/obligations/{one.id}/submissions", body)

    async def review(self, pick: int, verdict: str) -> None:
        """Accept or return what is submitted; `verdict` is accept, incomplete or wrong."""
        owed = [each for each in await self.owed() if each.state == "submitted"]
        if not owed:
            return
        path = f"/v1/obligations/{owed[pick % len(owed)].id}"
        if verdict == "accept":
            await self.do(f"{path}/accept")
        else:
            await self.do(f"{path}/return", {"kind": verdict, "reason": "Thiếu số liệu"})

    async def let_off(self, pick: int, verb: str) -> None:
        """Waive, or let a unit decline, something that is owed."""
        owed = [each for each in await self.owed() if each.state == "open"]
        if owed:
            await self.do(f"/v1/obligations/{owed[pick % len(owed)].id}/{verb}", {"reason": "Ngoài chức năng"})

    async def extend(self, pick: int, days: int) -> None:
        """Ask for more time and grant it."""
        owed = [each for each in await self.owed() if each.state == "open"]
        if not owed:
            return
        wish = {"due_on": (local_date(self.clock.now()) + timedelta(days=days)).isoformat(), "reason": "Chờ số liệu"}
        asked = await self.do(f"/v1/obligations/{owed[pick % len(owed)].id}/extensions", wish)
        if asked is not None and await self.do(f"/v1/extensions/{asked['id']}/approve", {}) is None:
            await self.do(f"/v1/extensions/{asked['id']}/refuse", {"reason": "Không thể lùi thêm"})

    async def stop(self, pick: int, verb: str) -> None:
        """Suspend, resume or recall a document."""
        if self.documents:
            document = self.documents[pick % len(self.documents)]
            await self.do(f"/v1/documents/{document['id']}/{verb}", {"reason": "Theo chỉ đạo"})

    async def reorganise(self, kind: str, pick: int, into: int) -> None:
        """Merge, split or abolish living units of one level; successors are of the same level."""
        level = "city" if pick % 2 else "department"
        living = [unit for unit in await self.living(self.below[level]) if unit["kind"] != "department"]
        if level == "city" and kind == "abolish" and pick % 3 == 0:
            living = await self.living([self.department, self.other])
        if len(living) < 2:
            return
        first, second = living[pick % len(living)], living[into % len(living)]
        created = _new(self.city if level == "city" else self.department, level)
        operation: Json = {"kind": "abolish", "unit": {"id": first["id"]}, "successor": {"unit": {"id": second["id"]}}}
        if kind == "merge":
            merged = {"units": [{"id": first["id"]}, {"id": second["id"]}], "into": {"new": created}}
            operation = {"kind": "merge"} | merged
        elif kind == "split":
            halves = [{"new": created}, {"new": _new(self.city if level == "city" else self.department, level)}]
            operation = {"kind": "split", "unit": {"id": first["id"]}, "into": halves}
        order = {
            "effective_on": local_date(self.clock.now()).isoformat(),
            "legal_reference": "Nghị quyết sắp xếp",
            "operations": [operation],
        }
        done = await self.do("/v1/reorganisations", order)
        if done is None:
            return
        self.undoable.append(done["id"])
        self.given_up |= {
            UUID(each["obligation_id"]) for each in done["obligations"] if each["outcome"] in {"ended", "with_decider"}
        }
        for unit in done["units"]:
            if unit["what"] == "created":
                made = await said(await self.client.get(f"/v1/units/{unit['unit_id']}"))
                self.below[level].append(made)
                self.learn(made)

    async def undo(self) -> None:
        """Take the last reorganisation back."""
        if self.undoable:
            await self.do(f"/v1/reorganisations/{self.undoable.pop()}/undo")

    # --- what the clock does ---

    async def supervise(self) -> None:
        """Do everything that is due, document by document, as the supervision does."""
        services = self.client.services
        for document in self.documents:
            done: set[tuple[Any, ...]] = set()
            while True:
                now = self.clock.now()
                async with services.engine.connect() as connection:
                    found = await agenda(connection, UUID(document["id"]), now)
                entry = next((each for each in found.entries if each.at <= now), None)
                if entry is None:
                    break
                key = (entry.kind, entry.round_id or entry.recurrence_id, entry.step_id)
                assert key not in done, f"{key} is on the agenda again although it was done"
                done.add(key)
                if entry.kind is EntryKind.OPENING:
                    await self._open(UUID(document["id"]), entry, now)
                    continue
                async with services.engine.begin() as connection:
                    await self._take(connection, UUID(document["id"]), entry, now)

    async def _open(self, document_id: UUID, entry: Entry, now: datetime) -> None:
        assert entry.recurrence_id is not None
        async with act_of_itself(self.client.services) as act:
            await recurring.open_periods(act, document_id, entry.recurrence_id, now)

    async def _take(self, connection: AsyncConnection, document_id: UUID, entry: Entry, now: datetime) -> None:
        services = self.client.services
        assert entry.round_id is not None
        match entry.kind:
            case EntryKind.STEP:
                assert entry.ladder_id is not None
                assert entry.step_id is not None
                await steps.take_step(connection, services, document_id, entry.ladder_id, entry.step_id, now)
            case EntryKind.CONSOLIDATION:
                await consolidating.draft(connection, services, entry.round_id)
            case _:
                await steps.take_cut_off(connection, services, document_id, entry.round_id)


def _new(superior: Json, level: str) -> Json:
    tag = str(new_id())[-10:]
    line = "administrative_superior" if level == "city" else "professional_superior"
    return {
        "name": f"Don vi moi {tag}",
        "kind": "peoples_committee" if level == "city" else "school",
        "codes": [{"code_system": "local", "code": f"M-{tag}"}],
        line: {"id": superior["id"]},
        "seats": [
            {"role": "focal_point", "holder": {"name": "Đầu mối", "email": f"focal_point.m-{tag}@example.edu.vn"}},
            {"role": "head", "holder": {"name": "Thủ trưởng", "email": f"head.m-{tag}@example.edu.vn"}},
        ],
    }
