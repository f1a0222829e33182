"""Run the mailbox: `python -m cascade_local.mailbox --folder DIR --smtp-port N --http-port N`."""

import argparse
import asyncio
from pathlib import Path

import uvicorn
import uvloop

from cascade_local.mailbox.faults import Faults
from cascade_local.mailbox.pages import build_app
from cascade_local.mailbox.smtp import serve_smtp
from cascade_local.mailbox.store import MailStore


async def _serve(options: argparse.Namespace) -> None:
    store = MailStore(options.folder)
    faults = Faults()
    smtp = await serve_smtp(store, options.host, options.smtp_port, faults)
    config = uvicorn.Config(build_app(store, faults), host=options.host, port=options.http_port, log_level="warning")
    try:
        await uvicorn.Server(config).serve()
    finally:
        smtp.close()


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(description="Local mail server: keeps every mail, shows it, sends nothing on.")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(options))


if __name__ == "__main__":
    main()
