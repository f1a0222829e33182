"""A school that owes a report, as seen from its desk: the data of most workflow tests.

The department issues straight to the school; one step up on the school's line stands its office, which is therefore the
superior that silence is escalated to.
"""

from dataclasses import dataclass
from typing import Any

from cascade_contracts.vocabulary import SeatRole

from harness.cascade import Cascade, Document, Json, Unit
from harness.mailroom import Mail
from harness.working_days import DueDay


@dataclass(frozen=True, slots=True)
class Desk:
    """A seat and its letter box."""

    cascade: Cascade
    unit: Unit
    role: SeatRole

    async def received(self, step: str, *, about: "Assigned | None" = None) -> list[Mail]:
        """Return the mails of a step (about one school, if given); empty, and so false, when there is none."""
        return await self.cascade.received(self.unit, step, role=self.role, about=about.unit if about else None)

    async def mails(self) -> list[Mail]:
        """Return every mail."""
        return await self.cascade.mails_to(self.unit, self.role)


@dataclass(frozen=True, slots=True)
class Bureau:
    """A unit with its two desks."""

    cascade: Cascade
    unit: Unit

    @property
    def contact(self) -> Desk:
        """The focal point's desk."""
        return Desk(self.cascade, self.unit, SeatRole.FOCAL_POINT)

    @property
    def head(self) -> Desk:
        """The head's desk."""
        return Desk(self.cascade, self.unit, SeatRole.HEAD)


@dataclass(frozen=True, slots=True)
class Assigned(Bureau):
    """A school with what it owes, its superior and the issuer."""

    superior: Bureau
    issuer: Bureau
    document: Document

    @property
    def due(self) -> DueDay:
        """The last day in time of the first round."""
        return DueDay.of(self.document.due_at())

    async def hand_in(self, **given: Any) -> Json:
        """Hand the report in."""
        return await self.cascade.hand_in(self.unit, self.document, **given)

    async def accept(self) -> Json:
        """Have the report accepted."""
        return await self.cascade.accept(self.unit, self.document)

    async def give_back(self, reason: str, *, wrong: bool = False) -> Json:
        """Have the report returned."""
        return await self.cascade.give_back(self.unit, self.document, reason, wrong=wrong)

    async def extend(self, due_on: str) -> Json:
        """Have a later last day granted."""
        return await self.cascade.extend(self.unit, self.document, due_on)

    async def owes(self) -> Json:
        """Return the obligation as it stands."""
        return await self.cascade.obligation(self.unit, self.document, "report")


async def assign(cascade: Cascade, report_due: str, *, mode: str = "order", **given: Any) -> Assigned:
    """Open a department, an office and a school, and issue to the school a report due on a day.

    `given` are further fields of the round.
    """
    department = await cascade.unit("Sở Giáo dục và Đào tạo", "SGDDT", "department")
    office = await cascade.unit("Phòng Văn hóa – Xã hội Đông Hải", "PVHXH", "office", professional=department)
    school = await cascade.unit("Trường Trung học cơ sở Đông Hải", "THCS", professional=office)
    asked = {"kind": "report", "title": "Báo cáo kết quả", "due": {"form": "on", "date": report_due}} | given
    document = await cascade.issue(department, [school], asked, assignees=[{"unit": school.ref, "mode": mode}])
    return Assigned(cascade, school, Bureau(cascade, office), Bureau(cascade, department), document)
