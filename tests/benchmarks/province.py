"""What the benchmarks work on: a department, offices of 24 schools each, and the documents they issue.

Everything is made over the API. Facts are observed with SQL, read only, so that watching costs the measured processes
nothing; the one thing written that way are policies (there is no way yet to edit them over the API).
"""

import asyncio
import csv
import io
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import Audience, OffsetUnit, StepAnchor, StepKind
from plan_api.rules.policies import REHEARSAL_POLICY, STANDARD_POLICY, Offset, Policy, StepDefinition, policy_to_json

from benchmarks.wire import Wire

SCHOOLS_OF_AN_OFFICE = 24

Json = dict[str, Any]


def _step(
    position: int,
    kind: StepKind,
    seconds: float,
    anchor: StepAnchor = StepAnchor.DUE,
    audience: Audience = Audience.CONTACT,
) -> StepDefinition:
    offset = Offset(amount=(Decimal(str(seconds)) / 3600).quantize(Decimal("0.000001")), unit=OffsetUnit.HOURS)
    return StepDefinition(position=position, kind=kind, anchor=anchor, offset=offset, audience=audience)


def _policy(code: str, *steps: StepDefinition, base: Policy = REHEARSAL_POLICY) -> Policy:
    """Return a policy; by default one without quiet hours, so that no figure depends on the time of day."""
    review = _step(90, StepKind.REVIEW, _NEVER, StepAnchor.HAND_IN, Audience.REVIEWER_CONTACT)
    return base.model_copy(update={"code": code, "name": code, "steps": (*steps, review)})


_NEVER = 900 * 3600
_LATER = _step(1, StepKind.ANNOUNCE, _NEVER, StepAnchor.ISSUE)
_DUE = _step(2, StepKind.DUE, 0)
ANNOUNCED = _policy("bench-announced", _step(1, StepKind.ANNOUNCE, 0, StepAnchor.ISSUE), _DUE)
DUE_ONLY = _policy("bench-due", _LATER, _DUE)
SILENT = _policy("bench-silent", _LATER, _DUE, base=STANDARD_POLICY)
"""Says nothing while it is measured, and like every real policy has one ladder a day for those who review."""
YEAR = _policy(
    "bench-year",
    _step(1, StepKind.ANNOUNCE, 0, StepAnchor.ISSUE),
    *(_step(2 + n, StepKind.REMIND, seconds) for n, seconds in enumerate((-2, -1))),
    _step(4, StepKind.DUE, 0),
    *(_step(5 + n, StepKind.OVERDUE, seconds) for n, seconds in enumerate((1, 2))),
)
"""Six steps a round: the announcement, and five around the due time, a second apart."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit with the key of its account, where it has one."""

    id: UUID
    code: str
    superior: str
    key: str = ""


@dataclass(slots=True)
class Province:
    """The units, and the verbs of their documents."""

    wire: Wire
    key: str
    facts: asyncpg.Pool
    schools: list[Unit] = field(default_factory=list)
    number: int = 0

    def by_office(self) -> dict[str, list[Unit]]:
        """Return the schools of each office, by its code."""
        offices: dict[str, list[Unit]] = defaultdict(list)
        for school in self.schools:
            offices[school.superior].append(school)
        return offices

    async def draft(self, issuer: str, units: Sequence[Unit], rounds: list[Json], policy: Policy = ANNOUNCED) -> UUID:
        """Draft a directive of an issuer (by code) to some units; return its id."""
        self.number += 1
        body = {
            "kind": "directive",
            "issuer": {"code_system": "local", "code": issuer},
            "title": f"Kế hoạch công tác thông tin đối ngoại, lượt {self.number}",
            "number": str(self.number),
            "notation": "KH-BENCH",
            "issued_on": datetime.now(UTC).date().isoformat(),
            "policy": policy.code,
            "assignees": [{"unit": {"id": str(unit.id)}} for unit in units],
            "rounds": rounds,
        }
        answer = await self.wire.call("POST", "/v1/documents", self.key, body)
        return UUID(answer["id"])

    async def draft_all(self, rounds: list[Json], policy: Policy = ANNOUNCED) -> list[UUID]:
        """Draft one directive an office to all its schools."""
        return [await self.draft(office, units, rounds, policy) for office, units in self.by_office().items()]

    async def issue(self, documents: Sequence[UUID], at_once: int = 4) -> None:
        """Issue drafts, some at once."""
        gate = asyncio.Semaphore(at_once)

        async def one(document: UUID) -> None:
            async with gate:
                await self.wire.call("POST", f"/v1/documents/{document}/issue", self.key, {})

        async with asyncio.TaskGroup() as group:
            for document in documents:
                group.create_task(one(document))

    async def hand_ins(self, documents: Sequence[UUID]) -> list[bytes]:
        """Return a prebuilt hand-in for every obligation of documents, each by its own unit, rounds interleaved."""
        rows = await self.facts.fetch(
            "select id, unit_id from (select id, unit_id, row_number() over (partition by round_id order by id) as turn"
            " from obligation where document_id = any($1)) owed order by turn, id",
            list(documents),
        )
        keys = {school.id: school.key for school in self.schools}
        body = {
            "kind": "report",
            "text": "Đã tổ chức tập huấn cho giáo viên.",
            "figures": {"classes": 3, "people": 240},
        }
        content = json.dumps(body, ensure_ascii=False).encode()
        return [
            self.wire.request("POST", f"/v1/obligations/{row['id']}/submissions", keys[row["unit_id"]], content)
            for row in rows
        ]

    async def wait_until(self, question: str, *arguments: object, seconds: float = 300) -> None:
        """Wait until an SQL question is answered with true.

        Raises:
            TimeoutError: it was not in time.
        """
        async with asyncio.timeout(seconds):
            while not await self.facts.fetchval(question, *arguments):  # noqa: ASYNC110 - another process's state
                await asyncio.sleep(0.05)

    async def wait_for_quiet(self, seconds: float = 900) -> None:
        """Wait until nothing is on its way: no outbox row and no batch waits, and every notice has an outcome."""
        await self.wait_until(
            "select not exists (select from outbox where sent_at is null)"
            " and not exists (select from batch where finished_at is null)",
            seconds=seconds,
        )


def round_(kind: str, due: timedelta | datetime = timedelta(days=300), **given: Any) -> Json:
    """Return the body of a round due after a time, or at an instant."""
    instant = due if isinstance(due, datetime) else datetime.now(UTC) + due
    return {"kind": kind, "title": f"Đợt {kind}", "due": {"form": "at", "instant": instant.isoformat()}} | given


def _table(schools: int) -> bytes:
    """Return the units file: a committee, a department, offices on it, schools on their office."""
    text = io.StringIO()
    names = ["code_system", "code", "name", "kind", "professional_superior", "administrative_superior"]
    names += ["head_name", "head_email", "contact_name", "contact_email"]
    table = csv.writer(text)
    table.writerow(names)

    def row(code: str, name: str, kind: str, professional: str = "", administrative: str = "") -> None:
        people = [f"Thủ trưởng {code}", f"head.{code.lower()}@example.edu.vn"]
        people += [f"Đầu mối {code}", f"contact.{code.lower()}@example.edu.vn"]
        table.writerow(["local", code, name, kind, professional, administrative, *people])

    row("UBND", "Ủy ban nhân dân thành phố", "peoples_committee")
    row("SGDDT", "Sở Giáo dục và Đào tạo", "department", administrative="local:UBND")
    for number in range((schools - 1) // SCHOOLS_OF_AN_OFFICE + 1):
        row(f"P{number:05}", f"Phòng Văn hóa – Xã hội {number}", "office", "local:SGDDT")
    for school in range(schools):
        office = f"local:P{school // SCHOOLS_OF_AN_OFFICE:05}"
        row(f"T{school:05}", f"Trường Trung học cơ sở số {school}", "school", office)
    return text.getvalue().encode()


async def found_province(wire: Wire, key: str, facts: asyncpg.Pool, schools: int) -> Province:
    """Import the units, keep the policies, and return the province."""
    boundary = uuid4().hex
    parts = [(b'name="mode"', b"apply"), (b'name="file"; filename="units.csv"', _table(schools))]
    body = b"".join(
        b"--%s\r\ncontent-disposition: form-data; %s\r\n\r\n%s\r\n" % (boundary.encode(), head, content)
        for head, content in parts
    )
    body += b"--%s--\r\n" % boundary.encode()
    await wire.call("POST", "/v1/imports/units", key, body, content_type=f"multipart/form-data; boundary={boundary}")
    for policy in (ANNOUNCED, DUE_ONLY, SILENT, YEAR):
        await facts.execute(
            "insert into policy (id, code, version, name, rehearsal, body, created_at)"
            " values ($1, $2, 1, $2, $3, $4, now()) on conflict do nothing",
            new_id(),
            policy.code,
            policy.rehearsal,
            json.dumps(policy_to_json(policy)),
        )
    rows = await facts.fetch("select unit_id as id, code from unit_code where code like 'T_____' order by code")
    superiors = [f"P{number // SCHOOLS_OF_AN_OFFICE:05}" for number in range(schools)]
    return Province(
        wire,
        key,
        facts,
        [Unit(row["id"], row["code"], superior) for row, superior in zip(rows, superiors, strict=True)],
    )


async def open_accounts(province: Province, most: int = 3_000) -> None:
    """Give schools an account of their own (at most so many, spread over the offices' order)."""

    async def one(unit: Unit) -> Unit:
        body = {"name": unit.code, "role": "unit", "unit": {"id": str(unit.id)}}
        account = await province.wire.call("POST", "/v1/accounts", province.key, body)
        return Unit(unit.id, unit.code, unit.superior, account["key"])

    gate = asyncio.Semaphore(8)

    async def gated(unit: Unit) -> Unit:
        async with gate:
            return await one(unit)

    chosen = province.schools[:most]
    province.schools[:most] = await asyncio.gather(*map(gated, chosen))
