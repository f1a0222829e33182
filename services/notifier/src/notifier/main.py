"""The service's command line: `notifier worker`, `notifier http`, `notifier migrate`."""

import argparse

import uvicorn
from cascade_servicekit import memory
from cascade_servicekit.logs import configure_logging
from cascade_servicekit.process import run_process

from notifier.database import migrate
from notifier.http.app import create_app
from notifier.settings import Settings
from notifier.worker import run_worker


def main() -> None:
    """Run one command until it ends or is stopped by a signal."""
    parser = argparse.ArgumentParser(prog="notifier", description="Keeps the delivery: renders and sends notices.")
    parser.add_argument(
        "command",
        choices=["worker", "http", "migrate"],
        help="worker: deliver batches; http: bounces and the operator's reads; migrate: update the database",
    )
    command = parser.parse_args().command
    settings = Settings()
    configure_logging(f"notifier-{command}")
    memory.settle()
    if command == "worker":
        run_process(run_worker(settings))
    elif command == "http":
        uvicorn.run(create_app(settings), host=settings.host, port=settings.port, log_config=None)
    else:
        migrate(settings.database_url)
