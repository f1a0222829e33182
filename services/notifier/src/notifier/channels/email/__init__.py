"""E-mail by SMTP: connection pool, wire format, classification of answers, bounces."""

from notifier.channels.email.channel import EmailChannel
from notifier.channels.email.connections import Relay
from notifier.channels.email.message import Sender

__all__ = ["EmailChannel", "Relay", "Sender"]
