"""The one way to plan-api: batches pulled and outcomes returned over its internal HTTP API."""

from typing import Final, Self
from uuid import UUID

import httpx
from cascade_contracts.delivery import (
    Clearance,
    ClearanceRequest,
    HandedOver,
    Handover,
    NoticePage,
    Outcomes,
    WireModel,
)
from cascade_contracts.replies import MailReply, ReplyFileStored, ReplyTaken
from cascade_contracts.zalo import Linked, ZaloLeft, ZaloLinked, ZaloSaid, ZaloUnlinked

_GONE: Final = frozenset({404, 410})
_NOT_NOW: Final = frozenset({401, 408, 425, 429})
_SLOW: Final = 30.0


class BatchGone(Exception):
    """plan-api knows no such batch (any more): nothing of it is to be delivered."""


class Refused(Exception):
    """plan-api does not take a reply in: a rule says so, and it will say so again."""

    def __init__(self, code: str, detail: str, faults: list[str]) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.faults = faults


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

    async def notices(self, batch_id: UUID, after: UUID | None, limit: int) -> list[NoticePage]:
        """Return a page of a batch's notices after a cursor, then whole batches that wait, as far as there is room."""
        parameters = {"limit": str(limit)} | ({} if after is None else {"after": str(after)})
        response = await self._client.get(f"/internal/v1/batches/{batch_id}/notices", params=parameters)
        return Handover.model_validate_json(_body(response)).pages

    async def handed(self, notices: dict[UUID, int]) -> None:
        """Say of batches that all their notices are recorded here. Idempotent."""
        await self._post("handed", HandedOver(notices=notices))

    async def clearance(self, batch_id: UUID, addressees: dict[UUID, str]) -> Clearance:
        """Ask which notices are still owed, and whether these are whom they would still go to."""
        request = ClearanceRequest(notice_ids=sorted(addressees), addressees=addressees)
        return Clearance.model_validate_json(await self._post(f"{batch_id}/clearance", request))

    async def outcomes(self, batch_id: UUID, outcomes: Outcomes) -> None:
        """Report what became of notices. Idempotent by notice."""
        await self._post(f"{batch_id}/outcomes", outcomes)

    async def store_file(self, name: str, content: bytes, language: str) -> str:
        """Let plan-api keep a file of a reply; return its SHA-256.

        Raises:
            Refused: it is of no kind that is kept, or too large.
        """
        response = await self._client.put(
            "/internal/v1/replies/files",
            params={"name": name[:1000]},
            content=content,
            headers={"accept-language": language},
            timeout=_SLOW,
        )
        return ReplyFileStored.model_validate_json(_taken(response)).sha256

    async def bring_reply(self, reply: MailReply, language: str) -> ReplyTaken:
        """Hand in what a reply brings along. Idempotent by mail.

        Raises:
            Refused: a rule of handing in says no; nothing changed.
        """
        response = await self._client.post(
            "/internal/v1/replies",
            content=reply.model_dump_json(),
            headers={"content-type": "application/json", "accept-language": language},
            timeout=_SLOW,
        )
        return ReplyTaken.model_validate_json(_taken(response))

    async def link_zalo(self, said: ZaloSaid) -> Linked:
        """Say that a person wrote a code to the Official Account. Idempotent."""
        return ZaloLinked.model_validate_json(await self._tell("links", said)).outcome

    async def unlink_zalo(self, left: ZaloLeft) -> int:
        """Say that a person left the Official Account; return how many holders that unlinked. Idempotent."""
        return ZaloUnlinked.model_validate_json(await self._tell("unlinks", left)).holders

    async def _tell(self, path: str, body: WireModel) -> bytes:
        headers = {"content-type": "application/json"}
        response = await self._client.post(f"/internal/v1/zalo/{path}", content=body.model_dump_json(), headers=headers)
        response.raise_for_status()
        return response.content

    async def _post(self, path: str, body: WireModel) -> bytes:
        response = await self._client.post(
            f"/internal/v1/batches/{path}",
            content=body.model_dump_json(),
            headers={"content-type": "application/json"},
        )
        return _body(response)


def _taken(response: httpx.Response) -> bytes:
    """Return the body of an answer; what may be otherwise the next time is an `httpx.HTTPError`."""
    if 400 <= response.status_code < 500 and response.status_code not in _NOT_NOW:
        problem = response.json()
        if problem.get("code") != "conflict":
            faults = [str(fault.get("detail", "")) for fault in problem.get("errors", []) if isinstance(fault, dict)]
            detail = str(problem.get("detail", ""))
            raise Refused(str(problem.get("code", "refused")), detail, [each for each in faults if each != detail])
    response.raise_for_status()
    return response.content


def _body(response: httpx.Response) -> bytes:
    if response.status_code in _GONE:
        raise BatchGone(f"plan-api answered {response.status_code} for {response.request.url.path}")
    response.raise_for_status()
    return response.content
