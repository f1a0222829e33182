"""The demo's hands: HTTP to plan-api and to the mailbox, as any client has them; nothing of the services' insides.

A request whose answer was lost is repeated with the same Idempotency-Key, so a service that is killed in the middle of
the demo costs nothing but time.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import uuid4

import httpx
from cascade_console.client import Problem, raise_problem

PATIENCE_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.3
_LINK: Final = re.compile(r"https?://\S+?/l/([A-Za-z0-9_.~-]+)")

Json = dict[str, Any]


async def _patiently(client: httpx.AsyncClient, method: str, path: str, **what: Any) -> httpx.Response:
    """Return the answer, asked for again while the service is away."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = await client.request(method, path, **what)
            raise_problem(answer)
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
        except Problem as problem:
            if problem.status != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
                raise
        else:
            return answer
        await asyncio.sleep(_PAUSE_SECONDS)


class Api:
    """plan-api, with the administrator's key unless another is given."""

    def __init__(self, client: httpx.AsyncClient, key: str) -> None:
        self._client, self._key = client, key

    async def get(self, path: str, key: str | None = None, parameters: Mapping[str, str | int] | None = None) -> Json:
        """Return what stands there."""
        return dict((await self._send("GET", path, key, params=dict(parameters or {}))).json())

    async def post(self, path: str, body: Json | None = None, key: str | None = None) -> Json:
        """Do something once, however often it has to be asked."""
        headers = {"idempotency-key": str(uuid4())}
        return dict((await self._send("POST", path, key, headers, json={} if body is None else body)).json())

    async def import_units(self, table: str) -> Json:
        """Import a file of units."""
        headers = {"idempotency-key": str(uuid4())}
        file = {"file": ("hai-phong.csv", table.encode(), "text/csv")}
        answer = await self._send(
            "POST", "/v1/imports/units", None, headers, files=file, data={"mode": "apply"}, timeout=900
        )
        return dict(answer.json())

    async def items(self, path: str, cursor: str, **parameters: str) -> AsyncIterator[Json]:
        """Yield the items of all pages; `cursor` names the field with the next page's."""
        wanted: dict[str, str | int] = {"limit": 500, **parameters}
        while True:
            page = await self.get(path, parameters=wanted)
            for item in page["items"]:
                yield item
            if page[cursor] is None:
                return
            wanted["cursor"] = str(page[cursor])

    async def page(self, path: str) -> str | None:
        """Return a page as anybody sees it, without a key; None where there is none."""
        try:
            return (await _patiently(self._client, "GET", path)).text
        except Problem:
            return None

    async def send_form(self, path: str, fields: Mapping[str, str]) -> bool:
        """Send a form as a browser does; return whether it was taken."""
        try:
            await _patiently(self._client, "POST", path, data=dict(fields))
        except Problem:
            return False
        return True

    async def _send(
        self, method: str, path: str, key: str | None, headers: Mapping[str, str] | None = None, **what: Any
    ) -> httpx.Response:
        bearer = {"authorization": f"Bearer {key or self._key}", **(headers or {})}
        return await _patiently(self._client, method, path, headers=bearer, **what)


class Mailbox:
    """The local mailbox, from the mail on that was newest when it was opened."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client, self._since = client, ""

    async def open(self) -> None:
        """Remember where the mailbox stands; earlier mails are another run's."""
        newest = (await self._read("/messages", {"limit": 1}))["messages"]
        self._since = newest[0]["id"] if newest else ""

    async def received(self) -> list[Json]:
        """Return the summaries of all mails since opening, newest first."""
        found: list[Json] = []
        before = ""
        while True:
            parameters: dict[str, str | int] = {"after": self._since, "before": before, "limit": 5000}
            page = await self._read("/messages", parameters)
            found += page["messages"]
            if not page["more"]:
                return found
            before = found[-1]["id"]

    async def link_to(self, address: str) -> str | None:
        """Return the path of the link in the newest mail to an address, or None while there is none."""
        parameters: Mapping[str, str | int] = {"recipient": address, "after": self._since, "limit": 1}
        newest = (await self._read("/messages", parameters))["messages"]
        if not newest:
            return None
        mail = await self._read(f"/messages/{newest[0]['id']}")
        found = _LINK.search(mail["text"])
        return None if found is None else f"/l/{found[1]}"

    async def _read(self, path: str, parameters: Mapping[str, str | int] | None = None) -> Json:
        return dict((await _patiently(self._client, "GET", path, params=dict(parameters or {}))).json())


@asynccontextmanager
async def connected(api_url: str, key: str, mail_url: str) -> AsyncIterator[tuple[Api, Mailbox]]:
    """Open both connections; the mailbox is still to be opened."""
    async with (
        httpx.AsyncClient(
            base_url=api_url,
            timeout=30,
            trust_env=False,
            headers={"accept-language": "vi"},
            limits=httpx.Limits(max_connections=32),
        ) as api,
        httpx.AsyncClient(base_url=mail_url, timeout=30, trust_env=False) as mail,
    ):
        yield Api(api, key), Mailbox(mail)
