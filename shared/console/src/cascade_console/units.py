"""`cascade units`: import a file of units with a preview, progress, refusals row by row, and undo; write an empty file.

What an import does is decided by the API; this module sends the file once for the preview and once to apply it, and
watches the run by the id it chose.
"""

import threading
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from cascade_contracts.ids import new_id
from rich.markup import escape
from rich.table import Table

from cascade_console.client import Problem, api_client, readable_errors
from cascade_console.console import (
    OK_MARK,
    DataOption,
    Exit,
    JsonOption,
    KeyOption,
    UrlOption,
    err,
    fail,
    out,
    print_json,
    progress_bar,
)
from cascade_console.language import language, tr
from cascade_console.units_template import write_template

app = typer.Typer(
    no_args_is_help=True, help=tr("Đơn vị: nhập từ tệp, tệp mẫu", "Units: import a file, write a template")
)

IMPORT_SECONDS = 1800
WATCH_SECONDS = 0.3
REFUSALS_SHOWN = 50

COUNTS = (
    ("rows", "Số dòng", "Rows"),
    ("units_created", "Đơn vị mới", "Units created"),
    ("units_changed", "Đơn vị thay đổi", "Units changed"),
    ("units_unchanged", "Đơn vị giữ nguyên", "Units unchanged"),
    ("lines_set", "Tuyến quản lý đặt lại", "Supervision lines set"),
    ("seats_created", "Vị trí mới", "Seats created"),
    ("holders_set", "Người giữ vị trí cập nhật", "Holders set"),
    ("refused", "Dòng bị từ chối", "Rows refused"),
)


def register(parent: typer.Typer) -> None:
    """Add `units` to the command."""
    parent.add_typer(app, name="units")


@app.command("import", help=tr("Nhập đơn vị từ tệp CSV hoặc XLSX", "Import units from a CSV or XLSX file"))
def import_units(
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help=tr("Tệp CSV hoặc XLSX", "CSV or XLSX file"))
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help=tr("Chỉ xem trước, không ghi", "Only show what would change"))
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=tr("Không hỏi lại", "Do not ask"))] = False,
    undo: Annotated[
        str | None, typer.Option("--undo", metavar="ID", help=tr("Hoàn tác lượt nhập này", "Take this import back"))
    ] = None,
    code_system: Annotated[
        str | None,
        typer.Option("--code-system", help=tr("Hệ mã khi tệp không có cột này", "Code system of files without one")),
    ] = None,
    as_json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = None,
) -> None:
    """Preview, then apply after a confirmation; exit 1 when a row was refused."""
    if (file is None) == (undo is None):
        raise fail(tr("Cho biết FILE, hoặc --undo ID.", "Give a FILE, or --undo ID."), Exit.USAGE)
    with readable_errors(), api_client(url, key, data, timeout_seconds=IMPORT_SECONDS) as client:
        if file is None:
            report = _undo(client, str(undo))
            _show(report, as_json=as_json)
            return
        report = _preview_or_apply(client, file, code_system, preview=preview, yes=yes, as_json=as_json)
    _show(report, as_json=as_json)
    if report["counts"]["refused"]:
        raise typer.Exit(Exit.REFUSED)


@app.command("template", help=tr("Ghi tệp XLSX mẫu để điền", "Write an empty XLSX file to fill in"))
def template(file: Annotated[Path, typer.Argument(help="FILE.xlsx")]) -> None:
    """Write the template; never over an existing file."""
    if file.suffix.lower() != ".xlsx":
        raise fail(tr("Tên tệp phải kết thúc bằng .xlsx.", "The file name must end in .xlsx."), Exit.USAGE)
    if file.exists():
        raise fail(tr(f"Đã có tệp {file}. Chọn tên khác.", f"{file} exists. Choose another name."), Exit.USAGE)
    write_template(file)
    out.print(f"{OK_MARK} {escape(str(file))}")


def _preview_or_apply(
    client: httpx.Client, file: Path, code_system: str | None, *, preview: bool, yes: bool, as_json: bool
) -> dict[str, Any]:
    content = file.read_bytes()
    form = {"code_system": code_system} if code_system else {}
    if preview:
        return _send(client, file.name, content, "preview", form, shown=not as_json)
    if not yes:
        expected = _send(client, file.name, content, "preview", form, shown=not as_json)
        _show_counts(expected)
        _show_refusals(expected)
        if not typer.confirm(tr("Ghi vào hệ thống?", "Apply this?"), err=True):
            raise typer.Exit(Exit.OK)
    return _send(client, file.name, content, "apply", form, shown=not as_json)


def _send(
    client: httpx.Client, name: str, content: bytes, mode: str, form: dict[str, str], *, shown: bool
) -> dict[str, Any]:
    """Send a file and watch its run until it is answered; raise what the API refused."""
    run_id, answers, problems = str(new_id()), list[dict[str, Any]](), list[Exception]()

    def send() -> None:
        try:
            response = client.post(
                "/v1/imports/units",
                files={"file": (name, content)},
                data={"mode": mode, "id": run_id, **form},
                headers={"idempotency-key": run_id},
            )
            answers.append(response.json())
        except (Problem, httpx.HTTPError) as problem:
            problems.append(problem)

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    label = tr("Xem trước", "Preview") if mode == "preview" else tr("Đang nhập", "Importing")
    with progress_bar(shown=shown) as progress:
        task = progress.add_task(label, total=None)
        while sender.is_alive():
            sender.join(WATCH_SECONDS)
            if sender.is_alive() and (counts := _counts(client, run_id)):
                progress.update(task, total=counts.get("rows") or None, completed=counts.get("done", 0))
        if answers:
            rows = answers[0]["counts"]["rows"]
            progress.update(task, total=rows, completed=rows)
    if problems:
        raise problems[0]
    return answers[0]


def _counts(client: httpx.Client, run_id: str) -> dict[str, int] | None:
    try:
        report: dict[str, Any] = client.get(f"/v1/imports/{run_id}", timeout=5).json()
    except (Problem, httpx.HTTPError):
        return None
    counts: dict[str, int] = report["counts"]
    return counts


def _undo(client: httpx.Client, run_id: str) -> dict[str, Any]:
    report: dict[str, Any] = client.post(
        f"/v1/imports/{run_id}/undo", headers={"idempotency-key": f"undo {run_id} {new_id()}"}
    ).json()
    return report


def _show(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    _show_counts(report)
    _show_refusals(report)
    if report["state"] == "undone":
        out.print(f"{OK_MARK} {tr('Đã hoàn tác lượt nhập', 'Import taken back')} {report['id']}")
    elif report["mode"] == "apply":
        hint = tr("Hoàn tác bằng", "Take it back with")
        out.print(f"{OK_MARK} {tr('Đã nhập', 'Imported')}. {hint}: cascade units import --undo {report['id']}")


def _show_counts(report: dict[str, Any]) -> None:
    title = tr("Xem trước", "Preview") if report["mode"] == "preview" else tr("Kết quả", "Result")
    table = Table(title=f"{title}: {escape(report['file_name'])}", show_header=False, title_justify="left")
    for name, vi, en in COUNTS:
        count = report["counts"].get(name, 0)
        style = "red" if name == "refused" and count else ""
        table.add_row(tr(vi, en), f"{count:,}".replace(",", "."), style=style)
    table.add_row(tr("Bảng mã", "Encoding"), str(report["encoding"]))
    out.print(table)
    if report["ignored_columns"]:
        columns = escape(", ".join(report["ignored_columns"]))
        err.print(tr(f"Không dùng các cột: {columns}", f"Columns not used: {columns}"))


def _show_refusals(report: dict[str, Any]) -> None:
    refusals = report["refusals"]
    if not refusals:
        return
    table = Table(title=tr("Dòng bị từ chối", "Refused rows"), title_justify="left")
    for heading in (
        tr("Dòng", "Row"),
        tr("Cột", "Column"),
        tr("Mã lỗi", "Code"),
        tr("Lý do và cách sửa", "Why, and what to do"),
    ):
        table.add_column(heading)
    for refusal in refusals[:REFUSALS_SHOWN]:
        message = refusal["message"][language()]
        table.add_row(str(refusal["row"]), escape(refusal["column"] or ""), refusal["code"], escape(message))
    out.print(table)
    hidden = report["counts"]["refused"] - min(len(refusals), REFUSALS_SHOWN)
    if hidden > 0:
        out.print(tr(f"… và {hidden} dòng nữa (xem --json).", f"… and {hidden} more (see --json)."))
