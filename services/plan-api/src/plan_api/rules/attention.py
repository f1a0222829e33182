"""One person's attention: what can wait is gathered into a digest a working day, what cannot goes at once.

A deadline is never missed by waiting: what falls due, or is followed by the ladder's next step, before the digest goes
at once.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from cascade_contracts.delivery import Attention
from cascade_contracts.vocabulary import Audience, NewsKind, StepKind

from plan_api.rules.calendar import WorkCalendar, local_date, local_instant
from plan_api.rules.policies import Policy, is_quiet
from plan_api.rules.quiet import quiet_until

_CAN_WAIT: Final = frozenset(
    {StepKind.ANNOUNCE, StepKind.REMIND, StepKind.REVIEW, StepKind.EXTENDED, StepKind.AMENDED, *NewsKind}
)
QUIET_FROM_EARLIEST: Final = time(17)
QUIET_UNTIL_LATEST: Final = time(9)
DIGEST_EARLIEST: Final = time(7)
_HALF: Final = (
    "Giờ yên tĩnh cần có cả giờ bắt đầu và giờ kết thúc.",
    "Quiet hours have a beginning and an end.",
)
_BETWEEN: Final = (
    "Giờ nhận thư tổng hợp nằm trong khoảng từ 07:00 đến trước 17:00.",
    "The digest goes out from 07:00 on, before 17:00.",
)
_IN_QUIET: Final = (
    "Giờ nhận thư tổng hợp không được nằm trong giờ yên tĩnh.",
    "The hour of the digest lies outside the quiet hours.",
)
_CONTACTS: Final = frozenset({Audience.CONTACT, Audience.REVIEWER_CONTACT})


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person has chosen; None: as the policy says."""

    digest: bool | None = None
    digest_at: time | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None


@dataclass(frozen=True, slots=True)
class Saying:
    """What a notice says, to whom; when what it speaks of falls due and when its ladder goes on."""

    kind: StepKind | NewsKind
    audience: Audience
    due_at: datetime | None = None
    next_at: datetime | None = None

    @property
    def can_wait(self) -> bool:
        """Whether it may be put into a digest at all; what is due, late, returned or climbs may not."""
        return self.kind in _CAN_WAIT and self.audience in _CONTACTS


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why hours are not possible, by the field concerned."""

    field: str
    vi: str
    en: str


def hours_flaw(chosen: Preferences) -> Flaw | None:
    """Return why a person may not choose these hours, None when they may.

    Quiet hours begin no earlier than 17:00 and end no later than 09:00; a digest goes out in between, within 07:00 and
    17:00. Seconds and zones are not asked for.
    """
    start, end, at = chosen.quiet_from, chosen.quiet_until, chosen.digest_at
    for field, each in (("quiet_from", start), ("quiet_until", end), ("digest_at", at)):
        if each is not None and (each.tzinfo is not None or each.second or each.microsecond):
            return Flaw(field, "Giờ được ghi theo giờ địa phương, dạng GG:PP.", "Hours are local, as HH:MM.")
    early, late = start is not None and start < QUIET_FROM_EARLIEST, end is not None and end > QUIET_UNTIL_LATEST
    outside = at is not None and not DIGEST_EARLIEST <= at < QUIET_FROM_EARLIEST
    flaws = (
        (start is None and end is not None, Flaw("quiet_from", *_HALF)),
        (end is None and start is not None, Flaw("quiet_until", *_HALF)),
        (early, Flaw("quiet_from", "Giờ yên tĩnh bắt đầu sớm nhất lúc 17:00.", "Quiet hours begin at 17:00 or later.")),
        (
            late,
            Flaw("quiet_until", "Giờ yên tĩnh kết thúc muộn nhất lúc 09:00.", "Quiet hours end at 09:00 or before."),
        ),
        (outside, Flaw("digest_at", *_BETWEEN)),
        (at is not None and end is not None and at < end, Flaw("digest_at", *_IN_QUIET)),
    )
    return next((flaw for flawed, flaw in flaws if flawed), None)


def next_digest(after: datetime, at: time, days: WorkCalendar) -> datetime:
    """Return the first instant after `after` at which a digest goes out: `at` local time of a working day."""
    day = local_date(after)
    while not (days.is_working_day(day) and local_instant(day, at) > after):
        day += timedelta(days=1)
    return local_instant(day, at)


def attention(now: datetime, policy: Policy, saying: Saying, chosen: Preferences, days: WorkCalendar) -> Attention:
    """Return from when on a notice may go out, and whether and until when it waits for the person's digest.

    `now` is the first instant at which the policy lets it out.
    """
    if policy.rehearsal:
        return Attention()
    start, end = chosen.quiet_from or policy.quiet_from, chosen.quiet_until or policy.quiet_until
    earliest = quiet_until(now, start, end)
    not_before = earliest if earliest > now else None
    hour = chosen.digest_at or policy.digest_at
    at = next_digest(earliest, end if is_quiet(hour, start, end) else hour, days)
    too_late = [instant for instant in (saying.due_at, saying.next_at) if instant is not None and instant <= at]
    if not saying.can_wait or too_late:
        return Attention(not_before=not_before)
    digest = policy.digest if chosen.digest is None else chosen.digest
    return Attention(not_before=not_before, digest=digest, digest_at=at, daily_cap=policy.daily_cap)
