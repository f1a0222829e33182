"""Tell whether a service's database is at the newest migration, without starting or importing the service."""

import importlib.util
import re
from pathlib import Path

import asyncpg

from cascade_local.provision import driver_url


def newest_migration(package: str) -> str | None:
    """Return the revision no other revision follows, read from the service's files; None if that is not one."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    revisions: set[str] = set()
    followed: set[str] = set()
    for path in (Path(spec.origin).parent / "migrations" / "versions").glob("*.py"):
        source = path.read_text()
        revisions |= set(re.findall(r"^revision\b.*?=\s*['\"](\w+)", source, re.MULTILINE))
        followed |= set(re.findall(r"^down_revision\b.*?=\s*['\"](\w+)", source, re.MULTILINE))
    heads = revisions - followed
    return heads.pop() if len(heads) == 1 else None


async def is_migrated(url: str, package: str) -> bool:
    """Tell whether the database is known to be at the service's newest migration (False when in doubt)."""
    newest = newest_migration(package)
    connection = await asyncpg.connect(driver_url(url))
    try:
        return newest is not None and await connection.fetchval("select version_num from alembic_version") == newest
    except asyncpg.UndefinedTableError:
        return False
    finally:
        await connection.close()
