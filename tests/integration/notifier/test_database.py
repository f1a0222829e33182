"""Migrations on a real database."""

import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from harness.database import SharedPostgres, create_empty_database, drop_database
from notifier.database import migrate
from notifier.models import NotifierTable
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine


async def test_migrations_end_where_the_models_are(notifier_database: str) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), NotifierTable.metadata))

    engine = create_async_engine(notifier_database)
    try:
        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []
    finally:
        await engine.dispose()


async def test_simultaneous_migrations_wait_for_one_another(postgres: SharedPostgres) -> None:
    url = create_empty_database(postgres)
    try:
        await asyncio.gather(*(asyncio.to_thread(migrate, url) for _ in range(3)))
        migrate(url)
    finally:
        drop_database(postgres, url)
