"""Engine and migrations of notifier's database."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from notifier.keys import Keyring, attach_keyring

MIGRATIONS: Final = Path(__file__).parent / "migrations"
HEAD: Final = "0008"
"""Newest migration; `/health/ready` demands it."""

_LOCK: Final = 0x6E6F7469


def create_engine(url: str, keyring: Keyring, *, pool_size: int = 10) -> AsyncEngine:
    """Return an engine whose sealed columns use `keyring`; sessions run in UTC."""
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        connect_args={"server_settings": {"timezone": "UTC", "application_name": "notifier", "jit": "off"}},
    )
    attach_keyring(engine.sync_engine.dialect, keyring)
    return engine


def migrate(url: str) -> None:
    """Bring the database to the newest migration. Idempotent; simultaneous calls wait for one another.

    May be called with or without a running event loop; blocks until done.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="migrate") as thread:
        thread.submit(asyncio.run, _migrate(url)).result()


async def _migrate(url: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
