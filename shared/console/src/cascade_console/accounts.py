"""`cascade accounts`: create, list and revoke accounts of the API. A key is shown once, when it is made."""

from typing import Annotated, Any

import httpx
import typer
from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import Role
from rich.markup import escape
from rich.table import Table

from cascade_console.client import api_client, readable_errors
from cascade_console.console import (
    OK_MARK,
    DataOption,
    JsonOption,
    KeyOption,
    UrlOption,
    err,
    out,
    print_json,
)
from cascade_console.language import tr

app = typer.Typer(no_args_is_help=True, help=tr("Tài khoản dùng API", "Accounts of the API"))


def register(parent: typer.Typer) -> None:
    """Add `accounts` to the command."""
    parent.add_typer(app, name="accounts")


def unit_reference(text: str) -> dict[str, str]:
    """Return the body naming a unit given as an id or as `code_system:code`."""
    system, colon, code = text.partition(":")
    return {"code_system": system, "code": code} if colon else {"id": text}


@app.command(help=tr("Tạo tài khoản và in khóa (một lần)", "Create an account and print its key, once"))
def create(
    name: Annotated[str, typer.Argument(help=tr("Tên tài khoản", "Name of the account"))],
    role: Annotated[Role, typer.Option("--role", help=tr("Vai trò", "Role"))],
    unit: Annotated[
        str | None, typer.Option("--unit", help=tr("Đơn vị: id hoặc hệ_mã:mã", "Unit: id or code_system:code"))
    ] = None,
    as_json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = None,
) -> None:
    """Create an account; without a unit it is system-wide."""
    body: dict[str, Any] = {"name": name, "role": role.value}
    if unit:
        body["unit"] = unit_reference(unit)
    with readable_errors(), api_client(url, key, data) as client:
        made = client.post("/v1/accounts", json=body, headers={"idempotency-key": str(new_id())}).json()
    if as_json:
        print_json(made)
        return
    err.print(f"{OK_MARK} {escape(made['name'])} · {made['role']} · {made['id']}")
    err.print(tr("Khóa chỉ hiện một lần này:", "The key is shown this once:"))
    typer.echo(made["key"])


@app.command("list", help=tr("Liệt kê tài khoản", "List accounts"))
def list_accounts(
    everyone: Annotated[bool, typer.Option("--all", help=tr("Cả tài khoản đã thu hồi", "Revoked ones too"))] = False,
    as_json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = None,
) -> None:
    """List accounts, newest first."""
    with readable_errors(), api_client(url, key, data) as client:
        items = _all(client, revoked=everyone)
    if as_json:
        print_json({"items": items})
        return
    table = Table()
    for heading in ("id", tr("Vai trò", "Role"), tr("Đơn vị", "Unit"), tr("Khóa", "Key"), tr("Tên", "Name")):
        table.add_column(heading)
    for item in items:
        state = tr(" (đã thu hồi)", " (revoked)") if item["revoked_at"] else ""
        unit = item["unit"]["name"] if item["unit"] else "–"
        table.add_row(item["id"], item["role"], escape(unit), f"{item['key_hint']}…{state}", escape(item["name"]))
    out.print(table)


def _all(client: httpx.Client, *, revoked: bool) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    parameters: dict[str, Any] = {"limit": 200, "revoked": revoked}
    while True:
        page = client.get("/v1/accounts", params=parameters).json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        parameters["cursor"] = page["next_cursor"]


@app.command(help=tr("Thu hồi khóa của một tài khoản", "End an account's key"))
def revoke(
    account: Annotated[str, typer.Argument(metavar="ID")],
    as_json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = None,
) -> None:
    """End an account's key; it stops working within five seconds."""
    with readable_errors(), api_client(url, key, data) as client:
        ended = client.post(f"/v1/accounts/{account}/revoke", headers={"idempotency-key": str(new_id())}).json()
    if as_json:
        print_json(ended)
    else:
        out.print(f"{OK_MARK} {tr('Đã thu hồi', 'Revoked')}: {escape(ended['name'])}")
