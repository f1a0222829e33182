"""`cascade zalo`: the grant notices are sent with by Zalo. Tokens are typed in hidden and never shown."""

import asyncio
from typing import Annotated, Any

import httpx
import typer
from rich.markup import escape
from rich.table import Table

from cascade_console import zalo_templates
from cascade_console.checks import Context, Finding, found, wrong
from cascade_console.client import NotConfigured, Problem, readable_errors
from cascade_console.console import OK_MARK, DataOption, Exit, JsonOption, err, out, print_json
from cascade_console.language import tr
from cascade_console.notifier_client import NotifierOption, notifier_client

app = typer.Typer(no_args_is_help=True, help=tr("Kênh Zalo: quyền gửi tin", "Zalo: the grant to send with"))
app.add_typer(zalo_templates.app)


def register(parent: typer.Typer) -> None:
    """Add `zalo` to the command."""
    parent.add_typer(app, name="zalo")


def _states() -> dict[str, str]:
    return {
        "none": tr("chưa có", "none"),
        "fine": tr("dùng được", "fine"),
        "in_doubt": tr("chưa rõ", "in doubt"),
        "lost": tr("đã mất", "lost"),
    }


@app.command(help=tr("Cho biết quyền gửi tin còn dùng được không, đến khi nào", "Show the grant, its age and its end"))
def grant(notifier_url: NotifierOption = None, as_json: JsonOption = False, data: DataOption = None) -> None:
    """Show the grant; exit code 1 when something is wrong with it."""
    with readable_errors(), notifier_client(notifier_url, data) as client:
        standing = client.get("/zalo/grant").json()
    if as_json:
        print_json(standing)
    else:
        _print(standing)
    raise typer.Exit(Exit.REFUSED if standing["trouble"] or standing["state"] == "none" else Exit.OK)


def _print(standing: dict[str, Any]) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    rows = [
        (tr("Trạng thái", "State"), _states()[standing["state"]]),
        ("Official Account", standing["oa_id"]),
        (tr("Ngày cấp quyền", "Consented"), standing["consented_at"]),
        (tr("Hết hạn", "Ends"), standing["ends_at"]),
        (tr("Làm mới gần nhất", "Last rotation"), standing["rotated_at"]),
        (tr("Làm mới tiếp theo", "Next rotation"), standing["rotate_at"]),
        (tr("Cần xử lý", "Trouble"), standing["trouble"]),
        (tr("Chi tiết", "Detail"), standing["detail"]),
        (tr("Code challenge (khai ở Zalo)", "Code challenge (for Zalo's console)"), standing["code_challenge"]),
        (tr("Đường dẫn nhận quyền", "Callback path"), standing["callback_path"]),
    ]
    for name, value in rows:
        if value is not None:
            table.add_row(name, escape(str(value)))
    out.print(table)


@app.command(help=tr("Nhập cặp mã lấy từ trang của Zalo", "Put in the pair Zalo's console gave"))
def seed(
    access_token: Annotated[
        str,
        typer.Option("--access-token", envvar="ZALO_ACCESS_TOKEN", prompt=True, hide_input=True, help="Access token"),
    ],
    refresh_token: Annotated[
        str,
        typer.Option(
            "--refresh-token", envvar="ZALO_REFRESH_TOKEN", prompt=True, hide_input=True, help="Refresh token"
        ),
    ],
    notifier_url: NotifierOption = None,
    as_json: JsonOption = False,
    data: DataOption = None,
) -> None:
    """Put the pair in; a worker proves it within a minute by rotating it."""
    body = {"access_token": access_token.strip(), "refresh_token": refresh_token.strip()}
    with readable_errors(), notifier_client(notifier_url, data) as client:
        standing = client.put("/zalo/grant", json=body).json()
    if as_json:
        print_json(standing)
        return
    err.print(
        f"{OK_MARK} "
        + tr(
            "Đã nhận. notifier worker sẽ làm mới cặp mã này trong vòng một phút: xem `cascade zalo grant`.",
            "Taken. notifier worker rotates the pair within a minute: see `cascade zalo grant`.",
        )
    )


@app.command(help=tr("Cho thử lại một lần với mã đang lưu", "Let the stored refresh token be tried once more"))
def recover(notifier_url: NotifierOption = None, as_json: JsonOption = False, data: DataOption = None) -> None:
    """Order one more recovery of a grant in doubt or lost."""
    with readable_errors(), notifier_client(notifier_url, data) as client:
        standing = client.post("/zalo/grant/recovery").json()
    if as_json:
        print_json(standing)
    else:
        err.print(f"{OK_MARK} " + tr("notifier worker sẽ thử lại một lần.", "notifier worker tries once more."))


async def check_grant(context: Context) -> list[Finding]:
    """Check Zalo's grant where Zalo is on and notifier is known."""
    name = tr("Quyền gửi tin Zalo", "Grant of Zalo")
    try:
        standing = await asyncio.to_thread(_standing, context)
    except NotConfigured:
        return []
    except Problem as problem:
        return [] if problem.code == "zalo_off" else [wrong(name, str(problem), _remedy())]
    except httpx.TransportError:
        return []  # that notifier does not answer is another check's finding
    if standing["state"] == "none" or standing["trouble"]:
        detail = f"{_states()[standing['state']]} · {standing['trouble'] or ''} {standing['detail'] or ''}".strip()
        return [wrong(name, detail, _remedy())]
    ends_at = standing["ends_at"]
    return [found(name, tr(f"cấp {standing['age_days']} ngày trước, hết hạn {ends_at}", f"ends {ends_at}"))]


def _standing(context: Context) -> dict[str, Any]:
    with notifier_client(None, context.data, timeout_seconds=5) as client:
        standing: dict[str, Any] = client.get("/zalo/grant").json()
        return standing


def _remedy() -> str:
    return tr(
        "Xem `cascade zalo grant` và docs/runbooks/zalo-grant.md: cấp quyền lại, hoặc nhập cặp mã bằng "
        "`cascade zalo seed`.",
        "See `cascade zalo grant` and docs/runbooks/zalo-grant.md: consent again, or seed with `cascade zalo seed`.",
    )
