"""The consent page and the token address: refresh tokens are good once, and the old access token dies with them.

Errors are HTTP 200 with a body, `expires_in` is a string, as Zalo's are. The log says what was rotated and refused; it
is the judge of tests that count refreshes.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from cascade_local.zalo.identity import APP_ID, APP_SECRET, OA_ID
from cascade_local.zalo.state import FIRST_TOKEN, State

__all__ = ["APP_ID", "APP_SECRET", "FIRST_PAIR", "FIRST_REFRESH", "OA_ID", "Code", "Desk", "desk_of", "router"]

router = APIRouter()

FIRST_REFRESH: Final = "simulated-refresh-token"

_CODE_LIVES: Final = 600.0


@dataclass(slots=True)
class Code:
    """A code of a consent: its challenge, and until when it is good (seconds)."""

    challenge: str
    until: float


@dataclass(slots=True)
class Desk:
    """Who may have tokens. `refresh` is the one token that is good; `log` has a line for every request answered."""

    refresh: str = FIRST_REFRESH
    codes: dict[str, Code] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)
    lives_seconds: int = 90_000


def desk_of(state: State) -> Desk:
    """Return the desk with the tokens kept in the state's folder, else the first pair."""
    kept = state.kept("tokens")
    if not kept:
        return Desk()
    state.access_token = kept["access_token"]
    return Desk(refresh=kept["refresh_token"])


def _parts(request: Request) -> tuple[State, Desk]:
    return request.app.state.zalo, request.app.state.zalo_desk


@router.get("/v4/oa/permission")
async def permission(
    request: Request, app_id: str, redirect_uri: str, code_challenge: str, state: str = ""
) -> Response:
    """Consent at once, as an administrator of the account would; lead back with a code."""
    memory, desk = _parts(request)
    if app_id != APP_ID:
        return _refusal(desk, "consent", -14002, "Invalid appId")
    code = secrets.token_urlsafe(24)
    desk.codes[code] = Code(code_challenge, memory.clock() + _CODE_LIVES)
    given = {"code": code, "oa_id": OA_ID} | ({"state": state} if state else {})
    return RedirectResponse(f"{redirect_uri}?{urlencode(given)}", 302)


@router.post("/v4/oa/access_token")
async def access_token(request: Request) -> Response:
    """Give a pair for a code, or a new pair for a refresh token."""
    memory, desk = _parts(request)
    form = dict(parse_qsl((await request.body()).decode()))
    kind = form.get("grant_type", "")
    if form.get("app_id") != APP_ID:
        return _refusal(desk, kind, -14002, "Invalid appId")
    if request.headers.get("secret_key") != APP_SECRET:
        return _refusal(desk, kind, -14004, "Invalid secret key")
    if kind == "authorization_code":
        code = desk.codes.pop(form.get("code", ""), None)
        if code is None or memory.clock() >= code.until or _challenge(form.get("code_verifier", "")) != code.challenge:
            return _refusal(desk, kind, -14005, "Invalid authorization code")
    elif kind == "refresh_token":
        if form.get("refresh_token") != desk.refresh:
            return _refusal(desk, kind, -14014, "Invalid refresh token")
    else:
        return _refusal(desk, kind, -14018, "Invalid grant type")
    memory.access_token, desk.refresh = f"at-{secrets.token_urlsafe(32)}", f"rt-{secrets.token_urlsafe(32)}"
    memory.keep("tokens", {"access_token": memory.access_token, "refresh_token": desk.refresh})
    desk.log.append({"grant_type": kind, "error": 0})
    pair = {"access_token": memory.access_token, "refresh_token": desk.refresh}
    return JSONResponse(pair | {"expires_in": str(desk.lives_seconds)})


@router.get("/control/oauth")
async def told(request: Request) -> dict[str, Any]:
    """Return the log and how many pairs were given."""
    _, desk = _parts(request)
    return {"given": sum(line["error"] == 0 for line in desk.log), "log": desk.log}


@router.get("/control/oauth/pair")
async def pair(request: Request) -> dict[str, str]:
    """Return the pair that is good now, as Zalo's console shows it to an administrator."""
    memory, desk = _parts(request)
    return {"access_token": memory.access_token, "refresh_token": desk.refresh}


@router.post("/control/oauth/expire")
async def expire(request: Request) -> dict[str, Any]:
    """Let the access token end, as after 25 hours; the refresh token stays good."""
    memory, _ = _parts(request)
    memory.access_token = secrets.token_urlsafe(32)
    return {"expired": True}


@router.post("/control/oauth/withdraw")
async def withdraw(request: Request) -> dict[str, Any]:
    """End the grant: neither token is good any more."""
    memory, desk = _parts(request)
    memory.access_token, desk.refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    return {"withdrawn": True}


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _refusal(desk: Desk, kind: str, code: int, name: str) -> JSONResponse:
    desk.log.append({"grant_type": kind, "error": code})
    body = {"error": code, "error_name": name, "error_description": name, "error_reason": "", "ref_doc": ""}
    return JSONResponse(body)


FIRST_PAIR: Final = {"access_token": FIRST_TOKEN, "refresh_token": FIRST_REFRESH}
"""What Zalo's console would show: the pair to seed with."""
