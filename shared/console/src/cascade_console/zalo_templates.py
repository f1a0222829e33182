"""`cascade zalo check` and `pack`: the wordings to submit to Zalo, and whether what is approved fits the register."""

from typing import Any, Final

import typer
from rich.markup import escape
from rich.table import Table

from cascade_console.client import readable_errors
from cascade_console.console import OK_MARK, WRONG_MARK, DataOption, Exit, JsonOption, out, print_json
from cascade_console.language import tr
from cascade_console.notifier_client import NotifierOption, notifier_client

app = typer.Typer()

_SAID: Final = {
    "not_registered": ("chưa có trong bảng mẫu tin", "not in the register"),
    "not_at_zalo": ("Zalo không có mẫu tin mang mã này", "Zalo knows no template of this id"),
    "not_approved": ("chưa được duyệt: {theirs}", "not approved: {theirs}"),
    "parameter_missing": ("tham số {about}: Zalo không có", "parameter {about}: missing at Zalo"),
    "parameter_extra": ("tham số {about}: Zalo đòi hỏi thêm", "parameter {about}: demanded by Zalo only"),
    "parameter_shorter": (
        "tham số {about}: Zalo cho tối đa {theirs} ký tự, hệ thống cần {ours}",
        "parameter {about}: Zalo takes {theirs} characters, {ours} are needed",
    ),
    "timeout": (
        "thời gian chờ xác nhận: Zalo {theirs} giây, bảng mẫu tin {ours} giây",
        "timeout: {theirs} s at Zalo, {ours} s in the register",
    ),
    "not_answered": ("Zalo không cho biết: {theirs}", "Zalo does not say: {theirs}"),
}


@app.command(help=tr("So bảng mẫu tin với những gì Zalo đã duyệt", "Compare the register with what Zalo has approved"))
def check(notifier_url: NotifierOption = None, as_json: JsonOption = False, data: DataOption = None) -> None:
    """Say row by row what differs; exit code 1 if anything does."""
    with readable_errors(), notifier_client(notifier_url, data) as client:
        standing = client.get("/zalo/templates/check").json()
    differs = any(row["findings"] for row in standing["rows"])
    if as_json:
        print_json(standing)
    else:
        _show(standing)
    if differs:
        raise typer.Exit(Exit.REFUSED)


def _show(standing: dict[str, Any]) -> None:
    table = Table(box=None)
    headings = ("", tr("Mẫu", "Template"), tr("Mã Zalo", "Zalo id"), tr("Giá", "Price"), tr("Khác biệt", "Differences"))
    for heading in headings:
        table.add_column(heading)
    for row in standing["rows"]:
        said = "\n".join(tr(*_SAID[each["difference"]]).format(**each) for each in row["findings"])
        prices = "/".join(price for price in (row["price_by_phone"], row["price_by_user_id"]) if price)
        mark = WRONG_MARK if row["findings"] else OK_MARK
        table.add_row(mark, f"{row['template']}/v{row['version']}", row["zalo_id"] or "–", prices or "–", escape(said))
    out.print(table)
    if standing["others"]:
        out.print(tr("Mẫu tin khác ở Zalo", "Other templates at Zalo") + ": " + ", ".join(standing["others"]))
    if standing["daily_quota"]:
        quota = f"{standing['remaining_quota']}/{standing['daily_quota']}"
        out.print(tr("Hạn mức còn lại hôm nay", "Quota left today") + f": {quota}")


@app.command(help=tr("In bộ mẫu tin để gửi Zalo duyệt", "Print the wordings to submit to Zalo"))
def pack(notifier_url: NotifierOption = None, as_json: JsonOption = False, data: DataOption = None) -> None:
    """Print every wording with its parameters, types and lengths."""
    with readable_errors(), notifier_client(notifier_url, data) as client:
        wordings = client.get("/zalo/templates/pack").json()
    if as_json:
        print_json({"templates": wordings})
        return
    for each in wordings:
        lines = [f"# {each['template']}/v{each['version']} · {each['name']} · {each['tag']}", each["title"]]
        lines += [*each["paragraphs"], *(f"{label}: {value}" for label, value in each["table"])]
        lines += [f"[{each['button_title']}] {each['button_url']}"]
        lines += [f"  <{one['name']}> {one['type']}, ≤ {one['longest']}" for one in each["parameters"]]
        typer.echo("\n".join(lines) + "\n")
