"""Puts a notifier process together from its settings; the only place that knows all parts."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from cascade_servicekit.clock import Clock, SystemClock
from sqlalchemy.ext.asyncio import AsyncEngine

from notifier.activities import DeliveryActivities
from notifier.answers import Answers
from notifier.attempts import Attempts
from notifier.channels.base import Channel
from notifier.channels.email import EmailChannel, Relay, Sender
from notifier.channels.email.mailbox import Account
from notifier.channels.registry import ChannelRegistry
from notifier.channels.zalo.channel import Links, ZaloChannel
from notifier.channels.zalo.client import Client, Hosts, Tokens
from notifier.channels.zalo.templates import load_register
from notifier.database import create_engine
from notifier.facts_client import FactsClient
from notifier.intake import Intake
from notifier.keys import Keyring
from notifier.mailroom import Mailroom
from notifier.receipts import ReceiptDesk
from notifier.rendering import Renderer
from notifier.reporting import Reporter
from notifier.sending import PageSender
from notifier.settings import Settings
from notifier.store.batches import Recorder
from notifier.store.zalo_links import ZaloLinks
from notifier.takeover import TakeOver
from notifier.zalo_office import ZaloOffice, zalo_office


@dataclass(frozen=True, slots=True)
class Notifier:
    """The parts of a running worker."""

    engine: AsyncEngine
    keyring: Keyring
    facts: FactsClient
    attempts: Attempts
    reporter: Reporter
    activities: DeliveryActivities
    zalo: ZaloOffice | None
    intake: Intake
    mailroom: Mailroom


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
        reply_domain=settings.reply_domain,
    )
    return EmailChannel(relay, sender, keyring)


def zalo_client(settings: Settings, tokens: Tokens) -> Client:
    """Return a client of Zalo's hosts."""
    return Client(
        tokens,
        Hosts(settings.zalo_business_url, settings.zalo_oa_url),
        timeout=settings.zalo_timeout,
        connections=settings.zalo_connections,
        proof_secret=settings.zalo_app_secret.get_secret_value() if settings.zalo_app_proof else "",
    )


def zalo_channel(settings: Settings, tokens: Tokens, links: Links) -> ZaloChannel:
    """Return the Zalo channel of the settings.

    Raises:
        ValueError: the register of templates cannot be read.
    """
    return ZaloChannel(
        zalo_client(settings, tokens),
        load_register(settings.zalo_templates),
        links=links,
        connections=settings.zalo_connections,
        per_second=settings.zalo_per_second,
    )


def _slowest(settings: Settings) -> float:
    """Return how many seconds an attempt may be transmitting; by Zalo it is up to three calls."""
    return max(settings.smtp_timeout, 3 * settings.zalo_timeout if settings.zalo_app_id else 0)


def mailbox_account(settings: Settings) -> Account | None:
    """Return the mailbox of the settings, None when there is none to read."""
    if not settings.imap_host:
        return None
    return Account(
        host=settings.imap_host,
        port=settings.imap_port,
        security=settings.imap_security,
        ca_file=settings.imap_ca_file,
        username=settings.imap_username,
        password=settings.imap_password.get_secret_value(),
        folder=settings.imap_folder,
        done=settings.imap_done_folder,
        other=settings.imap_other_folder,
    )


@asynccontextmanager
async def assemble(
    settings: Settings, clock: Clock | None = None, tokens: Tokens | None = None
) -> AsyncIterator[Notifier]:
    """Yield a worker's parts; at the end attempts under way are carried out and connections closed."""
    clock = clock or SystemClock(settings.clock_offset)
    keyring = load_keyring(settings)
    engine = create_engine(settings.database_url, keyring)
    email = email_channel(settings, keyring)
    channels: list[Channel] = [email]
    zalo = zalo_office(settings, keyring, engine, clock, lambda: email_channel(settings, keyring))
    if zalo is not None:
        channels.append(zalo_channel(settings, tokens or zalo.keeper, ZaloLinks(engine, keyring)))
    registry = ChannelRegistry(channels)
    renderer = Renderer()
    try:
        async with FactsClient(settings.plan_api_url, settings.internal_token.get_secret_value()) as facts:
            reporter = Reporter(engine, facts, clock)
            recorder = Recorder(registry, renderer, keyring)
            attempts = Attempts(
                engine,
                registry,
                renderer,
                keyring,
                clock,
                give_up=timedelta(hours=settings.give_up_hours),
                first_look=timedelta(seconds=settings.zalo_look_seconds),
                retry_scale=settings.retry_scale,
            )
            pages = PageSender(
                engine,
                facts,
                attempts,
                reporter,
                recorder,
                ReceiptDesk(engine, registry, clock, timedelta(seconds=settings.zalo_look_seconds)),
                clock,
                workers=settings.smtp_connections,
                transmit_lease=timedelta(seconds=_slowest(settings) + 5),
                channel_patience=timedelta(minutes=settings.channel_patience_minutes),
            )
            take_over = TakeOver(engine, facts, recorder, clock)
            activities = DeliveryActivities(engine, take_over, pages)
            intake = Intake(engine, facts, reporter, keyring, clock)
            mailroom = Mailroom(
                engine, intake, Answers(engine, email, clock), mailbox_account(settings), settings.imap_poll_seconds
            )
            try:
                yield Notifier(engine, keyring, facts, attempts, reporter, activities, zalo, intake, mailroom)
            finally:
                await attempts.drain()
                if zalo is not None:
                    await zalo.keeper.drain()
                await registry.close()
    finally:
        await engine.dispose()
