"""The migrations of plan-api on a real database."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from plan_api.models import METADATA
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine


async def test_migrations_end_where_the_models_are(plan_api_database: str) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), METADATA))

    engine = create_async_engine(plan_api_database)
    try:
        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []
    finally:
        await engine.dispose()
