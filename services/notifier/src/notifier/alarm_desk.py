"""Tells the operator by e-mail what only a person can mend: a channel that Zalo or the relay refuses as a whole."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Final

from cascade_servicekit.clock import Clock
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from notifier.alarming import NO_OPERATOR, tell_operator
from notifier.assembly import email_channel
from notifier.keys import Keyring
from notifier.rendering.view import spoken_instant
from notifier.settings import Settings
from notifier.store.alarms import Raised, claim_alarms, unclaim_alarms

log = logging.getLogger(__name__)

PAUSE: Final = 15.0
"""Seconds between two looks for alarms."""

_SUBJECT: Final = "Cảnh báo: kênh gửi tin cần được xử lý"
_ADVICE: Final[Mapping[str, str]] = {
    "zalo/token": "Mã truy cập Zalo không dùng được. Kính đề nghị quản trị viên của Official Account cấp quyền lại.",
    "zalo/configuration": (
        "Zalo từ chối ứng dụng hoặc Official Account. Kính đề nghị kiểm tra ứng dụng, gói dịch vụ, quyền và tài khoản "
        "thanh toán trên trang dành cho nhà phát triển của Zalo."
    ),
    "zalo/money": "Số dư hoặc hạn mức gửi tin Zalo đã hết. Kính đề nghị nạp thêm hoặc xin nâng hạn mức.",
    "zalo/template": "Zalo từ chối một mẫu tin. Kính đề nghị chạy `cascade zalo check` và kiểm tra trạng thái mẫu tin.",
    "zalo/unheard_of": "Zalo trả lời một mã lỗi chưa biết. Kính đề nghị tra mã lỗi trong tài liệu của Zalo.",
}
_MEANWHILE: Final = "Thông báo được giữ lại, sau một thời gian sẽ chuyển sang kênh tiếp theo của từng người nhận."


def alarm_text(raised: Sequence[Raised]) -> str:
    """Return the body of the message about these alarms."""
    lines = []
    for each in raised:
        kind, _, detail = each.key.partition(": ")
        advice = _ADVICE.get(kind, "Kính đề nghị xem nhật ký của notifier.")
        lines.append(
            f"{advice}\nMã lỗi: {detail or each.key}. Số lần: {each.times}, lần đầu lúc "
            f"{spoken_instant(each.first_at, 'vi')}, gần nhất lúc {spoken_instant(each.last_at, 'vi')}."
        )
    return "\n\n".join([*lines, _MEANWHILE])


class AlarmDesk:
    """Tells of alarms in the database; several processes may, each alarm is told by one."""

    def __init__(self, engine: AsyncEngine, keyring: Keyring, settings: Settings, clock: Clock) -> None:
        self._engine = engine
        self._keyring = keyring
        self._settings = settings
        self._clock = clock

    async def tell(self) -> int:
        """Tell of what is to be told, in one message; return how many alarms were told."""
        async with self._engine.begin() as connection:
            raised = await claim_alarms(connection, self._clock.now())
        if not raised:
            return 0
        for each in raised:
            log.error("alarm: %s (%s times)", each.key, each.times)
        channel = email_channel(self._settings, self._keyring)
        failed = await tell_operator(channel, self._settings.operator_email, self._clock, _SUBJECT, alarm_text(raised))
        if failed in {None, NO_OPERATOR}:
            return len(raised)
        log.error("the operator could not be told: %s", failed)
        async with self._engine.begin() as connection:
            await unclaim_alarms(connection, [each.key for each in raised])
        return 0

    async def tell_forever(self) -> None:
        """Tell until cancelled."""
        while True:
            try:
                await self.tell()
            except (SQLAlchemyError, OSError) as error:
                log.warning("alarms wait: %s", error)
            await asyncio.sleep(PAUSE)
