"""What the demo ends with: figures from the API, the mailbox and Temporal, and whether they hold together."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cascade_local.demo.cast import Cast
from cascade_local.demo.stage import Api, Json, Mailbox
from cascade_local.sample.generator import Level
from cascade_local.temporal import NAMESPACE, find_temporal

_POLL_SECONDS: Final = 0.3
_OUTSTANDING: Final = ("outbox_waiting", "batches_unfinished", "notices_waiting")
_NOT_MEANT_TO_GO: Final = "withheld"
_SCHOOLS: Final = {Level.UPPER_SCHOOL, Level.LOWER_SCHOOL}
_SCHOOLS_ASKED: Final = 60


@dataclass(frozen=True, slots=True)
class Baseline:
    """Where the counters stood before the demo: a data folder may hold earlier runs."""

    notices: Counter[str]
    began_at: datetime


async def baseline(api: Api, patience_seconds: float) -> Baseline:
    """Read the counters once what an earlier run left under way has arrived."""
    nothing = Baseline(Counter(), datetime.now(UTC))
    return Baseline(await when_quiet(api, nothing, patience_seconds), datetime.now(UTC))


async def notices_by_state(api: Api, before: Baseline) -> Counter[str]:
    """Return this run's notices by state."""
    standing = await api.get("/v1/operations/health")
    return _since(standing, before)


def _since(standing: Json, before: Baseline) -> Counter[str]:
    counts = Counter({name: int(number) for name, number in standing["notices"].items()})
    counts.subtract(before.notices)
    return counts


async def when_quiet(api: Api, before: Baseline, patience_seconds: float) -> Counter[str]:
    """Wait until every batch is finished, and return this run's notices by state.

    Raises:
        TimeoutError: something is still under way after the patience.
    """
    deadline = time.monotonic() + patience_seconds
    while True:
        standing = await api.get("/v1/operations/health")
        if not any(standing[name] for name in _OUTSTANDING):
            return _since(standing, before)
        if time.monotonic() > deadline:
            raise TimeoutError({name: standing[name] for name in _OUTSTANDING})
        await asyncio.sleep(_POLL_SECONDS)


async def count_workflows(address: str, since: datetime) -> int:
    """Return how many workflows were started since an instant of the engine."""
    process = await asyncio.create_subprocess_exec(
        str(find_temporal()),
        *("workflow", "count", "--address", address, "--namespace", NAMESPACE, "--output", "json"),
        *("--query", f'StartTime >= "{since.isoformat()}"'),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await process.communicate()
    return int(json.loads(output or b"{}").get("count", 0))


def meant_to_go(notices: Counter[str]) -> int:
    """Return how many notices were to be delivered: all but those withheld because nothing was owed any more."""
    return notices.total() - notices[_NOT_MEANT_TO_GO]


def duplicates(mails: list[Json], delivered: int, spoken: Mapping[str, int]) -> int:
    """Return how many mails came too often.

    A notice speaks to one seat about one step, and its Message-ID is the same at every attempt: counted are mails that
    repeat a Message-ID to the same recipients, others beyond the notices delivered, and others to an address beyond the
    steps that spoke to it (`spoken`, for the addresses that were asked about).
    """
    letters = Counter((mail["message_id"], tuple(sorted(mail["recipients"]))) for mail in mails)
    repeated = sum(number - 1 for number in letters.values())
    received = Counter(address for _, recipients in letters for address in recipients)
    too_often = sum(max(0, received[address] - steps) for address, steps in spoken.items())
    return repeated + max(too_often, len(letters) - delivered, 0)


async def steps_that_spoke(api: Api, cast: Cast, limit: int) -> dict[str, int]:
    """Return for the addresses of some schools how many steps of their obligations spoke to each and were delivered.

    Schools have nobody below them: what they receive is about what they themselves owe, a mail a step and obligation.
    """
    spoken: dict[str, int] = {}
    schools = [(key, unit) for key, unit in cast.by_id.items() if unit.level in _SCHOOLS][:limit]
    for unit_id, unit in schools:
        by_audience: Counter[str] = Counter()
        async for item in api.items("/v1/obligations", "next", unit=unit_id):
            steps = (await api.get(f"/v1/obligations/{item['id']}"))["steps"]
            by_audience.update(step["audience"] for step in steps if step["notice_state"] == "delivered")
        spoken |= {seat.email: by_audience[seat.prefix] for seat in unit.seats}
    return spoken


async def collect(
    api: Api, mailbox: Mailbox, cast: Cast, root: str, before: Baseline, temporal: str, patience_seconds: float
) -> dict[str, Any]:
    """Return the figures at an instant at which nothing is under way."""
    while True:
        notices = await when_quiet(api, before, patience_seconds)
        cascade = await api.get(f"/v1/documents/{root}/cascade")
        spoken = await steps_that_spoke(api, cast, _SCHOOLS_ASKED)
        mails = await mailbox.received()
        workflows = await count_workflows(temporal, before.began_at)
        if await notices_by_state(api, before) == notices:
            break
    tally = cascade["tally"]
    return {
        "documents": sum(len(level["documents"]) for level in cascade["levels"]),
        "obligations": tally["expected"],
        "on_time": tally["on_time"],
        "late": tally["late"],
        "missing": tally["missing"],
        "escalated": cascade["escalated"],
        "returned": cascade["returned"],
        "extended": cascade["extended"],
        "notices": meant_to_go(notices),
        "delivered": notices["delivered"],
        "failed": notices["failed"] + notices["unreachable"],
        "unknown": notices["unknown"],
        "duplicates": duplicates(mails, notices["delivered"], spoken),
        "workflows": workflows,
    }


def what_does_not_hold(figures: dict[str, Any]) -> list[str]:
    """Return the sums that do not hold, in words; empty when all do."""
    sums = {
        "on_time + late + missing = obligations": figures["on_time"] + figures["late"] + figures["missing"]
        == figures["obligations"],
        "delivered = notices": figures["delivered"] == figures["notices"],
    }
    sums |= {f"{name} > 0": figures[name] > 0 for name in _MUST_OCCUR}
    sums |= {f"{name} = 0": figures[name] == 0 for name in _MUST_NOT}
    return [words for words, holds in sums.items() if not holds]


_MUST_OCCUR: Final = ("on_time", "late", "missing", "escalated", "returned", "extended", "workflows")
_MUST_NOT: Final = ("duplicates", "failed", "unknown")
