"""What a process of plan-api is made of, built once at its start and handed to whoever needs it."""

from dataclasses import dataclass, field

from cascade_servicekit.clock import Clock
from sqlalchemy.ext.asyncio import AsyncEngine

from plan_api.database import open_engine
from plan_api.documents.storage import FileStorage
from plan_api.documents.storing import storage_of
from plan_api.encryption import ContactCipher
from plan_api.settings import Settings
from plan_api.tokens import LinkTokens


@dataclass(slots=True)
class Services:
    """Dependencies of endpoints and activities; no global holds any of them.

    `reading` shares the engine's connections but opens no transactions: two round trips less for who only reads.
    """

    settings: Settings
    engine: AsyncEngine
    reading: AsyncEngine
    clock: Clock
    cipher: ContactCipher
    links: LinkTokens
    storage: FileStorage
    cache: dict[str, object] = field(default_factory=dict)


def build_services(settings: Settings, *, clock: Clock | None = None, engine: AsyncEngine | None = None) -> Services:
    """Wire a process from its settings; `clock` and `engine` may be given by a harness."""
    secret = settings.secret_key.get_secret_value()
    engine = engine or open_engine(settings.database_url, pool_size=settings.database_pool)
    keys = settings.contact_keys.get_secret_value() if settings.contact_keys else None
    return Services(
        settings=settings,
        engine=engine,
        reading=engine.execution_options(isolation_level="AUTOCOMMIT"),
        clock=clock or settings.clock,
        cipher=ContactCipher(secret, keys),
        links=LinkTokens(secret),
        storage=storage_of(settings),
    )
