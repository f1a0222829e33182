"""A client of Zalo's business and OA hosts: what was asked, once, and what was heard.

Business errors are answers, not exceptions. What was certainly not sent raises `NotSent`, what may have been taken
`Silence`. An expired token is read anew and the request repeated once: a refusal is a known outcome. Ids are strings.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Protocol, Self

import httpx

from notifier.channels.zalo.codes import TOKEN_REJECTED, Kind, kind_of_http

_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class TokenGone(Exception):
    """There is no usable grant: an administrator of the Official Account has to consent again."""


class Tokens(Protocol):
    """Who keeps the access token."""

    async def access_token(self) -> str:
        """Return a token that should be good now.

        Raises:
            TokenGone: there is no usable grant.
        """
        ...

    async def after_rejection(self, rejected: str) -> str:
        """Return the token to use after one was rejected: the stored one if it is another, else a refreshed one.

        Raises:
            TokenGone: there is no usable grant.
        """
        ...


class NotSent(Exception):
    """Nothing left this machine."""


class Silence(Exception):
    """Something left, and no answer with sense came back."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """Base URLs of Zalo's hosts."""

    business: str = "https://business.openapi.zalo.me"
    oa: str = "https://openapi.zalo.me"


@dataclass(frozen=True, slots=True)
class Answer:
    """What Zalo said: `code` 0 is success. `kind` is set where HTTP itself refused."""

    code: int
    message: str = ""
    data: Any = field(default_factory=dict, repr=False)
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class TemplateMessage:
    """A template with its parameters; nothing of it is ever shown."""

    template_id: str
    data: Mapping[str, str] = field(repr=False)


class Client:
    """Calls Zalo, of one event loop.

    One pool of connections, one timeout (seconds, for a whole call), never through a proxy of the environment.
    `proof_secret` sends the proof Zalo may demand of an app.
    """

    def __init__(
        self, tokens: Tokens, hosts: Hosts, *, timeout: float, connections: int, proof_secret: str = ""
    ) -> None:
        self._tokens = tokens
        self._hosts = hosts
        self._timeout = timeout
        self._proof_secret = proof_secret
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(timeout, connect=timeout / 2),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            trust_env=False,
            follow_redirects=False,
        )

    async def __aenter__(self) -> Self:
        """Use the client for a while."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        await self.close()

    async def close(self) -> None:
        """Close idle connections."""
        await self._http.aclose()

    async def ready(self) -> None:
        """Have a token at hand, so that asking for one does not come between mark and message.

        Raises:
            TokenGone: there is no usable grant.
        """
        await self._tokens.access_token()

    async def send_by_phone(self, phone: str, message: TemplateMessage, tracking_id: str) -> Answer:
        """Send to `84…`; `tracking_id` (at most 48 of A-Z a-z 0-9) comes back with the receipt.

        Raises:
            NotSent | Silence | TokenGone
        """
        body = {
            "phone": phone,
            "template_id": message.template_id,
            "template_data": dict(message.data),
            "tracking_id": tracking_id,
        }
        return await self._call("POST", f"{self._hosts.business}/message/template", json=body)

    async def send_by_user_id(self, user_id: str, message: TemplateMessage) -> Answer:
        """Send to a follower; the answer's `message_id` is all that names the message.

        Raises:
            NotSent | Silence | TokenGone
        """
        body = {"user_id": user_id, "template_id": message.template_id, "template_data": dict(message.data)}
        return await self._call("POST", f"{self._hosts.oa}/v3.0/oa/message/template", json=body)

    async def status(self, message_id: str) -> Answer:
        """Ask what became of a message: `status` -1 unknown, 0 pushed, 1 delivered with `delivery_time` (ms).

        Raises:
            NotSent | Silence | TokenGone
        """
        return await self._call("GET", f"{self._hosts.business}/message/status", params={"message_id": message_id})

    async def quota(self) -> Answer:
        """Ask how many messages may go out today: `dailyQuota`, `remainingQuota`.

        Raises:
            NotSent | Silence | TokenGone
        """
        return await self._call("GET", f"{self._hosts.business}/message/quota")

    async def template(self, template_id: str) -> Answer:
        """Ask for one template: `status`, `listParams`, `timeout`, prices.

        Raises:
            NotSent | Silence | TokenGone
        """
        params = {"template_id": template_id}
        return await self._call("GET", f"{self._hosts.business}/template/info/v2", params=params)

    async def templates(self, offset: int = 0, limit: int = 100) -> Answer:
        """List templates, at most 100 at once.

        Raises:
            NotSent | Silence | TokenGone
        """
        params = {"offset": str(offset), "limit": str(limit)}
        return await self._call("GET", f"{self._hosts.business}/template/all", params=params)

    async def _call(
        self, method: str, url: str, *, params: dict[str, str] | None = None, json: dict[str, Any] | None = None
    ) -> Answer:
        token = await self._tokens.access_token()
        answer = await self._once(token, method, url, params, json)
        if answer.code in TOKEN_REJECTED:
            token = await self._tokens.after_rejection(token)
            answer = await self._once(token, method, url, params, json)
        return answer

    async def _once(
        self, token: str, method: str, url: str, params: dict[str, str] | None, json: dict[str, Any] | None
    ) -> Answer:
        headers = {"access_token": token}
        if self._proof_secret:
            proof = hmac.new(self._proof_secret.encode(), token.encode(), hashlib.sha256)
            headers["appsecret_proof"] = proof.hexdigest()
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._http.request(method, url, params=params, json=json, headers=headers)
        except _NOT_SENT as error:
            raise NotSent(type(error).__name__) from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise Silence(type(error).__name__) from error
        return _read(response)


def _read(response: httpx.Response) -> Answer:
    if response.status_code != httpx.codes.OK:
        kind = kind_of_http(response.status_code)
        if kind is Kind.SILENCE:
            raise Silence(f"HTTP {response.status_code}")
        return Answer(-response.status_code, f"HTTP {response.status_code}", kind=kind)
    try:
        body = response.json()
        code = int(body["error"])
    except (ValueError, KeyError, TypeError) as error:
        raise Silence("an answer that cannot be read") from error
    return Answer(code, str(body.get("message", ""))[:100], body.get("data") or {})
