"""The command `cascade doctor`: say what is wrong with an installation, and what to do about it.

Exit code 0 when nothing is wrong, else 1. It changes nothing.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from typing import Any

import httpx
import typer
from rich.markup import escape
from rich.table import Table

from cascade_console.checks import (
    LARGEST_OFFSET_SECONDS,
    Check,
    Context,
    Finding,
    Standing,
    found,
    offset_finding,
    skipped,
    wrong,
)
from cascade_console.client import NotConfigured, Problem, find_key, find_url, raise_problem
from cascade_console.console import (
    OK_MARK,
    WRONG_MARK,
    DataOption,
    Exit,
    JsonOption,
    KeyOption,
    UrlOption,
    out,
    print_json,
)
from cascade_console.language import language, tr
from cascade_console.locations import folder_in_use, read_state
from cascade_console.zalo import check_grant

GROUP = "cascade.checks"
OLDEST_PYTHON = (3, 11)
CANARY_STALE = timedelta(days=2)
"""A proof older than this proves nothing any more."""
_MARKS = {Standing.FOUND: OK_MARK, Standing.WRONG: WRONG_MARK, Standing.SKIPPED: "[dim]–[/]"}


async def check_python(context: Context) -> list[Finding]:  # noqa: ARG001 - every check has this shape
    """Check the interpreter."""
    here = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return [found("Python", here)]
    return [wrong("Python", here, tr("Cài Python 3.11 trở lên.", "Install Python 3.11 or newer."))]


async def check_services(context: Context) -> list[Finding]:
    """Check that API and notifier answer and hold the newest migrations, then what the API says of its work."""
    try:
        api = find_url(context.url, context.data)
    except NotConfigured as error:
        return [skipped("API", str(error))]
    findings = [await _ready("API", api)]
    notifier = (context.state or {}).get("urls", {}).get("notifier")
    if notifier and context.url is None:
        findings.append(await _ready("notifier", notifier))
    if findings[0].standing is Standing.FOUND:
        findings += await _operations(context, api)
    return findings


async def _ready(name: str, url: str) -> Finding:
    try:
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            response = await client.get(f"{url}/health/ready")
    except httpx.TransportError as error:
        remedy = tr("Chạy `cascade up`, hoặc kiểm tra địa chỉ.", "Run `cascade up`, or check the address.")
        return wrong(name, f"{url}: {error or type(error).__name__}", remedy)
    if response.is_success:
        return found(name, url)
    remedy = tr(
        "Dịch vụ chạy nhưng chưa sẵn sàng: kiểm tra cơ sở dữ liệu và bản nâng cấp (`migrate`).",
        "It runs but is not ready: check its database and migrations (`migrate`).",
    )
    return wrong(name, f"{url}: {response.status_code} {response.text[:200]}", remedy)


async def _operations(context: Context, api: str) -> list[Finding]:
    name = tr("Vận hành", "Operations")
    try:
        key = find_key(context.key, context.data)
    except NotConfigured as error:
        return [skipped(name, str(error))]
    headers = {"authorization": f"Bearer {key}", "accept-language": language()}
    try:
        async with httpx.AsyncClient(timeout=10, trust_env=False, headers=headers) as client:
            before = datetime.now(UTC)
            response = await client.get(f"{api}/v1/operations/health")
            after = datetime.now(UTC)
        raise_problem(response)
        health: dict[str, Any] = response.json()
    except (httpx.HTTPError, Problem, ValueError) as error:
        remedy = tr(
            "Kiểm tra khóa API (--key) và nhật ký của plan-api.", "Check the API key (--key) and plan-api's log."
        )
        return [wrong(name, str(error) or type(error).__name__, remedy)]
    meant = timedelta(seconds=float((context.state or {}).get("clock_offset_seconds", 0)))
    return read_health(health, before + meant, after + meant)


def read_health(health: dict[str, Any], before: datetime, after: datetime) -> list[Finding]:
    """Judge what the API says of its own work; `before` and `after` frame the moment it was asked."""
    findings = []
    if "now" in health:
        theirs = datetime.fromisoformat(str(health["now"]))
        clock = tr("Đồng hồ API", "API's clock")
        findings.append(offset_finding(clock, theirs, before, after, LARGEST_OFFSET_SECONDS))
    for field, name, remedy in _judged():
        count = int(health.get(field) or 0)
        findings.append(wrong(name, str(count), remedy) if count else found(name, "0"))
    for field, name in _told():
        if field in health:
            findings.append(found(name, str(health[field])))
    return [*findings, *_canary(health), *_smtp(health.get("smtp"))]


def _judged() -> list[tuple[str, str, str]]:
    return [
        (
            "steps_overdue",
            tr("Nấc đôn đốc quá giờ", "Steps past their time"),
            tr(
                "Nấc đã đến giờ mà chưa thực hiện: kiểm tra Temporal, plan-api worker và workflow-worker.",
                "Steps are due and untaken: check Temporal, plan-api worker and workflow-worker.",
            ),
        ),
        (
            "obligations_unarmed",
            tr("Nghĩa vụ không có nấc đôn đốc", "Obligations with nothing armed"),
            tr(
                "Không ai được nhắc về các nghĩa vụ này: áp lại chính sách (POST /v1/documents/{id}/rearm).",
                "Nobody would be chased for these: arm their documents again (POST /v1/documents/{id}/rearm).",
            ),
        ),
        (
            "outbox_failing",
            tr("Dòng hộp gửi bị lỗi", "Failing outbox rows"),
            tr("Kiểm tra Temporal và nhật ký của plan-api worker.", "Check Temporal and plan-api worker's log."),
        ),
        (
            "notices_unknown",
            tr("Thông báo chưa rõ kết quả", "Notices of unknown outcome"),
            tr(
                "Kết quả gửi không rõ nên không tự gửi lại: xem danh sách và quyết định.",
                "Their outcome is unknown, so they are not sent again by themselves: look at them and decide.",
            ),
        ),
        (
            "notices_unreachable",
            tr("Người không có kênh liên lạc", "People without a working channel"),
            tr("Bổ sung địa chỉ thư cho các vị trí này.", "Add an address for the holders of these seats."),
        ),
    ]


def _told() -> list[tuple[str, str]]:
    return [
        ("outbox_waiting", tr("Dòng hộp gửi đang chờ", "Waiting outbox rows")),
        ("notices_waiting", tr("Thông báo đang chờ gửi", "Notices waiting")),
    ]


def _canary(health: dict[str, Any]) -> list[Finding]:
    """Judge the daily proof that steps fire: none yet is told, one missed or long ago is wrong."""
    name = tr("Kiểm tra đôn đốc hằng ngày", "Daily proof of escalation")
    canary = health.get("canary")
    if not canary or "now" not in health:
        return []
    started = str(canary["started_at"])
    since = datetime.fromisoformat(str(health["now"])) - datetime.fromisoformat(started)
    if canary["proved"] is False:
        remedy = tr(
            "Nấc đôn đốc không chạy: kiểm tra Temporal, plan-api worker, workflow-worker và notifier.",
            "Steps do not fire: check Temporal, plan-api worker, workflow-worker and notifier.",
        )
        return [wrong(name, f"{started}: {canary['detail']}", remedy)]
    if since > CANARY_STALE:
        remedy = tr("Kiểm tra plan-api worker có đang chạy.", "Check that plan-api worker is running.")
        return [wrong(name, started, remedy)]
    return [found(name, started)]


def _smtp(smtp: Any) -> list[Finding]:
    """Judge the relay: None is not known, a boolean or a word `ok`, or an object with `ok` or `reachable`."""
    if smtp is None:
        return []
    fine = smtp.get("reachable", smtp.get("ok")) if isinstance(smtp, dict) else smtp in {True, "ok"}
    if fine:
        return [found("SMTP")]
    remedy = tr(
        "Thông báo đang chờ, sẽ gửi khi máy chủ thư trở lại: kiểm tra NOTIFIER_SMTP_HOST và NOTIFIER_SMTP_PORT.",
        "Notices wait until the relay is back: check NOTIFIER_SMTP_HOST and NOTIFIER_SMTP_PORT.",
    )
    return [wrong("SMTP", str(smtp), remedy)]


async def examine(context: Context, checks: Sequence[Check]) -> list[Finding]:
    """Run the checks one after another; a check that itself fails is a finding."""
    findings: list[Finding] = []
    for check in checks:
        try:
            findings += await check(context)
        except Exception as error:
            name = getattr(check, "__name__", str(check))
            remedy = tr("Báo lỗi này cho nhóm phát triển.", "Report this to the developers.")
            findings.append(wrong(name, f"{type(error).__name__}: {error}", remedy))
    return findings


def _checks() -> list[Check]:
    added: list[Check] = [entry.load() for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name)]
    return [check_python, *added, check_services, check_grant]


def _print(findings: Sequence[Finding]) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    for finding in findings:
        detail = escape(finding.detail)
        if finding.remedy:
            detail += f"\n[bold]→ {escape(finding.remedy)}[/]"
        table.add_row(_MARKS[finding.standing], escape(finding.name), detail)
    out.print(table)


def doctor(data: DataOption = None, url: UrlOption = None, key: KeyOption = None, as_json: JsonOption = False) -> None:
    """Say what is wrong with an installation, and what to do about it."""
    folder = (data or folder_in_use()).absolute()
    findings = asyncio.run(examine(Context(folder, read_state(folder), url, key), _checks()))
    wrongs = sum(finding.standing is Standing.WRONG for finding in findings)
    if as_json:
        print_json({"ok": wrongs == 0, "wrong": wrongs, "findings": [asdict(finding) for finding in findings]})
    else:
        _print(findings)
        well = tr("Không có gì sai.", "Nothing is wrong.")
        out.print(
            f"{OK_MARK} {well}"
            if not wrongs
            else f"{WRONG_MARK} " + tr(f"{wrongs} điều cần xử lý.", f"{wrongs} wrong.")
        )
    raise typer.Exit(Exit.REFUSED if wrongs else Exit.OK)


def register(app: typer.Typer) -> None:
    """Add `doctor` to the command line."""
    text = tr("Cho biết hệ thống sai ở đâu và cách xử lý.", "Say what is wrong with an installation, and what to do.")
    app.command("doctor", help=text)(doctor)
