"""The channels one process works with."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from cascade_contracts.vocabulary import Channel as ChannelName

from notifier.channels.base import Channel, ChecksAddress, Closes, TellsReceipt


class ChannelRegistry:
    """Channels by name; a channel that is not registered does not exist for delivery."""

    def __init__(self, channels: Iterable[Channel]) -> None:
        self._channels = {channel.name: channel for channel in channels}

    def __iter__(self) -> Iterator[ChannelName]:
        return iter(self._channels)

    def __contains__(self, name: object) -> bool:
        return name in self._channels

    def __getitem__(self, name: ChannelName) -> Channel:
        return self._channels[name]

    def accepts(self, name: ChannelName, address: str) -> bool:
        """Return whether the channel could send to `address` at all."""
        channel = self._channels[name]
        return not isinstance(channel, ChecksAddress) or channel.accepts(address)

    async def receipt(self, name: ChannelName, vendor_id: str, now: datetime) -> datetime | None:
        """Return when a message was delivered, None when that is not known."""
        channel = self._channels.get(name)
        return await channel.receipt(vendor_id, now) if isinstance(channel, TellsReceipt) else None

    async def close(self) -> None:
        """Close every channel that keeps connections."""
        for channel in self._channels.values():
            if isinstance(channel, Closes):
                await channel.close()
