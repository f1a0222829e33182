"""What the whole application promises: its description, problem documents, the body limit, an absent database."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from harness.api import ApiClient, StillClock, api, settings_for
from plan_api.app import create_app
from plan_api.services import build_services


async def test_every_route_is_described(plan_api_database: str) -> None:
    async with api(plan_api_database) as client:
        description = (await client.without_key().get("/openapi.json")).json()

    assert description["openapi"].startswith("3.1")
    operations = [(path, verb, found) for path, verbs in description["paths"].items() for verb, found in verbs.items()]
    assert {found["tags"][0] for _, _, found in operations} <= {tag["name"] for tag in description["tags"]}
    assert all(found.get("summary") for _, _, found in operations)
    assert len({found["operationId"] for _, _, found in operations}) == len(operations)


async def test_a_large_body_is_refused_as_a_problem(plan_api_database: str) -> None:
    async with api(plan_api_database, max_body_bytes=1_000) as client:
        announced = await client.post("/v1/units", {"name": "x" * 2_000})

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(20):
                yield b"x" * 100

        streamed = await client.post("/v1/units", content=chunks(), headers={"content-type": "application/json"})

    for answer in (announced, streamed):
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert answer.headers["content-type"] == "application/problem+json"


async def test_problems_speak_the_callers_language(plan_api_database: str) -> None:
    async with api(plan_api_database) as client:
        vietnamese = (await client.without_key().get("/v1/me")).json()
        english = (await client.without_key().get("/v1/me", headers={"accept-language": "en-GB, vi;q=0.5"})).json()

    assert (vietnamese["title"], english["title"]) == ("Chưa xác thực", "Unauthenticated")
    assert vietnamese["code"] == english["code"] == "unauthenticated"


async def test_without_its_database_it_asks_for_patience(tmp_path: Path) -> None:
    services = build_services(
        settings_for("postgresql+asyncpg://postgres@127.0.0.1:1/none", tmp_path), clock=StillClock()
    )
    client = ApiClient(create_app(services), services, "ck_any")
    for path in ("/v1/me", "/health/ready"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0
    assert (await client.get("/health/live")).status_code == 200
    await client.aclose()
    await services.engine.dispose()


async def test_the_command_makes_the_first_account(plan_api_database: str, tmp_path: Path) -> None:
    environment = os.environ | {
        "PLAN_API_DATABASE_URL": plan_api_database,
        "PLAN_API_SECRET_KEY": "a secret of tests, thirty-two characters",
        "PLAN_API_INTERNAL_TOKEN": "token",
        "PLAN_API_FILES_DIR": str(tmp_path),
    }

    async def command(*arguments: str) -> tuple[int | None, str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "plan_api", *arguments, env=environment, stdout=-1, stderr=-1
        )
        output, errors = await process.communicate()
        return process.returncode, output.decode(), errors.decode()

    code, output, errors = await command("accounts", "create", "Quản trị viên", "--json")
    assert code == 0, errors
    made = json.loads(output)
    assert (made["role"], made["name"]) == ("administrator", "Quản trị viên")
    async with api(plan_api_database) as client:
        listed = (await client.get("/v1/accounts")).json()["items"]
    assert made["id"] in {item["id"] for item in listed}
    assert "Quản trị viên" in (await command("accounts", "list"))[1]
    assert (await command("accounts", "revoke", made["id"]))[0] == 0
    code, _, errors = await command("accounts", "revoke", made["id"])
    assert code == 1
    assert "account_revoked" in errors
    assert (await command("migrate"))[0] == 0
