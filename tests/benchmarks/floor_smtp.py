"""The floor under mail: a bare aiosmtplib loop over as many connections, the same content, nothing recorded.

Run as a process of its own: `python -m benchmarks.floor_smtp HOST PORT CONNECTIONS COUNT < MAIL`; it says `ready`, and
after the last answer `done SECONDS`.
"""

import asyncio
import sys
import time

import uvloop
from aiosmtplib import SMTP

SENDER = "floor@cascade.example"


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


async def _loop(smtp: SMTP, numbers: "asyncio.Queue[int]", content: bytes) -> None:
    while not numbers.empty():
        number = numbers.get_nowait()
        await smtp.sendmail(SENDER, [f"floor.{number}@example.edu.vn"], content)


async def main(host: str, port: int, connections: int, count: int) -> None:
    """Send, and say how long it took."""
    content = sys.stdin.buffer.read()
    relays = [SMTP(hostname=host, port=port, start_tls=False) for _ in range(connections)]
    for smtp in relays:
        await smtp.connect()
    numbers: asyncio.Queue[int] = asyncio.Queue()
    for number in range(count):
        numbers.put_nowait(number)
    _say("ready")
    begun = time.monotonic()
    await asyncio.gather(*(_loop(smtp, numbers, content) for smtp in relays))
    _say(f"done {time.monotonic() - begun}")
    for smtp in relays:
        await smtp.quit()


if __name__ == "__main__":
    host, port, connections, count = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(host, int(port), int(connections), int(count)))
