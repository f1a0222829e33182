"""How units answer and reviewers decide: acknowledge, plan, report, mend what came back, ask for more time."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, Protocol, Self

from cascade_local.demo.cast import Cast
from cascade_local.demo.links import acknowledge_by_link
from cascade_local.demo.people import Behaviour, Slip, Timing
from cascade_local.demo.script import own_plan, report
from cascade_local.demo.show import Kind, Show
from cascade_local.demo.stage import Api, Json, Mailbox
from cascade_local.sample.generator import SampleUnit

_REVIEW: Final = (1.2, 3.0)
_SLOW_REVIEW: Final = 17.0
_SLOW_FROM: Final = 0.9
_MEND: Final = (2.5, 3.0)
_LATE_ANSWER: Final = (2.0, 18.0)
_LATE_REPORT: Final = (1.5, 5.0)


class Prompter(Protocol):
    """Who notes acts and knows the time."""

    pace: float

    def note(self, seconds: float, action: Callable[[], Awaitable[None]]) -> None:
        """Note an act so many seconds from now."""

    def until(self, moment: datetime) -> float:
        """Return the seconds from now to an instant of the facts."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """What a unit owes, as listed."""

    id: str
    level: int
    kind: Kind
    unit: SampleUnit
    deciding_unit_id: str
    due_at: datetime

    @classmethod
    def of(cls, item: Json, level: int, unit: SampleUnit) -> Self:
        """Return the obligation of a listed item."""
        due_at = datetime.fromisoformat(item["due_at"])
        return cls(str(item["id"]), level, Kind(item["kind"]), unit, str(item["deciding_unit_id"]), due_at)


class Answers:
    """What the units of the cast do about their obligations."""

    def __init__(self, api: Api, mailbox: Mailbox, cast: Cast, show: Show, prompter: Prompter) -> None:
        self._api, self._mailbox, self._cast, self._show, self._prompter = api, mailbox, cast, show, prompter
        self._by_consolidation: dict[str, Obligation] = {}
        self.by_link = 0

    def expect(self, item: Obligation, latest: datetime) -> None:
        """Note when a unit will answer, if it ever does; `latest` is the last instant worth asking an extension for."""
        behaviour = self._cast.of(item.unit)
        left = self._prompter.until(item.due_at)
        match item.kind:
            case Kind.ACKNOWLEDGE:
                self._note(left, behaviour.acknowledges, behaviour, _LATE_ANSWER, partial(self.acknowledge, item))
            case Kind.PLAN:
                self._note(left, behaviour.plans, behaviour, _LATE_ANSWER, partial(self._plan, item))
            case Kind.REPORT if behaviour.asks_extension:
                self._prompter.note(left * 0.55, partial(self._ask_for_more_time, item, latest))
            case Kind.REPORT:
                self._note(left, behaviour.reports, behaviour, _LATE_REPORT, partial(self._report, item))

    def _note(
        self,
        left: float,
        timing: Timing,
        behaviour: Behaviour,
        late: tuple[float, float],
        action: Callable[[], Awaitable[None]],
    ) -> None:
        """Note an act within the time left, after it, or not at all."""
        match timing:
            case Timing.PROMPT:
                self._prompter.note(left * (0.10 + 0.75 * behaviour.ease), action)
            case Timing.LATE:
                first, span = late
                self._prompter.note(left + self._prompter.pace * (first + span * behaviour.ease), action)
            case Timing.NEVER:
                return

    async def acknowledge(self, item: Obligation) -> None:
        """Acknowledge, by the link in the mail or through the API."""
        if self._cast.of(item.unit).by_link and await acknowledge_by_link(self._api, self._mailbox, item.unit):
            self.by_link += 1
            self._show.say_once("link", f"{item.unit.short_name} mở liên kết trong thư và bấm xác nhận.")
        else:
            await self._api.post(f"/v1/obligations/{item.id}/acknowledge", None, self._cast.key_of(item.unit))
        self._show.answers(item.level, Kind.ACKNOWLEDGE)

    async def _plan(self, item: Obligation) -> None:
        body = own_plan("1", item.unit)
        await self._api.post(f"/v1/obligations/{item.id}/submissions", body, self._cast.key_of(item.unit))
        self._show.answers(item.level, Kind.PLAN)

    async def _report(self, item: Obligation) -> None:
        """Hand a first report in; a slip brings it back."""
        behaviour = self._cast.of(item.unit)
        body = report(item.unit, behaviour.ease, complete=behaviour.slip is Slip.NONE)
        await self._api.post(f"/v1/obligations/{item.id}/submissions", body, self._cast.key_of(item.unit))
        self._show.answers(item.level, Kind.REPORT)
        decision = self._accept if behaviour.slip is Slip.NONE else self._return
        self._review(item, decision, behaviour.ease)

    def _review(self, item: Obligation, decision: Callable[[Obligation], Awaitable[None]], ease: float) -> None:
        """Note the reviewer's decision; some take so long that they are reminded, where there is time for it."""
        pace = self._prompter.pace
        first, span = _REVIEW
        slow = ease > _SLOW_FROM and self._prompter.until(item.due_at) > pace * _SLOW_REVIEW * 1.5
        seconds = max(_SLOW_REVIEW, pace * _SLOW_REVIEW) if slow else pace * (first + span * ease)
        self._prompter.note(seconds, partial(decision, item))

    async def _accept(self, item: Obligation) -> None:
        await self._api.post(f"/v1/obligations/{item.id}/accept", {}, self._reviewer(item))

    async def _return(self, item: Obligation) -> None:
        behaviour = self._cast.of(item.unit)
        reason = "Thiếu số lượt người tham gia." if behaviour.slip is Slip.INCOMPLETE else "Nhầm biểu của năm trước."
        body = {"kind": behaviour.slip.value, "reason": reason}
        await self._api.post(f"/v1/obligations/{item.id}/return", body, self._reviewer(item))
        self._show.say_once(
            f"return {behaviour.slip}", f"Báo cáo của {item.unit.short_name} bị trả lại: {reason} Đơn vị bổ sung ngay."
        )
        first, span = _MEND
        self._prompter.note(self._prompter.pace * (first + span * behaviour.ease), partial(self._mend, item))

    async def _mend(self, item: Obligation) -> None:
        behaviour = self._cast.of(item.unit)
        body = report(item.unit, behaviour.ease)
        await self._api.post(f"/v1/obligations/{item.id}/submissions", body, self._cast.key_of(item.unit))
        self._review(item, self._accept, behaviour.ease * _SLOW_FROM)

    async def _ask_for_more_time(self, item: Obligation, until: datetime) -> None:
        reason = "Chờ số liệu của các đơn vị phối hợp."
        body = {"due_at": until.isoformat(), "reason": reason}
        asked = await self._api.post(f"/v1/obligations/{item.id}/extensions", body, self._cast.key_of(item.unit))
        first, span = _REVIEW
        seconds = self._prompter.pace * (first + span * self._cast.of(item.unit).ease)
        self._prompter.note(seconds, partial(self._grant, item, str(asked["id"])))
        between = (until - item.due_at).total_seconds()
        self._prompter.note(self._prompter.until(item.due_at) + between * 0.3, partial(self._report, item))

    async def _grant(self, item: Obligation, extension_id: str) -> None:
        await self._api.post(f"/v1/extensions/{extension_id}/approve", {}, self._reviewer(item))
        self._show.say_once("extension", f"{item.unit.short_name} xin gia hạn báo cáo và được chấp thuận.")

    def reported_by_consolidation(self, item: Obligation) -> None:
        """Remember an obligation that a consolidation will fulfil."""
        self._by_consolidation[item.id] = item

    async def consolidated(self, obligation_id: str) -> None:
        """Note the review of a report that was consolidated from below."""
        item = self._by_consolidation[obligation_id]
        self._show.answers(item.level, Kind.REPORT)
        self._review(item, self._accept, 0.2)

    def _reviewer(self, item: Obligation) -> str | None:
        unit = self._cast.by_id.get(item.deciding_unit_id)
        return None if unit is None else self._cast.key_of(unit)
