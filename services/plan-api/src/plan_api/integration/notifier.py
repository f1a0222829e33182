"""Ask notifier how its channels do, and have it tell the operator; plan-api never waits long for it.

It works without.
"""

import logging
from typing import Any
from uuid import UUID

import httpx

from plan_api.settings import Settings

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 2.0
ALARM_SECONDS = 30.0
"""An alarm waits for the relay's answer."""


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


async def attempts_at(settings: Settings, notice_id: UUID) -> list[dict[str, Any]] | None:
    """Return what notifier tried for a notice, in order, or None when it cannot be asked. No address is among it."""
    if settings.notifier_url is None:
        return None
    headers = {"authorization": f"Bearer {settings.internal_token.get_secret_value()}"}
    try:
        async with httpx.AsyncClient(base_url=settings.notifier_url, timeout=TIMEOUT_SECONDS) as client:
            answer = await client.get(f"/internal/v1/notices/{notice_id}/deliveries", headers=headers)
            answer.raise_for_status()
    except httpx.HTTPError:
        return None
    tried: list[dict[str, Any]] = answer.json()
    return tried


async def raise_alarm(settings: Settings, subject: str, text: str) -> bool:
    """Have notifier tell the operator by e-mail; return whether a relay took it. Never raises."""
    if settings.notifier_url is None:
        return False
    headers = {"authorization": f"Bearer {settings.internal_token.get_secret_value()}"}
    try:
        async with httpx.AsyncClient(base_url=settings.notifier_url, timeout=ALARM_SECONDS) as client:
            body = {"subject": subject, "text": text}
            answer = await client.post("/internal/v1/alarms", json=body, headers=headers)
            answer.raise_for_status()
    except httpx.HTTPError as error:
        log.warning("the operator could not be told by e-mail: %s", error or type(error).__name__)
        return False
    told: bool = answer.json()["sent"]
    return told
