"""One run: schools, half of them reached by Zalo first, documents announced one after the other through the weather."""

import asyncio
import csv
import io
from collections.abc import Callable
from typing import Any, Final

import httpx
from cascade_local.demo.stage import Api, connected
from faults.machine import started, until

from delivery.judging import Verdict, judge
from delivery.weather import Weather

ENVIRONMENT: Final = {
    "NOTIFIER_RETRY_SCALE": "0.02",
    "NOTIFIER_SMTP_TIMEOUT": "1.5",
    "NOTIFIER_ZALO_TIMEOUT": "1.5",
    "NOTIFIER_GIVE_UP_HOURS": "0.05",
}
"""Waits that take minutes and days in life are seconds here."""

KILL_EVERY: Final = 1_200
"""A kill of the notifier for so many messages the simulators have taken, in a small run for half of them."""

MOST_SCHOOLS: Final = 500
_OUTSTANDING: Final = ("outbox_waiting", "batches_unfinished", "notices_waiting")
_AT_ONCE: Final = 8

Say = Callable[[str], object]
Json = dict[str, Any]


async def through_bad_weather(notices: int, seed: int, say: Say) -> Verdict:
    """Announce until there are so many notices (rounded up to whole documents), and judge when nothing is under way."""
    schools = min(MOST_SCHOOLS, max(notices // 10, 1))
    documents = -(-notices // schools)
    async with started(lambda: False, ENVIRONMENT, zalo=True) as machine:
        urls = machine.installation.urls
        async with connected(urls["api"], machine.key, urls["mail"]) as (api, _):
            units = await _found(api, urls["api"], machine.key, schools)
            say(f"{schools} schools, {documents} documents, {schools * documents} notices")
            weather = Weather(machine, seed, min(KILL_EVERY, max(notices // 2, 1)))
            async with weather.raging():
                for number in range(documents):
                    await _announce(api, units, number)
                    say(f"document {number + 1} of {documents} issued, {weather.kills} kills so far")
                    await _no_more_than(api, schools * 2)
                await _quiet(api, 300 + notices / 10)
            await _quiet(api, 120)
            return await judge(urls, await weather.met(), weather.kills)


async def _found(api: Api, url: str, key: str, schools: int) -> list[str]:
    """Import the units and let every other school's contact be reached by Zalo first; return the schools' ids."""
    text = io.StringIO()
    names = ("code_system", "code", "name", "kind", "professional_superior", "contact_name", "contact_email")
    table = csv.writer(text)
    table.writerow([*names, "contact_phone"])
    table.writerow(["local", "SGDDT", "Sở Giáo dục và Đào tạo", "department", "", "Đầu mối", "so@example.edu.vn", ""])
    for number in range(schools):
        phone = f"09000{number:05d}" if number % 2 else ""
        row = [f"T{number:05}", f"Trường Trung học cơ sở số {number}", "school", "local:SGDDT", f"Đầu mối số {number}"]
        table.writerow(["local", *row, f"contact.{number}@example.edu.vn", phone])
    report = await api.import_units(text.getvalue())
    assert report["counts"]["refused"] == 0, report
    found = [unit async for unit in api.items("/v1/units", "next_cursor", kind="school")]
    gate = asyncio.Semaphore(_AT_ONCE)

    async def by_zalo(client: httpx.AsyncClient, unit_id: str) -> None:
        async with gate:
            unit = (await client.get(f"/v1/units/{unit_id}")).raise_for_status()
            seat = next(seat for seat in unit.json()["seats"] if seat["role"] == "focal_point")
            order, version = {"channels": ["zalo", "email"]}, {"if-match": unit.headers["etag"]}
            path = f"/v1/seats/{seat['id']}/holder"
            (await client.patch(path, json=order, headers=version)).raise_for_status()

    reached = [str(unit["id"]) for place, unit in enumerate(sorted(found, key=lambda unit: unit["name"])) if place % 2]
    bearer = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=bearer, timeout=30, trust_env=False) as client:
        await asyncio.gather(*(by_zalo(client, unit_id) for unit_id in reached))
    return [str(unit["id"]) for unit in found]


async def _announce(api: Api, units: list[str], number: int) -> None:
    drafted = await api.post(
        "/v1/documents",
        {
            "kind": "directive",
            "issuer": {"code_system": "local", "code": "SGDDT"},
            "title": f"Kế hoạch công tác thông tin đối ngoại, lượt {number + 1}",
            "number": str(number + 1),
            "notation": "KH-SGDĐT",
            "issued_on": "2026-01-05",
            "policy": "rehearsal",
            "assignees": [{"unit": {"id": unit}} for unit in units],
            "rounds": [
                {"kind": "report", "title": "Báo cáo", "due": {"form": "at", "instant": "2099-12-31T00:00:00Z"}}
            ],
        },
    )
    await api.post(f"/v1/documents/{drafted['id']}/issue", {})


async def _no_more_than(api: Api, waiting: int) -> None:
    async def few() -> bool:
        return int((await api.get("/v1/operations/health"))["notices_waiting"]) <= waiting

    await until(f"no more than {waiting} notices wait", few, 600, 0.3)


async def _quiet(api: Api, seconds: float) -> None:
    async def quiet() -> bool:
        standing = await api.get("/v1/operations/health")
        return not any(standing[name] for name in _OUTSTANDING)

    await until("every notice has an outcome", quiet, seconds, 0.5)
