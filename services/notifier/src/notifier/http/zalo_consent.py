"""Where Zalo sends an account's administrator back after consenting, with a code good for ten minutes and once.

Reading the page changes nothing: the code is spent by the button. Whoever has a code for our app and our account is its
administrator; a code of another account is refused.
"""

import html
import logging
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from notifier.channels.zalo.oauth import Answered
from notifier.http.zalo_grant import Office

log = logging.getLogger(__name__)
router = APIRouter(prefix="/zalo", tags=["zalo"])

LARGEST_FORM: Final = 10_000
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
_STYLE: Final = (
    "body{font:18px/1.6 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;color:#1c2733}"
    "button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:.4rem;background:#0b5cad;color:#fff}"
)
_REASONS: Final = {
    Answered.SPENT: "Mã cấp quyền đã dùng hoặc đã quá mười phút. Kính đề nghị mở lại liên kết cấp quyền.",
    Answered.MISCONFIGURED: "Zalo không nhận mã ứng dụng hoặc khóa bí mật đã cài đặt. Kính đề nghị kiểm tra cài đặt.",
    Answered.NOT_SENT: "Chưa kết nối được với Zalo. Kính đề nghị bấm lại nút xác nhận sau ít phút.",
    Answered.UNKNOWN: "Zalo không trả lời rõ ràng. Kính đề nghị mở lại liên kết cấp quyền.",
    Answered.REFUSED: "Zalo từ chối yêu cầu. Kính đề nghị mở lại liên kết cấp quyền.",
}

Code = Annotated[str, Query(min_length=1, max_length=4000)]
Account = Annotated[str, Query(min_length=1, max_length=100)]


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    document = (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><h1>{title}</h1>{body}</body></html>"
    )
    headers = {"content-security-policy": _POLICY, "referrer-policy": "no-referrer", "cache-control": "no-store"}
    return HTMLResponse(document, status, headers)


def _other_account() -> HTMLResponse:
    words = "<p>Quyền được cấp cho một Official Account khác với tài khoản đã cài đặt. Chưa thay đổi gì.</p>"
    return _page("Không đúng tài khoản", words, 403)


@router.get("/consent")
async def ask(zalo: Office, code: Code, oa_id: Account) -> HTMLResponse:
    """Show what is about to happen, with a button."""
    if oa_id != zalo.store.oa_id:
        return _other_account()
    return _page(
        "Cấp quyền gửi tin Zalo",
        "<p>Bấm nút để hệ thống Thông Suốt nhận quyền gửi tin từ Official Account của cơ quan.</p>"
        f'<form method="post" action="/zalo/consent"><input type="hidden" name="code" value="{html.escape(code)}">'
        f'<input type="hidden" name="oa_id" value="{html.escape(oa_id)}"><button>Xác nhận</button></form>',
    )


@router.post("/consent")
async def take(request: Request, zalo: Office) -> HTMLResponse:
    """Spend the code on a first pair and put it in place of what was there; a refusal leaves that as it was."""
    form = dict(parse_qsl((await request.body())[:LARGEST_FORM].decode(errors="replace")))
    code, oa_id = form.get("code", ""), form.get("oa_id", "")
    if oa_id != zalo.store.oa_id:
        return _other_account()
    answer = await zalo.oauth.exchange(code)
    if answer.pair is None:
        log.error("zalo: consent %s (%s)", answer.answered, answer.detail)
        return _page("Chưa cấp được quyền", f"<p>{_REASONS[answer.answered]}</p>", 502)
    now = request.app.state.clock.now()
    await zalo.store.plant(answer.pair, zalo.oauth.app.app_id, now, proven=True, consented_at=now)
    log.info("zalo: an administrator consented")
    return _page("Đã nhận quyền gửi tin Zalo", "<p>Hệ thống sẽ tự giữ quyền này. Có thể đóng trang.</p>")
