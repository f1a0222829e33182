"""Who may use `/internal/v1`: notifier, by the bearer internal token."""

import hmac

from fastapi import Request

from plan_api.auth.errors import Unauthenticated
from plan_api.requests import services_of


async def internal_caller(request: Request) -> None:
    """Admit bearers of the internal token only.

    Raises:
        Unauthenticated: another token, or none.
    """
    token = services_of(request).settings.internal_token.get_secret_value()
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), token.encode()):
        raise Unauthenticated
