"""Each process is killed in the middle of a 300-unit cascade, Temporal's data deleted: nothing is lost or doubled."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from cascade_local.sample.generator import Level

from faults.books import close_books, hand_ins_lost
from faults.machine import Machine, Outage, until
from faults.middle import Moment, as_mail_flows, as_steps_are_taken, at_once, caught_up
from faults.province import Province

pytestmark = pytest.mark.fault

UNITS = 300
HAND_INS_A_SECOND = 4.0
DUE_IN = 45.0
HANDED_WITHIN_SECONDS = 20.0
LAST_RUNG_SECONDS = 150.0

KILLS: list[tuple[str, Moment]] = [
    ("workflow-worker", at_once),
    ("plan-api-worker", at_once),
    ("plan-api", as_mail_flows),
    ("notifier-worker", as_mail_flows),
    ("postgres", as_mail_flows),
    ("temporal", as_steps_are_taken),
]
HELPERS = ("SVHTTDL", "SKHCN", "SNV", "STC")


async def _issue_next(province: Province, number: int) -> None:
    """Go on with the cascade: the directive, the department's plan, the offices' plans, then other departments'."""
    communes = province.at(Level.COMMUNE)
    if number == 0:
        bound = [*province.at(Level.DEPARTMENT), *communes]
        await province.issue(province.at(Level.CITY)[0], bound, DUE_IN)
    elif number == 1:
        bound = province.at(Level.OFFICE, Level.UPPER_SCHOOL)
        above = [province.documents[0]]
        await province.issue(province.named("SGDDT"), bound, DUE_IN, parents=above, needs_acceptance=True)
    elif number == 2:
        await province.pass_down(province.documents[1], DUE_IN)
    else:
        share = len(communes) // len(HELPERS)
        place = number - 3
        await province.issue(province.named(HELPERS[place]), communes[place * share :][:share], DUE_IN)


async def _strike(machine: Machine, province: Province, number: int) -> dict[str, Any]:
    await _issue_next(province, number)
    if number < len(KILLS):
        name, moment = KILLS[number]
        await moment(province)
        outages = await machine.kill(name)
    else:
        name = "temporal, its data deleted"
        await as_steps_are_taken(province)
        outages = [await machine.lose_temporal()]
    return {
        "process": name,
        "away_s": round(outages[0].seconds, 2),
        "handed_over_s": round(await caught_up(province, outages), 2),
    }


async def _until_spent(province: Province) -> None:
    async def spent() -> bool:
        return all(step["outcome"] for step in await province.steps()) and await province.is_quiet()

    await until("the last rung has spoken", spent, LAST_RUNG_SECONDS, 1.0)


async def test_a_cascade_survives_every_kill(machine: Machine, figures: dict[str, Any]) -> None:
    began = time.monotonic()
    async with Province.settled(machine, UNITS) as province:
        hand_ins = province.hand_ins
        async with hand_ins.flowing(HAND_INS_A_SECOND):
            kills = [await _strike(machine, province, number) for number in range(len(KILLS) + 1)]
            await _until_spent(province)
        books = await close_books(province, machine.installation.urls)
        lost = await hand_ins_lost(province, hand_ins)
        operations = await province.operations()

    outages: list[Outage] = machine.outages
    handovers = books.handovers(outages)
    figures |= {
        "units": UNITS,
        "documents": len(province.documents),
        "obligations": len(province.obligations),
        "kills": kills,
        "hand_ins": len(hand_ins.receipts),
        "hand_ins_asked_again": hand_ins.asked_again,
        "hand_ins_lost": len(lost),
        "steps": len(books.steps),
        "steps_overtaken": sum(step["outcome"] == "overtaken" for step in books.steps),
        "steps_missing": len(books.steps_missing(datetime.now(UTC))),
        "batches": len(handovers),
        "handed_over_s_max": round(handovers[0].seconds, 2),
        "handed_over_s_median": round(handovers[len(handovers) // 2].seconds, 2),
        "mails": len(books.mails),
        "duplicates": len(books.sent_twice()),
        "unknown": len(books.unknown),
        "notices": operations["notices"],
        "seconds": round(time.monotonic() - began, 1),
    }
    assert hand_ins.refusals == []
    assert lost == []
    assert len(hand_ins.receipts) > UNITS / 2
    assert books.sent_twice() == []
    assert books.not_arrived() == []
    assert books.steps_missing(datetime.now(UTC)) == []
    assert books.handed_late(outages, HANDED_WITHIN_SECONDS) == []
    assert books.unknown_without_reason(outages) == []
    assert operations["notices_failed"] == operations["notices_unreachable"] == 0
