"""Ask notifier how its channels do; plan-api never waits long for it and works without."""

from typing import Any

import httpx

from plan_api.settings import Settings

TIMEOUT_SECONDS = 2.0


async def channel_states(settings: Settings) -> list[dict[str, Any]] | None:
    """Return notifier's channels with their states, or None when it cannot be asked."""
    if settings.notifier_url is None:
        return None
    headers = {"authorization": f"Bearer {settings.internal_token.get_secret_value()}"}
    try:
        async with httpx.AsyncClient(base_url=settings.notifier_url, timeout=TIMEOUT_SECONDS) as client:
            answer = await client.get("/internal/v1/operations", headers=headers)
            answer.raise_for_status()
    except httpx.HTTPError:
        return None
    channels: list[dict[str, Any]] = answer.json()["channels"]
    return channels
