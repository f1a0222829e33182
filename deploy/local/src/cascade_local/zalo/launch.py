"""The simulated Zalo as part of an installation: its process, notifier's settings for it, and the consent."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import httpx

from cascade_local.jobs import Job, Service
from cascade_local.parent_watch import watched_command
from cascade_local.ports import HOST
from cascade_local.temporal import YIELDS, accepts_connections
from cascade_local.zalo.identity import APP_ID, APP_SECRET, OA_ID, OA_SECRET
from cascade_local.zalo.pack import TEMPLATES_FILE, approve

_LOOK_SECONDS: Final = "3"
"""On this machine receipts are there at once: by webhook, else they are asked for soon."""


class SimulatedZalo:
    """One installation's simulator, with its folder and port."""

    def __init__(self, data: Path, port: int, site: str, clock_offset_seconds: float) -> None:
        self._folder = data / "zalo"
        self._port = port
        self._register = approve(self._folder, site)
        self._offset = clock_offset_seconds
        self.url = f"http://{HOST}:{port}"

    def settings(self) -> dict[str, str]:
        """Return notifier's settings."""
        return {
            "ZALO_APP_ID": APP_ID,
            "ZALO_APP_SECRET": APP_SECRET,
            "ZALO_OA_ID": OA_ID,
            "ZALO_OA_SECRET": OA_SECRET,
            "ZALO_OAUTH_URL": self.url,
            "ZALO_BUSINESS_URL": self.url,
            "ZALO_OA_URL": self.url,
            "ZALO_TEMPLATES": str(self._register),
            "ZALO_LOOK_SECONDS": _LOOK_SECONDS,
        }

    def service(self) -> Service:
        """Return the process."""
        command = [sys.executable, "-m", "cascade_local.zalo", "--folder", str(self._folder), "--port", str(self._port)]
        command += ["--templates", str(self._folder / TEMPLATES_FILE), "--clock-offset", str(self._offset)]

        async def ready() -> bool:
            return await accepts_connections(HOST, self._port)

        return Service("zalo", lambda: watched_command(command, yields=YIELDS), ready, port=self._port)

    def consent(self, notifier: str, token: str, after: tuple[str, ...]) -> Job:
        """Return the job that does what an administrator does in Zalo's console.

        Webhooks go to notifier; it is seeded with the pair shown there, where it has no good grant.
        """
        return Job("zalo-consent", self._consenting(notifier, token), after)

    def _consenting(self, notifier: str, token: str) -> Callable[[], Awaitable[None]]:
        async def consent() -> None:
            headers = {"authorization": f"Bearer {token}"}
            async with httpx.AsyncClient(headers=headers, timeout=10, trust_env=False) as client:
                (await client.put(f"{self.url}/control/webhooks", json={"url": notifier})).raise_for_status()
                standing = await client.get(f"{notifier}/internal/v1/zalo/grant")
                if standing.is_success and standing.json()["state"] == "fine":
                    return
                pair = (await client.get(f"{self.url}/control/oauth/pair")).json()
                (await client.put(f"{notifier}/internal/v1/zalo/grant", json=pair)).raise_for_status()

        return consent
