"""A process of its own that sends with the keeper's tokens: `python -m harness.zalo_sender MESSAGES`.

Reads NOTIFIER_… settings; says `ready` once it knows the token, begins on a line of standard input, and ends with one
JSON line: how many messages were accepted, and what the others ended with.
"""

import asyncio
import json
import sys
from collections import Counter

import httpx
from cascade_servicekit.clock import SystemClock
from notifier.assembly import email_channel, load_keyring
from notifier.channels.zalo.client import TokenGone
from notifier.channels.zalo.tokens import TokenKeeper
from notifier.database import create_engine
from notifier.settings import Settings
from notifier.zalo_office import zalo_office


async def _send(client: httpx.AsyncClient, keeper: TokenKeeper, number: int) -> str:
    message = {"phone": f"84{900000000 + number}", "template_id": "100001", "template_data": {"name": "Trường"}}
    token = await keeper.access_token()
    for _ in range(2):
        answer = await client.post(
            "/message/template", json={**message, "tracking_id": f"n{number}"}, headers={"access_token": token}
        )
        code = answer.json()["error"]
        if code != -124:
            return "accepted" if code == 0 else str(code)
        try:
            token = await keeper.after_rejection(token)
        except TokenGone as gone:
            return f"gone: {gone}"
    return "rejected twice"


async def main(messages: int) -> None:
    settings = Settings()
    clock, keyring = SystemClock(settings.clock_offset), load_keyring(settings)
    engine = create_engine(settings.database_url, keyring)
    zalo = zalo_office(settings, keyring, engine, clock, lambda: email_channel(settings, keyring))
    assert zalo is not None
    await zalo.keeper.access_token()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    limits = httpx.Limits(max_connections=50)
    async with httpx.AsyncClient(
        base_url=settings.zalo_oauth_url, limits=limits, timeout=30, trust_env=False
    ) as client:
        ends = Counter(await asyncio.gather(*(_send(client, zalo.keeper, number) for number in range(messages))))
    await zalo.keeper.drain()
    await engine.dispose()
    sys.stdout.write(json.dumps(ends) + "\n")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
