"""Which Zalo user a telephone number stands for, as plan-api said when it last handed a notice over; encrypted."""

from collections.abc import Sequence

from cascade_contracts.delivery import NoticeOut
from cascade_contracts.vocabulary import Channel
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from notifier.channels.zalo.channel import normalised
from notifier.keys import Keyring
from notifier.models import ZaloLink, table

links = table(ZaloLink)


def _index(keyring: Keyring, phone: str) -> bytes:
    return keyring.index("zalo-link", phone)


async def note_links(connection: AsyncConnection, keyring: Keyring, notices: Sequence[NoticeOut]) -> None:
    """Remember who is linked, and forget who is not any more, of the recipients of notices. Repeatable."""
    said: dict[bytes, str | None] = {}
    for notice in notices:
        for address in notice.recipient.addresses:
            phone = normalised(address.address) if address.channel is Channel.ZALO else None
            if phone is not None:
                said[_index(keyring, phone)] = notice.recipient.zalo_user_id
    linked = [{"phone_index": index, "user_enc": said[index]} for index in sorted(said) if said[index] is not None]
    unlinked = [index for index in sorted(said) if said[index] is None]
    if linked:
        noted = insert(links)
        await connection.execute(
            noted.on_conflict_do_update(index_elements=["phone_index"], set_={"user_enc": noted.excluded.user_enc}),
            linked,
        )
    if unlinked:
        await connection.execute(delete(links).where(links.c.phone_index.in_(unlinked)))


class ZaloLinks:
    """Answers the channel from notifier's database."""

    def __init__(self, engine: AsyncEngine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    async def user_id(self, phone: str) -> str | None:
        """Return the user id linked to a number (`84…`), None when there is none."""
        query = select(links.c.user_enc).where(links.c.phone_index == _index(self._keyring, phone))
        async with self._engine.connect() as connection:
            found: str | None = (await connection.execute(query)).scalar_one_or_none()
        return found
