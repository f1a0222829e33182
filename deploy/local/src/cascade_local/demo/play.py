"""The run of the demo: issue, pass down, answer, review, report up, each by somebody and in its time.

What people do is noted in one diary. The run ends when the city has its consolidated report and every unit that will
ever answer has answered.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from cascade_console.client import Problem

from cascade_local.demo.answers import Answers, Obligation
from cascade_local.demo.cast import Cast
from cascade_local.demo.diary import Diary
from cascade_local.demo.script import (
    EDUCATION_ISSUES,
    MIDDLE_ACKNOWLEDGES,
    OFFICES_ISSUE,
    Issue,
    Timetable,
    directive,
    draft,
    education_plan,
    office_plan,
)
from cascade_local.demo.show import Kind, Show
from cascade_local.demo.stage import Api, Json, Mailbox
from cascade_local.sample.generator import Level, SampleUnit

AT_ONCE: Final = 12
_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_NOT_YET: Final = 404


class Play:
    """One cascade from the city's directive to the city's consolidated report."""

    def __init__(
        self, api: Api, mailbox: Mailbox, cast: Cast, show: Show, *, pace: float, clock_offset: timedelta
    ) -> None:
        self.api, self.cast, self.show, self.pace = api, cast, show, pace
        self.refused: Counter[str] = Counter()
        self.root: str | None = None
        self.diary = Diary(AT_ONCE)
        self._offset = clock_offset
        self._number = self.now().astimezone(_ZONE).strftime("%H%M%S")
        self._times = Timetable(self.now(), pace)
        self._finished = asyncio.Event()
        self.answers = Answers(api, mailbox, cast, show, self)

    def now(self) -> datetime:
        """Return the present of the facts."""
        return datetime.now(UTC) + self._offset

    def note(self, seconds: float, action: Callable[[], Awaitable[None]]) -> None:
        """Note an act; a refused one is counted by its code, not raised."""

        async def tried() -> None:
            try:
                await action()
            except Problem as problem:
                self.refused[problem.code] += 1
                self.show.say_once(f"refused {problem.code}", f"Bị từ chối: {problem}")

        self.diary.note(seconds, tried)

    def until(self, moment: datetime) -> float:
        """Return the seconds from now to an instant of the facts."""
        return (moment - self.now()).total_seconds()

    async def run(self) -> str:
        """Play to the end and return the directive's id."""
        async with asyncio.TaskGroup() as group:
            keeper = group.create_task(self.diary.keep())
            root = await self._begin()
            await self._finished.wait()
            await self.diary.done()
            keeper.cancel()
        return root

    async def _begin(self) -> str:
        departments, communes = self.cast.at(Level.DEPARTMENT), self.cast.at(Level.COMMUNE)
        self._times = Timetable(self.now(), self.pace)
        issued = await self._issue(0, directive(self.cast.city, [*departments, *communes], departments))
        self.show.say(
            f"UBND thành phố ban hành Chỉ thị số {issued['reference']} tới {len(departments)} sở, ngành "
            f"và {len(communes)} UBND xã, phường, đặc khu."
        )
        self.note(self.until(self._times.at(EDUCATION_ISSUES)), partial(self._education_issues, str(issued["id"])))
        self.root = str(issued["id"])
        return self.root

    async def _education_issues(self, parent: str) -> None:
        department = self.cast.education
        offices, schools = self.cast.at(Level.OFFICE), self.cast.at(Level.UPPER_SCHOOL)
        issued = await self._issue(1, education_plan(department, offices, schools, parent))
        self.show.answers(0, Kind.PLAN)
        self.show.say(
            f"{department.short_name} ban hành Kế hoạch số {issued['reference']} tới {len(offices)} Phòng Văn hóa – "
            f"Xã hội và {len(schools)} trường THPT, trung tâm trực thuộc."
        )
        first, last = OFFICES_ISSUE
        for office in self.cast.passing_down:
            moment = self._times.at(first + (last - first) * self.cast.of(office).ease)
            self.note(self.until(moment), partial(self._office_issues, office, str(issued["id"])))

    async def _office_issues(self, office: SampleUnit, parent: str) -> None:
        schools = self.cast.schools_of[office.reference]
        issued = await self._issue(2, office_plan(office, schools, parent))
        self.show.answers(1, Kind.PLAN)
        self.show.say_once(
            "office issues",
            f"{office.short_name} ban hành Kế hoạch số {issued['reference']} tới {len(schools)} trường; "
            f"cùng lúc còn {len(self.cast.passing_down) - 1} phòng khác.",
        )

    async def _issue(self, level: int, issue: Issue) -> Json:
        """Draft and issue a document, and note what its addressees will do about it."""
        key = self.cast.key_of(issue.issuer)
        issued_on = self.now().astimezone(_ZONE).date().isoformat()
        body = draft(issue, self._times, self._number, issued_on)
        drafted = await self.api.post("/v1/documents", body, key)
        issued = await self.api.post(f"/v1/documents/{drafted['id']}/issue", {}, key)
        found = self.api.items("/v1/obligations", "next", document=str(issued["id"]))
        obligations = [Obligation.of(item, level, self.cast.by_id[item["unit_id"]]) async for item in found]
        for kind in Kind:
            self.show.asks(level, kind, sum(item.kind is kind for item in obligations))
        latest = self._times.at(issue.dues.cut_off - 1)
        for item in obligations:
            self._expect(item, latest)
        report = next(item for item in issued["rounds"] if item["kind"] == Kind.REPORT)
        watch_from = self._times.at(issue.dues.report * 0.75)
        self.note(self.until(watch_from), partial(self._report_up, level, issue.issuer, str(report["id"])))
        return issued

    def _expect(self, item: Obligation, latest: datetime) -> None:
        """Note what a unit will do about an obligation; who passes down issues and consolidates."""
        if item.unit.reference not in self.cast.middle:
            self.answers.expect(item, latest)
        elif item.kind is Kind.ACKNOWLEDGE:
            self.note(self.pace * MIDDLE_ACKNOWLEDGES, partial(self.answers.acknowledge, item))
        elif item.kind is Kind.REPORT:
            self.answers.reported_by_consolidation(item)

    async def _report_up(self, level: int, issuer: SampleUnit, round_id: str) -> None:
        """Send the consolidation of a round up once there is a draft; until then look again."""
        key = self.cast.key_of(issuer)
        try:
            drafted = await self.api.get(f"/v1/rounds/{round_id}/consolidation", key)
        except Problem as problem:
            if problem.status != _NOT_YET:
                raise
            self.note(self.pace, partial(self._report_up, level, issuer, round_id))
            return
        submitted = await self.api.post(f"/v1/consolidations/{drafted['id']}/submit", {}, key)
        self._tell_consolidated(level, issuer, submitted)
        if submitted["upward_obligation_id"] is not None:
            await self.answers.consolidated(str(submitted["upward_obligation_id"]))
        if level == 0:
            self._finished.set()

    def _tell_consolidated(self, level: int, issuer: SampleUnit, submitted: Json) -> None:
        gaps, figures = len(submitted["gaps"]), submitted["content"]["figures"]
        total = {name: figure["total"] for name, figure in figures.items()}
        lacking = f", báo thiếu {gaps} đơn vị" if gaps else ", đủ các đơn vị"
        words = f"{total.get('lop_tap_huan', 0)} lớp tập huấn, {total.get('tin_bai', 0)} tin, bài{lacking}"
        if level < 2:
            self.show.say(f"{issuer.short_name} tổng hợp báo cáo: {words}.")
        else:
            self.show.say_once("office consolidates", f"{issuer.short_name} tổng hợp và gửi Sở GDĐT: {words}.")
