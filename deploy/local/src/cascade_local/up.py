"""The command `cascade up`: run the whole installation on this machine until Ctrl-C."""

import asyncio
import platform
import signal
import sys
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Annotated, Any

import typer
from cascade_console.console import OK_MARK, DataOption, Exit, JsonOption, err, fail, out, print_json
from cascade_console.language import tr
from cascade_console.locations import default_data_folder
from rich.markup import escape

if TYPE_CHECKING:
    from cascade_local.installation import Installation, UpSettings

_MACHINES = {"linux": {"x86_64", "amd64", "aarch64", "arm64"}, "darwin": {"arm64"}}


def platform_problem(system: str = sys.platform, machine: str | None = None) -> str | None:
    """Return why this machine cannot run an installation and what to do instead; None where it can."""
    if system == "win32":
        return tr(
            "Windows không chạy trực tiếp được. Cài WSL2 (`wsl --install`) rồi chạy lại lệnh này trong Linux của WSL2.",
            "Windows itself is not supported. Install WSL2 (`wsl --install`) and run this inside its Linux.",
        )
    if (machine or platform.machine()).lower() not in _MACHINES.get(system, set()):
        here = f"{system}, {machine or platform.machine()}"
        return tr(
            f"Chưa hỗ trợ máy này ({here}). Dùng Linux x86-64/arm64, macOS arm64 hoặc WSL2.",
            f"This machine ({here}) is not supported. Use Linux x86-64/arm64, macOS arm64 or WSL2.",
        )
    return None


def require_platform() -> None:
    """Leave with exit code 2 and a clear message where an installation cannot run."""
    if problem := platform_problem():
        raise fail(escape(problem), Exit.USAGE)


def ready_line(installation: "Installation", seconds: float) -> str:
    """Return the one line that says everything is up, with every address and where the key is."""
    urls = installation.urls
    ready = tr("Sẵn sàng sau", "Ready after")
    parts = [
        f"API {urls['public']}",
        tr("Hộp thư", "mailbox") + f" {urls['mail']}",
        f"SMTP {urls['smtp']}",
        f"notifier {urls['notifier']}",
        f"Temporal {urls['temporal']}" + (f" ({urls['temporal_ui']})" if "temporal_ui" in urls else ""),
    ]
    if "zalo" in urls:
        parts.append(f"Zalo {urls['zalo']}")
    if installation.settings.postgres_url is None:
        parts.append(f"PostgreSQL 127.0.0.1:{installation.ports['postgres']}")
    parts.append(tr("khóa quản trị", "administrator's key") + f" {installation.key_file}")
    return f"{ready} {seconds:.1f} s · " + " · ".join(parts)


def stop_on_signals() -> None:
    """Make SIGINT and SIGTERM cancel the current task, so that every `async with` on its way out stops cleanly."""
    task = asyncio.current_task()
    if task is not None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)


async def _up(settings: "UpSettings", *, as_json: bool) -> None:
    from cascade_local.installation import running  # noqa: PLC0415 - not on Windows

    began = time.monotonic()
    stop_on_signals()
    ready = False
    try:
        async with running(settings) as installation:
            ready, seconds = True, time.monotonic() - began
            if as_json:
                print_json({**installation.summary(), "seconds": round(seconds, 2)})
            else:
                out.print(f"{OK_MARK} {escape(ready_line(installation, seconds))}")
            try:
                await asyncio.Event().wait()
            finally:
                err.print(tr("Đang dừng…", "Stopping…"))
    finally:
        if ready:
            kept = tr("Đã dừng; dữ liệu còn nguyên ở", "Stopped; the data stay in")
            err.print(f"{OK_MARK} {kept} {escape(str(settings.data))}")


def run_until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end or to Ctrl-C (exit 0); a refused start leaves with a message and exit 1."""
    try:
        asyncio.run(work)
    except asyncio.CancelledError:
        return
    except Exception as error:
        from cascade_local.refusals import start_refusal  # noqa: PLC0415 - not on Windows

        refusal = start_refusal(error)
        if refusal is None:
            raise
        raise refusal from None


def up(
    data: DataOption = None,
    port: Annotated[int | None, typer.Option("--port", help=tr("Cổng API", "Port of the API"))] = None,
    smtp_port: Annotated[int | None, typer.Option("--smtp-port", help=tr("Cổng SMTP", "SMTP port"))] = None,
    mail_port: Annotated[
        int | None, typer.Option("--mail-port", help=tr("Cổng trang hộp thư", "Port of the mailbox page"))
    ] = None,
    zalo: Annotated[
        bool, typer.Option("--zalo", help=tr("Chạy cả Zalo mô phỏng", "Run a simulated Zalo as well"))
    ] = False,
    zalo_port: Annotated[
        int | None, typer.Option("--zalo-port", help=tr("Cổng của Zalo mô phỏng", "Port of the simulated Zalo"))
    ] = None,
    notifier_port: Annotated[
        int | None, typer.Option("--notifier-port", help=tr("Cổng của notifier", "Port of the notifier"))
    ] = None,
    postgres_port: Annotated[
        int | None, typer.Option("--postgres-port", help=tr("Cổng PostgreSQL", "Port of PostgreSQL"))
    ] = None,
    postgres_url: Annotated[
        str | None,
        typer.Option(
            "--postgres-url",
            envvar="CASCADE_POSTGRES_URL",
            help=tr(
                "Dùng máy chủ PostgreSQL có sẵn; vai trò phải được tạo cơ sở dữ liệu và vai trò",
                "Use this PostgreSQL server; the role must be allowed to create databases and roles",
            ),
        ),
    ] = None,
    temporal_port: Annotated[
        int | None, typer.Option("--temporal-port", help=tr("Cổng Temporal", "Temporal port"))
    ] = None,
    temporal_ui_port: Annotated[
        int | None,
        typer.Option("--temporal-ui-port", help=tr("Cổng trang Temporal, 0: không", "Temporal's page, 0: none")),
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option("--public-url", help=tr("Địa chỉ trong liên kết gửi đi", "Base of the links in messages")),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run everything on this machine until Ctrl-C."""
    require_platform()
    from cascade_local.installation import UpSettings  # noqa: PLC0415 - not on Windows

    settings = UpSettings(
        data=(data or default_data_folder()).absolute(),
        api_port=port,
        notifier_port=notifier_port,
        smtp_port=smtp_port,
        mail_port=mail_port,
        zalo=zalo,
        zalo_port=zalo_port,
        postgres_port=postgres_port,
        temporal_port=temporal_port,
        temporal_ui_port=temporal_ui_port,
        postgres_url=postgres_url,
        public_url=public_url,
    )
    run_until_stopped(_up(settings, as_json=as_json))


def register(app: typer.Typer) -> None:
    """Add `up` to the command line."""
    text = tr("Chạy toàn bộ hệ thống trên máy này cho đến khi Ctrl-C.", "Run everything on this machine until Ctrl-C.")
    app.command("up", help=text)(up)
