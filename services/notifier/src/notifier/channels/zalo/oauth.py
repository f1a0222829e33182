"""Zalo's token address: one call, and what its answer says about our single-use refresh token.

Errors come as HTTP 200 with a body. A pair counts only when both tokens are non-empty strings. An answer that may hide
a rotation (a reset, a timeout, 5xx, a body without sense) is `UNKNOWN`, never a refusal.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

import httpx

USUAL_LIFE: Final = timedelta(hours=25)
"""Life of an access token whose answer does not say it."""

_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class Answered(StrEnum):
    """What became of a request for tokens.

    `NOT_SENT`: nothing reached Zalo. `UNKNOWN`: Zalo may have rotated, the new pair is not here. `SPENT`: the code or
    refresh token is not good any more. `MISCONFIGURED`: app id, secret or address are wrong, the token is as it was.
    `REFUSED`: refused for a reason nobody has written down.
    """

    ROTATED = "rotated"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"
    SPENT = "spent"
    MISCONFIGURED = "misconfigured"
    REFUSED = "refused"


REFUSALS: Final[Mapping[int, Answered]] = {
    -14002: Answered.MISCONFIGURED,
    -14003: Answered.MISCONFIGURED,
    -14004: Answered.MISCONFIGURED,
    -14018: Answered.MISCONFIGURED,
    -14005: Answered.SPENT,
    -14014: Answered.SPENT,
}
"""Codes seen in practice; Zalo publishes no table. Every other code is `REFUSED`."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token, how long it lives, and the refresh token that is good for one rotation."""

    access: str
    refresh: str
    life: timedelta = USUAL_LIFE

    def __repr__(self) -> str:
        return "TokenPair(…)"


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """An answer; `pair` is there exactly when it is `ROTATED`. `detail` holds no token."""

    answered: Answered
    pair: TokenPair | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ZaloApp:
    """Our app at Zalo. `verifier` is the fixed PKCE secret, its challenge stands in Zalo's developer console."""

    app_id: str
    secret: str
    verifier: str
    oauth_url: str
    timeout: float

    def __repr__(self) -> str:
        return f"ZaloApp({self.app_id})"


def challenge(verifier: str) -> str:
    """Return the code challenge of a verifier: base64url of its SHA-256, without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def read_answer(body: object) -> TokenAnswer:
    """Judge the parsed body of an answer. Pure."""
    if not isinstance(body, dict):
        return TokenAnswer(Answered.UNKNOWN, detail="no object in the answer")
    if code := _number(body.get("error")):
        name = str(body.get("error_name") or "")[:100]
        return TokenAnswer(REFUSALS.get(code, Answered.REFUSED), detail=f"{code} {name}".strip())
    access, refresh = body.get("access_token"), body.get("refresh_token")
    if not (isinstance(access, str) and access.strip() and isinstance(refresh, str) and refresh.strip()):
        return TokenAnswer(Answered.UNKNOWN, detail="an answer without two tokens")
    seconds = _number(body.get("expires_in"))
    life = timedelta(seconds=seconds) if seconds is not None and 0 < seconds < 10**7 else USUAL_LIFE
    return TokenAnswer(Answered.ROTATED, TokenPair(access, refresh, life))


def _number(value: Any) -> int | None:
    """Return a whole number given as such or as text (`expires_in` is a string)."""
    try:
        return None if isinstance(value, bool) else int(value)
    except (TypeError, ValueError):
        return None


class ZaloOAuth:
    """Asks Zalo for tokens. Everything Zalo can answer is a `TokenAnswer`."""

    def __init__(self, app: ZaloApp) -> None:
        self.app = app

    async def refresh(self, refresh_token: str) -> TokenAnswer:
        """Spend a refresh token on a new pair; the old access token ends with it."""
        return await self._ask({"grant_type": "refresh_token", "refresh_token": refresh_token})

    async def exchange(self, code: str) -> TokenAnswer:
        """Spend the code of a consent on the first pair of a grant."""
        return await self._ask({"grant_type": "authorization_code", "code": code, "code_verifier": self.app.verifier})

    async def _ask(self, form: dict[str, str]) -> TokenAnswer:
        try:
            async with httpx.AsyncClient(timeout=self.app.timeout, trust_env=False) as client:
                response = await client.post(
                    f"{self.app.oauth_url.rstrip('/')}/v4/oa/access_token",
                    data={"app_id": self.app.app_id, **form},
                    headers={"secret_key": self.app.secret},
                )
        except _NOT_SENT as error:
            return TokenAnswer(Answered.NOT_SENT, detail=type(error).__name__)
        except httpx.HTTPError as error:
            return TokenAnswer(Answered.UNKNOWN, detail=type(error).__name__)
        try:
            body = response.json()
        except ValueError:
            return TokenAnswer(Answered.UNKNOWN, detail=f"HTTP {response.status_code}, no JSON")
        answer = read_answer(body)
        if answer.answered is Answered.UNKNOWN:
            return TokenAnswer(Answered.UNKNOWN, detail=f"HTTP {response.status_code}, {answer.detail}")
        return answer
