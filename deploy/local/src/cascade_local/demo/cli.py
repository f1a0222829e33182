"""The command `cascade demo`: an installation, a province, a directive, and everybody's answers, within minutes."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo

import httpx
import typer
from cascade_console.client import Problem
from cascade_console.console import OK_MARK, DataOption, Exit, JsonOption, err, fail, out, print_json
from cascade_console.language import tr
from cascade_console.locations import demo_folder
from rich.markup import escape

from cascade_local.up import require_platform, run_until_stopped, stop_on_signals

if TYPE_CHECKING:
    from cascade_local.demo.show import Show
    from cascade_local.installation import Installation, UpSettings

SMALLEST: Final = 30
_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_PATIENCE_SECONDS: Final = 120.0
_INTERRUPTED: Final = 130
_LOOK_SECONDS: Final = (1.0, 15.0)
"""How often the bars are renewed, and how often a line is printed where there are none."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user asked for."""

    units: int
    seed: int
    pace: float
    leave: bool
    as_json: bool


def _instant(text: str | None) -> datetime | None:
    """Return the instant an option names; without an offset it is local time here."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        message = tr(f"--now {text} không phải thời điểm ISO 8601.", f"--now {text} is no ISO 8601 instant.")
        raise fail(escape(message), Exit.USAGE) from None
    return found if found.tzinfo else found.replace(tzinfo=_ZONE)


def _broken_off(error: Exception, data: Path) -> str:
    """Say why the demo ended early, and where to look."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    why = f"{type(error).__name__}: {error}"
    return tr(f"Bản diễn tập dừng giữa chừng ({why}). Xem {data}/log.", f"The demo broke off ({why}). See {data}/log.")


async def _demo(settings: "UpSettings", wishes: Wishes) -> None:
    from cascade_local.demo.show import Show  # noqa: PLC0415 - not on Windows
    from cascade_local.installation import running  # noqa: PLC0415 - not on Windows

    began = time.monotonic()
    stop_on_signals()
    show = Show(err if wishes.as_json else out)
    show.say("Khởi động PostgreSQL, Temporal, hộp thư và các tiến trình trên máy này…")
    async with running(settings) as installation:
        show.say(f"Sẵn sàng sau {time.monotonic() - began:.1f} giây. Hộp thư: {installation.urls['mail']}")
        try:
            figures, root = await _play(installation, wishes, show)
        except (Problem, httpx.TransportError, TimeoutError, ExceptionGroup) as error:
            raise fail(escape(_broken_off(error, installation.data))) from error
        figures["seconds"] = round(time.monotonic() - began, 1)
        problems = _close(installation, figures, root, show)
        if wishes.as_json:
            print_json(figures)
        if wishes.leave:
            raise typer.Exit(Exit.REFUSED if problems else Exit.OK)
        show.say("Mọi thứ vẫn đang chạy, báo cáo còn thiếu vẫn được đôn đốc tiếp; Ctrl-C để dừng.")
        await asyncio.Event().wait()


async def _play(installation: "Installation", wishes: Wishes, show: "Show") -> tuple[dict[str, Any], str]:
    from cascade_local.demo.cast import assemble  # noqa: PLC0415 - not on Windows
    from cascade_local.demo.figures import baseline, collect  # noqa: PLC0415 - not on Windows
    from cascade_local.demo.play import Play  # noqa: PLC0415 - not on Windows
    from cascade_local.demo.stage import connected  # noqa: PLC0415 - not on Windows
    from cascade_local.sample.generator import generate  # noqa: PLC0415 - not on Windows
    from cascade_local.sample.table import as_csv  # noqa: PLC0415 - not on Windows

    units = generate(wishes.units, wishes.seed)
    key = (await asyncio.to_thread(installation.key_file.read_text)).strip()
    offset = timedelta(seconds=installation.settings.clock_offset_seconds)
    async with connected(installation.urls["api"], key, installation.urls["mail"]) as (api, mailbox):
        before = await baseline(api, _PATIENCE_SECONDS)
        await mailbox.open()
        report = await api.import_units(as_csv(units))
        show.say(
            f"Đã nhập {report['counts']['rows']} đơn vị của Hải Phòng, {report['counts']['lines_set']} tuyến quản lý."
        )
        cast = await assemble(api, units, wishes.seed)
        play = Play(api, mailbox, cast, show, pace=wishes.pace, clock_offset=offset)
        with show.bars():
            watching = asyncio.create_task(_watch(play, show, before))
            try:
                root = await play.run()
            finally:
                watching.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watching
            show.say("Mọi người đã trả lời xong; chờ các thư cuối cùng tới nơi…")
            temporal = installation.urls["temporal"]
            figures = await collect(api, mailbox, cast, root, before, temporal, _PATIENCE_SECONDS * wishes.pace)
    return {"units": len(units), **figures}, root


async def _watch(play: Any, show: "Show", before: Any) -> None:
    """Show how the cascade stands, again and again, until cancelled."""
    from cascade_local.demo.figures import meant_to_go, notices_by_state  # noqa: PLC0415 - not on Windows

    while True:
        await asyncio.sleep(_LOOK_SECONDS[0] if show.live else _LOOK_SECONDS[1] * play.pace)
        if play.root is None:
            continue
        cascade = await play.api.get(f"/v1/documents/{play.root}/cascade")
        notices = await notices_by_state(play.api, before)
        show.stands(cascade["tally"]["expected"], cascade["escalated"], meant_to_go(notices), notices["delivered"])


def _close(installation: "Installation", figures: dict[str, Any], root: str, show: "Show") -> list[str]:
    """Show the figures and where to look; return the sums that do not hold."""
    from cascade_local.demo.figures import what_does_not_hold  # noqa: PLC0415 - not on Windows

    show.summary(figures)
    problems = what_does_not_hold(figures)
    for problem in problems:
        show.say(f"KHÔNG KHỚP: {problem}")
    urls = installation.urls
    lines = {
        "Thư đã gửi": urls["mail"],
        "API": f"{urls['api']}/openapi.json",
        "Khóa quản trị": str(installation.key_file),
        "Chỉ thị": root,
        "Theo dõi": f"CASCADE_DATA={installation.data} cascade watch {root}",
    }
    if "temporal_ui" in urls:
        lines["Temporal"] = urls["temporal_ui"]
    for name, where in lines.items():
        show.console.print(f"  {name}: {escape(where)}")
    if not problems:
        show.console.print(f"{OK_MARK} Đúng hạn + trễ + chưa nộp = số đến hạn; mỗi thông báo tới nơi đúng một lần.")
    return problems


def _settings(data: Path | None, now: datetime | None, port: int | None, mail_port: int | None) -> "UpSettings":
    from cascade_local.demo.folder import fresh  # noqa: PLC0415 - not on Windows
    from cascade_local.installation import UpSettings  # noqa: PLC0415 - not on Windows
    from cascade_local.refusals import start_refusal  # noqa: PLC0415 - not on Windows
    from cascade_local.supervisor import AlreadyRunning  # noqa: PLC0415 - not on Windows

    try:
        folder = data.absolute() if data else fresh(demo_folder())
    except FileExistsError as error:
        message = tr(
            f"{error} có dữ liệu không phải của bản diễn tập. Chọn thư mục khác bằng --data.",
            f"{error} holds what is not the demo's. Choose another folder with --data.",
        )
        raise fail(escape(message), Exit.USAGE) from None
    except AlreadyRunning as error:
        refusal = start_refusal(error)
        raise (refusal or error) from None
    settings = UpSettings(data=folder, api_port=port, mail_port=mail_port)
    if now is not None:
        settings = replace(settings, clock_offset_seconds=(now - datetime.now(UTC)).total_seconds())
    return settings


def demo(
    units: Annotated[int, typer.Option("--units", min=SMALLEST, help=tr("Số đơn vị", "How many units"))] = 300,
    leave: Annotated[bool, typer.Option("--exit", help=tr("Xong thì dừng", "Stop at the end"))] = False,
    as_json: JsonOption = False,
    now: Annotated[
        str | None,
        typer.Option("--now", help=tr("Diễn như thể đang là lúc này", "Play as if it were this instant")),
    ] = None,
    data: DataOption = None,
    seed: Annotated[int, typer.Option("--seed", help=tr("Cùng số: cùng người làm", "Same seed, same behaviour"))] = 1,
    pace: Annotated[
        float | None,
        typer.Option("--pace", min=0.3, help=tr("Chậm đi bao nhiêu lần (mặc định: theo số đơn vị)", "Slower by")),
    ] = None,
    port: Annotated[int | None, typer.Option("--port", help=tr("Cổng API", "Port of the API"))] = None,
    mail_port: Annotated[
        int | None, typer.Option("--mail-port", help=tr("Cổng trang hộp thư", "Port of the mailbox page"))
    ] = None,
) -> None:
    """Play a directive from the city down to the schools and the reports back up."""
    require_platform()
    from cascade_local.demo.script import natural_pace  # noqa: PLC0415 - not on Windows

    settings = _settings(data, _instant(now), port, mail_port)
    wishes = Wishes(units, seed, pace or natural_pace(units), leave, as_json)
    run_until_stopped(_demo(settings, wishes))
    if leave:
        raise typer.Exit(_INTERRUPTED)  # a run that reached its end has left by itself


def register(app: typer.Typer) -> None:
    """Add `demo` to the command line."""
    text = tr(
        "Diễn tập trọn vẹn trên máy này: một chỉ thị xuống tận trường, báo cáo lên tận thành phố.",
        "The whole thing on this machine: a directive down to the schools, the reports back up.",
    )
    app.command("demo", help=text)(demo)
