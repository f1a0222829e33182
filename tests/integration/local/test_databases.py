"""Every test has migrated databases of its own, cloned from a template that is migrated once per run."""

import asyncpg
from harness.database import SharedPostgres, create_empty_database, drop_database


async def _tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return {row[0] for row in await connection.fetch("select tablename from pg_tables where schemaname = 'public'")}
    finally:
        await connection.close()


async def test_services_have_migrated_databases(plan_api_database: str, notifier_database: str) -> None:
    plan_api, notifier = await _tables(plan_api_database), await _tables(notifier_database)

    assert "alembic_version" in plan_api & notifier
    assert plan_api - notifier
    assert notifier - plan_api


async def test_clones_do_not_see_one_another(postgres: SharedPostgres) -> None:
    one, other = create_empty_database(postgres), create_empty_database(postgres)
    connection = await asyncpg.connect(one.replace("+asyncpg", ""))
    await connection.execute("create table mine (id int)")
    await connection.close()

    assert (await _tables(one), await _tables(other)) == ({"mine"}, set())
    for url in (one, other):
        drop_database(postgres, url)
