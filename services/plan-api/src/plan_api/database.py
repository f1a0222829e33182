"""Connections to plan-api's PostgreSQL and its migrations.

Sessions run in UTC. One request or activity is one transaction; only the outermost caller commits.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

MIGRATIONS = Path(__file__).parent / "migrations"


def open_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """Return an engine for a `postgresql+asyncpg://` URL; nothing is connected yet."""
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=False,
        connect_args={"timeout": 5, "server_settings": {"timezone": "UTC", "jit": "off"}},
    )


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Run a block in one transaction: commit at its end, roll back on any exception."""
    async with engine.begin() as connection:
        yield connection


def metadata() -> MetaData:
    """Return the tables of all slices."""
    from plan_api import models  # noqa: PLC0415 - the registry of tables imports every slice

    return models.METADATA


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema; safe to call by several processes at once."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    command.upgrade(config, "head")


async def migrate_async(url: str) -> None:
    """Migrate from within a running event loop."""
    await asyncio.to_thread(migrate, url)
