"""`/v1/accounts`, `/v1/me`, and the dependency every other endpoint takes its caller from."""

import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from plan_api.auth import accounts, service
from plan_api.auth.schemas import AccountCreated, AccountGiven, AccountPage, AccountView, Me
from plan_api.requests import Act, Answer, Caller, ServicesOf, act_once, reachable_database
from plan_api.rules.access import Verb

router = APIRouter(tags=["accounts"])

_bearer = HTTPBearer(auto_error=False, description="API key made by `cascade accounts create`", bearerFormat="ck_…")


async def caller_of(
    services: ServicesOf, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    """Return who calls.

    Raises:
        Unauthenticated: no valid key came.
    """
    return await service.authenticate(services, credentials.credentials if credentials else None)


CallerOf = Annotated[Caller, Depends(caller_of)]


@router.get("/v1/me", summary="Who am I, and what may I do")
async def me(services: ServicesOf, caller: CallerOf) -> Me:
    """Return the caller's account and permissions."""
    async with reachable_database(), services.engine.connect() as connection:
        return await accounts.me(connection, caller)


@router.get("/v1/accounts", summary="List accounts")
async def list_accounts(
    services: ServicesOf,
    caller: CallerOf,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    revoked: Annotated[bool, Query(description="include revoked accounts")] = False,
) -> AccountPage:
    """Return accounts, newest first."""
    async with reachable_database(), services.engine.connect() as connection:
        await service.require(connection, caller, Verb.MANAGE_ACCOUNTS, None)
        return await accounts.page(connection, cursor, limit, revoked=revoked)


@router.post(
    "/v1/accounts",
    status_code=201,
    summary="Create an account",
    response_model=AccountCreated,
)
async def create_account(request: Request, caller: CallerOf, given: AccountGiven) -> Response:
    """Create an account; its key is in this one answer only and is null when the answer is replayed."""
    shown: list[str] = []

    async def create(doing: Act) -> Answer:
        await service.require(doing.connection, caller, Verb.MANAGE_ACCOUNTS, None)
        view, key = await accounts.create(doing, given)
        shown.append(key)
        return Answer(view, status=201, location=f"/v1/accounts/{view.id}")

    response = await act_once(request, caller, create)
    return _with_key(response, shown[0] if shown and "idempotency-replayed" not in response.headers else None)


def _with_key(response: Response, key: str | None) -> Response:
    body = json.dumps({**json.loads(bytes(response.body)), "key": key}, ensure_ascii=False).encode()
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(body, status_code=response.status_code, headers=headers)


@router.post("/v1/accounts/{account_id}/revoke", summary="Revoke an account's key", response_model=AccountView)
async def revoke_account(request: Request, caller: CallerOf, account_id: UUID) -> Response:
    """End an account's key within five seconds, everywhere."""

    async def revoke(doing: Act) -> Answer:
        await service.require(doing.connection, caller, Verb.MANAGE_ACCOUNTS, None)
        return Answer(await accounts.revoke(doing, account_id))

    response = await act_once(request, caller, revoke)
    service.forget_callers(request.app.state.services)
    return response
