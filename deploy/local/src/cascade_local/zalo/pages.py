"""The reading side: each message as the person would see it on a phone, as plain Vietnamese pages without script."""

import re
from datetime import datetime
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from cascade_local.zalo.state import Message, State

router = APIRouter()

ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_SHOWN: Final = 200
_PARAM: Final = re.compile(r"&lt;([a-z0-9_]+)&gt;")
_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:64rem;padding:1rem;color:#1c2733;background:#eef2f6}
h1{font-size:1.3rem;margin:.2rem 0 .8rem} a{color:#0b5cad;text-decoration:none}
.list{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:1rem;align-items:start}
.card{background:#fff;border-radius:.9rem;padding:1rem;box-shadow:0 1px 3px #0002;max-width:24rem}
.from{display:flex;justify-content:space-between;gap:.5rem;color:#5b6b7b;font-size:.85rem;margin-bottom:.5rem}
.card h2{font-size:1.05rem;margin:.2rem 0 .5rem} .card p{margin:.4rem 0}
dl{display:grid;grid-template-columns:auto 1fr;gap:.2rem .8rem;margin:.6rem 0} dt{color:#5b6b7b} dd{margin:0}
.button{display:block;text-align:center;background:#0068ff;color:#fff;border-radius:1.2rem;padding:.5rem;margin-top:.7rem}
.state{color:#5b6b7b;font-size:.85rem;margin-top:.6rem}
"""


def _page(title: str, body: str) -> HTMLResponse:
    document = (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>{body}</body></html>'
    )
    return HTMLResponse(document, headers={"content-security-policy": _POLICY})


def _filled(wording: str, data: dict[str, str], *, bold: bool = True) -> str:
    def value(found: re.Match[str]) -> str:
        said = escape(data.get(found[1], ""))
        return f"<b>{said}</b>" if bold else said

    return _PARAM.sub(value, escape(wording, quote=False))


def _local(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, ZONE).strftime("%H:%M %d/%m/%Y")


def _card(state: State, message: Message) -> str:
    template = state.templates.get(message.template_id)
    layout = template.layout if template else {}
    rows = layout.get("table") or [[name, f"<{name}>"] for name in message.data if not layout]
    table = "".join(f"<dt>{escape(label)}</dt><dd>{_filled(value, message.data)}</dd>" for label, value in rows)
    button = layout.get("button") or {}
    shown = ""
    if button:
        target = escape(_url(button.get("url", ""), message.data))
        shown = f'<a class="button" href="{target}">{escape(button["title"])}</a>'
    state_said = "Chưa có xác nhận đã nhận"
    if message.delivery_time is not None:
        state_said = f"Đã nhận lúc {_local(message.delivery_time)}"
    return (
        f'<article class="card" id="m{escape(message.msg_id)}"><div class="from"><span>{escape(message.to)}</span>'
        f'<a href="/shown/{escape(message.msg_id)}">{_local(message.sent_time)}</a></div>'
        f"<h2>{_filled(layout.get('title', message.template_id), message.data, bold=False)}</h2>"
        + "".join(f"<p>{_filled(text, message.data)}</p>" for text in layout.get("paragraphs", []))
        + (f"<dl>{table}</dl>" if table else "")
        + f'{shown}<div class="state">{state_said}</div></article>'
    )


def _url(pattern: str, data: dict[str, str]) -> str:
    filled = re.sub(r"<([a-z0-9_]+)>", lambda found: data.get(found[1], ""), pattern)
    return filled if filled.startswith(("https://", "http://")) else ""


@router.get("/", response_class=HTMLResponse)
async def listed(request: Request, to: str = "") -> HTMLResponse:
    """Show the newest messages, to one person if named."""
    state: State = request.app.state.zalo
    found = [message for message in reversed(state.messages.values()) if to in {"", message.to}]
    cards = "".join(_card(state, message) for message in found[:_SHOWN]) or "<p>Chưa có tin nhắn nào.</p>"
    title = f"Zalo thử nghiệm – {len(found)} tin nhắn"
    return _page(title, f'<h1>{escape(title)}</h1><div class="list">{cards}</div>')


@router.get("/shown/{msg_id}", response_class=HTMLResponse)
async def shown(request: Request, msg_id: str) -> HTMLResponse:
    """Show one message."""
    state: State = request.app.state.zalo
    message = state.messages.get(msg_id)
    if message is None:
        raise HTTPException(404, "Không có tin nhắn này.")
    return _page("Tin nhắn Zalo", f'<p><a href="/">« Danh sách</a></p>{_card(state, message)}')
