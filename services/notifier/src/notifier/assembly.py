"""Puts a notifier process together from its settings; the only place that knows all parts."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from cascade_servicekit.clock import Clock, SystemClock
from sqlalchemy.ext.asyncio import AsyncEngine

from notifier.activities import DeliveryActivities
from notifier.attempts import Attempts
from notifier.channels.email import EmailChannel, Relay, Sender
from notifier.channels.registry import ChannelRegistry
from notifier.database import create_engine
from notifier.facts_client import FactsClient
from notifier.keys import Keyring
from notifier.rendering import Renderer
from notifier.reporting import Reporter
from notifier.sending import PageSender
from notifier.settings import Settings
from notifier.store.batches import Recorder
from notifier.takeover import TakeOver


@dataclass(frozen=True, slots=True)
class Notifier:
    """The parts of a running worker."""

    engine: AsyncEngine
    keyring: Keyring
    facts: FactsClient
    attempts: Attempts
    reporter: Reporter
    activities: DeliveryActivities


def load_keyring(settings: Settings) -> Keyring:
    """Return the keys of the settings."""
    return Keyring.load(settings.secret_key.get_secret_value(), settings.contact_keys.get_secret_value())


def email_channel(settings: Settings, keyring: Keyring) -> EmailChannel:
    """Return the e-mail channel of the settings."""
    relay = Relay(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        ca_file=settings.smtp_ca_file,
        username=settings.smtp_username,
        password=settings.smtp_password.get_secret_value(),
        timeout=settings.smtp_timeout,
        connections=settings.smtp_connections,
        hello=socket.gethostname() or "localhost",
    )
    sender = Sender(
        mail_from=settings.mail_from,
        reply_to=settings.mail_reply_to,
        domain=settings.mail_domain,
        bounce_domain=settings.bounce_domain or settings.mail_domain,
    )
    return EmailChannel(relay, sender, keyring)


@asynccontextmanager
async def assemble(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Notifier]:
    """Yield a worker's parts; at the end attempts under way are carried out and connections closed."""
    clock = clock or SystemClock(settings.clock_offset)
    keyring = load_keyring(settings)
    engine = create_engine(settings.database_url, keyring)
    registry = ChannelRegistry([email_channel(settings, keyring)])
    renderer = Renderer()
    try:
        async with FactsClient(settings.plan_api_url, settings.internal_token.get_secret_value()) as facts:
            reporter = Reporter(engine, facts, clock)
            recorder = Recorder(registry, renderer, keyring)
            attempts = Attempts(
                engine, registry, renderer, keyring, clock, give_up=timedelta(hours=settings.give_up_hours)
            )
            pages = PageSender(
                engine,
                facts,
                attempts,
                reporter,
                recorder,
                clock,
                workers=settings.smtp_connections,
                transmit_lease=timedelta(seconds=settings.smtp_timeout + 5),
            )
            take_over = TakeOver(engine, facts, recorder, clock)
            activities = DeliveryActivities(engine, take_over, pages)
            try:
                yield Notifier(engine, keyring, facts, attempts, reporter, activities)
            finally:
                await attempts.drain()
                await registry.close()
    finally:
        await engine.dispose()
