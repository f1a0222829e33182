"""Give each service its own role and database on a PostgreSQL server; neither may connect to the other's."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import asyncpg


class RoleClosed(Exception):
    """A role of this name exists on a configured server with another password."""


@dataclass(frozen=True, slots=True)
class ServiceDatabase:
    """A database and the role of the same name that owns it."""

    name: str
    password: str

    def url(self, server: str) -> str:
        """Return the service's URL on the server an administrator's URL points to."""
        parts = urlsplit(server)
        place = parts.hostname or "127.0.0.1"
        place = f"[{place}]" if ":" in place else place
        query = f"?{parts.query}" if parts.query else ""
        return (
            f"postgresql+asyncpg://{self.name}:{quote(self.password)}@{place}:{parts.port or 5432}/{self.name}{query}"
        )


def driver_url(url: str) -> str:
    """Return a SQLAlchemy URL as asyncpg itself understands it."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


async def provision(server: str, databases: list[ServiceDatabase], *, owned: bool) -> None:
    """Create missing roles and databases. Idempotent.

    `owned` says that the server is ours alone, so that passwords of roles may be set again.

    Raises:
        RoleClosed: a role exists on a server not ours, and its password is not the one of the data folder.
    """
    connection = await asyncpg.connect(driver_url(server))
    try:
        roles = {row[0] for row in await connection.fetch("select rolname from pg_roles")}
        existing = {row[0] for row in await connection.fetch("select datname from pg_database")}
        for database in databases:
            password = database.password.replace("'", "''")
            if database.name not in roles:
                await connection.execute(f"create role {database.name} login password '{password}'")
            elif owned:
                await connection.execute(f"alter role {database.name} login password '{password}'")
            if database.name not in existing:
                await connection.execute(f"grant {database.name} to current_user")
                await connection.execute(
                    f"create database {database.name} owner {database.name} encoding 'UTF8' template template0"
                )
                await connection.execute(f"revoke connect, temporary on database {database.name} from public")
    finally:
        await connection.close()
    for database in databases:
        await _check(server, database)


async def _check(server: str, database: ServiceDatabase) -> None:
    try:
        connection = await asyncpg.connect(driver_url(database.url(server)))
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError):
        raise RoleClosed(database.name) from None
    await connection.close()
