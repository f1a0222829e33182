"""plan-api from its HTTP surface down, in this process: the real application over a real, fresh database.

`async with api(url) as client` gives an administrator; `await client.as_(role, unit)` gives another caller. Every POST
gets a new Idempotency-Key unless the test brings its own.
"""

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import Role
from cascade_servicekit.clock import Clock
from fastapi import FastAPI
from plan_api.app import create_app
from plan_api.auth import accounts
from plan_api.services import Services, build_services
from plan_api.settings import Settings
from pydantic import SecretStr

MONDAY = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
"""08:00 on an ordinary Monday in Việt Nam."""


@dataclass(slots=True)
class StillClock:
    """A clock that stands still until the test moves it; engine and facts share one time."""

    at: datetime = MONDAY

    def now(self) -> datetime:
        """Return the present."""
        return self.at

    def to_engine(self, at: datetime) -> datetime:
        """Return the same instant."""
        return at

    def from_engine(self, at: datetime) -> datetime:
        """Return the same instant."""
        return at

    def move(self, **by: float) -> None:
        """Let time pass: `move(days=1)`."""
        self.at += timedelta(**by)


class ApiClient:
    """A caller of the API. Answers are plain `httpx.Response`s; nothing raises on a refusal."""

    def __init__(self, app: FastAPI, services: Services, key: str | None) -> None:
        self.app = app
        self.services = services
        self.key = key
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://plan-api",
            headers={"authorization": f"Bearer {key}"} if key else {},
        )

    async def request(self, method: str, path: str, **given: Any) -> httpx.Response:
        """Send a request; a POST carries a fresh Idempotency-Key unless headers bring one."""
        headers: dict[str, str] = dict(given.pop("headers", None) or {})
        if method == "POST" and not any(name.lower() == "idempotency-key" for name in headers):
            headers["idempotency-key"] = str(new_id())
        return await self._http.request(method, path, headers=headers, **given)

    async def get(self, path: str, **given: Any) -> httpx.Response:
        """Send a GET."""
        return await self.request("GET", path, **given)

    async def post(self, path: str, json: object = None, **given: Any) -> httpx.Response:
        """Send a POST."""
        return await self.request("POST", path, **({} if json is None else {"json": json}), **given)

    async def patch(self, path: str, json: object, *, etag: str | int | None = None, **given: Any) -> httpx.Response:
        """Send a PATCH, with If-Match when an ETag is given."""
        return await self.request("PATCH", path, json=json, headers=_if_match(etag, given), **given)

    async def put(self, path: str, json: object, *, etag: str | int | None = None, **given: Any) -> httpx.Response:
        """Send a PUT, with If-Match when an ETag is given."""
        return await self.request("PUT", path, json=json, headers=_if_match(etag, given), **given)

    async def delete(self, path: str, **given: Any) -> httpx.Response:
        """Send a DELETE."""
        return await self.request("DELETE", path, **given)

    async def as_(self, role: Role | str, unit: UUID | str | None = None) -> "ApiClient":
        """Return another caller: a new account of a role, bound to a unit or system-wide."""
        unit_id = UUID(str(unit)) if unit else None
        async with self.services.engine.begin() as connection:
            _, key = await accounts.insert(
                connection, f"{role} account", Role(role), unit_id, self.services.clock.now()
            )
        return ApiClient(self.app, self.services, key)

    def without_key(self) -> "ApiClient":
        """Return a caller that sends no key."""
        return ApiClient(self.app, self.services, None)

    async def unit(self, name: str, kind: str = "school", **given: Any) -> dict[str, Any]:
        """Create a unit and return it; `code` is of the system `local`, `professional` and `administrative` superiors.

        Superiors are given by id. The unit gets a focal point and a head with an address unless `seats` is given.
        """
        code = given.pop("code", None) or str(new_id())
        body: dict[str, Any] = {"name": name, "kind": kind, "codes": [{"code_system": "local", "code": code}]}
        for line in ("professional", "administrative"):
            if superior := given.pop(line, None):
                body[f"{line}_superior"] = {"id": str(superior)}
        body["seats"] = [
            {"role": role, "holder": {"name": f"{role} {name}", "email": f"{role}.{code.lower()}@example.edu.vn"}}
            for role in ("focal_point", "head")
        ]
        answer = await self.post("/v1/units", body | given)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def aclose(self) -> None:
        """Close the client."""
        await self._http.aclose()


def _if_match(etag: str | int | None, given: dict[str, Any]) -> dict[str, str]:
    headers: dict[str, str] = dict(given.pop("headers", None) or {})
    if etag is not None:
        headers["if-match"] = str(etag) if str(etag).startswith('"') else f'"{etag}"'
    return headers


def settings_for(database_url: str, files_dir: Path, **overrides: Any) -> Settings:
    """Return settings of a process under test."""
    given: Mapping[str, Any] = {
        "database_url": database_url,
        "secret_key": SecretStr("a secret of tests, thirty-two characters"),
        "internal_token": SecretStr("internal-token-of-tests"),
        "files_dir": files_dir,
        "agenda_delay_seconds": 0,
    }
    return Settings(**{**given, **overrides})


@asynccontextmanager
async def api(database_url: str, *, clock: Clock | None = None, **settings: Any) -> AsyncIterator[ApiClient]:
    """Yield an administrator's client of the application over a migrated, empty database."""
    with tempfile.TemporaryDirectory() as folder:
        services = build_services(settings_for(database_url, Path(folder), **settings), clock=clock or StillClock())
        async with services.engine.begin() as connection:
            _, key = await accounts.insert(connection, "administrator", Role.ADMINISTRATOR, None, services.clock.now())
        client = ApiClient(create_app(services), services, key)
        try:
            yield client
        finally:
            await client.aclose()
            await services.engine.dispose()
