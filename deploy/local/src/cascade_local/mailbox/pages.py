"""The reading side: a list and one mail as plain Vietnamese pages without script, and the same as JSON.

Mails are foreign content: everything is escaped, an HTML part is shown only in a sandboxed frame that runs and loads
nothing.
"""

from datetime import datetime
from html import escape
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import FastAPI, HTTPException, Query, Response
from fastapi.responses import HTMLResponse

from cascade_local.mailbox.control import control
from cascade_local.mailbox.faults import Faults
from cascade_local.mailbox.store import MailStore, Summary

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; form-action 'self'"
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:70rem;padding:1rem;color:#1c2733;background:#fbfcfd}
h1{font-size:1.3rem;margin:.2rem 0 .8rem} a{color:#0b5cad;text-decoration:none} a:hover{text-decoration:underline}
form{display:flex;flex-wrap:wrap;gap:.5rem;margin-bottom:.8rem} input,button{font:inherit;padding:.35rem .6rem}
input{border:1px solid #b8c4d0;border-radius:.4rem;flex:1 1 12rem;background:#fff}
button{border:0;border-radius:.4rem;background:#0b5cad;color:#fff}
table{border-collapse:collapse;width:100%;background:#fff}
th,td{text-align:left;padding:.45rem .6rem;vertical-align:top}
tr+tr{border-top:1px solid #e3e9ef} th{color:#5b6b7b;font-weight:600} td:first-child{white-space:nowrap;color:#5b6b7b}
nav{display:flex;justify-content:space-between;margin:.8rem 0}
dl{display:grid;grid-template-columns:7rem 1fr;gap:.1rem .8rem}
dt{color:#5b6b7b} dd{margin:0} pre{white-space:pre-wrap;background:#fff;border:1px solid #e3e9ef;padding:1rem}
iframe{width:100%;height:38rem;border:1px solid #e3e9ef;background:#fff}
"""

Recipient = Annotated[str, Query(max_length=200)]
Subject = Annotated[str, Query(max_length=200)]
MailId = Annotated[str, Query(max_length=40)]
Limit = Annotated[int, Query(ge=1, le=5000)]


def _page(title: str, body: str) -> HTMLResponse:
    document = (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>{body}</body></html>'
    )
    return HTMLResponse(document, headers={"content-security-policy": _POLICY})


def _local(summary: Summary) -> str:
    return datetime.fromisoformat(summary.received_at).astimezone(ZONE).strftime("%d/%m/%Y %H:%M:%S")


def _row(summary: Summary) -> str:
    subject = escape(summary.subject) or "(không có tiêu đề)"
    return (
        f"<tr><td>{_local(summary)}</td><td>{escape(', '.join(summary.recipients))}</td>"
        f'<td><a href="/mail/{escape(summary.id)}">{subject}</a></td></tr>'
    )


def _list(store: MailStore, recipient: str, subject: str, before: str, limit: int) -> HTMLResponse:
    found, more = store.page(limit, recipient=recipient, subject=subject, before=before)
    total = store.count(recipient=recipient, subject=subject)
    filters = {"recipient": recipient, "subject": subject, "limit": limit}
    newest = f'<a href="/?{escape(urlencode(filters))}">« Mới nhất</a>' if before else "<span></span>"
    older = ""
    if more:
        older = f'<a href="/?{escape(urlencode({**filters, "before": found[-1].id}))}">Cũ hơn »</a>'
    rows = "".join(map(_row, found)) or '<tr><td colspan="3">Chưa có thư nào.</td></tr>'
    body = (
        f"<h1>Hộp thư thử nghiệm – {total} thư</h1><form>"
        f'<input name="recipient" placeholder="Người nhận" aria-label="Người nhận" value="{escape(recipient)}">'
        f'<input name="subject" placeholder="Tiêu đề" aria-label="Tiêu đề" value="{escape(subject)}">'
        "<button>Lọc</button></form>"
        f"<table><tr><th>Nhận lúc</th><th>Người nhận</th><th>Tiêu đề</th></tr>{rows}</table>"
        f"<nav>{newest}{older}</nav>"
    )
    return _page("Hộp thư thử nghiệm", body)


def _mail(summary: Summary, text: str, html: str) -> HTMLResponse:
    shown = f"<pre>{escape(text)}</pre>"
    if html:
        frame = f'<iframe sandbox title="Nội dung thư" src="/mail/{escape(summary.id)}/html"></iframe>'
        shown = f"{frame}<details><summary>Bản chữ</summary>{shown}</details>"
    body = (
        f'<p><a href="/">« Danh sách thư</a></p><h1>{escape(summary.subject)}</h1><dl>'
        f"<dt>Từ</dt><dd>{escape(summary.sender)}</dd><dt>Đến</dt><dd>{escape(', '.join(summary.recipients))}</dd>"
        f"<dt>Nhận lúc</dt><dd>{_local(summary)}</dd><dt>Tệp</dt>"
        f'<dd><a href="/messages/{escape(summary.id)}/raw">{escape(summary.id)}.eml</a></dd></dl>{shown}'
    )
    return _page(summary.subject, body)


def _known(found: Any) -> Any:
    if found is None:
        raise HTTPException(404, "Không có thư này.")
    return found


def build_app(store: MailStore, faults: Faults | None = None) -> FastAPI:
    """Return the application over a store and the queue of what is to go wrong."""
    app = FastAPI(title="Mailbox", docs_url=None, redoc_url=None)
    app.include_router(control(faults if faults is not None else Faults()))

    @app.get("/", response_class=HTMLResponse)
    async def list_page(
        recipient: Recipient = "", subject: Subject = "", before: MailId = "", limit: Limit = 50
    ) -> HTMLResponse:
        return _list(store, recipient, subject, before, limit)

    @app.get("/mail/{name}", response_class=HTMLResponse)
    async def mail_page(name: str) -> HTMLResponse:
        return _mail(_known(store.summary(name)), *_known(store.bodies(name)))

    @app.get("/mail/{name}/html", response_class=HTMLResponse)
    async def html_part(name: str) -> HTMLResponse:
        _, html = _known(store.bodies(name))
        return HTMLResponse(html, headers={"content-security-policy": f"sandbox; {_POLICY}"})

    @app.get("/messages")
    async def messages(
        recipient: Recipient = "", subject: Subject = "", before: MailId = "", after: MailId = "", limit: Limit = 100
    ) -> dict[str, Any]:
        found, more = store.page(limit, recipient=recipient, subject=subject, before=before, after=after)
        return {"messages": [summary.as_json() for summary in found], "more": more}

    @app.get("/messages/{name}")
    async def message(name: str) -> dict[str, Any]:
        text, html = _known(store.bodies(name))
        return {**_known(store.summary(name)).as_json(), "text": text, "html": html}

    @app.get("/messages/{name}/raw")
    async def raw(name: str) -> Response:
        return Response(_known(store.raw(name)), media_type="message/rfc822")

    @app.get("/count")
    async def count(recipient: Recipient = "", subject: Subject = "") -> dict[str, int]:
        return {"count": store.count(recipient=recipient, subject=subject)}

    return app
