"""What people see while a part is away, and what is left after kills; `make faults` kills at full size.

The tests share one installation. Each answers what it has issued at its end, so that no rung speaks into the next.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import uuid4

import httpx
from cascade_local.sample.generator import Level
from faults.books import Books, close_books, hand_ins_lost
from faults.machine import Machine, until
from faults.middle import as_mail_flows, as_steps_are_taken, caught_up
from faults.province import Province

OUTAGE_SECONDS = 90.0
HANDED_WITHIN_SECONDS = 60.0
"""Beside other tests on one machine; the twenty seconds that are promised are measured by `make faults`."""

FAR_AWAY = 600.0
"""A due time whose rungs do not speak during a test; only the announcement does."""

REPORT = {"kind": "report", "text": "Đã thực hiện.", "figures": {"tin_bai": 1}}


async def _issue(province: Province, due_in: float, units: int = 6) -> str:
    return await province.issue(province.at(Level.CITY)[0], province.at(Level.COMMUNE)[:units], due_in)


async def _closed(machine: Machine, province: Province) -> Books:
    """Answer what is open, wait for quiet and check everything that holds whatever happened."""
    await province.answer_everything()
    await until("nothing is under way", province.is_quiet, OUTAGE_SECONDS)
    books = await close_books(province, machine.installation.urls)
    assert province.hand_ins.refusals == []
    assert await hand_ins_lost(province, province.hand_ins) == []
    assert books.sent_twice() == []
    assert books.not_arrived() == []
    assert books.steps_missing(datetime.now(UTC)) == []
    assert books.handed_late(machine.outages, HANDED_WITHIN_SECONDS) == []
    assert books.unknown_without_reason(machine.outages) == []
    return books


def _problem(answer: httpx.Response) -> tuple[int, str, str]:
    return answer.status_code, answer.headers.get("content-type", ""), str(answer.json().get("code"))


async def test_with_temporal_away_people_hand_in_and_the_ladder_catches_up(
    machine: Machine, province: Province
) -> None:
    mails = len(await province.mailbox.received())
    async with machine.without("temporal"):
        document = await _issue(province, due_in=4)
        owed = [item async for item in province.api.items("/v1/obligations", "next", document=document)]
        answer = await province.hand_ins.hand_in(str(owed[0]["id"]))
        progress = await province.api.get(f"/v1/documents/{document}/progress")
        figures = await province.operations()

        async def past_due() -> bool:
            return datetime.now(UTC) > datetime.fromisoformat(owed[0]["due_at"])

        await until("the due time has passed", past_due, 10)
        assert len(await province.mailbox.received()) == mails

    assert answer.status_code == 201
    assert progress["tally"]["not_due"] + progress["tally"]["due_soon"] + progress["tally"]["expected"] == len(owed)
    assert figures["outbox_waiting"] > 0
    await caught_up(province, machine.outages[-1:])
    steps = await province.steps(document)

    async def mail_comes() -> bool:
        return len(await province.mailbox.received()) > mails

    await until("what waited is mailed", mail_comes, OUTAGE_SECONDS)
    await _closed(machine, province)

    assert [step["outcome"] for step in steps if step["kind"] == "announce"] == ["taken"]
    assert any(step["batch_id"] for step in steps if step["kind"] != "announce")


async def test_with_postgresql_away_people_are_asked_to_come_again(machine: Machine, province: Province) -> None:
    document = await _issue(province, due_in=FAR_AWAY)
    owed = [item async for item in province.api.items("/v1/obligations", "next", document=document)]
    path, key = f"/v1/obligations/{owed[0]['id']}/submissions", {"idempotency-key": str(uuid4())}
    async with machine.without("postgres"):
        answers = [
            await province.client.get("/v1/documents"),
            await province.client.get(f"/v1/documents/{document}/steps"),
            await province.client.get("/v1/operations/health"),
            await province.client.post(path, json=REPORT, headers=key),
            await province.client.get("/health/ready"),
        ]
    for answer in answers:
        assert _problem(answer) == (503, "application/problem+json", "unavailable"), answer.request.url
        assert int(answer.headers["retry-after"]) > 0
    assert "dữ liệu chưa thay đổi" in answers[3].json()["detail"]

    receipt = await province.hand_ins.send(str(owed[0]["id"]), key["idempotency-key"], REPORT)
    assert receipt.status_code == 201
    assert (await province.client.get("/health/ready")).is_success
    kept = (await province.api.get(f"/v1/obligations/{owed[0]['id']}"))["submissions"]
    assert [item["id"] for item in kept] == [receipt.json()["submission_id"]]
    await _closed(machine, province)


async def test_with_smtp_away_notices_wait_and_the_operator_sees_it(machine: Machine, province: Province) -> None:
    mails = len(await province.mailbox.received())
    async with machine.without("mailbox"):
        document = await _issue(province, due_in=FAR_AWAY)

        async def is_seen() -> bool:
            figures = await province.operations()
            return figures["smtp"] is False and figures["notices_waiting"] == 6

        await until("the operator sees it", is_seen, OUTAGE_SECONDS)
        states = (await province.operations())["channels"]
    assert [(item["channel"], item["state"]) for item in states] == [("email", "down")]
    assert states[0]["detail"]

    async def all_out() -> bool:
        return len(await province.mailbox.received()) == mails + 6

    await until("the notices go out", all_out, OUTAGE_SECONDS)
    await until("the operator sees that, too", _mail_works(province), OUTAGE_SECONDS)
    announced = [step for step in await province.steps(document) if step["kind"] == "announce"]
    books = await _closed(machine, province)

    assert [(step["outcome"], step["notices"]) for step in announced] == [("taken", 6)]
    assert len(books.mails) == mails + 6
    assert books.unknown == []


def _mail_works(province: Province) -> Callable[[], Awaitable[bool]]:
    async def works() -> bool:
        figures = await province.operations()
        return figures["smtp"] is True and figures["notices_waiting"] == 0

    return works


async def test_six_processes_killed_in_a_cascade_lose_and_double_nothing(machine: Machine, province: Province) -> None:
    city, department = province.at(Level.CITY)[0], province.named("SGDDT")
    mails = len(await province.mailbox.received())
    async with province.hand_ins.flowing(2.0):
        directive = await province.issue(city, province.at(Level.DEPARTMENT, Level.COMMUNE), due_in=12)
        await as_mail_flows(province)
        struck = await machine.kill("notifier-worker", "workflow-worker", "plan-api")
        await caught_up(province, struck)

        below = province.at(Level.OFFICE, Level.UPPER_SCHOOL)
        await province.issue(department, below, due_in=12, parents=[directive], needs_acceptance=True)
        await as_steps_are_taken(province)
        struck = await machine.kill("postgres", "temporal", "plan-api-worker")
        await caught_up(province, struck)
    books = await _closed(machine, province)

    killed = {outage.process for outage in machine.outages}
    assert killed >= {*machine.installation.supervisor.services} - {"notifier-http", "mailbox"}
    assert len(books.mails) - mails > len(below)
