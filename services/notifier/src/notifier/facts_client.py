"""The one way to plan-api: batches pulled and outcomes returned over its internal HTTP API."""

from typing import Final, Self
from uuid import UUID

import httpx
from cascade_contracts.delivery import (
    Clearance,
    ClearanceRequest,
    HandedOver,
    NoticePage,
    Outcomes,
    WireModel,
)

_GONE: Final = frozenset({404, 410})


class BatchGone(Exception):
    """plan-api knows no such batch (any more): nothing of it is to be delivered."""


class FactsClient:
    """Asks plan-api; `httpx.HTTPError` means "not now", `BatchGone` is final.

    `max_connections` bounds what one process asks at a time.
    """

    def __init__(self, base_url: str, token: str, *, timeout: float = 4.0, max_connections: int = 16) -> None:
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={"authorization": f"Bearer {token}"},
            timeout=timeout,
            limits=httpx.Limits(max_connections=max_connections),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def notices(self, batch_id: UUID, after: UUID | None, limit: int) -> NoticePage:
        """Return the notices after a cursor, ordered by id."""
        parameters = {"limit": str(limit)} | ({} if after is None else {"after": str(after)})
        response = await self._client.get(f"/internal/v1/batches/{batch_id}/notices", params=parameters)
        return NoticePage.model_validate_json(_body(response))

    async def handed(self, batch_id: UUID, notices: int) -> None:
        """Say that all notices of the batch are recorded here. Idempotent."""
        await self._post(batch_id, "handed", HandedOver(notices=notices))

    async def clearance(self, batch_id: UUID, notice_ids: list[UUID]) -> Clearance:
        """Ask which notices are still owed."""
        return Clearance.model_validate_json(
            await self._post(batch_id, "clearance", ClearanceRequest(notice_ids=notice_ids))
        )

    async def outcomes(self, batch_id: UUID, outcomes: Outcomes) -> None:
        """Report what became of notices. Idempotent by notice."""
        await self._post(batch_id, "outcomes", outcomes)

    async def _post(self, batch_id: UUID, verb: str, body: WireModel) -> bytes:
        response = await self._client.post(
            f"/internal/v1/batches/{batch_id}/{verb}",
            content=body.model_dump_json(),
            headers={"content-type": "application/json"},
        )
        return _body(response)


def _body(response: httpx.Response) -> bytes:
    if response.status_code in _GONE:
        raise BatchGone(f"plan-api answered {response.status_code} for {response.request.url.path}")
    response.raise_for_status()
    return response.content
