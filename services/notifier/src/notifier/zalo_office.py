"""Puts Zalo's grant together from the settings, and words what the operator hears about it."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cascade_servicekit.clock import Clock
from sqlalchemy.ext.asyncio import AsyncEngine

from notifier.alarming import NO_OPERATOR, tell_operator
from notifier.channels.email import EmailChannel
from notifier.channels.zalo.grant import Grant, Lifetimes, Trouble
from notifier.channels.zalo.oauth import ZaloApp, ZaloOAuth
from notifier.channels.zalo.signatures import Secrets
from notifier.channels.zalo.tokens import TokenKeeper
from notifier.keys import Keyring
from notifier.settings import Settings
from notifier.store.zalo_grant import ZaloGrantStore

_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")

_WORDS: Final[Mapping[Trouble, tuple[str, str]]] = {
    Trouble.LOST: (
        "Cảnh báo: mất quyền gửi tin Zalo",
        "Zalo không còn nhận mã làm mới đang lưu ({detail}). Tin nhắn Zalo tạm dừng, thông báo chuyển sang kênh khác. "
        "Kính đề nghị quản trị viên của Official Account cấp quyền lại.",
    ),
    Trouble.IN_DOUBT: (
        "Cảnh báo: quyền gửi tin Zalo chưa rõ",
        "Một lần làm mới mã truy cập Zalo bị gián đoạn ({detail}): mã mới có thể đã mất. Hệ thống tự thử lại đúng một "
        "lần; nếu cảnh báo này lặp lại, kính đề nghị xem hướng dẫn vận hành và cấp quyền lại.",
    ),
    Trouble.ENDED: (
        "Cảnh báo: quyền gửi tin Zalo đã đến hạn",
        "Theo ngày cấp quyền, quyền gửi tin Zalo đã hết hạn ngày {ends_on}. Kính đề nghị quản trị viên của Official "
        "Account cấp quyền lại.",
    ),
    Trouble.ENDING: (
        "Nhắc việc: quyền gửi tin Zalo sắp hết hạn",
        "Quyền gửi tin Zalo hết hạn ngày {ends_on}. Kính đề nghị quản trị viên của Official Account cấp quyền lại "
        "trước ngày đó.",
    ),
    Trouble.FAILING: (
        "Cảnh báo: không làm mới được mã truy cập Zalo",
        "Zalo từ chối làm mới mã truy cập ({detail}). Kính đề nghị kiểm tra mã ứng dụng, khóa bí mật và trạng thái ứng "
        "dụng trên trang dành cho nhà phát triển của Zalo.",
    ),
}


@dataclass(frozen=True, slots=True)
class ZaloOffice:
    """Zalo's parts in one process that are not the channel: the grant, and what webhooks are checked with."""

    store: ZaloGrantStore
    oauth: ZaloOAuth
    lifetimes: Lifetimes
    keeper: TokenKeeper
    secrets: Secrets
    window: timedelta


def pkce_verifier(keyring: Keyring) -> str:
    """Return the installation's one PKCE verifier (43 characters); its challenge stands in Zalo's console."""
    secret = bytes.fromhex(keyring.sign("zalo-pkce", length=64))
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def alarm_words(what: Trouble, grant: Grant, lifetimes: Lifetimes) -> tuple[str, str]:
    """Return subject and text of an alarm."""
    subject, words = _WORDS[what]
    ends_on = lifetimes.ends_at(grant).astimezone(_ZONE).strftime("%d/%m/%Y")
    return subject, words.format(detail=grant.detail or "không rõ", ends_on=ends_on)


def zalo_office(
    settings: Settings, keyring: Keyring, engine: AsyncEngine, clock: Clock, mail: Callable[[], EmailChannel]
) -> ZaloOffice | None:
    """Return the parts of the settings, None where Zalo is off; `mail` opens the channel an alarm leaves by."""
    if not settings.zalo_app_id:
        return None
    store = ZaloGrantStore(engine, settings.zalo_oa_id)
    app = ZaloApp(
        app_id=settings.zalo_app_id,
        secret=settings.zalo_app_secret.get_secret_value(),
        verifier=pkce_verifier(keyring),
        oauth_url=settings.zalo_oauth_url,
        timeout=settings.zalo_oauth_timeout,
    )
    oauth = ZaloOAuth(app)
    lifetimes = Lifetimes(timedelta(days=settings.zalo_grant_days), settings.zalo_rotation_renews)

    async def tell(what: Trouble, grant: Grant) -> bool:
        subject, words = alarm_words(what, grant, lifetimes)
        failed = await tell_operator(mail(), settings.operator_email, clock, subject, words)
        return failed in {None, NO_OPERATOR}

    secrets = Secrets(
        app_id=app.app_id,
        oa_id=settings.zalo_oa_id,
        app_secret=app.secret,
        oa_secret=settings.zalo_oa_secret.get_secret_value(),
        names=frozenset(name.strip() for name in settings.zalo_webhook_signatures.split(",")),
    )
    keeper = TokenKeeper(store, oauth, lifetimes, clock, tell)
    window = timedelta(minutes=settings.zalo_webhook_window_minutes)
    return ZaloOffice(store, oauth, lifetimes, keeper, secrets, window)
